// How long a phase still takes, reckoned from its speed so far.
import type { ProgressUpdate } from '../../src/train/project.ts';

export class TimeLeft {
  private phase = '';
  private total = 0;
  private startDone = 0;
  private startTime = 0;

  /** @param now a clock in milliseconds; one that stands still in a pause keeps the pause out of the reckoning */
  constructor(private readonly now: () => number) {}

  /** Seconds until the phase is done; undefined until it can be told. `made`: items since the phase began, or was resumed. */
  update(update: ProgressUpdate): { readonly seconds: number | undefined; readonly made: number } {
    if (update.phase !== this.phase || update.total !== this.total || update.done < this.startDone) {
      this.phase = update.phase;
      this.total = update.total;
      // A resumed phase starts in its middle: what was done before says nothing about the speed now.
      this.startDone = update.done;
      this.startTime = this.now();
    }
    const made = update.done - this.startDone;
    if (update.done >= update.total) return { seconds: 0, made };
    const elapsed = (this.now() - this.startTime) / 1000;
    return { seconds: made > 0 ? (elapsed / made) * (update.total - update.done) : undefined, made };
  }
}
