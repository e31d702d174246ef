// What the command line remembers of runs and adapters, in the cache folder: how long runs took, and how fast adapters are.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PastRun } from '../run/estimate.ts';
import type { Times } from '../run/foretell.ts';
import { amount, list, object, recordOf, scalar, text } from '../run/schema.ts';
import { cacheFolder, makeFolder, replaceFile } from './files.ts';

/** Older runs are forgotten. */
const MOST = 200;

const check = object({
  runs: list(object({ project: text, adapter: text, options: recordOf(scalar), seconds: amount })),
  speeds: recordOf(amount),
});

const nothing: Times = { runs: [], speeds: {} };

export class RunTimes {
  private readonly path: string;

  constructor(private readonly folder = cacheFolder()) {
    this.path = join(folder, 'times.json');
  }

  /** A file that is missing, or damaged, tells nothing. */
  read(): Times {
    try {
      const content: unknown = JSON.parse(readFileSync(this.path, 'utf8'));
      return check(content, 'times') === undefined ? (content as Times) : nothing;
    } catch {
      return nothing;
    }
  }

  keepSpeed(adapter: string, speed: number): Promise<void> {
    const { runs, speeds } = this.read();
    return this.write({ runs, speeds: { ...speeds, [adapter]: speed } });
  }

  keepRun(run: PastRun): Promise<void> {
    const { runs, speeds } = this.read();
    return this.write({ runs: [run, ...runs].slice(0, MOST), speeds });
  }

  private async write(times: Times): Promise<void> {
    try {
      makeFolder(this.folder);
      await replaceFile(this.path, JSON.stringify(times));
    } catch {
      // It is a help for next time: no reason to fail.
    }
  }
}
