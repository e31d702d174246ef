import { gradients, type Tensor } from '../../../src/index.ts';
import type { ShaderCase } from '../all-cases.ts';
import { distinct, type Input, integers, type OpCase, random, values } from '../check.ts';
import { f32, u32 } from '../plan-of.ts';
import * as ref from '../reference.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

interface Scan {
  readonly apply: (x: Tensor, axis?: number) => Tensor;
  readonly f: (line: number[]) => number;
  readonly input: (shape: readonly number[]) => Input;
}

const product = (line: readonly number[]): number => line.reduce((a, b) => a * b, 1);

const SCANS: Readonly<Record<string, Scan>> = {
  cumSum: { apply: (x, axis) => x.cumSum(axis), f: ref.total, input: random },
  cumProd: { apply: (x, axis) => x.cumProd(axis), f: product, input: (shape) => random(shape, 0.95, 1.05) },
  cumMax: { apply: (x, axis) => x.cumMax(axis), f: ref.largest, input: distinct },
  cumMin: { apply: (x, axis) => x.cumMin(axis), f: ref.smallest, input: distinct },
  logCumSumExp: { apply: (x, axis) => x.logCumSumExp(axis), f: ref.logSumExp, input: random },
};

const running = (f: Scan['f'], axis: number) => (x: ref.Values) => ref.alongAxis(x, axis, (line, i) => f(line.slice(0, i + 1)));

/** Each axis, one element, none, and a line that is cut into segments. */
const PLACES = [
  [[3, 7], 1],
  [[2, 5, 3], 1],
  [[1, 1], 0],
  [[3, 0], 1],
  [[2, 701], 1],
] as const;

const everyScan = Object.entries(SCANS).flatMap(([op, { apply, f, input }]) =>
  PLACES.map(
    ([shape, axis], i): OpCase => ({
      op,
      about: `[${shape}] along ${axis}`,
      inputs: [input(shape)],
      apply: (x) => apply(x, axis),
      reference: running(f, axis),
      second: i === 0,
      tolerance: 4e-5,
    }),
  ),
);

const special = (op: string, about: string, data: readonly number[]): OpCase => ({
  op,
  about,
  inputs: [values(data)],
  apply: (x) => SCANS[op].apply(x),
  reference: running(SCANS[op].f, 0),
  wrt: [],
});

export const scanCases: readonly OpCase[] = [
  ...everyScan,
  special('cumSum', 'NaN and infinities', [1, inf, 2, -inf, 3]),
  special('cumMax', 'NaN', [1, 3, -inf, nan, 5]),
  special('cumMin', 'NaN', [1, -3, inf, nan, 5]),
  special('logCumSumExp', 'infinities and large values', [-inf, -inf, 1000, 1001, -1000, inf, 3]),
  special('logCumSumExp', 'NaN', [1, nan, 2]),
  {
    op: 'cumProd',
    about: 'gradient with zeros',
    inputs: [values([2, 0, 3, 0, -1.5])],
    apply: (x) => x.cumProd(),
    reference: running(product, 0),
    second: true,
  },
  {
    op: 'cumMax',
    about: 'of equal values the last gets the gradient',
    inputs: [values([1, 2, 2, 1])],
    apply: (x) => gradients(x.cumMax().sum(), [x])[0],
    reference: () => values([1, 1, 2, 0]),
    wrt: [],
  },
  ...(['i32', 'u32'] as const).map(
    (dtype): OpCase => ({
      op: 'cumSum',
      about: dtype,
      inputs: [integers([3, 9], 0, 50, dtype)],
      apply: (x) => x.cumSum(0),
      reference: running(ref.total, 0),
      wrt: [],
      tolerance: 0,
    }),
  ),
];

export const scanShaderCases: readonly ShaderCase[] = [
  ['scans, short lines', (x) => gradients(x.cumProd().add(x.cumMax()).add(x.logCumSumExp()).square().sum(), [x]), [f32(7, 10)]],
  ['scans, long lines', (x) => gradients(x.cumSum().square().sum(), [x]), [f32(2, 5000)]],
  ['scans of whole numbers', (x) => [x.cumSum(0), x.cumMin(0)], [u32(600, 3)]],
];
