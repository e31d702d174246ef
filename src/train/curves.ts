import { Tensor } from '../engine/graph/tensor.ts';
import type { Durable } from './durable.ts';

/** By name, a number for each step. */
type Columns = Readonly<Record<string, Float64Array>>;

/** The numbers of all steps, some of which are still being read: the curves of a training. A loop may keep it: its state at a step is all that was added until then. */
export class Curves implements Durable {
  private columns: Promise<Record<string, number[]>> = Promise.resolve({});

  /** @param numbers what `run.log` gives, or tensors of one element, which are read while later steps run */
  add(numbers: Promise<Readonly<Record<string, number>>> | Readonly<Record<string, Tensor | number>>): void {
    const row = numbers instanceof Promise ? numbers : read(numbers);
    this.columns = Promise.all([this.columns, row]).then(([columns, row]) => {
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

async function read(numbers: Readonly<Record<string, Tensor | number>>): Promise<Readonly<Record<string, number>>> {
  const entries = Object.entries(numbers).map(
    async ([name, value]) => [name, value instanceof Tensor ? await value.item() : value] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
