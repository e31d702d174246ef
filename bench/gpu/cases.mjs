// What is timed, as plain data that both sides read: tilegrad.mjs and torch_side.py. `--rehearse` takes the second list, which a CPU can do.
const attention = (batch, heads, length, depth) => ({ kind: 'attention', batch, heads, length, depth });
const conv2d = (batch, channels, size) => ({ kind: 'conv2d', batch, channels, size });
const layerNorm = (rows, width) => ({ kind: 'layerNorm', rows, width });
const matmul = (size) => ({ kind: 'matmul', size });
const cnn = (batch, channels) => ({ kind: 'cnn', batch, channels });
const gpt = (batch, context, width, heads, layers, vocabulary) => ({ kind: 'gpt', batch, context, width, heads, layers, vocabulary });
const lstm = (batch, steps, width) => ({ kind: 'lstm', batch, steps, width });

export const cases = [
  ...[512, 1024, 2048, 4096].map(matmul),
  conv2d(8, 64, 56),
  conv2d(32, 128, 28),
  attention(4, 8, 512, 64),
  attention(8, 16, 1024, 64),
  layerNorm(4096, 512),
  layerNorm(16_384, 1024),
  cnn(128, [4, 8, 16, 32]),
  cnn(128, [16, 32, 64, 64]),
  gpt(8, 128, 128, 4, 4, 96),
  gpt(16, 256, 384, 6, 6, 96),
  lstm(16, 256, 256),
];

export const rehearsal = [
  matmul(256),
  conv2d(2, 16, 14),
  attention(1, 2, 64, 32),
  layerNorm(64, 128),
  cnn(16, [4, 8, 16, 32]),
  gpt(2, 32, 32, 2, 2, 96),
  lstm(4, 16, 32),
];

export const nameOf = ({ kind, ...sizes }) => `${kind} ${Object.values(sizes).flat().join('×')}`;

/** Floating-point operations of one pass or step; undefined where a count says little. */
export function flopsOf(spec) {
  switch (spec.kind) {
    case 'matmul':
      return 2 * spec.size ** 3;
    case 'conv2d':
      return 3 * 2 * spec.batch * spec.channels ** 2 * 9 * spec.size ** 2;
    case 'attention':
      // Two products forward; five backward, of which two are made again.
      return 7 * 2 * spec.batch * spec.heads * spec.length ** 2 * spec.depth;
    case 'gpt': {
      const { batch, context, width, layers, vocabulary } = spec;
      return 3 * batch * context * (layers * (24 * width ** 2 + 4 * context * width) + 2 * width * vocabulary);
    }
    case 'lstm':
      return 3 * 2 * spec.batch * spec.steps * 8 * spec.width ** 2;
    default:
      return undefined;
  }
}
