import type { Durable } from './durable.ts';

interface Sums {
  readonly weight: number;
  readonly sums: Readonly<Record<string, number>>;
}

const nothing: Sums = { weight: 0, sums: {} };

/**
 * Weighted means of numbers that are still being read: the losses of an epoch's steps. Float64. A loop may keep it: its state at a step is that
 * of all that was added until then.
 */
export class Averages implements Durable {
  private total: Promise<Sums> = Promise.resolve(nothing);

  /** @param weight the samples that the numbers are means of */
  add(numbers: Promise<Readonly<Record<string, number>>> | Readonly<Record<string, number>>, weight: number): void {
    const before = this.total;
    this.total = Promise.all([before, numbers]).then(([{ weight: all, sums }, values]) => {
      const added = Object.entries(values).map(([name, value]) => [name, (sums[name] ?? 0) + weight * value] as const);
      return { weight: all + weight, sums: { ...sums, ...Object.fromEntries(added) } };
    });
    // Whoever reads them hears of it.
    this.total.catch(() => {});
  }

  /** The means so far; it begins anew then. Empty when nothing was added. */
  async take(): Promise<Record<string, number>> {
    const total = this.total;
    this.total = Promise.resolve(nothing);
    const { weight, sums } = await total;
    return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / weight]));
  }

  state(): Promise<Sums> {
    return this.total;
  }

  restore(state: Sums): void {
    this.total = Promise.resolve(state);
  }
}
