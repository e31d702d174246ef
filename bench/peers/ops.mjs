// Single ops, forward and backward: what every peer computes, from which data, and what it must agree on.
import { generator, uniform } from './data.mjs';

/** Shapes of the inputs by name; the last is the gradient of the output, `dy`. */
export const ops = {
  conv2d: { x: [8, 64, 56, 56], w: [64, 64, 3, 3], dy: [8, 64, 56, 56] },
  softmax: { x: [4096, 512], dy: [4096, 512] },
  layerNorm: { x: [4096, 512], weight: [512], bias: [512], dy: [4096, 512] },
  attention: { q: [4, 8, 512, 64], k: [4, 8, 512, 64], v: [4, 8, 512, 64], dy: [4, 8, 512, 64] },
  // Gates in PyTorch's order: input, forget, cell, output. Batch first.
  lstm: { x: [16, 256, 256], wih: [1024, 256], whh: [1024, 256], bias: [1024], dy: [16, 256, 256] },
};

/** The inputs of one op: `{ name: { shape, data } }`. */
export function inputsOf(op) {
  const random = generator(5);
  return Object.fromEntries(
    Object.entries(ops[op]).map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const bound = name === 'w' ? 0.07 : name.startsWith('w') ? 1 / 16 : 1;
      return [name, { shape, data: uniform(size, bound, random) }];
    }),
  );
}
