import { matmul } from '../../../src/index.ts';
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
    [2, 3, 4, 5],
    [2, 1, 5, 2],
  ],
  [[2, 3, 4, 5], [3, 5, 2], true],
  [
    [1, 3, 1, 5],
    [2, 3, 5, 2],
  ],
  [
    [4, 5],
    [0, 5, 2],
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
    f16: second,
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

export const productCases: readonly OpCase[] = [...matmulCases, ...transposedCases, ...fusedCases];
