// How long a run still takes, reckoned from its speed so far.
import type { ProgressUpdate } from '../../src/train/host.ts';

/** Shares of the run before which nothing is foretold: the first steps compile their kernels. */
const FIRST = 0.002;

export class TimeLeft {
  private begun: { readonly fraction: number; readonly time: number } | undefined;

  /** @param now a clock in milliseconds; one that stands still in a pause keeps the pause out of the reckoning */
  constructor(private readonly now: () => number) {}

  /** Seconds until the run is through; undefined until it can be told. */
  update({ fraction }: ProgressUpdate): number | undefined {
    // A resumed run starts in its middle: what was done before says nothing about the speed now.
    this.begun ??= { fraction, time: this.now() };
    if (fraction >= 1) return 0;
    const made = fraction - this.begun.fraction;
    const seconds = (this.now() - this.begun.time) / 1000;
    return made > FIRST * (1 - this.begun.fraction) ? (seconds / made) * (1 - fraction) : undefined;
  }
}
