import {
  cholesky,
  choleskySolve,
  det,
  gradients,
  inverse,
  logDet,
  outer,
  slogdet,
  solve,
  solveTriangular,
  type Tensor,
  trace,
} from '../../../src/index.ts';
import type { ShaderCase } from '../all-cases.ts';
import { type Input, type OpCase, random, values } from '../check.ts';
import { f32 } from '../plan-of.ts';
import * as ref from '../reference.ts';

type Shape = readonly number[];

/** Random matrices with a diagonal that keeps them well conditioned, and off the order in which pivots would stand by themselves. */
function regular(shape: Shape): Input {
  const n = shape[shape.length - 1];
  return random(shape, -1, 1).with((data) =>
    data.map((value, i) => ((Math.floor(i / n) + 1) % n === i % n ? Math.fround(value + 2 + n / 8) : value)),
  );
}

/** A function of each matrix, as rows. */
function eachMatrix(x: ref.Values, shape: Shape, f: (rows: number[][]) => number[]): ref.Values {
  const n = x.shape[x.shape.length - 1];
  const m = x.shape[x.shape.length - 2];
  const count = ref.size(x.shape.slice(0, -2));
  const data = Array.from({ length: count }, (_, i) =>
    f(Array.from({ length: m }, (_row, r) => [...x.data.slice((i * m + r) * n, (i * m + r + 1) * n)])),
  ).flat();
  return { shape, data: Float64Array.from(data) };
}

/** a⁻¹·b and det a, by Gauss-Jordan elimination with pivots. */
function eliminated(a: number[][], b: number[][]): { x: number[][]; det: number } {
  const rows = a.map((row, i) => [...row, ...b[i]]);
  const n = a.length;
  let determinant = 1;
  for (let j = 0; j < n; j++) {
    const p = rows.reduce((best, row, i) => (i >= j && Math.abs(row[j]) > Math.abs(rows[best][j]) ? i : best), j);
    if (p !== j) determinant = -determinant;
    [rows[j], rows[p]] = [rows[p], rows[j]];
    determinant *= rows[j][j];
    rows[j] = rows[j].map((value, _c, row) => value / row[j]);
    for (let i = 0; i < n; i++) if (i !== j) rows[i] = rows[i].map((value, c) => value - rows[i][j] * rows[j][c]);
  }
  return { x: rows.map((row) => row.slice(n)), det: determinant };
}

const solved = (a: ref.Values, b: ref.Values): ref.Values => {
  const lead = a.shape.length > b.shape.length ? a.shape.slice(0, -2) : b.shape.slice(0, -2);
  const [left, right] = [a, b].map((x) => ref.expand(x, [...lead, ...x.shape.slice(-2)]));
  const size = b.shape[b.shape.length - 2] * b.shape[b.shape.length - 1];
  let next = 0;
  return eachMatrix(left, right.shape, (rows) => {
    const own = right.data.slice(next * size, ++next * size);
    const columns = b.shape[b.shape.length - 1];
    return eliminated(
      rows,
      rows.map((_, i) => [...own.slice(i * columns, (i + 1) * columns)]),
    ).x.flat();
  });
};

const determinants = (x: ref.Values): ref.Values => eachMatrix(x, x.shape.slice(0, -2), (rows) => [eliminated(rows, rows).det]);

/** The triangle of a square matrix, with ones on the diagonal if `unit`. */
const triangle = (x: ref.Values, upper: boolean, unit = false): ref.Values =>
  ref.build(x.shape, (at) => {
    const [i, j] = at.slice(-2);
    if (i === j && unit) return 1;
    return i === j || i < j === upper ? ref.get(x, at) : 0;
  });

const lower = (rows: number[][]): number[] => {
  const y = rows.map((row) => row.map(() => 0));
  rows.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      let rest = row[j];
      for (let k = 0; k < j; k++) rest -= y[i][k] * y[j][k];
      y[i][j] = i === j ? Math.sqrt(rest) : rest / y[j][j];
    }
  });
  return y.flat();
};

/** x·xᵀ, so that differences of x keep the matrix symmetric. */
const gram = (x: ref.Values): ref.Values =>
  ref.matmul(
    x,
    ref.permute(
      x,
      [...x.shape.keys()].map((i, _k, { length }) => (i < length - 2 ? i : 2 * length - 3 - i)),
    ),
  );
const gramOf = (x: Tensor): Tensor => x.matmul(x.transpose());

/** One, small, past a lane's count of matrices, past the threads of a matrix, none. */
const SQUARES: readonly (readonly [shape: Shape, second: boolean])[] = [
  [[3, 3], true],
  [[2, 13, 13], false],
  [[9, 2, 2], false],
  [[1, 1], false],
  [[0, 0], false],
];

const squareCases = SQUARES.flatMap(([shape, second]): OpCase[] => {
  const about = `[${shape}]`;
  const shared = { about, inputs: [regular(shape)], second, tolerance: shape.includes(13) ? 2e-3 : 2e-4 };
  return [
    { ...shared, op: 'cholesky', apply: (x) => cholesky(gramOf(x)), reference: (x) => eachMatrix(gram(x), x.shape, lower) },
    {
      ...shared,
      op: 'inverse',
      apply: inverse,
      reference: (x) =>
        eachMatrix(x, x.shape, (rows) =>
          eliminated(
            rows,
            rows.map((row, i) => row.map((_, j) => (i === j ? 1 : 0))),
          ).x.flat(),
        ),
    },
    ...(shape.includes(13) ? [] : [{ ...shared, op: 'det', apply: det, reference: determinants }]),
    {
      ...shared,
      op: 'slogdet',
      about: `${about}, logAbsDet`,
      apply: (x) => slogdet(x).logAbsDet,
      reference: (x) => ref.map(determinants(x), (value) => Math.log(Math.abs(value))),
    },
  ];
});

const SYSTEMS: readonly (readonly [a: Shape, b: Shape, second?: boolean])[] = [
  [[3, 3], [3, 2], true],
  [
    [2, 11, 11],
    [2, 11, 5],
  ],
  [
    [1, 1],
    [1, 1],
  ],
  [
    [4, 4],
    [2, 4, 3],
  ],
  [
    [2, 4, 4],
    [4, 1],
  ],
  [
    [12, 3, 3],
    [12, 3, 2],
  ],
  [
    [2, 2],
    [2, 0],
  ],
];

const systemCases = SYSTEMS.flatMap(([a, b, second = false]): OpCase[] => {
  const shared = { about: `[${a}] and [${b}]`, inputs: [regular(a), random(b)], second, tolerance: 1e-3 };
  const n = a[a.length - 1];
  const dominant = random(a, -0.5, 0.5).with((data) =>
    data.map((value, i) => Math.fround(Math.floor(i / n) % n === i % n ? value + 2 : value / Math.sqrt(n))),
  );
  const triangles = [
    { upper: false },
    ...(second || n === 11 ? [{ upper: true, unitriangular: true }, { upper: true }, { upper: false, unitriangular: true }] : []),
  ];
  return [
    { ...shared, op: 'solve', apply: solve, reference: solved },
    ...triangles.map(
      (options): OpCase => ({
        ...shared,
        op: 'solveTriangular',
        about: `${shared.about} ${JSON.stringify(options)}`,
        inputs: [dominant, random(b)],
        apply: (x, y) => solveTriangular(x, y, options),
        reference: (x, y) => solved(triangle(x, options.upper, options.unitriangular), y),
      }),
    ),
  ];
});

const otherCases: OpCase[] = [
  {
    op: 'solve',
    about: 'a vector',
    inputs: [regular([3, 3]), random([3])],
    apply: solve,
    reference: (a, b) => ref.reshape(solved(a, ref.reshape(b, [3, 1])), [3]),
    tolerance: 1e-4,
  },
  {
    op: 'solve',
    about: 'vectors',
    inputs: [regular([2, 3, 3]), random([2, 3])],
    apply: solve,
    reference: (a, b) => ref.reshape(solved(a, ref.reshape(b, [2, 3, 1])), [2, 3]),
    tolerance: 1e-4,
  },
  {
    op: 'choleskySolve',
    inputs: [random([2, 4, 3]), regular([2, 4, 4])],
    apply: (b, l) => choleskySolve(b, l),
    reference: (b, l) => solved(gram(triangle(l, false)), b),
    tolerance: 1e-2,
    second: true,
  },
  {
    op: 'cholesky',
    about: 'the lower triangle alone',
    inputs: [values([4, 9, 2, 5], [2, 2])],
    apply: cholesky,
    reference: () => values([2, 0, 1, 2], [2, 2]),
    wrt: [],
  },
  {
    op: 'cholesky',
    about: 'not positive definite',
    inputs: [values([1, 2, 2, 1, 4, 0, 0, 9], [2, 2, 2])],
    apply: cholesky,
    reference: () => values([1, 0, 2, Number.NaN, 2, 0, 0, 3], [2, 2, 2]),
    wrt: [],
  },
  { op: 'det', about: 'singular', inputs: [values([1, 2, 2, 4], [2, 2])], apply: det, reference: () => values([0], []), wrt: [] },
  {
    op: 'slogdet',
    about: 'signs',
    inputs: [values([0, 1, 1, 0, 1, 2, 2, 4, 2, 0, 0, 2], [3, 2, 2])],
    apply: (x) => slogdet(x).sign,
    reference: () => values([-1, 0, 1]),
    wrt: [],
  },
  {
    op: 'logDet',
    about: 'signs',
    inputs: [values([0, 1, 1, 0, 1, 2, 2, 4, 2, 0, 0, 2], [3, 2, 2])],
    apply: logDet,
    reference: () => values([Number.NaN, Number.NEGATIVE_INFINITY, Math.log(4)]),
    wrt: [],
  },
  {
    op: 'logDet',
    about: 'a gradient',
    inputs: [regular([2, 3, 3])],
    apply: (x) => logDet(gramOf(x)),
    reference: (x) => ref.map(determinants(gram(x)), Math.log),
    second: true,
    tolerance: 2e-4,
  },
  {
    op: 'inverse',
    about: 'a pivot of 0',
    inputs: [values([0, 2, 1, 0], [2, 2])],
    apply: inverse,
    reference: () => values([0, 1, 0.5, 0], [2, 2]),
    wrt: [],
  },
  ...[
    [3, 3],
    [2, 3, 5],
    [1, 1],
    [2, 0, 3],
  ].map(
    (shape): OpCase => ({
      op: 'trace',
      about: `[${shape}]`,
      inputs: [random(shape)],
      apply: trace,
      reference: (x) => eachMatrix(x, shape.slice(0, -2), (rows) => [rows.reduce((total, row, i) => total + (row[i] ?? 0), 0)]),
      second: true,
      f16: shape.length === 2,
    }),
  ),
  {
    op: 'outer',
    inputs: [random([3]), random([67])],
    apply: outer,
    reference: (a, b) => ref.zip((x, y) => x * y, ref.reshape(a, [3, 1]), b),
    second: true,
    f16: true,
  },
];

export const linalgCases: readonly OpCase[] = [...squareCases, ...systemCases, ...otherCases];

const backward =
  (fn: (...xs: Tensor[]) => Tensor) =>
  (...xs: Tensor[]): Tensor[] => [
    fn(...xs),
    ...gradients(
      fn(...xs)
        .square()
        .sum(),
      xs,
    ),
  ];

export const linalgShaderCases: readonly ShaderCase[] = [
  ['cholesky, small', backward(cholesky), [f32(9, 3, 3)]],
  ['cholesky, large', backward(cholesky), [f32(2, 100, 100)]],
  ['solve', backward(solve), [f32(2, 100, 100), f32(2, 100, 3)]],
  ['det', backward(det), [f32(9, 3, 3)]],
  ['solveTriangular', backward((a, b) => solveTriangular(a, b, { upper: true, unitriangular: true })), [f32(9, 3, 3), f32(9, 3, 2)]],
];
