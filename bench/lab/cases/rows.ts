import { lowerCrossEntropy, lowerCrossEntropyBackward } from '../../../src/engine/ops/lower/crossEntropy.ts';
import { lowerSoftmax, lowerSoftmaxBackward } from '../../../src/engine/ops/lower/softmax.ts';
import type { Case } from '../case.ts';
import { indices, values } from './random.ts';

const sum = (terms: readonly number[]): number => terms.reduce((a, b) => a + b, 0);

/** Applies `compute` to each row of the matrices. */
function byRow(
  columns: number,
  matrices: readonly ArrayLike<number>[],
  compute: (rows: number[][], row: number) => number[],
): Float64Array {
  const result: number[] = [];
  for (let row = 0; row * columns < matrices[0]!.length; row++) {
    const rows = matrices.map((matrix) => Array.from(matrix).slice(row * columns, (row + 1) * columns));
    result.push(...compute(rows, row));
  }
  return Float64Array.from(result);
}

function softmax(x: readonly number[]): number[] {
  const largest = Math.max(...x);
  const e = x.map((value) => Math.exp(value - largest));
  const total = sum(e);
  return e.map((value) => value / total);
}

export function* rowCases(): Generator<Case> {
  for (const [rows, columns] of [
    [1, 1],
    [128, 10],
    [3, 33],
    [70, 100],
    [5, 1500],
    [0, 4],
  ] as const) {
    const x = values(rows * columns, 1).map((value) => value * 30 + 50);
    const dy = values(rows * columns, 2);
    const shape = `[${rows}, ${columns}]`;
    for (const log of [false, true]) {
      const y = byRow(columns, [x], ([row]) => softmax(row!).map((p) => (log ? Math.log(p) : p)));
      const spec = { rows, columns, inner: 1, log };
      const name = log ? 'logSoftmax' : 'softmax';
      yield { name: `${name} ${shape}`, launches: (traits) => lowerSoftmax(spec, traits), inputs: () => [x], expected: () => y };
      yield {
        name: `${name} dx ${shape}`,
        launches: (traits) => lowerSoftmaxBackward(spec, traits),
        inputs: () => [Float32Array.from(y), dy],
        tolerance: 1e-4,
        expected: () =>
          byRow(columns, [y, dy], ([p, d]) => {
            const total = sum(d!.map((value, i) => (log ? value : value * p![i]!)));
            return d!.map((value, i) => (log ? value - Math.exp(p![i]!) * total : p![i]! * (value - total)));
          }),
      };
    }
    const labels = indices(rows, columns, 3);
    if (rows > 2) labels[1] = 0xffffff9c;
    const dloss = values(rows, 4);
    yield {
      name: `crossEntropy ${shape}`,
      launches: (traits) => lowerCrossEntropy({ rows, columns, inner: 1, smoothing: 0 }, traits),
      inputs: () => [x, labels],
      expected: () => byRow(columns, [x], ([row], r) => [labels[r]! < columns ? -Math.log(softmax(row!)[labels[r]!]!) : 0]),
    };
    yield {
      name: `crossEntropy dx ${shape}`,
      launches: (traits) => lowerCrossEntropyBackward({ rows, columns, inner: 1, smoothing: 0 }, traits),
      inputs: () => [x, labels, dloss],
      expected: () =>
        byRow(columns, [x], ([row], r) =>
          softmax(row!).map((p, c) => (labels[r]! < columns ? (p - (c === labels[r] ? 1 : 0)) * dloss[r]! : 0)),
        ),
    };
  }
}
