import type { Durable } from './durable.ts';

/** By name, a number for each step. */
type Columns = Readonly<Record<string, Float64Array>>;

/** The numbers of all steps, some of which are still being read: the curves of a training. A loop may keep it: its state at a step is all that was added until then. */
export class Curves implements Durable {
  private columns: Promise<Record<string, number[]>> = Promise.resolve({});

  add(numbers: Promise<Readonly<Record<string, number>>> | Readonly<Record<string, number>>): void {
    this.columns = Promise.all([this.columns, numbers]).then(([columns, row]) => {
      for (const [name, value] of Object.entries(row)) {
        columns[name] ??= [];
        columns[name].push(value);
      }
      return columns;
    });
    // Whoever reads them hears of it.
    this.columns.catch(() => {});
  }

  /** What was added until the call. */
  state(): Promise<Columns> {
    return this.columns.then((columns) =>
      Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, Float64Array.from(values)])),
    );
  }

  restore(state: Columns): void {
    this.columns = Promise.resolve(Object.fromEntries(Object.entries(state).map(([name, values]) => [name, Array.from(values)])));
  }
}
