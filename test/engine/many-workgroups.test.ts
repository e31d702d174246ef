// Values so large that a kernel needs more than 65,535 workgroups, the limit of one dimension. (variants.test.ts folds every op's
// dispatches at a small limit; these reach the real one.)
import { expect, it } from 'vitest';
import { compile, gradients, type Tensor, tensor } from '../../src/index.ts';

const ROWS = 65_535 * 64 + 1000;
const data = Float32Array.from({ length: 2 * ROWS }, (_, i) => Math.sin(i % 1013));
const places = [0, 1, 63, 64, 65_535 * 32 - 1, 65_535 * 32, 65_535 * 64 - 1, 65_535 * 64, ROWS - 1];

it('a softmax of more rows than workgroups can stand in a line', async () => {
  const y = await tensor(data, [ROWS, 2]).softmax().data();
  for (const row of places) {
    const [a, b] = [Math.exp(data[2 * row]), Math.exp(data[2 * row + 1])];
    expect(y[2 * row]).toBeCloseTo(a / (a + b), 5);
    expect(y[2 * row + 1]).toBeCloseTo(b / (a + b), 5);
  }
});

it('a sum over each of as many rows, and its gradient', async () => {
  const run = compile((x: Tensor) => {
    const y = x.square().sum(1);
    return { y, dx: gradients(y.sum(), [x])[0] };
  });
  const result = run(tensor(data, [ROWS, 2]));
  const [y, dx] = [await result.y.data(), await result.dx.data()];
  for (const row of places) {
    expect(y[row]).toBeCloseTo(data[2 * row] ** 2 + data[2 * row + 1] ** 2, 5);
    expect(dx[2 * row + 1]).toBeCloseTo(2 * data[2 * row + 1], 5);
  }
});
