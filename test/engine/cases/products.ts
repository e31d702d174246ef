import type { Conv2dOptions } from '../../../src/engine/ops/conv.ts';
import { conv2d, matmul } from '../../../src/index.ts';
import { type OpCase, random } from '../check.ts';
import * as ref from '../reference.ts';

type Shape = readonly number[];

/** Scalars up to tiles and past them; vectors; broadcast batches; split depth; empty. */
const MATMULS: readonly (readonly [Shape, Shape, boolean?])[] = [
  [[1, 1], [1, 1], true],
  [[3, 5], [5, 7], true],
  [
    [65, 3],
    [3, 130],
  ],
  [
    [64, 64],
    [64, 64],
  ],
  [
    [2, 1031],
    [1031, 3],
  ],
  [
    [1, 67],
    [67, 131],
  ],
  [
    [131, 67],
    [67, 1],
  ],
  [[7], [7]],
  [[7], [7, 3]],
  [[2, 3, 7], [7]],
  [[3, 4, 5], [3, 5, 6], true],
  [
    [3, 4, 5],
    [5, 6],
  ],
  [
    [4, 5],
    [3, 5, 6],
  ],
  [
    [2, 1, 4, 5],
    [3, 5, 2],
  ],
  [
    [3, 0],
    [0, 2],
  ],
  [
    [0, 3],
    [3, 2],
  ],
];

const matmulCases = MATMULS.map(
  ([left, right, second = false]): OpCase => ({
    op: 'matmul',
    about: `[${left}] × [${right}]`,
    inputs: [random(left, -1, 1), random(right, -1, 1)],
    apply: matmul,
    reference: ref.matmul,
    second,
    tolerance: 3e-5,
  }),
);

const transposedCases = [
  [true, false],
  [false, true],
  [true, true],
].map(
  ([left, right]): OpCase => ({
    op: 'matmul',
    about: `transposed ${left ? 'left' : ''} ${right ? 'right' : ''}`,
    inputs: [random(left ? [11, 70] : [70, 11]), random(right ? [66, 11] : [11, 66])],
    apply: (a, b) => matmul(left ? a.transpose() : a, right ? b.transpose() : b),
    reference: (a, b) => ref.matmul(left ? ref.permute(a, [1, 0]) : a, right ? ref.permute(b, [1, 0]) : b),
    tolerance: 4e-5,
  }),
);

const fusedCases: OpCase[] = [
  {
    op: 'matmul',
    about: 'with bias, relu and residual',
    inputs: [random([9, 5]), random([5, 67]), random([67]), random([9, 67])],
    apply: (x, w, b, r) => x.matmul(w).add(b).sigmoid().add(r),
    reference: (x, w, b, r) => ref.zip((p, q, s) => 1 / (1 + Math.exp(-(p + q))) + s, ref.matmul(x, w), b, r),
  },
];

interface ConvRow {
  readonly x: Shape;
  readonly w: Shape;
  readonly options?: Conv2dOptions;
  readonly window?: ref.Window;
  readonly second?: boolean;
}

const CONVOLUTIONS: Readonly<Record<string, ConvRow>> = {
  '1×1': { x: [1, 1, 1, 1], w: [1, 1, 1, 1], second: true },
  '3×3': { x: [2, 3, 6, 7], w: [4, 3, 3, 3], second: true },
  'same padding': { x: [1, 2, 5, 6], w: [3, 2, 4, 3], options: { padding: 'same' }, window: { padding: [1, 1, 2, 1] } },
  'stride and padding': {
    x: [2, 2, 9, 8],
    w: [3, 2, 3, 3],
    options: { stride: [2, 3], padding: [1, 2] },
    window: { stride: [2, 3], padding: [1, 2, 1, 2] },
    second: true,
  },
  dilation: {
    x: [1, 2, 9, 9],
    w: [2, 2, 3, 2],
    options: { dilation: [2, 3], padding: 1 },
    window: { dilation: [2, 3], padding: [1, 1, 1, 1] },
  },
  'stride and dilation': {
    x: [1, 2, 11, 10],
    w: [2, 2, 3, 3],
    options: { stride: 2, dilation: 2, padding: 2 },
    window: { stride: [2, 2], dilation: [2, 2], padding: [2, 2, 2, 2] },
  },
  groups: { x: [2, 6, 5, 5], w: [9, 2, 3, 3], options: { groups: 3 }, window: { groups: 3 } },
  depthwise: { x: [1, 5, 6, 6], w: [5, 1, 3, 3], options: { groups: 5, padding: 1 }, window: { groups: 5, padding: [1, 1, 1, 1] } },
  'past a tile': { x: [3, 5, 9, 11], w: [67, 5, 3, 3], options: { padding: 1 }, window: { padding: [1, 1, 1, 1] } },
  'a deep sum': { x: [1, 70, 5, 5], w: [2, 70, 3, 3] },
  'a kernel as large as the image': { x: [2, 2, 5, 4], w: [3, 2, 5, 4] },
  'no images': { x: [0, 2, 5, 4], w: [3, 2, 3, 3] },
};

const convCases = Object.entries(CONVOLUTIONS).map(
  ([about, { x, w, options = {}, window = {}, second = false }]): OpCase => ({
    op: 'conv2d',
    about,
    inputs: [random(x, -1, 1), random(w, -1, 1)],
    apply: (image, weight) => conv2d(image, weight, options),
    reference: (image, weight) => ref.conv2d(image, weight, window),
    second,
    tolerance: 5e-5,
  }),
);

const fusedConv: OpCase = {
  op: 'conv2d',
  about: 'with bias and sigmoid',
  inputs: [random([2, 2, 6, 5]), random([3, 2, 3, 3]), random([3])],
  apply: (x, w, b) =>
    conv2d(x, w)
      .add(b.reshape([1, 3, 1, 1]))
      .sigmoid(),
  reference: (x, w, b) => ref.zip((p, q) => 1 / (1 + Math.exp(-(p + q))), ref.conv2d(x, w), ref.reshape(b, [1, 3, 1, 1])),
};

export const productCases: readonly OpCase[] = [...matmulCases, ...transposedCases, ...fusedCases, ...convCases, fusedConv];
