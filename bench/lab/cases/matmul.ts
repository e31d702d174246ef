import { lowerMatmul, type MatmulSpec } from '../../../src/engine/ops/lower/matmul.ts';
import type { Case } from '../case.ts';
import { values } from './random.ts';

function reference(spec: MatmulSpec, a: Float32Array, b: Float32Array): Float64Array {
  const { batch, m, n, k, aBatches, bBatches, transposeA, transposeB } = spec;
  const y = new Float64Array(batch * m * n);
  for (let i = 0; i < batch; i++) {
    for (let r = 0; r < m; r++) {
      for (let c = 0; c < n; c++) {
        let sum = 0;
        for (let d = 0; d < k; d++) {
          const left = a[(i % aBatches) * m * k + (transposeA ? d * m + r : r * k + d)]!;
          sum += left * b[(i % bBatches) * k * n + (transposeB ? c * k + d : d * n + c)]!;
        }
        y[(i * m + r) * n + c] = sum;
      }
    }
  }
  return y;
}

export function* matmulCases(): Generator<Case> {
  // Enough tiles for the larger ones.
  const many = { batch: 33, m: 130, n: 129, k: 5, aBatches: 33, bBatches: 3, transposeA: false, transposeB: true };
  const inputs = () => [values(33 * 650, 1), values(3 * 645, 2)] as const;
  yield {
    name: 'matmul 33×[130, 5]·[5, 129]ᵀ',
    launches: (traits) => lowerMatmul(many, traits),
    inputs,
    expected: () => reference(many, ...inputs()),
  };
  const shapes = [
    [1, 1, 1, 1],
    [1, 16, 32, 8],
    [2, 5, 7, 3],
    [3, 17, 33, 9],
    [1, 1, 130, 65],
    [1, 130, 1, 65],
    [1, 1, 1, 1000],
    [1, 10, 100, 2000],
    [1, 128, 10, 288],
    [2, 65, 67, 70],
    [0, 4, 4, 4],
    [1, 4, 5, 0],
    [1, 40, 600, 20],
    [3, 1, 300, 70],
    [2, 70, 1, 600],
  ] as const;
  for (const [batch, m, n, k] of shapes) {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const shared = m === 5;
        const spec = { batch, m, n, k, aBatches: Math.max(1, batch), bBatches: shared ? 1 : Math.max(1, batch), transposeA, transposeB };
        const inputs = () => [values(batch * m * k, 1), values((shared ? 1 : batch) * k * n, 2)] as const;
        yield {
          name: `matmul ${batch}×[${m}, ${k}]${transposeA ? 'ᵀ' : ''}·[${k}, ${n}]${transposeB ? 'ᵀ' : ''}`,
          launches: (traits) => lowerMatmul(spec, traits),
          inputs,
          expected: () => reference(spec, ...inputs()),
        };
      }
    }
  }
}
