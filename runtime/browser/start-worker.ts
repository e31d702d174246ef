// A thread beside this one, for `Platform.startWorker`.
import type { PlatformWorker, WorkerListener } from '../../src/platform.ts';

/**
 * A worker holds a lock for as long as it lives: no event tells of one that has closed itself. It says so before it begins to work. Where there are
 * no locks (a frame of no origin) only its errors are heard.
 */
const prelude = (lock: string) => `const held = new Promise((go) => {
  const hold = () => (postMessage('${lock}'), go(), new Promise(() => {}));
  if (navigator.locks) navigator.locks.request('${lock}', hold).catch(go);
  else go();
});
self.port = {
  postMessage: (m, t) => postMessage(m, t),
  on: (_, f) => (self.onmessage = (e) => held.then(() => f(e.data)).catch(reportError)),
};
`;

export function startWorker(script: string, listener: WorkerListener): PlatformWorker {
  const lock = `tilegrad worker ${crypto.getRandomValues(new Uint32Array(4)).join(' ')}`;
  const url = URL.createObjectURL(new Blob([prelude(lock), script], { type: 'text/javascript' }));
  const worker = new Worker(url);
  let ended = false;
  const stop = () => {
    ended = true;
    worker.terminate();
    URL.revokeObjectURL(url);
  };
  const end = (message: string) => {
    if (ended) return;
    stop();
    listener.error(new Error(message));
  };
  worker.onmessage = ({ data }) => {
    if (data === lock) void navigator.locks.request(lock, () => end('it closed itself')).catch(() => {});
    else listener.message(data);
  };
  worker.onerror = (event) => end(event.message || 'it could not be started');
  worker.onmessageerror = () => end('a message could not be read');
  return { post: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[]), stop };
}
