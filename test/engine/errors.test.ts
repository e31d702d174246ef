// Errors come at the user's line, name the op, and show both shapes.
import { describe, expect, it } from 'vitest';
import { currentRuntime } from '../../src/engine/executor/session.ts';
import {
  concat,
  DTypeError,
  gradients,
  matmul,
  nn,
  OutOfMemoryError,
  optim,
  ShapeError,
  State,
  stack,
  TilegradError,
  tensor,
  where,
  zeros,
} from '../../src/index.ts';

const x23 = zeros([2, 3]);
const x45 = zeros([4, 5]);
const ints = zeros([2, 3], 'i32');
const bools = x23.gt(0);

const SHAPES: readonly (readonly [string, () => unknown, string])[] = [
  ['add', () => x23.add(x45), 'add: expected shapes that broadcast together, got [2, 3] and [4, 5]'],
  ['where', () => where(bools, x45, 0), 'where: expected shapes that broadcast together, got [2, 3] and [4, 5] and []'],
  ['matmul', () => matmul(x23, x45), 'matmul: expected [.., m, k] and [.., k, n], got [2, 3] and [4, 5]'],
  [
    'matmul of batches',
    () => matmul(zeros([2, 3, 4]), zeros([5, 4, 6])),
    'matmul: expected shapes that broadcast together, got [2] and [5]',
  ],
  ['reshape', () => x23.reshape([4, -1]), 'reshape: expected a shape of 6 elements, got [2, 3] to [4, -1]'],
  ['permute', () => x23.permute([0, 0]), 'permute: expected each of 2 axes once, got [0, 0] for [2, 3]'],
  ['expand', () => x23.expand([2, 4]), 'expand: expected a shape that stretches dimensions of 1 only, got [2, 3] to [2, 4]'],
  ['broadcastTo', () => x23.broadcastTo([3]), 'broadcastTo: expected'],
  ['squeeze', () => x23.squeeze(0), 'squeeze: expected axis 0 to be 1 long, got [2, 3]'],
  ['slice', () => x23.slice([null, null, null]), 'slice: expected at most 2 ranges for [2, 3], got 3'],
  ['pad', () => x23.pad([[-1, 0]]), 'pad: expected at most 2 pairs of whole widths ≥ 0 for [2, 3]'],
  ['concat', () => concat([x23, x45]), 'concat: expected shapes equal but for axis 0, got [2, 3] and [4, 5]'],
  ['stack', () => stack([x23, x45]), 'stack: expected shapes equal'],
  ['sum', () => x23.sum(2), 'sum: expected an axis from -2 to 1, got 2'],
  ['sum twice', () => x23.sum([1, -1]), 'sum: expected each axis once, got [1, 1]'],
  ['max of nothing', () => zeros([0, 3]).max(), 'max: expected at least one element along axis 0, got [0, 3]'],
  ['Linear', () => new nn.Linear(4, 1).forward(x23), 'Linear: expected [.., 4], got [2, 3] for a weight of [1, 4]'],
  ['tensor', () => tensor([[1, 2], [3]]), 'tensor: expected rows of one length, got ragged nested arrays'],
  ['tensor of a shape', () => tensor(new Float32Array(3), [2, 2]), 'tensor: expected 4 values for shape [2, 2], got 3'],
  ['zeros', () => zeros([2, -1]), 'zeros: expected whole, non-negative dimensions, got [2, -1]'],
  ['zeros too large', () => zeros([2 ** 20, 2 ** 20]), 'zeros: expected fewer than 2^31 elements'],
  [
    'gradients',
    () => gradients(x23.exp(), [x23]),
    'gradients: expected a loss of one element, got [2, 3]; sum() or mean() it, or give a seed',
  ],
];

const DTYPES: readonly (readonly [string, () => unknown, string])[] = [
  ['add', () => x23.add(ints), 'add: expected two of one type, got f32 and i32; cast() one of them'],
  ['add of bools', () => bools.add(bools), 'add: expected numbers, got bool'],
  ['exp', () => ints.exp(), 'exp: expected f32 or f16, got i32'],
  ['neg', () => bools.neg(), 'neg: expected f32 or f16 or i32, got bool'],
  ['pow', () => ints.pow(2), 'pow: expected f32 or f16, got i32'],
  ['logicalAnd', () => x23.logicalAnd(x23), 'logicalAnd: expected bool, got f32'],
  ['bitAnd', () => x23.bitAnd(x23), 'bitAnd: expected u32 or i32, got f32'],
  ['where', () => where(x23, 1, 0), 'where: expected a bool condition, got f32'],
  ['where sides', () => where(bools, x23, ints), 'where: expected two of one type, got f32 and i32'],
  ['sum', () => bools.sum(), 'sum: expected numbers, got bool; cast() it'],
  ['matmul', () => matmul(x23, ints.transpose()), 'matmul: expected f32 or f16, all alike, got f32 and i32'],
  ['softmax', () => ints.softmax(), 'softmax: expected f32 or f16, all alike, got i32'],
  ['concat', () => concat([x23, ints]), 'concat: expected one element type, got f32 and i32'],
];

const OTHERS: readonly (readonly [string, () => unknown, string])[] = [
  ['an optimiser without parameters', () => new optim.SGD([], { lr: 1 }), 'SGD: expected at least one parameter, got none'],
  [
    'too few gradients',
    () => new optim.SGD(new nn.Linear(2, 1).parameters(), { lr: 1 }).step([x23]),
    'SGD.step: expected 2 gradients, got 1',
  ],
  ['Nesterov without momentum', () => new optim.SGD(new nn.Linear(2, 1).parameters(), { lr: 1, nesterov: true }), 'SGD: expected momentum'],
];

describe('shapes', () => {
  it.each(SHAPES)('%s', (_name, body, message) => {
    expect(body).toThrow(ShapeError);
    expect(body).toThrow(message);
  });
});

describe('element types', () => {
  it.each(DTYPES)('%s', (_name, body, message) => {
    expect(body).toThrow(DTypeError);
    expect(body).toThrow(message);
  });
});

describe('others', () => {
  it.each(OTHERS)('%s', (_name, body, message) => {
    expect(body).toThrow(TilegradError);
    expect(body).toThrow(message);
  });

  it('a parameter belongs to one optimiser', () => {
    const parameters = new nn.Linear(2, 1).parameters();
    new optim.SGD(parameters, { lr: 1 });
    expect(() => new optim.Adam(parameters)).toThrow(/expected a state that no optimiser holds yet/);
  });

  it('an op without a derivative says so when one is asked for', () => {
    const x = new State('x', [3], 'f32');
    expect(() => gradients(x.bitcast('f32').sum(), [x])).toThrow(/bitcast has no derivative; use stopGradient\(\)/);
    // What lies below a stop is no path, whatever the ops are through which it would go.
    const beside = x.stopGradient().bitcast('f32').add(x).sum();
    expect(gradients(beside, [x])[0].shape).toEqual(x.shape);
  });

  it('gradients of what a loss does not depend on are zeros', async () => {
    const [a, b] = [tensor([1, 2]), tensor([[3]])];
    const [da, db] = gradients(a.sum(), [a, b]);
    expect([await da.toArray(), await db.toArray()]).toEqual([[1, 1], [[0]]]);
  });
});

describe('limits', () => {
  it('2^31 elements are refused where they would arise', () => {
    const long = zeros([2 ** 16, 1]);
    expect(() => long.matmul(zeros([1, 2 ** 15]))).toThrow('matmul: expected fewer than 2^31 elements, got [1, 65536, 32768]');
    expect(() => long.add(zeros([2 ** 15]))).toThrow(/expected fewer than 2\^31 elements, got \[65536, 32768\]/);
    expect(() => zeros([2 ** 31])).toThrow('zeros: expected fewer than 2^31 elements, got [2147483648]');
  });

  it('a value over the binding limit is refused with its shape and size, at the line of the call', async () => {
    const { traits } = await currentRuntime().open();
    const rows = Math.ceil(traits.maxBindingBytes / 4096) + 1;
    const error = (await zeros([rows, 1])
      .matmul(zeros([1, 1024]))
      .data()
      .catch((cause) => cause)) as Error;
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(error.message).toMatch(
      new RegExp(`expected at most ${traits.maxBindingBytes} bytes in one buffer, the adapter's limit, got f32 \\[1, ${rows}, 1024\\] of`),
    );
    expect(error.stack).toContain('errors.test.ts');
  });
});
