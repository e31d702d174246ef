import { describe, expect, it } from 'vitest';
import { composedAttention } from '../../src/engine/ops/attention.ts';
import {
  compile,
  DTypeError,
  gradients,
  manualSeed,
  ones,
  ShapeError,
  scaledDotProductAttention,
  type Tensor,
  zeros,
} from '../../src/index.ts';
import { attentionCases } from './cases/attention.ts';
import { checkOp, expectClose, random, toTensor } from './check.ts';

describe('attention agrees with the float64 reference', () => {
  for (const row of attentionCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

describe('dropout of attention', () => {
  const shapes = [
    [2, 4, 37, 5],
    [2, 2, 45, 5],
    [2, 2, 45, 3],
  ];
  const inputs = shapes.map((shape) => random(shape));

  async function results(attention: typeof scaledDotProductAttention): Promise<number[][]> {
    manualSeed(3);
    const run = compile((q: Tensor, k: Tensor, v: Tensor) => {
      const y = attention(q, k, v, { dropoutP: 0.3, isCausal: true, enableGqa: true });
      const first = gradients(y.square().sum(), [q, k, v]);
      return [
        y,
        ...first,
        ...gradients(
          first.map((dx) => dx.sin().sum()).reduce((a, b) => a.add(b)),
          [q, k, v],
        ),
      ];
    });
    const [q, k, v] = inputs.map(toTensor);
    return Promise.all(run(q, k, v).map(async (x) => [...(await x.data())]));
  }

  it('is the same in the kernels, forward and backward, and in the composed form', async () => {
    const [fused, composed] = [await results(scaledDotProductAttention), await results(composedAttention)];
    fused.forEach((values, i) => {
      expectClose(`result ${i}`, values, composed[i], i < 4 ? 1e-5 : 1e-4);
    });
  });

  it('keeps the expectation', async () => {
    manualSeed(4);
    // All weights are 1 / 64: y is the share of kept ones over the probability.
    const y = scaledDotProductAttention(zeros([64, 100, 2]), zeros([64, 64, 2]), ones([64, 64, 1]), { dropoutP: 0.3 });
    expect(Math.abs((await y.mean().item()) - 1)).toBeLessThan(0.004);
  });

  it('of everything gives 0', async () => {
    expect(await scaledDotProductAttention(ones([2, 3]), ones([2, 3]), ones([2, 1]), { dropoutP: 1 }).toArray()).toEqual([[0], [0]]);
  });
});

const [x23, x43] = [zeros([2, 3]), zeros([4, 3])];

const ERRORS: readonly (readonly [string, () => unknown, new (message: string) => Error, string])[] = [
  ['depth', () => scaledDotProductAttention(x23, zeros([4, 5]), x43), ShapeError, 'got [2, 3] and [4, 5] and [4, 3]'],
  ['keys', () => scaledDotProductAttention(x23, x43, zeros([5, 3])), ShapeError, 'got [2, 3] and [4, 3] and [5, 3]'],
  ['rank', () => scaledDotProductAttention(zeros([3]), x43, x43), ShapeError, 'expected q [.., queries, depth]'],
  [
    'batches',
    () => scaledDotProductAttention(zeros([2, 2, 3]), zeros([3, 4, 3]), zeros([3, 4, 3])),
    ShapeError,
    'expected shapes that broadcast',
  ],
  [
    'heads',
    () => scaledDotProductAttention(zeros([3, 2, 3]), zeros([2, 4, 3]), zeros([2, 4, 3]), { enableGqa: true }),
    ShapeError,
    'expected heads of k and v that divide those of q, got [3, 2, 3] and [2, 4, 3] and [2, 4, 3]',
  ],
  [
    'mask',
    () => scaledDotProductAttention(x23, x43, x43, { attnMask: zeros([3, 4]) }),
    ShapeError,
    'expected shapes that broadcast together, got [3, 4] and [2, 4]',
  ],
  [
    'larger mask',
    () => scaledDotProductAttention(x23, x43, x43, { attnMask: zeros([2, 2, 4]) }),
    ShapeError,
    'a mask that broadcasts to [2, 4], got [2, 2, 4]',
  ],
  ['dropout', () => scaledDotProductAttention(x23, x43, x43, { dropoutP: 1.5 }), ShapeError, 'expected dropoutP from 0 to 1, got 1.5'],
  [
    'dtype',
    () => scaledDotProductAttention(x23, x43, x43.cast('i32')),
    DTypeError,
    'expected f32 or f16, all alike, got f32 and f32 and i32',
  ],
  ['mask dtype', () => scaledDotProductAttention(x23, x43, x43, { attnMask: zeros([2, 4], 'i32') }), DTypeError, 'got i32'],
];

it.each(ERRORS)('refuses a wrong %s', (_name, body, type, message) => {
  expect(body).toThrow(type);
  expect(body).toThrow(message);
});
