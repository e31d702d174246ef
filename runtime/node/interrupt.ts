// Ctrl-C: once asks the run to stop at the next step, twice leaves at once.

/** One key press may arrive twice: from the terminal, and passed on by npm. Milliseconds. */
const samePress = 300;

export class Interrupt {
  stopping = false;
  private since = 0;

  constructor(private readonly say: (text: string) => void) {
    process.on('SIGINT', this.onSignal);
    process.on('SIGTERM', this.onSignal);
  }

  /** Gives the signals back. */
  release(): void {
    process.off('SIGINT', this.onSignal);
    process.off('SIGTERM', this.onSignal);
  }

  private readonly onSignal = (): void => {
    if (!this.stopping) {
      this.stopping = true;
      this.since = performance.now();
      this.say('stopping after this step; Ctrl-C again to quit now');
    } else if (performance.now() - this.since > samePress) {
      // What a shell reports for a program ended by Ctrl-C.
      process.exit(130);
    }
  };
}
