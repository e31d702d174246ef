// How long a run still takes: what was foretold, and more and more its speed so far.
import type { ProgressUpdate } from '../../src/train/host.ts';
import type { Estimate } from './estimate.ts';

/** Shares of what a run has before it. In its first step kernels are compiled: unless it is larger than this, time counts from its end. */
const FIRST_STEP = 0.02;
/** What has to be done before the speed says anything. */
const FIRST = 0.002;
/** Share of the run from which on its own speed alone counts. */
const TRUST = { runs: 0.1, card: 0.02 } as const;
/** What is said to be left doesn't rise, unless the truth is so many times as much, and so many seconds more. */
const [TIMES, MORE] = [1.25, 10];

export class TimeLeft {
  /** Where the run was at first; then, where its first step was through. */
  private begun: { readonly fraction: number; readonly time: number } | undefined;
  private stepped = false;
  private shown: number | undefined;

  /**
   * @param now a clock in milliseconds; one that stands still in a pause keeps the pause out of the reckoning
   * @param estimate of the whole run, where there is one
   */
  constructor(
    private readonly now: () => number,
    private readonly estimate?: Estimate,
  ) {}

  /** Seconds until the run is through; undefined until it can be told. */
  update({ fraction }: ProgressUpdate): number | undefined {
    if (fraction >= 1) return 0;
    const left = this.reckoned(fraction);
    if (left === undefined) return undefined;
    const { shown = left } = this;
    this.shown = left > shown && left < Math.max(TIMES * shown, shown + MORE) ? shown : left;
    return this.shown;
  }

  private reckoned(fraction: number): number | undefined {
    const here = { fraction, time: this.now() };
    // A resumed run starts in its middle: what was done before says nothing about the speed now.
    this.begun ??= here;
    if (!this.stepped && fraction > this.begun.fraction) {
      if (fraction - this.begun.fraction < FIRST_STEP * (1 - this.begun.fraction)) this.begun = here;
      this.stepped = true;
    }
    const foretold = this.estimate && this.estimate.seconds * (1 - fraction);
    const made = (fraction - this.begun.fraction) / (1 - this.begun.fraction);
    if (made <= FIRST) return foretold;
    const measured = ((here.time - this.begun.time) / 1000 / made) * (1 - made);
    if (!this.estimate || foretold === undefined) return measured;
    const trust = Math.min(1, made / TRUST[this.estimate.by]);
    return trust * measured + (1 - trust) * foretold;
  }
}
