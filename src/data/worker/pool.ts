// Workers that make batches, each in its turn.
import { currentPlatform } from '../../engine/executor/session.ts';
import * as errors from '../../engine/graph/errors.ts';
import type { PlatformWorker } from '../../platform.ts';
import type { BatchValue } from '../assemble.ts';
import type { Answer, Task } from './protocol.ts';

interface Waiting {
  readonly worker: number;
  resolve(batch: Record<string, BatchValue>): void;
  reject(error: Error): void;
}

/** @throws TilegradError when the platform has no workers */
export class WorkerPool {
  private readonly workers: (PlatformWorker | undefined)[];
  private readonly waiting = new Map<number, Waiting>();
  private next = 0;

  constructor(
    readonly size: number,
    private readonly script: string,
  ) {
    this.workers = new Array<undefined>(size).fill(undefined);
    if (!currentPlatform().startWorker) {
      throw new errors.TilegradError('DataLoader: this platform has no workers; leave the option workers out');
    }
  }

  /** A batch made by the worker whose turn it is. Fails with the worker's error; when a worker ends, all that it had to do fails. */
  run(task: Omit<Task, 'id'>): Promise<Record<string, BatchValue>> {
    const id = this.next++;
    const worker = id % this.size;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { worker, resolve, reject });
      this.workers[worker] ??= this.start(worker);
      this.workers[worker].post(
        { ...task, id },
        Object.values(task.fields).flatMap((field) => ('shapes' in field ? [field] : field).map(({ data }) => data.buffer)),
      );
    });
  }

  stop(): void {
    for (const worker of this.workers) worker?.stop();
    this.workers.fill(undefined);
    this.fail(() => true, new errors.TilegradError('DataLoader: it was closed while a batch was made'));
  }

  private start(place: number): PlatformWorker {
    return (currentPlatform().startWorker as NonNullable<ReturnType<typeof currentPlatform>['startWorker']>)(this.script, {
      message: (message) => this.take(message as Answer),
      error: (error) => {
        // Another takes its place, should there be more to do.
        this.workers[place] = undefined;
        this.fail(
          ({ worker }) => worker === place,
          new errors.TilegradError(`DataLoader: a worker ended: ${error.message}`, { cause: error }),
        );
      },
    });
  }

  private take(answer: Answer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ('batch' in answer) waiting?.resolve(answer.batch as Record<string, BatchValue>);
    else waiting?.reject(revived(answer.error));
  }

  private fail(which: (waiting: Waiting) => boolean, error: Error): void {
    for (const [id, waiting] of this.waiting) {
      if (!which(waiting)) continue;
      this.waiting.delete(id);
      waiting.reject(error);
    }
  }
}

/** An error of the class that it had in the worker, for the library's own. */
function revived({ name, message }: { readonly name: string; readonly message: string }): Error {
  const known = Object.hasOwn(errors, name)
    ? (errors as unknown as Readonly<Record<string, new (message: string) => Error>>)[name]
    : undefined;
  return known ? new known(message) : new errors.TilegradError(`DataLoader: ${name} in a worker: ${message}`);
}
