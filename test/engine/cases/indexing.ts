import {
  argSort,
  bucketize,
  embedding,
  gather,
  gradients,
  indexAdd,
  indexSelect,
  maskedFill,
  scatter,
  scatterAdd,
  searchSorted,
  sort,
  type Tensor,
  topK,
} from '../../../src/index.ts';
import type { ShaderCase } from '../all-cases.ts';
import { distinct, type Input, integers, type OpCase, random, values } from '../check.ts';
import { f32, u32 } from '../plan-of.ts';
import * as ref from '../reference.ts';

const { POSITIVE_INFINITY: inf, NaN: nan } = Number;

const embeddingCases: OpCase[] = [
  ...[
    [[5, 3], [4]],
    [
      [7, 1],
      [2, 3],
    ],
    [[3, 67], [70]],
    [[4], [6]],
    [[300, 2, 3], [5]],
    [[3, 2], [0]],
  ].map(
    ([table, indices]): OpCase => ({
      op: 'embedding',
      about: `[${table}] by [${indices}]`,
      inputs: [random(table), integers(indices, 0, table[0])],
      apply: (t, i) => embedding(t, i),
      reference: ref.embedding,
      second: ref.size(indices) > 0,
      f16: true,
    }),
  ),
  {
    op: 'embedding',
    about: 'rows outside read 0 and have no gradient',
    inputs: [random([3, 2]), values([0, -1, 3, 2, 2 ** 31 - 1], [5], 'i32')],
    apply: (t, i) => embedding(t, i),
    reference: (t, i) => ref.build([5, 2], ([k, w]) => (i.data[k] >= 0 && i.data[k] < 3 ? ref.get(t, [i.data[k], w]) : 0)),
    second: true,
  },
  {
    // More places than are summed one by one; half of them name one row.
    op: 'embedding',
    about: 'many of one row',
    inputs: [random([9, 2]), integers([5003], 0, 9).with((data) => data.map((i, k) => (k % 2 ? 4 : i)))],
    apply: (t, i) => embedding(t, i),
    reference: ref.embedding,
    tolerance: 1e-4,
  },
  {
    op: 'embedding',
    about: 'the padding row is read, but has no gradient',
    inputs: [random([4, 3]), values([1, 3, 3, 0], [4], 'u32')],
    // Twice the part that has a gradient, less what the reference gives for the rest.
    apply: (t, i) => embedding(t, i, { paddingIdx: -1 }).mul(t.stopGradient().sum()),
    reference: (t, i) => ref.build([4, 3], ([k, w]) => ref.get(t, [i.data[k], w]) * ref.total([...t.data])),
    wrt: [],
  },
];

const selectCases: OpCase[] = (
  [
    [[5, 3], 0, 4],
    [[2, 5, 3], 1, 7],
    [[2, 3, 5], -1, 2],
    [[2, 0, 3], 1, 2],
    [[4], 0, 0],
  ] as const
).flatMap(([shape, axis, count]): OpCase[] => {
  const at = axis < 0 ? shape.length + axis : axis;
  const outside = (i: number) => i >= shape[at];
  // One past the end is among them.
  const indices = integers([count], 0, shape[at] + 1);
  return [
    {
      op: 'indexSelect',
      about: `[${shape}] axis ${axis}`,
      inputs: [random(shape), indices],
      apply: (x, i) => indexSelect(x, axis, i),
      reference: (x, i) =>
        ref.build((shape as readonly number[]).with(at, count), (p) =>
          outside(i.data[p[at]]) ? 0 : ref.get(x, p.with(at, i.data[p[at]])),
        ),
      second: ref.size(shape) > 0 && count > 0,
      f16: true,
    },
    {
      op: 'indexAdd',
      about: `[${shape}] axis ${axis}`,
      inputs: [random(shape), indices, random((shape as readonly number[]).with(at, count))],
      apply: (x, i, source) => indexAdd(x, axis, i, source),
      reference: (x, i, source) =>
        ref.build(shape, (p) =>
          [...i.data].reduce((sum, index, k) => sum + (index === p[at] ? ref.get(source, p.with(at, k)) : 0), ref.get(x, p)),
        ),
      second: ref.size(shape) > 0 && count > 0,
    },
  ];
});

/** What scatter does to a copy of x, source by source in row-major order. */
const scattered = (axis: number, replace: boolean) => (x: ref.Values, index: ref.Values, source: ref.Values) => {
  const y = { shape: x.shape, data: x.data.slice() };
  ref.everywhere(index.shape, (at) => {
    const to = ref.get(index, at);
    if (to < 0 || to >= x.shape[axis]) return;
    const place = ref.place(x.shape, at.with(axis, to));
    y.data[place] = ref.get(source, at) + (replace ? 0 : y.data[place]);
  });
  return y;
};

const scatterCases: OpCase[] = (
  [
    [[5, 3], 0, [4, 3]],
    [[3, 5], 1, [3, 9]],
    [[2, 4, 3], 1, [1, 6, 2]],
    [[7], 0, [20]],
    [[3, 2], 0, [0, 2]],
  ] as [number[], number, number[]][]
).flatMap(([shape, axis, indexShape]): OpCase[] => {
  const index = integers(indexShape, -1, shape[axis] + 1, 'i32');
  const about = `[${shape}] axis ${axis} by [${indexShape}]`;
  const second = ref.size(indexShape) > 0;
  // The source may be longer than the index.
  const source = random(indexShape.map((dim) => dim + 1));
  return [
    {
      op: 'gather',
      about,
      inputs: [random(shape), index],
      apply: (x, i) => gather(x, axis, i),
      reference: (x, i) =>
        ref.build(indexShape, (at) => {
          const k = ref.get(i, at);
          return k >= 0 && k < shape[axis] ? ref.get(x, at.with(axis, k)) : 0;
        }),
      second,
      f16: true,
    },
    {
      op: 'scatter',
      about,
      inputs: [random(shape), index, source],
      apply: (x, i, s) => scatter(x, axis, i, s),
      reference: scattered(axis, true),
      second,
    },
    {
      op: 'scatterAdd',
      about,
      inputs: [random(shape), index, source],
      apply: (x, i, s) => scatterAdd(x, axis, i, s),
      reference: scattered(axis, false),
      second,
    },
  ];
});

const others: OpCase[] = [
  {
    op: 'scatter',
    about: 'a number',
    inputs: [random([3, 4]), integers([3, 1], 0, 4)],
    apply: (x, i) => scatter(x, 1, i, 7),
    reference: (x, i) => ref.build([3, 4], (at) => (i.data[at[0]] === at[1] ? 7 : ref.get(x, at))),
  },
  {
    op: 'gather',
    about: 'integers',
    inputs: [integers([3, 4], -9, 9, 'i32'), integers([3, 2], 0, 4)],
    apply: (x, i) => gather(x, 1, i),
    reference: (x, i) => ref.build([3, 2], (at) => ref.get(x, [at[0], ref.get(i, at)])),
  },
  {
    op: 'indexSelect',
    about: 'bool',
    inputs: [integers([5], 0, 2, 'bool'), integers([7], 0, 6)],
    apply: (x, i) => indexSelect(x, 0, i),
    reference: (x, i) => ref.map(i, (k) => x.data[k] ?? 0),
  },
  {
    op: 'maskedFill',
    inputs: [random([3, 4]), integers([4], 0, 2, 'bool')],
    apply: (x, mask) => maskedFill(x, mask, -inf),
    reference: (x, mask) => ref.build([3, 4], (at) => (mask.data[at[1]] ? -inf : ref.get(x, at))),
    wrt: [],
  },
  {
    op: 'maskedFill',
    about: 'its gradient',
    inputs: [random([3, 4]), integers([3, 4], 0, 2, 'bool')],
    apply: (x, mask) => x.maskedFill(mask, 2),
    reference: (x, mask) => ref.zip((value, filled) => (filled ? 2 : value), x, mask),
    second: true,
  },
];

/** NaN counts as the largest; equal elements keep their order. */
const compare = (a: number, b: number) =>
  Number.isNaN(a) ? Number(!Number.isNaN(b)) : Number.isNaN(b) ? -1 : a === b ? 0 : a < b ? -1 : 1;
const orderOf = (line: readonly number[], descending = false) =>
  [...line.keys()].sort((i, j) => (descending ? -1 : 1) * compare(line[i], line[j]) || i - j);

const special = values([0, nan, -1, inf, -0, 3, -inf, 3, nan, -1, 0, 1e-30, -1e-30], [13]);

const sortCases: OpCase[] = [
  ...(
    [
      [[1], -1],
      [[3, 7], -1],
      [[7, 3, 2], 0],
      [[5, 0], -1],
      [[2, 259], 1],
      [[2, 1031], -1],
    ] as const
  ).flatMap(([shape, axis]): OpCase[] => {
    const at = axis < 0 ? shape.length + axis : axis;
    const about = `[${shape}] axis ${axis}`;
    return [
      {
        op: 'sort',
        about,
        inputs: [distinct(shape)],
        apply: (x) => sort(x, { axis }).values,
        reference: (x) => ref.eachLine(x, at, (line) => orderOf(line).map((i) => line[i])),
        second: ref.size(shape) < 50,
        f16: true,
      },
      {
        op: 'argSort',
        about: `${about}, with ties`,
        inputs: [integers(shape, 0, 5, 'i32')],
        apply: (x) => argSort(x, { axis, descending: true }),
        reference: (x) => ref.eachLine(x, at, (line) => orderOf(line, true)),
      },
    ];
  }),
  {
    op: 'argSort',
    about: 'zeros of both signs, infinities and NaN',
    inputs: [special],
    apply: (x) => argSort(x),
    reference: (x) => ref.eachLine(x, 0, (line) => orderOf(line)),
    wrt: [],
  },
  {
    op: 'argSort',
    about: 'negative integers and bool',
    inputs: [values([3, -1, -(2 ** 31), 2 ** 31 - 1, 0], [5], 'i32'), values([1, 0, 1, 0, 0], [5], 'bool')],
    apply: (x, b) => argSort(x).add(argSort(b, { descending: true }).mul(10)),
    reference: (x, b) => ref.build([5], ([i]) => orderOf([...x.data])[i] + 10 * orderOf([...b.data], true)[i]),
  },
  {
    op: 'sort',
    about: 'of an odd permutation, along the middle',
    inputs: [random([3, 5, 2])],
    apply: (x) => sort(x.permute([2, 1, 0]), { axis: 1, descending: true }).values,
    reference: (x) => ref.eachLine(ref.permute(x, [2, 1, 0]), 1, (line) => orderOf(line, true).map((i) => line[i])),
  },
  ...(
    [
      [[3, 8], 2, -1, true],
      [[8, 3], 3, 0, false],
      [[300], 5, 0, true],
      [[2, 4], 0, 1, true],
    ] as const
  ).map(
    ([shape, k, axis, largest]): OpCase => ({
      op: 'topK',
      about: `${k} of [${shape}]`,
      inputs: [distinct(shape)],
      apply: (x) => topK(x, k, { axis, largest }).values,
      reference: (x) => {
        const at = axis < 0 ? shape.length + axis : axis;
        const all = ref.eachLine(x, at, (line) => orderOf(line, largest).map((i) => line[i]));
        return ref.slice(
          all,
          shape.map((dim, i) => [0, i === at ? k : dim, 1]),
        );
      },
      second: k > 0,
    }),
  ),
  {
    op: 'topK',
    about: 'indices; NaN counts as the largest',
    inputs: [special],
    apply: (x) => topK(x, 4).indices,
    reference: (x) => ref.build([4], ([i]) => orderOf([...x.data], true)[i]),
    wrt: [],
  },
];

const below = (right: boolean) => (line: readonly number[], value: number) =>
  line.filter((other) => compare(other, value) < (right ? 1 : 0)).length;
const ascending = (x: ReturnType<typeof integers>): Input =>
  x.with((data) => ref.eachLine({ shape: x.shape, data }, x.shape.length - 1, (line) => orderOf(line).map((i) => line[i])).data);

const searchCases: OpCase[] = [
  {
    op: 'searchSorted',
    inputs: [ascending(integers([2, 17], 0, 9, 'i32')), integers([2, 70], -1, 10, 'i32')],
    apply: (sorted, x) => searchSorted(sorted, x),
    reference: (sorted, x) =>
      ref.build([2, 70], ([r, i]) => below(false)([...sorted.data].slice(17 * r, 17 * (r + 1)), ref.get(x, [r, i]))),
  },
  {
    op: 'searchSorted',
    about: 'in one row, with infinities and NaN',
    inputs: [values([-inf, -1, 0, 0, 2, inf]), values([-inf, -2, -0, 0, 1, 2, 3, inf, nan], [3, 3])],
    apply: (sorted, x) => searchSorted(sorted, x, { right: true }),
    reference: (sorted, x) => ref.map(x, (value) => below(true)([...sorted.data], value)),
    wrt: [],
  },
  {
    op: 'searchSorted',
    about: 'in nothing',
    inputs: [random([0]), random([3])],
    apply: (sorted, x) => searchSorted(sorted, x),
    reference: (_, x) => ref.map(x, () => 0),
    wrt: [],
  },
  {
    op: 'bucketize',
    inputs: [random([3, 5]), values([-1, 0, 1])],
    apply: (x, boundaries) => bucketize(x, boundaries),
    reference: (x, boundaries) => ref.map(x, (value) => below(false)([...boundaries.data], value)),
    wrt: [],
  },
];

export const indexingCases: readonly OpCase[] = [
  ...embeddingCases,
  ...selectCases,
  ...scatterCases,
  ...others,
  ...sortCases,
  ...searchCases,
];

const withGradient =
  (fn: (x: Tensor, i: Tensor) => Tensor) =>
  (x: Tensor, i: Tensor): Tensor[] => [...gradients(fn(x, i).square().sum(), [x])];

export const indexingShaderCases: readonly ShaderCase[] = [
  ['embedding', withGradient((x, i) => embedding(x, i)), [f32(20, 7), u32(5, 3)]],
  ['embedding, long', withGradient((x, i) => embedding(x, i)), [f32(20, 7), u32(5000)]],
  ['scatter', withGradient((x, i) => scatter(x, 0, i, x)), [f32(9, 7), u32(9, 7)]],
  ['sort', (x) => gradients(sort(x).values.square().sum(), [x]), [f32(9, 20)]],
  ['sort, long', (x) => argSort(x), [f32(3, 3000)]],
  ['searchSorted', (x) => searchSorted(x, x), [f32(30)]],
];
