// The thread that trains: receives Commands, posts Reports.

import { Adapters, NoAdapterError } from './adapter.ts';
import { Asking } from './asking.ts';
import { describeModel } from './describe-model.ts';
import { errorReport } from './error-report.ts';
import { Glimpses } from './glimpses.ts';
import { largestBuffer } from './largest-buffer.ts';
import { look } from './looking.ts';
import { Outbox } from './outbox.ts';
import type { Command, Report } from './protocol.ts';
import { readPicture } from './read-picture.ts';
import { Training } from './training.ts';

const outbox = new Outbox((report: Report) => self.postMessage(report));
const adapters = new Adapters();
const asking = new Asking(adapters, outbox);
const glimpses = new Glimpses((name, svg) => outbox.post({ type: 'figure', name, svg, passing: true }));
let training: Training | undefined;

self.addEventListener('message', ({ data }: MessageEvent<Command>) => {
  switch (data.type) {
    case 'start':
    case 'resume':
      void work(data);
      break;
    case 'pause':
      training?.pauseRun();
      break;
    case 'unpause':
      training?.unpauseRun();
      break;
    case 'save':
      training?.save();
      break;
    case 'stop':
      training?.stop();
      break;
    case 'see':
      glimpses.see(data.figures);
      break;
    case 'model':
      void describeModel(data).then((model) => outbox.post({ type: 'model', id: data.id, model }));
      break;
    case 'look':
      if (training) training.look();
      else void asking.apart(async () => outbox.post({ type: 'inside', inside: await look(data, adapters) }));
      break;
    case 'picture':
      void readPicture(data.file, data.size)
        .catch(errorReport)
        .then((picture) => outbox.post({ type: 'picture', id: data.id, picture }));
      break;
    case 'ask':
    case 'askSurface':
      asking.ask(data, training !== undefined);
      training?.hear();
  }
});

async function work(command: Extract<Command, { type: 'start' | 'resume' }>): Promise<void> {
  if (training) return outbox.post({ type: 'log', text: 'A run is at work here already: stop it first, or use another tab.' });
  training = new Training(adapters, outbox, asking, glimpses);
  await asking.close();
  await training.work(command);
  training = undefined;
  asking.goOn();
}

// What nobody caught: a promise that a project let go of, say. The run goes on where it can; the page's log has the rest.
const logUncaught = (error: unknown) => {
  const { name, message, stack } = errorReport(error);
  outbox.post({ type: 'log', text: `Uncaught ${stack ?? `${name}: ${message}`}` });
};
self.addEventListener('error', (event) => {
  event.preventDefault();
  logUncaught(event.error ?? event.message);
});
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  logUncaught(event.reason);
});

adapters.peek().then(
  ({ name, kind, adapter }) => outbox.post({ type: 'adapter', name, kind, largest: largestBuffer(adapter) }),
  (error) =>
    outbox.post({
      type: 'noAdapter',
      reason: error instanceof NoAdapterError ? error.reason : 'failed',
      message: errorReport(error).message,
    }),
);
