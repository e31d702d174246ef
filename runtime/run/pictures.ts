// Pictures of a run's figures, made while it goes on: training never waits for one.

/** Makes one at a time. Of a figure that is drawn again before its turn the newest alone becomes one. */
export class Pictures {
  private readonly waiting = new Map<string, string>();
  private working: Promise<void> | undefined;

  /** @param make a file of this name from that SVG; its failures are its own to tell */
  constructor(private readonly make: (name: string, svg: string) => Promise<void>) {}

  add(name: string, svg: string): void {
    this.waiting.set(name, svg);
    this.working ??= this.work();
  }

  /** Comes back when every figure has its picture. */
  async done(): Promise<void> {
    await this.working;
  }

  private async work(): Promise<void> {
    // The last to come may be one that has had its turn.
    for (const [name, svg] of this.waiting) {
      this.waiting.delete(name);
      await this.make(name, svg);
    }
    this.working = undefined;
  }
}
