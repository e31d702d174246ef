import {
  arange,
  concat,
  conv2d,
  embedding,
  full,
  iota,
  maxPool2d,
  oneHot,
  ones,
  softmax,
  stack,
  type Tensor,
  zeros,
} from '../../../src/index.ts';
import { distinct, type Input, integers, type OpCase, random } from '../check.ts';
import type { Values } from '../reference.ts';
import * as ref from '../reference.ts';

const row = (
  op: string,
  inputs: readonly Input[],
  apply: OpCase['apply'],
  reference: OpCase['reference'],
  more: Partial<OpCase> = {},
): OpCase => ({
  op,
  inputs,
  apply,
  reference,
  second: inputs.every((input) => ref.size(input.shape) < 100),
  ...more,
});

const plain: OpCase[] = [
  row(
    'reshape',
    [random([2, 3, 5])],
    (x) => x.reshape([5, -1]),
    (x) => ref.reshape(x, [5, 6]),
    { second: true },
  ),
  row(
    'reshape',
    [random([1])],
    (x) => x.reshape([]),
    (x) => ref.reshape(x, []),
    { about: 'to a scalar' },
  ),
  row(
    'permute',
    [random([2, 3, 5])],
    (x) => x.permute([2, 0, 1]),
    (x) => ref.permute(x, [2, 0, 1]),
  ),
  row(
    'permute',
    [random([2, 3, 5, 1, 7])],
    (x) => x.permute([4, -4, 3, 0, 2]),
    (x) => ref.permute(x, [4, 1, 3, 0, 2]),
    { about: 'five axes' },
  ),
  row(
    'transpose',
    [random([4, 3, 5])],
    (x) => x.transpose(),
    (x) => ref.permute(x, [0, 2, 1]),
  ),
  row(
    'transpose',
    [random([4, 3, 5])],
    (x) => x.transpose(0, 1),
    (x) => ref.permute(x, [1, 0, 2]),
    { about: 'named axes' },
  ),
  row(
    'expand',
    [random([3, 1, 2])],
    (x) => x.expand([3, 4, 2]),
    (x) => ref.expand(x, [3, 4, 2]),
  ),
  row(
    'broadcastTo',
    [random([3, 1])],
    (x) => x.broadcastTo([2, 3, 4]),
    (x) => ref.expand(x, [2, 3, 4]),
  ),
  row(
    'broadcastTo',
    [random([])],
    (x) => x.broadcastTo([0, 3]),
    (x) => ref.expand(x, [0, 3]),
    { about: 'to no elements' },
  ),
  row(
    'squeeze',
    [random([1, 3, 1])],
    (x) => x.squeeze(),
    (x) => ref.reshape(x, [3]),
  ),
  row(
    'squeeze',
    [random([1, 3, 1])],
    (x) => x.squeeze(-1),
    (x) => ref.reshape(x, [1, 3]),
    { about: 'one axis' },
  ),
  row(
    'unsqueeze',
    [random([3, 2])],
    (x) => x.unsqueeze(1),
    (x) => ref.reshape(x, [3, 1, 2]),
  ),
  row(
    'slice',
    [random([7, 5])],
    (x) =>
      x.slice([
        [1, 6, 2],
        [-4, -1],
      ]),
    (x) =>
      ref.slice(x, [
        [1, 6, 2],
        [1, 4, 1],
      ]),
  ),
  row(
    'slice',
    [random([7, 5])],
    (x) => x.slice([null, [2, 99]]),
    (x) =>
      ref.slice(x, [
        [0, 7, 1],
        [2, 5, 1],
      ]),
    { about: 'past the end' },
  ),
  row(
    'slice',
    [random([7, 5])],
    (x) => x.slice([[3, 3]]),
    (x) =>
      ref.slice(x, [
        [3, 3, 1],
        [0, 5, 1],
      ]),
    { about: 'nothing' },
  ),
  row(
    'pad',
    [random([3, 4])],
    (x) =>
      x.pad(
        [
          [1, 0],
          [2, 3],
        ],
        1.5,
      ),
    (x) =>
      ref.pad(
        x,
        [
          [1, 0],
          [2, 3],
        ],
        1.5,
      ),
  ),
  row(
    'pad',
    [random([2, 3, 4])],
    (x) => x.pad([[1, 1]]),
    (x) =>
      ref.pad(x, [
        [0, 0],
        [0, 0],
        [1, 1],
      ]),
    { about: 'last axis only' },
  ),
  row(
    'pad',
    [random([0, 4])],
    (x) =>
      x.pad(
        [
          [1, 2],
          [0, 0],
        ],
        7,
      ),
    (x) =>
      ref.pad(
        x,
        [
          [1, 2],
          [0, 0],
        ],
        7,
      ),
    { about: 'around nothing' },
  ),
  row(
    'flip',
    [random([3, 4])],
    (x) => x.flip([0, 1]),
    (x) => ref.flip(x, [0, 1]),
  ),
  row(
    'flip',
    [random([3, 4])],
    (x) => x.flip(-1),
    (x) => ref.flip(x, [1]),
    { about: 'one axis' },
  ),
  row(
    'concat',
    [random([2, 3]), random([2, 1]), random([2, 5])],
    (...xs) => concat(xs, 1),
    (...xs) => ref.concat(xs, 1),
  ),
  row(
    'concat',
    [random([2, 3]), random([0, 3]), random([4, 3])],
    (...xs) => concat(xs),
    (...xs) => ref.concat(xs, 0),
    { about: 'with an empty part' },
  ),
  row(
    'concat',
    Array.from({ length: 9 }, (_, i) => random([i + 1, 2])),
    (...xs) => concat(xs),
    (...xs) => ref.concat(xs, 0),
    { about: 'nine tensors' },
  ),
  row(
    'concat',
    [random([3]), random([3])],
    (a, b) => concat([a.exp(), b.mul(a)]),
    (a, b) => ref.concat([ref.map(a, Math.exp), ref.zip((x, y) => x * y, b, a)], 0),
    {
      about: 'of computed parts',
      second: true,
    },
  ),
  row(
    'stack',
    [random([2, 3]), random([2, 3])],
    (...xs) => stack(xs, 1),
    (...xs) =>
      ref.concat(
        xs.map((x) => ref.reshape(x, [2, 1, 3])),
        1,
      ),
  ),
];

const creation: OpCase[] = [
  row(
    'zeros',
    [],
    () => zeros([2, 3]),
    () => ref.build([2, 3], () => 0),
  ),
  row(
    'ones',
    [],
    () => ones([3]),
    () => ref.build([3], () => 1),
  ),
  row(
    'full',
    [],
    () => full([2, 2], -7, 'i32'),
    () => ref.build([2, 2], () => -7),
  ),
  row(
    'full',
    [],
    () => full([3], Number.NEGATIVE_INFINITY),
    () => ref.build([3], () => Number.NEGATIVE_INFINITY),
    { about: 'infinite' },
  ),
  row(
    'scalar',
    [random([3])],
    (x) => x.mul(0.1).add(-2.5),
    (x) => ref.map(x, (v) => v * Math.fround(0.1) - 2.5),
  ),
  row(
    'iota',
    [],
    () => iota([3, 4], 1),
    () => ref.build([3, 4], ([, j]) => j),
  ),
  row(
    'arange',
    [],
    () => arange(5, { start: 2, step: 3, dtype: 'i32' }),
    () => ref.build([5], ([i]) => 2 + 3 * i),
  ),
  row(
    'arange',
    [],
    () => arange(130),
    () => ref.build([130], ([i]) => i),
    { about: 'plain' },
  ),
  row(
    'oneHot',
    [integers([2, 3], 0, 5)],
    (x) => oneHot(x, 5),
    (x) => ref.build([2, 3, 5], ([i, j, k]) => (ref.get(x, [i, j]) === k ? 1 : 0)),
  ),
];

/** Ways to give a kernel an input that doesn't stand in memory as it is read: [3, 4] from something else. */
interface View {
  readonly about: string;
  readonly from: readonly number[];
  readonly apply: (x: Tensor) => Tensor;
  readonly reference: (x: Values) => Values;
}

/** Each view gives [2, 2, 4, 6]. */
const VIEWS: readonly View[] = [
  { about: 'permuted', from: [6, 2, 4, 2], apply: (x) => x.permute([3, 1, 2, 0]), reference: (x) => ref.permute(x, [3, 1, 2, 0]) },
  {
    about: 'sliced',
    from: [2, 5, 4, 13],
    apply: (x) => x.slice([null, [1, 3], null, [1, 13, 2]]),
    reference: (x) =>
      ref.slice(x, [
        [0, 2, 1],
        [1, 3, 1],
        [0, 4, 1],
        [1, 13, 2],
      ]),
  },
  { about: 'flipped', from: [2, 2, 4, 6], apply: (x) => x.flip([1, 3]), reference: (x) => ref.flip(x, [1, 3]) },
  { about: 'expanded', from: [2, 1, 4, 6], apply: (x) => x.expand([2, 2, 4, 6]), reference: (x) => ref.expand(x, [2, 2, 4, 6]) },
  {
    about: 'padded',
    from: [2, 2, 3, 4],
    apply: (x) =>
      x.pad([
        [1, 0],
        [1, 1],
      ]),
    reference: (x) =>
      ref.pad(x, [
        [0, 0],
        [0, 0],
        [1, 0],
        [1, 1],
      ]),
  },
];

const weight = random([3, 2, 3, 3]);
const matrix = random([6, 5]);

const viewed: OpCase[] = VIEWS.flatMap(({ about, from, apply, reference }) => [
  row(
    'exp',
    [random(from)],
    (x) => apply(x).exp(),
    (x) => ref.map(reference(x), Math.exp),
    { about },
  ),
  row(
    'add',
    [random(from), random([6])],
    (x, b) => b.add(apply(x)),
    (x, b) => ref.zip((p, q) => p + q, reference(x), b),
    { about },
  ),
  row(
    'sum',
    [random(from)],
    (x) => apply(x).sum([1, 3]),
    (x) => ref.without(ref.fold(reference(x), [1, 3], ref.total), [1, 3]),
    { about },
  ),
  row(
    'matmul',
    [random(from), matrix],
    (x, w) => apply(x).matmul(w),
    (x, w) => ref.matmul(reference(x), w),
    { about },
  ),
  row(
    'conv2d',
    [random(from), weight],
    (x, w) => conv2d(apply(x), w, { padding: 1 }),
    (x, w) => ref.conv2d(reference(x), w, { padding: [1, 1, 1, 1] }),
    { about },
  ),
  row(
    'softmax',
    [random(from)],
    (x) => softmax(apply(x)),
    (x) => ref.alongAxis(reference(x), 3, (line, i) => Math.exp(line[i] - ref.logSumExp(line))),
    { about },
  ),
]);

/** Largest of each 2×2 pixels. */
const pairsOf = (x: ref.Values): ref.Values => {
  const [n, c, h, w] = x.shape;
  return ref.build([n, c, Math.floor(h / 2), Math.floor(w / 2)], ([i, k, oy, ox]) =>
    ref.largest([0, 1, 2, 3].map((j) => ref.get(x, [i, k, 2 * oy + (j >> 1), 2 * ox + (j & 1)]))),
  );
};

const poolViewed: OpCase[] = VIEWS.filter(({ about }) => about !== 'padded' && about !== 'expanded').map(
  ({ about, from, apply, reference }) =>
    row(
      'maxPool2d',
      [distinct(from)],
      (x) => maxPool2d(apply(x), 2),
      (x) => pairsOf(reference(x)),
      { about },
    ),
);

const indexed: OpCase[] = [
  row(
    'embedding',
    [random([4, 7]), integers([3, 2], 0, 7)],
    (t, i) => embedding(t.transpose(), i.transpose()),
    (t, i) => ref.embedding(ref.permute(t, [1, 0]), ref.permute(i, [1, 0])),
    {
      about: 'permuted table and indices',
    },
  ),
];

export const movementCases: readonly OpCase[] = [...plain, ...creation];
export const viewCases: readonly OpCase[] = [...viewed, ...poolViewed, ...indexed];
