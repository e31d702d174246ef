import { describe, expect, it } from 'vitest';
import { gradients, losses, tensor, zeros } from '../../src/index.ts';
import { lossCases } from './cases/losses.ts';
import { checkOp } from './check.ts';

describe('losses agree with the float64 reference', () => {
  for (const row of lossCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

const x23 = zeros([2, 3]);
const labels = zeros([2], 'u32');

it.each([
  ['mse', () => losses.mse(x23, zeros([3])), 'mse: expected tensors of one shape, got [2, 3] and [3]'],
  ['mse of whole numbers', () => losses.mse(labels, labels), 'mse: expected f32'],
  [
    'crossEntropy',
    () => losses.crossEntropy(x23, zeros([3], 'u32')),
    'crossEntropy: expected logits [n, classes, ..] and labels [n, ..], got [2, 3] and [3]',
  ],
  ['float labels', () => losses.crossEntropy(x23, zeros([2])), 'crossEntropy: expected u32 or i32 indices, got f32'],
  ['smoothing', () => losses.crossEntropy(x23, labels, { labelSmoothing: 2 }), 'crossEntropy: expected labelSmoothing from 0 to 1, got 2'],
  ['class weights', () => losses.nll(x23, labels, { weight: zeros([2]) }), 'nll: expected a weight for each of 3 classes, got [2]'],
  ['multiMargin', () => losses.multiMargin(zeros([2, 3, 4]), zeros([2, 4], 'u32')), 'multiMargin: expected [n, classes], got [2, 3, 4]'],
  ['capsuleMargin', () => losses.capsuleMargin(zeros([3]), zeros([], 'u32')), 'capsuleMargin: expected lengths [n, classes], got [3]'],
  ['huber', () => losses.huber(x23, x23, { delta: 0 }), 'huber: expected delta > 0, got 0'],
  ['smoothL1', () => losses.smoothL1(x23, x23, { beta: -1 }), 'smoothL1: expected beta ≥ 0, got -1'],
  ['gaussianNll', () => losses.gaussianNll(x23, x23, zeros([2])), 'gaussianNll: expected a variance like the input'],
  ['focal', () => losses.focal(x23, x23, { gamma: -1 }), 'focal: expected gamma ≥ 0, got -1'],
  ['dice', () => losses.dice(x23, x23), 'dice: expected [n, classes, ..] with something to sum over, got [2, 3]'],
  [
    'cosineEmbedding',
    () => losses.cosineEmbedding(x23, x23, x23),
    'cosineEmbedding: expected inputs [.., width] and targets [..], got [2, 3] and [2, 3]',
  ],
  ['tripletMargin', () => losses.tripletMargin(x23, x23, x23, { p: 0 }), 'tripletMargin: expected a positive p, got 0'],
  [
    'ctc',
    () => losses.ctc(zeros([4, 2, 3]), zeros([3, 2], 'u32'), labels, labels),
    'ctc: expected logProbs [time, n, classes], targets [n, labels] and two lengths [n], got [4, 2, 3] and [3, 2] and [2] and [2]',
  ],
  [
    'a blank',
    () => losses.ctc(zeros([4, 2, 3]), zeros([2, 2], 'u32'), labels, labels, { blank: 3 }),
    'ctc: expected a blank from 0 to 2, got 3',
  ],
  ['infoNce', () => losses.infoNce(x23, x23, { temperature: 0 }), 'infoNce: expected a positive temperature, got 0'],
])('%s refuses what does not fit', (_name, call, message) => {
  expect(call).toThrow(message);
});

it('a mean of ignored labels alone is NaN, as PyTorch has it', async () => {
  const loss = losses.crossEntropy(x23, tensor(Int32Array.of(-100, -100), [2]));
  expect(await loss.item()).toBeNaN();
});

it('smoothL1 with beta 0 is l1', async () => {
  expect(await losses.smoothL1(tensor([0.5, -2]), zeros([2]), { beta: 0 }).item()).toBe(1.25);
});

describe('a CTC target that does not fit in its input', () => {
  const x = zeros([2, 1, 3]);
  const sequences = [tensor([1, 1], [1, 2], 'u32'), tensor([2], [1], 'u32'), tensor([2], [1], 'u32')] as const;

  it('has an infinite loss, or 0 if asked for', async () => {
    expect(await losses.ctc(x, ...sequences).item()).toBe(Number.POSITIVE_INFINITY);
    expect(await losses.ctc(x, ...sequences, { zeroInfinity: true }).item()).toBe(0);
  });

  it('has no gradient', async () => {
    const [dx] = gradients(losses.ctc(x, ...sequences, { reduction: 'sum' }), [x]);
    expect(Math.max(...(await dx.data()).map(Math.abs))).toBe(0);
  });
});

it('CTC says that it has no second derivative', () => {
  const x = zeros([2, 1, 3]);
  const sequences = [tensor([1], [1, 1], 'u32'), tensor([2], [1], 'u32'), tensor([1], [1], 'u32')] as const;
  const [dx] = gradients(losses.ctc(x, ...sequences), [x]);
  expect(() => gradients(dx.square().sum(), [x])).toThrow('gradients: ctcBackward has no derivative');
});
