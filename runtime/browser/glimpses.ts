// Figures drawn again and again while a run is at work: those that somebody looks at, for a small part of its time.
import { renderFigureSvg } from '../../src/index.ts';
import type { Figure } from '../../src/train/figure.ts';

/** All of them take at most one part in so many of the time. */
const SHARE = 8;
/** Milliseconds: more often nobody could follow. */
const LEAST_REST = 200;

export class Glimpses {
  private inSight: ReadonlySet<string> = new Set();
  /** performance.now() from which on a figure is due again. One that was never drawn can't be in sight, and is due. */
  private readonly due = new Map<string, number>();

  constructor(private readonly show: (name: string, svg: string) => void) {}

  /** Another run begins. */
  begin(): void {
    this.due.clear();
  }

  see(figures: readonly string[]): void {
    this.inSight = new Set(figures);
  }

  /** What shows a figure of this name, if it is time for that. */
  of(name: string): ((figure: Figure) => Promise<void>) | undefined {
    const began = performance.now();
    const due = this.due.get(name);
    if (due !== undefined && (began < due || !this.inSight.has(name))) return undefined;
    return async (figure) => {
      this.show(name, await renderFigureSvg(figure, { narrow: true }));
      const now = performance.now();
      this.due.set(name, now + Math.max(LEAST_REST, SHARE * Math.max(1, this.inSight.size) * (now - began)));
    };
  }
}
