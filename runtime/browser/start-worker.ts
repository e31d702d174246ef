// A thread beside this one, for `Platform.startWorker`.
import type { PlatformWorker, WorkerListener } from '../../src/platform.ts';

const port = 'self.port = { postMessage: (m, t) => postMessage(m, t), on: (_, f) => (self.onmessage = (e) => f(e.data)) };';

export function startWorker(script: string, listener: WorkerListener): PlatformWorker {
  const url = URL.createObjectURL(new Blob([port, script], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onmessage = (event) => listener.message(event.data);
  worker.onerror = (event) => listener.error(new Error(event.message || 'it could not be started'));
  worker.onmessageerror = () => listener.error(new Error('a message could not be read'));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[]),
    stop() {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
