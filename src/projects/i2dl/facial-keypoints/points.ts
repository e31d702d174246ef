// The points: their names, what becomes of them when a face is moved or mirrored, and how far off a guess at them is.
import { indexSelect, rand, type Tensor, type TensorBatch, tensor, transforms } from '../../../index.ts';
import { POINTS, SIDE } from './model.ts';

export type Faces = TensorBatch<'image' | 'points' | 'known'>;

/** In the order of Kaggle's set. Left and right are the person's own. */
export const names = (
  'left eye; right eye; left eye, inner; left eye, outer; right eye, inner; right eye, outer; left brow, inner; left brow, outer; ' +
  'right brow, inner; right brow, outer; nose; mouth, left; mouth, right; upper lip; lower lip'
).split('; ');

/** For each point the one that takes its place in a mirror: what was a person's left eye looks like a right one there. */
export const mirrored = names.map((name) => names.indexOf(name.replace(/left|right/, (side) => (side === 'left' ? 'right' : 'left'))));

/**
 * Faces as they might have been photographed too, and their points with them: half of them mirrored, all turned by up to 15°, moved by up to 8 % of the
 * picture, scaled by up to 12 %, and in other light, all but the mirror times `strength`.
 */
export function varied({ image, points, known }: Faces, strength: number): Faces {
  if (strength === 0) return { image, points, known };
  const [shift, zoom, light] = [0.08 * strength, 0.12 * strength, 0.25 * strength];
  const all = [
    transforms.flip(),
    transforms.affine({ degrees: 15 * strength, translate: [shift, shift], scale: [1 - zoom, 1 + zoom], fill: 0.5 }),
    transforms.colourJitter({ brightness: light, contrast: light }),
  ];
  const numbers = rand([image.shape[0], all.reduce((sum, { draws }) => sum + draws, 0)]);
  // Transforms have places in pixels, counted from the middle of the first.
  const [middle, half] = [(SIDE - 1) / 2, SIDE / 2];
  const moved = transforms.onBatch(all, { image, points: points.mul(half).add(middle) }, numbers);
  const placed = moved.points.sub(middle).div(half);
  // By its first number a face is in the mirror. Its left eye is called its right one there.
  const turned = numbers.slice([null, [0, 1]]).lt(0.5);
  const renamed = (x: Tensor) => indexSelect(x, 1, tensor(Uint32Array.from(mirrored)));
  return {
    image: moved.image,
    points: renamed(placed).where(turned.unsqueeze(2), placed),
    known: renamed(known).where(turned, known),
  };
}

/** Mean squared error of points [n, 15, 2], over the coordinates that are known. */
export function squaredError(predicted: Tensor, { points, known }: Omit<Faces, 'image'>): Tensor {
  const squares = predicted.sub(points).square().mul(known.unsqueeze(2));
  return squares.sum().div(known.sum().mul(2));
}

export const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** How far off points are, those that are known: mean squared error and mean distance in pixels by face, and the latter by point. */
export interface Errors {
  readonly squared: readonly number[];
  readonly byFace: readonly number[];
  readonly byPoint: readonly number[];
}

type Numbers = ArrayLike<number>;

/** Of points [n, 15, 2] and what is said of them. */
export function errorsOf(predicted: Numbers, points: Numbers, known: Numbers): Errors {
  const squares = Array.from(known, (_, i) => [0, 1].reduce((sum, axis) => sum + (predicted[2 * i + axis] - points[2 * i + axis]) ** 2, 0));
  const pixels = (places: readonly number[]) => mean(places.map((i) => (SIDE / 2) * Math.sqrt(squares[i])));
  const faces = Array.from({ length: known.length / POINTS }, (_, n) => names.map((_, k) => n * POINTS + k).filter((i) => known[i]));
  return {
    squared: faces.map((places) => mean(places.map((i) => squares[i] / 2))),
    byFace: faces.map(pixels),
    byPoint: names.map((_, k) => pixels(placesOf(known, k))),
  };
}

/** Where a point is known: of `known` [n, 15] the places that are its own. */
const placesOf = (known: Numbers, point: number) =>
  Array.from(known, (value, i) => (value && i % POINTS === point ? i : -1)).filter((i) => i >= 0);

/** The mean face [15, 2]: what is said by whoever doesn't look. A point that is nowhere known is in the middle. */
export const meanFace = (points: Numbers, known: Numbers) =>
  names.flatMap((_, k) => {
    const places = placesOf(known, k);
    return [0, 1].map((axis) => (places.length > 0 ? mean(places.map((i) => points[2 * i + axis])) : 0));
  });

/** The course's score of the faces' mean squared errors, coordinates being −1 … 1 across a picture: 1 / (2 · MSE). */
export const scoreOf = (squared: readonly number[]): number => 1 / (2 * mean(squared));
