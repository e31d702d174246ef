// What a transform is. Each kind has its formula as numbers (num.ts), applied to a sample by apply.ts and to a batch by on-batch.ts.
import type { Num } from './num.ts';

export interface Extent {
  readonly width: number;
  readonly height: number;
}

/** x_in = m0·x + m1·y + m2, y_in = m3·x + m4·y + m5: where an output pixel looks in the input, both counted from the middle of the first pixel. */
export type Matrix = readonly [Num, Num, Num, Num, Num, Num];

/** How a worker makes the same transform: the name of its function here, and what that gets. */
export interface Recipe {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Uniform random numbers that a sample needs. */
  readonly draws: number;
}

/** Moves pixels; masks, boxes and points go along. */
export interface Geometric extends Recipe {
  readonly kind: 'geometric';
  /** @throws ShapeError for images that it can't take. */
  size(input: Extent): Extent;
  matrix(u: readonly Num[], input: Extent): Matrix;
  /** Output pixels are input pixels, none lies between them. */
  readonly onPixels: boolean;
  /** What lies past the input's edge is its edge: for parts that lie within it, whose outermost pixels look less than a pixel past it. */
  readonly clamps: boolean;
  /** What stands where the input has no pixels; of masks. Default 0. */
  readonly fill: number;
  readonly maskFill: number;
}

/** Makes all images one size by a triangle filter, as wide as the input's pixels are small. */
export interface Resize extends Recipe {
  readonly kind: 'resize';
  readonly size: Extent;
}

/** New channels as sums of the old ones and an offset, pixel by pixel. `mean`: the image's mean brightness. */
export interface Colour extends Recipe {
  readonly kind: 'colour';
  readonly needsMean: boolean;
  /** Rows of a matrix [channels, channels], and an offset for each. @throws ShapeError for a number of channels that it can't take. */
  mix(u: readonly Num[], channels: number, mean: Num): { readonly rows: readonly (readonly Num[])[]; readonly offset: readonly Num[] };
}

/** Fills a rectangle. */
export interface Erase extends Recipe {
  readonly kind: 'erase';
  readonly value: number;
  /** Left, top, right, bottom; empty where nothing is erased. */
  rectangle(u: readonly Num[], input: Extent): readonly [Num, Num, Num, Num];
}

/** Bytes of a PNG or JPEG become an image. */
export interface Decode extends Recipe {
  readonly kind: 'decode';
  readonly channels: 1 | 3;
}

/** Operations out of a policy that was found for the data, on images that are bytes. */
export interface Policy extends Recipe {
  readonly kind: 'policy';
  /** What stands where the input has no pixels; of masks. */
  readonly fill: number;
  readonly maskFill: number;
}

/** One change of a sample. Made by the functions of `transforms`. */
export type Transform = Decode | Geometric | Resize | Colour | Erase | Policy;
