// Ctrl-C: once asks the run to stop at the next step, twice leaves at once.

export class Interrupt {
  stopping = false;

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
    // 130: what a shell reports for a program ended by Ctrl-C.
    if (this.stopping) process.exit(130);
    this.stopping = true;
    this.say('stopping after this step; Ctrl-C again to quit now');
  };
}
