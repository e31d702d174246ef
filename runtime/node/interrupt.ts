// Ctrl-C, and the system's other ways to ask for an end: the first asks the run to stop at the next step, a second one leaves at once.
import { constants } from 'node:os';

/** A closed terminal asks, and asks again, but nobody sits there who wants it at once. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One key press may arrive twice: from the terminal, and passed on by npm. Milliseconds. */
const samePress = 300;

export class Interrupt {
  /** What a shell reports for a program that this signal ended: a script must not go on as if the run were through. */
  exitCode: number | undefined;
  private since = 0;

  constructor(private readonly say: (text: string) => void) {
    for (const signal of signals) process.on(signal, this.onSignal);
  }

  get stopping(): boolean {
    return this.exitCode !== undefined;
  }

  /** Gives the signals back. */
  release(): void {
    for (const signal of signals) process.off(signal, this.onSignal);
  }

  private readonly onSignal = (signal: NodeJS.Signals): void => {
    if (!this.stopping) {
      this.exitCode = 128 + constants.signals[signal];
      this.since = performance.now();
      this.say('stopping after this step; Ctrl-C again to quit now');
    } else if (signal !== 'SIGHUP' && performance.now() - this.since > samePress) {
      // By the signal itself: it ends the process as it is, while an orderly exit would wait for all kernels that compile.
      this.release();
      process.kill(process.pid, signal);
    }
  };
}
