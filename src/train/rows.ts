// Rows of metrics on their way: tensors in them are read while later steps run already, and each is told in its turn.
import { TilegradError } from '../engine/graph/errors.ts';
import { Tensor } from '../engine/graph/tensor.ts';
import type { Loop } from './loop.ts';

/** So many are read back at once. */
const READS_IN_FLIGHT = 4;

export class Rows {
  /** Rows so far. */
  count = 0;
  private readonly pending: Promise<void>[] = [];
  private reported: Promise<void> = Promise.resolve();

  /**
   * @param known rows that stand in the record of the run already
   * @param tell is told the others
   */
  constructor(
    private readonly known: number,
    private readonly tell: (step: number, values: Readonly<Record<string, number>>) => void,
  ) {}

  /** All that was asked for so far has been told, or has failed. */
  get told(): Promise<void> {
    return this.reported;
  }

  /** A row of this step, and the numbers in it. @throws TilegradError, when it is waited for, where `loss` is NaN or infinite */
  add<K extends string>(step: number, values: Readonly<Record<K, Tensor | number>>, loop: Loop | undefined): Promise<Record<K, number>> {
    const index = this.count++;
    const entries = Object.entries<Tensor | number>(values);
    const read = Promise.all(
      entries.map(async ([name, value]) => [name, value instanceof Tensor ? await value.item() : value] as const),
    ).then((numbers) => Object.fromEntries(numbers) as Record<K, number>);
    read.catch(() => {});
    const reported = this.reported
      .then(() => read)
      .then((row) => {
        const { loss } = row as { readonly loss?: number };
        if (loss !== undefined && !Number.isFinite(loss)) {
          throw new TilegradError(
            `${loop?.name ?? 'run'}: the loss is ${loss} at step ${step}; lower the learning rate, or look for a division by zero or a log of 0 in the model`,
          );
        }
        if (loop) loop.loss = loss ?? loop.loss;
        // A resumed run comes to some rows again.
        if (index >= this.known) this.tell(step, row);
      });
    // The first that fails ends the run; those behind it, which fail as well, must not count as unhandled.
    reported.catch(() => {});
    this.reported = reported;
    this.pending.push(reported);
    return read;
  }

  /** Not too many are under way any more. */
  async keepUp(): Promise<void> {
    while (this.pending.length >= READS_IN_FLIGHT) await this.pending.shift();
  }

  /** All rows asked for have been told. */
  async drain(): Promise<void> {
    this.pending.length = 0;
    await this.reported;
  }
}
