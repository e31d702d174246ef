import { type ReduceOptions, variance } from '../../../src/engine/ops/reduce.ts';
import { gradients, type Tensor } from '../../../src/index.ts';
import { distinct, type Input, integers, type OpCase, random, values } from '../check.ts';
import * as ref from '../reference.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

interface Reduction {
  readonly apply: (x: Tensor, axes?: number | readonly number[], options?: ReduceOptions) => Tensor;
  readonly f: (values: number[]) => number;
  readonly input: (shape: readonly number[]) => Input;
  readonly second?: boolean;
  /** Has no gradient. */
  readonly flat?: boolean;
}

const product = (line: readonly number[]): number => line.reduce((a, b) => a * b, 1);
const norm =
  (p: number) =>
  (line: readonly number[]): number =>
    ref.total(line.map((value) => Math.abs(value) ** p)) ** (1 / p);
/** Zeros and ones. */
const sparse = (shape: readonly number[]): Input => integers(shape, 0, 2, 'i32');

const REDUCTIONS: Readonly<Record<string, Reduction>> = {
  sum: { apply: (x, axes, options) => x.sum(axes, options), f: ref.total, input: random, second: true },
  mean: { apply: (x, axes, options) => x.mean(axes, options), f: ref.average, input: random, second: true },
  max: { apply: (x, axes, options) => x.max(axes, options), f: ref.largest, input: distinct, second: true },
  min: { apply: (x, axes, options) => x.min(axes, options), f: ref.smallest, input: distinct, second: true },
  variance: { apply: (x, axes, options) => x.variance(axes, options), f: (line) => ref.spread(line, 1), input: random, second: true },
  prod: { apply: (x, axes, options) => x.prod(axes, options), f: product, input: (shape) => random(shape, 0.9, 1.1), second: true },
  std: { apply: (x, axes, options) => x.std(axes, options), f: (line) => Math.sqrt(ref.spread(line, 1)), input: random, second: true },
  norm: { apply: (x, axes, options) => x.norm(2, axes, options), f: norm(2), input: random, second: true },
  any: { apply: (x, axes, options) => x.any(axes, options), f: (line) => (line.some(Boolean) ? 1 : 0), input: sparse, flat: true },
  all: { apply: (x, axes, options) => x.all(axes, options), f: (line) => (line.every(Boolean) ? 1 : 0), input: sparse, flat: true },
  countNonzero: {
    apply: (x, axes, options) => x.countNonzero(axes, options),
    f: (line) => line.filter(Boolean).length,
    input: sparse,
    flat: true,
  },
  logSumExp: { apply: (x, axes, options) => x.logSumExp(axes, options), f: ref.logSumExp, input: random, second: true },
};

/** Shapes and axes: all, one, several, outer, middle; a prime length past every tile; a long one that is split. */
const PLACES: readonly (readonly [readonly number[], number | readonly number[] | undefined])[] = [
  [[3, 5], undefined],
  [[3, 5], 1],
  [[3, 5], 0],
  [
    [2, 3, 5, 4],
    [1, 3],
  ],
  [
    [2, 3, 5, 4],
    [0, 2],
  ],
  [[131, 3], 0],
  [[4099], undefined],
];

const list = (axes: number | readonly number[] | undefined, rank: number): readonly number[] =>
  axes === undefined ? Array.from({ length: rank }, (_, axis) => axis) : typeof axes === 'number' ? [axes] : axes;

const everyReduction = Object.entries(REDUCTIONS).flatMap(([op, { apply, f, input, second = false, flat = false }]) =>
  PLACES.filter((_, i) => i < 6 || op === 'sum' || op === 'max' || op === 'prod').map(
    ([shape, axes], i): OpCase => ({
      op,
      about: `[${shape}] over ${axes ?? 'all'}`,
      inputs: [input(shape)],
      apply: (x) => apply(x, axes, { keepDims: i === 3 }),
      reference: (x) => {
        const folded = ref.fold(x, list(axes, shape.length), f);
        return i === 3 ? folded : ref.without(folded, list(axes, shape.length));
      },
      ...(flat ? { wrt: [] } : {}),
      second: second && shape.length < 4 && ref.size(shape) < 100,
      tolerance: 4e-5,
    }),
  ),
);

const row = (
  op: string,
  about: string,
  inputs: readonly Input[],
  apply: OpCase['apply'],
  reference: OpCase['reference'],
  more: Partial<OpCase> = {},
): OpCase => ({
  op,
  about,
  inputs,
  apply,
  reference,
  wrt: [],
  ...more,
});
const lines = (f: (line: number[]) => number) => (x: ref.Values) => ref.without(ref.fold(x, [1], f), [1]);

const special: OpCase[] = [
  row(
    'sum',
    'scalar',
    [random([])],
    (x) => x.sum(),
    (x) => x,
    { wrt: [0] },
  ),
  row(
    'sum',
    'dimensions of 1',
    [random([1, 3, 1])],
    (x) => x.sum([0, 2]),
    (x) => ref.reshape(x, [3]),
    { wrt: [0] },
  ),
  row(
    'sum',
    'no elements',
    [random([3, 0])],
    (x) => x.sum(1),
    () => ref.build([3], () => 0),
  ),
  row(
    'sum',
    'no elements, computed',
    [random([3, 0, 2]), random([2])],
    (x, b) => x.mul(b).exp().permute([2, 1, 0]).sum([1]),
    () => ref.build([2, 3], () => 0),
  ),
  row(
    'sum',
    'no outputs',
    [random([0, 3])],
    (x) => x.sum(1),
    () => ref.build([0], () => 0),
  ),
  row('sum', 'i32', [integers([4, 70], -9, 9, 'i32')], (x) => x.sum(1), lines(ref.total), { tolerance: 0 }),
  row(
    'sum',
    'computed before and after',
    [random([3, 70]), random([3])],
    (x, b) => x.square().sum(1).add(b).sqrt(),
    (x, b) => ref.zip((p, q) => Math.sqrt(p + q), lines((l) => ref.total(l.map((v) => v * v)))(x), b),
    {
      wrt: [0],
    },
  ),
  row(
    'sum',
    'one helper before and after',
    [random([3, 7])],
    (x) => x.exp().log1p().sum(1).tanh().exp().log1p(),
    lines((line) => Math.log1p(Math.exp(Math.tanh(ref.total(line.map((v) => Math.log1p(Math.exp(v)))))))),
    { wrt: [0] },
  ),
  row('sum', 'many outputs', [random([8193, 3])], (x) => x.sum(1), lines(ref.total)),
  row(
    'sum',
    'a column of a long, narrow matrix',
    [random([3001, 5])],
    (x) => x.sum(0),
    (x) => ref.without(ref.fold(x, [0], ref.total), [0]),
    { wrt: [0] },
  ),
  row('max', 'NaN and infinities', [values([1, nan, 3, 1, inf, 3, -inf, -inf, -inf], [3, 3])], (x) => x.max(1), lines(ref.largest)),
  row('min', 'NaN and infinities', [values([1, nan, 3, 1, -inf, 3, inf, inf, inf], [3, 3])], (x) => x.min(1), lines(ref.smallest)),
  row(
    'max',
    'NaN in a long row',
    [
      values(
        Array.from({ length: 300 }, (_, i) => (i === 257 ? nan : i)),
        [1, 300],
      ),
    ],
    (x) => x.max(1),
    lines(ref.largest),
  ),
  row('max', 'u32', [integers([3, 9], 0, 2 ** 32 - 1)], (x) => x.max(1), lines(ref.largest), { tolerance: 0 }),
  row('min', 'i32', [integers([3, 9], -99, 99, 'i32')], (x) => x.min(1), lines(ref.smallest), { tolerance: 0 }),
  row(
    'variance',
    'of the population',
    [random([3, 7])],
    (x) => variance(x, 1, { correction: 0 }),
    lines((line) => ref.spread(line, 0)),
    { wrt: [0] },
  ),
  row('logSumExp', 'large values', [values([1000, 1001, 999, -1000, -1001, -999], [2, 3])], (x) => x.logSumExp(1), lines(ref.logSumExp), {
    wrt: [0],
  }),
  row(
    'logSumExp',
    'nothing',
    [values([], [2, 0])],
    (x) => x.logSumExp(1),
    () => ({ shape: [2], data: Float64Array.of(-inf, -inf) }),
  ),
  row('logSumExp', 'infinities', [values([-inf, -inf, 1, inf], [2, 2])], (x) => x.logSumExp(1), lines(ref.logSumExp)),
  ...[
    [0, 0, 0],
    [0, 2, 3],
    [4, 5, 6],
  ].map((line, i) =>
    row(
      'prod',
      `gradient with ${['three zeros', 'a zero', 'none'][i]}`,
      [values([...line, 2])],
      (x) => x.prod(),
      (x) => ref.without(ref.fold(x, [0], product), [0]),
      { wrt: [0], second: true },
    ),
  ),
  row(
    'prod',
    'no elements',
    [random([3, 0])],
    (x) => x.prod(1),
    () => ref.build([3], () => 1),
  ),
  row('prod', 'i32', [integers([4, 5], -9, 9, 'i32')], (x) => x.prod(1), lines(product), { tolerance: 0 }),
  ...[1, 3, 0.5, -1, inf, -inf].map((p) =>
    row(
      'norm',
      `p = ${p}`,
      [random([3, 7], 0.3, 2)],
      (x) => x.norm(p, 1),
      lines(Math.abs(p) === inf ? (line) => (p > 0 ? Math.max : Math.min)(...line) : norm(p)),
      { wrt: [0] },
    ),
  ),
  row(
    'norm',
    'p = 0',
    [values([0, -3, 0, 2, 1, 0], [2, 3])],
    (x) => x.norm(0, 1),
    lines((line) => line.filter(Boolean).length),
  ),
  row(
    'norm',
    'of zeros',
    [values([0, 0, 0, 0, 0, 2], [2, 3])],
    (x) => gradients(x.norm(2, 1).sum().add(x.norm(3, 1).sum()), [x])[0],
    () => values([0, 0, 0, 0, 0, 2], [2, 3]),
  ),
  row(
    'norm',
    'p = −1 with a zero',
    [values([0, 1, 2, 4], [2, 2])],
    (x) => x.norm(-1, 1),
    () => values([0, 4 / 3]),
  ),
  row(
    'std',
    'of equal elements',
    [values([2, 2, 2])],
    (x) => gradients(x.std(), [x])[0],
    () => values([0, 0, 0]),
  ),
  row(
    'any',
    'no elements',
    [random([3, 0])],
    (x) => x.any(1),
    () => ref.build([3], () => 0),
  ),
  row(
    'all',
    'no elements',
    [random([3, 0])],
    (x) => x.all(1),
    () => ref.build([3], () => 1),
  ),
  row(
    'any',
    'NaN is true',
    [values([nan, 0, 0, 0], [2, 2])],
    (x) => x.any(1),
    () => values([1, 0]),
  ),
  row(
    'mean',
    'no elements',
    [random([2, 0])],
    (x) => x.mean(1),
    () => values([nan, nan]),
  ),
  row('argMax', 'rows', [random([5, 67])], (x) => x.argMax(), lines(ref.firstLargest)),
  row('argMax', 'ties, NaN', [values([2, 2, 1, 1, nan, nan, 3, 1, 3], [3, 3])], (x) => x.argMax(1), lines(ref.firstLargest)),
  row(
    'argMax',
    'another axis, kept',
    [random([5, 3])],
    (x) => x.argMax(0, { keepDims: true }),
    (x) => ref.fold(x, [0], ref.firstLargest),
  ),
  row(
    'argMin',
    'rows',
    [random([5, 67])],
    (x) => x.argMin(),
    lines((line) => ref.firstLargest(line.map((v) => -v))),
  ),
];

export const reduceCases: readonly OpCase[] = [...everyReduction, ...special];
