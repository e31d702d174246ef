// The script of a data worker: it makes batches of the samples that it is sent.
import { TilegradError } from '../../engine/graph/errors.ts';
import { assemble } from '../assemble.ts';
import * as factories from '../transforms/factories.ts';
import type { Transform } from '../transforms/transform.ts';
import { type Answer, type Task, unpack } from './protocol.ts';

declare const port: {
  postMessage(answer: Answer, transfer: readonly ArrayBufferLike[]): void;
  on(event: 'message', listener: (task: Task) => void): void;
};

/** Made once: they come with every batch, and are the same ones. */
const made = new Map<string, readonly Transform[]>();

function transformsOf({ transforms }: Task): readonly Transform[] {
  const key = JSON.stringify(transforms);
  const known = made.get(key);
  if (known) return known;
  const own = transforms.map(({ name, options }) => {
    const factory = (factories as unknown as Readonly<Record<string, (options: object) => Transform>>)[name];
    if (!factory) throw new TilegradError(`DataLoader: there is no transform ${name}`);
    return factory(options);
  });
  made.set(key, own);
  return own;
}

port.on('message', (task) => {
  const answer = async () => {
    const batch = await assemble(unpack(task), transformsOf(task), task.pad, task.stream);
    port.postMessage(
      { id: task.id, batch },
      Object.values(batch).map(({ data }) => data.buffer),
    );
  };
  answer().catch((error: unknown) => {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    port.postMessage({ id: task.id, error: { name, message } }, []);
  });
});
