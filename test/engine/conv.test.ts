import { describe, expect, it } from 'vitest';
import {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  DTypeError,
  fold,
  nn,
  ShapeError,
  TilegradError,
  unfold,
  zeros,
} from '../../src/index.ts';
import { convCases, unfoldCases } from './cases/conv.ts';
import { checkOp } from './check.ts';
import { f32, planOf } from './plan-of.ts';
import { size } from './reference.ts';

describe('convolutions agree with the float64 reference', () => {
  for (const row of [...convCases, ...unfoldCases]) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

const x = zeros([2, 4, 8, 8]);
const w = zeros([6, 4, 3, 3]);
const wt = zeros([4, 6, 3, 3]);

describe('errors of convolutions', () => {
  const rows: readonly (readonly [string, () => unknown, string])[] = [
    ['channels', () => conv2d(x, zeros([6, 3, 3, 3])), 'conv2d: expected channels that 1 group divide, got [2, 4, 8, 8] and [6, 3, 3, 3]'],
    ['groups', () => conv2d(x, zeros([5, 2, 3, 3]), { groups: 2 }), 'conv2d: expected channels that 2 groups divide, got [2, 4, 8, 8]'],
    ['no groups', () => conv2d(x, w, { groups: 0 }), 'conv2d: expected a whole number of groups ≥ 1, got 0'],
    [
      'rank',
      () => conv2d(zeros([2, 3]), w),
      'conv2d: expected x [n, in, h, w] and w [out, in / groups, kh, kw], got [2, 3] and [6, 4, 3, 3]',
    ],
    ['rank of a line', () => conv1d(x, w), 'conv1d: expected x [n, in, l] and w [out, in / groups, k], got [2, 4, 8, 8]'],
    ['rank of a volume', () => conv3d(x, w), 'conv3d: expected x [n, in, d, h, w] and w [out, in / groups, kd, kh, kw], got [2, 4, 8, 8]'],
    ['no kernel', () => conv2d(x, zeros([6, 4, 0, 3])), 'conv2d: expected x [n, in, h, w] and w [out, in / groups, kh, kw]'],
    ['large kernel', () => conv2d(x, zeros([6, 4, 11, 3]), { padding: 1 }), 'conv2d: expected a kernel no larger than the padded image'],
    [
      'dilated kernel',
      () => conv1d(zeros([1, 1, 6]), zeros([1, 1, 3]), { dilation: 3 }),
      'conv1d: expected a kernel no larger than the padded',
    ],
    ['stride', () => conv2d(x, w, { stride: [1, 0] }), 'conv2d: expected a whole stride ≥ 1, or 2 of them, got 1,0'],
    ['dilation', () => conv2d(x, w, { dilation: 1.5 }), 'conv2d: expected a whole dilation ≥ 1, or 2 of them, got 1.5'],
    ['padding', () => conv2d(x, w, { padding: -1 }), 'conv2d: expected a whole padding ≥ 0, or 2 of them, got -1'],
    ['same', () => conv2d(x, w, { padding: 'same', stride: 2 }), "conv2d: expected a stride of 1 with padding 'same', got 2,2"],
    [
      'transposed channels',
      () => convTranspose2d(x, w),
      'convTranspose2d: expected channels that 1 group divide, got [2, 4, 8, 8] and [6, 4, 3, 3]',
    ],
    [
      'transposed rank',
      () => convTranspose1d(x, wt),
      'convTranspose1d: expected x [n, in, l] and w [in, out / groups, k], got [2, 4, 8, 8]',
    ],
    [
      'transposed rank of a volume',
      () => convTranspose3d(x, wt),
      'convTranspose3d: expected x [n, in, d, h, w] and w [in, out / groups, kd, kh, kw], got [2, 4, 8, 8]',
    ],
    [
      'output padding',
      () => convTranspose2d(x, wt, { stride: 2, outputPadding: [2, 1] }),
      'convTranspose2d: expected an outputPadding smaller than stride or dilation, got 2,1 for 2,2 and 1,1',
    ],
    ['much padding', () => convTranspose2d(x, wt, { padding: 5 }), 'convTranspose2d: expected less padding than output'],
    ['unfold rank', () => unfold(zeros([2, 3]), 2), 'unfold: expected [n, channels, h, w], got [2, 3]'],
    ['unfold window', () => unfold(x, 9), 'unfold: expected a window no larger than the padded image, got 9,9 for 8,8'],
    ['fold columns', () => fold(zeros([1, 8, 9]), [4, 5], 2), 'fold: expected [n, channels · 4, 12] for images of 4,5, got [1, 8, 9]'],
    ['fold rows', () => fold(zeros([1, 7, 9]), 4, 2), 'fold: expected [n, channels · 4, 9] for images of 4,4, got [1, 7, 9]'],
  ];
  it.each(rows)('%s', (_, call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });

  it('biases', () => {
    const [x, w] = [zeros([1, 2, 4, 4]), zeros([3, 2, 2, 2])];
    expect(() => conv2d(x, w, { bias: zeros([2]) })).toThrow('conv2d: expected a bias [3], got [2]');
    expect(() => convTranspose2d(x, zeros([2, 3, 2, 2]), { bias: zeros([3, 1]) })).toThrow(
      'convTranspose2d: expected a bias [3], got [3, 1]',
    );
    expect(() => conv2d(x, w, { bias: zeros([3], 'i32') })).toThrow(DTypeError);
  });

  it('a bias costs no kernel', () => {
    const layers = [new nn.Conv2d(2, 3, 3), new nn.ConvTranspose2d(2, 3, 3), new nn.Conv2d(2, 3, 3, { bias: false })];
    for (const layer of layers) expect(planOf((x) => layer.forward(x), [f32(1, 2, 5, 5)]).steps).toHaveLength(1);
  });

  it('types', () => {
    expect(() => conv2d(x, zeros([6, 4, 3, 3], 'i32'))).toThrow(DTypeError);
    expect(() => convTranspose2d(x, zeros([4, 6, 3, 3], 'f16'))).toThrow(DTypeError);
  });
});

describe('layers', () => {
  it('have the weights of PyTorch and use them', async () => {
    const layers = [
      [new nn.Conv1d(4, 6, 3, { groups: 2, padding: 'same' }), [2, 4, 9], [6, 2, 3], [2, 6, 9]],
      [new nn.Conv2d(4, 6, [3, 2], { stride: 2 }), [2, 4, 9, 8], [6, 4, 3, 2], [2, 6, 4, 4]],
      [new nn.Conv3d(2, 3, 2), [1, 2, 3, 3, 3], [3, 2, 2, 2, 2], [1, 3, 2, 2, 2]],
      [new nn.ConvTranspose1d(4, 6, 3, { groups: 2, stride: 2, outputPadding: 1 }), [2, 4, 5], [4, 3, 3], [2, 6, 12]],
      [new nn.ConvTranspose2d(4, 6, 3, { stride: 2, padding: 1, bias: false }), [2, 4, 5, 5], [4, 6, 3, 3], [2, 6, 9, 9]],
      [new nn.ConvTranspose3d(2, 3, 2), [1, 2, 2, 2, 2], [2, 3, 2, 2, 2], [1, 3, 3, 3, 3]],
    ] as const;
    for (const [layer, input, weight, output] of layers) {
      expect(layer.weight.shape).toEqual(weight);
      const y = layer.forward(zeros(input));
      expect(y.shape).toEqual(output);
      // Without anything to weigh, each channel is its bias.
      const bias = (await layer.bias?.data()) ?? new Float32Array(output[1]);
      const plane = size(output.slice(2));
      expect([...(await y.data())]).toEqual(
        Array.from({ length: output[0] * output[1] * plane }, (_, i) => bias[Math.floor(i / plane) % output[1]]),
      );
      const bound = 1 / Math.sqrt(size(weight.slice(1)));
      expect(Math.max(...(await layer.weight.data()).map(Math.abs), ...bias.map(Math.abs))).toBeLessThanOrEqual(bound);
    }
  });

  it('refuse channels that the groups do not divide', () => {
    expect(() => new nn.Conv2d(3, 4, 3, { groups: 2 })).toThrow(TilegradError);
  });
});
