// What every input of an interaction is given by the panel that it stands in.
import type { Input, OfferOf, ValueOf } from '../../../../src/train/input.ts';

export interface PadProps<I extends Input> {
  /** Begins the ids of its elements. */
  readonly id: string;
  readonly input: I;
  /** What there is to choose from; undefined until the interaction is ready, or where it offers nothing. */
  readonly offer: OfferOf<I> | undefined;
  /** Tells what it holds now: nothing, where a person has yet to do something. One that holds something from the beginning tells it at once. */
  give(value: ValueOf<I> | undefined): void;
}
