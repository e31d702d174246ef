// How far the whole run is. Each part of it has a stretch of the way from 0 to 1, so that the bar never goes back.

/** Rough shares of the parts of a run, or of a stage, in the order in which they come, by their names: `{ training: 9, test: 1 }`. */
export type Parts = Readonly<Record<string, number>>;

/** A stretch of the run. */
export class Stretch {
  private place: number;
  private passed = performance.now();
  /** Milliseconds that its parts took: rough shares for the next stretch of their like. */
  readonly took: Record<string, number> = {};

  constructor(
    readonly from: number,
    readonly to: number,
    private readonly parts?: Parts,
  ) {
    this.place = from;
  }

  /** Where the run is: what has been told last. */
  get at(): number {
    return this.place;
  }

  /** Share of this stretch that is done. Gives the place in the whole run; it never lies before the last. */
  reach(share: number): number {
    const place = this.from + (this.to - this.from) * Math.min(1, Math.max(0, share));
    this.place = Math.max(this.place, place);
    return this.place;
  }

  /** A part is through. */
  pass(name: string, part: Stretch): void {
    this.place = Math.max(this.place, part.to);
    const now = performance.now();
    this.took[name] = (this.took[name] ?? 0) + now - this.passed;
    this.passed = now;
  }

  /**
   * The stretch of a part. Of what is left, parts that nobody announced each get the `likely` share; where some are announced, others get none.
   * @param parts those within it
   */
  part(name: string, likely: number, parts?: Parts): Stretch {
    const { from, to, place } = this;
    if (!this.parts) return new Stretch(place, place + (to - place) * likely, parts);
    const names = Object.keys(this.parts);
    const total = Object.values(this.parts).reduce((sum, share) => sum + share, 0);
    const index = names.indexOf(name);
    if (index < 0 || total <= 0) return new Stretch(place, place, parts);
    const before = names.slice(0, index).reduce((sum, other) => sum + (this.parts?.[other] ?? 0), 0);
    const edge = (sum: number) => Math.max(place, from + ((to - from) * sum) / total);
    return new Stretch(edge(before), edge(before + (this.parts[name] ?? 0)), parts);
  }

  /** Part `index` of `count` equal ones. */
  equal(index: number, count: number, parts?: Parts): Stretch {
    const step = (this.to - this.from) / count;
    return new Stretch(this.from + index * step, this.from + (index + 1) * step, parts);
  }
}
