import { expect, it } from 'vitest';
import { tooLargeFor } from '../../runtime/browser/page/too-large.ts';

const layer = (name: string, type: string, outputShape: number[], parameters: number, multiplyAdds: number) => ({
  ...{ name, type, depth: 1, outputShape, parameters, multiplyAdds },
});
const model = {
  layers: [layer('', 'Net', [1, 10], 0, 0), layer('conv', 'Conv2d', [1, 8, 14, 14], 80, 14_112), layer('flat', 'Flatten', [1, 1e6], 0, 0)],
  parameters: 80,
  multiplyAdds: 14_112,
};

it('says what of a run cannot fit into one buffer, with its size', () => {
  const gibi = 2 ** 30;
  expect(tooLargeFor(model, 128, gibi)).toBeUndefined();
  // 8 · 14 · 14 values of 4 bytes for each of 200,000 samples.
  expect(tooLargeFor(model, 200_000, gibi)).toBe(
    'What Conv2d conv gives for a batch of 200,000 takes 1.3 GB; this GPU holds at most 1.1 GB in one piece. Make the batch or the model smaller.',
  );
  expect(tooLargeFor({ ...model, parameters: 3e8 }, 1, gibi)).toMatch(/^The model’s 300,000,000 parameters take 1\.2 GB; this GPU/);
});
