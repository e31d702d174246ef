// A thread beside this one, for `Platform.startWorker`.
import { Worker } from 'node:worker_threads';
import type { PlatformWorker, WorkerListener } from '../../src/platform.ts';

const port = "globalThis.port = require('node:worker_threads').parentPort;";

export function startWorker(script: string, listener: WorkerListener): PlatformWorker {
  const worker = new Worker(`${port}${script}`, { eval: true });
  let asked = 0;
  let ended = false;
  const end = (error: Error) => {
    if (!ended) listener.error(error);
    ended = true;
  };
  worker.on('message', (message) => {
    // Only a thread that has something to do keeps the process.
    if (--asked === 0) worker.unref();
    listener.message(message);
  });
  worker.on('error', end);
  worker.on('exit', (code) => end(new Error(`it exited with code ${code}`)));
  return {
    post(message, transfer) {
      if (asked++ === 0) worker.ref();
      worker.postMessage(message, transfer as ArrayBuffer[]);
    },
    stop() {
      ended = true;
      void worker.terminate();
    },
  };
}
