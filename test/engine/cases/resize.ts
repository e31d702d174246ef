// Resizing and rearranging images, against PyTorch's documented formulas.

import type { ResizeOptions } from '../../../src/engine/ops/resize.ts';
import {
  channelShuffle,
  gradients,
  interpolate,
  localResponseNorm,
  pixelShuffle,
  pixelUnshuffle,
  type Tensor,
} from '../../../src/index.ts';
import type { ShaderCase } from '../all-cases.ts';
import { type OpCase, random, values } from '../check.ts';
import { f32 } from '../plan-of.ts';
import * as ref from '../reference.ts';

type Shape = readonly number[];

const A = -0.75;
/** PyTorch's cubic_convolution1 and cubic_convolution2. */
const near = (x: number) => ((A + 2) * x - (A + 3)) * x * x + 1;
const far = (x: number) => ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;

/** What output `o` of a line is made of: places and weights. */
function taps(mode: string, o: number, length: number, step: number, align: boolean): [number, number][] {
  const inside = (i: number) => Math.min(length - 1, Math.max(0, i));
  if (mode === 'nearest') return [[inside(Math.floor(o * step)), 1]];
  if (mode === 'nearest-exact') return [[inside(Math.floor((o + 0.5) * step)), 1]];
  const source = align ? o * step : (o + 0.5) * step - 0.5;
  if (mode === 'bicubic') {
    const i = Math.floor(source);
    const t = source - i;
    return [far(t + 1), near(t), near(1 - t), far(2 - t)].map((weight, k) => [inside(i - 1 + k), weight]);
  }
  const clipped = Math.max(0, source);
  const i = inside(Math.floor(clipped));
  return [
    [i, 1 - (clipped - i)],
    [inside(i + 1), clipped - i],
  ];
}

function resized(x: ref.Values, options: ResizeOptions): ref.Values {
  const { mode = 'nearest', alignCorners = false, size, scaleFactor } = options;
  const lengths = x.shape.slice(2);
  const each = (value: number | readonly number[] | undefined, axis: number) => (typeof value === 'object' ? value[axis] : (value ?? 0));
  const outs = lengths.map((length, axis) => (size === undefined ? Math.floor(length * each(scaleFactor, axis)) : each(size, axis)));
  const steps = lengths.map((length, axis) => {
    if (alignCorners) return outs[axis] > 1 ? (length - 1) / (outs[axis] - 1) : 0;
    return scaleFactor === undefined ? length / outs[axis] : 1 / each(scaleFactor, axis);
  });
  return ref.build([x.shape[0], x.shape[1], ...outs], ([n, c, ...at]) => {
    let points: [number[], number][] = [[[], 1]];
    at.forEach((o, axis) => {
      const own = mode === 'area' ? bin(o, lengths[axis], outs[axis]) : taps(mode, o, lengths[axis], steps[axis], alignCorners);
      points = points.flatMap(([place, weight]) => own.map(([i, w]): [number[], number] => [[...place, i], weight * w]));
    });
    return ref.total(points.map(([place, weight]) => weight * ref.get(x, [n, c, ...place])));
  });
}

function bin(o: number, length: number, out: number): [number, number][] {
  const first = Math.floor((o * length) / out);
  const end = Math.ceil(((o + 1) * length) / out);
  return Array.from({ length: end - first }, (_, k) => [first + k, 1 / (end - first)]);
}

const ROWS: readonly (readonly [Shape, ResizeOptions])[] = [
  [[1, 1, 1, 1], { size: [3, 2], mode: 'bilinear' }],
  [[2, 3, 5, 7], { size: [11, 4] }],
  [[2, 3, 4, 5], { scaleFactor: 2 }],
  [[1, 2, 5, 7], { scaleFactor: [1.7, 0.6], mode: 'nearest-exact' }],
  [[2, 3, 5, 7], { size: [9, 3], mode: 'bilinear' }],
  [[2, 3, 5, 7], { size: [3, 13], mode: 'bilinear', alignCorners: true }],
  [[1, 2, 5, 6], { scaleFactor: [2.3, 0.7], mode: 'bilinear' }],
  [[1, 2, 3, 4], { size: [1, 9], mode: 'bilinear', alignCorners: true }],
  [[2, 2, 5, 6], { size: [8, 4], mode: 'bicubic' }],
  [[1, 2, 2, 5], { size: [7, 9], mode: 'bicubic', alignCorners: true }],
  [[1, 2, 6, 7], { size: [3, 3], mode: 'area' }],
  [[2, 3, 7], { size: 4, mode: 'nearest' }],
  [[2, 3, 7], { scaleFactor: 2, mode: 'linear' }],
  [[2, 3, 7], { size: 5, mode: 'linear', alignCorners: true }],
  [[2, 3, 7], { size: 3, mode: 'area' }],
  [[0, 3, 4, 4], { size: 2, mode: 'bilinear' }],
];

const interpolateCases: OpCase[] = ROWS.map(
  ([shape, options]): OpCase => ({
    op: 'interpolate',
    about: `[${shape}] ${JSON.stringify(options).replace(/["{}]/g, '')}`,
    inputs: [random(shape)],
    apply: (x) => interpolate(x, options),
    reference: (x) => resized(x, options),
    second: true,
    f16: true,
  }),
);

const channels = (x: ref.Values, size: number) =>
  ref.build(x.shape, ([n, c, ...at]) => {
    let sum = 0;
    for (let j = c - Math.floor(size / 2); j <= c + Math.floor((size - 1) / 2); j++) {
      if (j >= 0 && j < x.shape[1]) sum += ref.get(x, [n, j, ...at]) ** 2;
    }
    return ref.get(x, [n, c, ...at]) / (2 + (0.5 / size) * sum) ** 0.6;
  });

export const resizeCases: readonly OpCase[] = [
  ...interpolateCases,
  {
    op: 'interpolate',
    about: 'what a pixel is not made of does not reach it',
    inputs: [values([1, Number.POSITIVE_INFINITY, Number.NaN, 4, 5, 6], [1, 1, 1, 6])],
    apply: (x) => interpolate(x, { size: [1, 3] }),
    reference: (x) => resized(x, { size: [1, 3] }),
    wrt: [],
  },
  {
    op: 'pixelShuffle',
    inputs: [random([2, 18, 2, 3])],
    apply: (x) => pixelShuffle(x, 3),
    reference: (x) =>
      ref.build([2, 2, 6, 9], ([n, c, h, w]) => ref.get(x, [n, (c * 3 + (h % 3)) * 3 + (w % 3), Math.floor(h / 3), Math.floor(w / 3)])),
    second: true,
  },
  {
    op: 'pixelUnshuffle',
    inputs: [random([2, 3, 4, 6])],
    apply: (x) => pixelUnshuffle(x, 2),
    reference: (x) =>
      ref.build([2, 12, 2, 3], ([n, c, h, w]) => ref.get(x, [n, Math.floor(c / 4), h * 2 + (Math.floor(c / 2) % 2), w * 2 + (c % 2)])),
    second: true,
  },
  {
    op: 'channelShuffle',
    inputs: [random([2, 6, 3])],
    apply: (x) => channelShuffle(x, 2),
    reference: (x) => ref.build([2, 6, 3], ([n, c, i]) => ref.get(x, [n, (c % 2) * 3 + Math.floor(c / 2), i])),
    second: true,
  },
  ...[5, 2, 1].map(
    (size): OpCase => ({
      op: 'localResponseNorm',
      about: `over ${size} channels`,
      inputs: [random([2, 7, 3, 2])],
      apply: (x) => localResponseNorm(x, size, { alpha: 0.5, beta: 0.6, k: 2 }),
      reference: (x) => channels(x, size),
      second: true,
    }),
  ),
];

export const resizeShaderCases: readonly ShaderCase[] = [
  [
    'interpolate',
    (x: Tensor) =>
      gradients(
        interpolate(x, { size: [9, 5], mode: 'bicubic' })
          .square()
          .sum(),
        [x],
      ),
    [f32(2, 3, 5, 7)],
  ],
];
