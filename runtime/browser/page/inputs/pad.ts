// What every input of an interaction is given by the panel that it stands in.
import type { PictureSize } from '../../../../src/data/image/resize.ts';
import type { Input, OfferOf, ValueOf } from '../../../../src/train/input.ts';

export interface PadProps<I extends Input> {
  /** Begins the ids of its elements. */
  readonly id: string;
  /** What it is called. */
  readonly label: string;
  readonly input: I;
  /** What there is to choose from; undefined until the interaction is ready, or where it offers nothing. */
  readonly offer: OfferOf<I> | undefined;
  /** A drawing to fill a plane with, where the interaction has one. */
  readonly surface: string | undefined;
  /** Tells what it holds now: nothing, where a person has yet to do something. One that holds something from the beginning tells it at once. */
  readonly give: (value: ValueOf<I> | undefined) => void;
  /** Pixels of a picture file: [channels, height, width], 0 … 1. */
  readonly read: (file: Blob, size: PictureSize) => Promise<Float32Array>;
}
