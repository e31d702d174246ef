import { describe, expect, it } from 'vitest';
import { unaryOps } from '../../src/engine/ops/unary.ts';
import { compile, DTypeError, gradients, ShapeError, type Tensor, tensor, zeros } from '../../src/index.ts';
import { activationCases } from './cases/activation.ts';
import { elementwiseCases } from './cases/elementwise.ts';
import { checkOp, expectClose } from './check.ts';

describe('element-wise ops agree with the float64 reference', () => {
  for (const row of [...elementwiseCases, ...activationCases]) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

describe('a fused chain is what its parts are one after another', () => {
  // A driver may know the sign of the inner result, and simplify by it.
  const inner = ['softplus', 'sigmoid', 'cos'] as const;
  const outer = ['tanh', 'expm1', 'log1p', 'atan', 'asinh', 'erfc', 'sin'] as const;
  it.each(inner)('of %s', async (name) => {
    const x = tensor([-95, -7.3, -3, -1, -0, 0, 0.5, 2, 30, 1e4, Number.POSITIVE_INFINITY, Number.NaN]);
    const fused = compile((z: Tensor) => outer.map((next) => unaryOps[next](unaryOps[name](z))))(x);
    const between = tensor(Float32Array.from(await compile(unaryOps[name])(x).data()));
    for (const [i, next] of outer.entries()) {
      expectClose(`${next} of ${name}`, await fused[i].data(), await unaryOps[next](between).data(), 1e-6);
    }
  });
});

describe('straight-through estimators', () => {
  it('sign has the derivative of the clipped identity, round that of the identity', async () => {
    const x = tensor([-1.5, -1, -0.3, 0.4, 1, 2]);
    expect(await gradients(x.signSte().sum(), [x])[0].toArray()).toEqual([0, 1, 1, 1, 1, 0]);
    expect(await gradients(x.roundSte().sum(), [x])[0].toArray()).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

const x23 = zeros([2, 3]);
const ints = zeros([2, 3], 'i32');
const ERRORS: readonly (readonly [string, () => unknown, typeof DTypeError | typeof ShapeError, string])[] = [
  ['sin', () => ints.sin(), DTypeError, 'sin: expected f32 or f16, got i32'],
  ['abs', () => x23.gt(0).abs(), DTypeError, 'abs: expected f32 or f16 or i32, got bool'],
  ['atan2', () => ints.atan2(ints), DTypeError, 'atan2: expected f32 or f16, got i32'],
  ['fmod', () => x23.fmod(zeros([4])), ShapeError, 'fmod: expected shapes that broadcast together, got [2, 3] and [4]'],
  ['isNaN', () => ints.isNaN(), DTypeError, 'isNaN: expected f32 or f16'],
  ['logicalXor', () => x23.logicalXor(x23), DTypeError, 'logicalXor: expected bool, got f32'],
  ['bitNot', () => x23.bitNot(), DTypeError, 'bitNot: expected u32 or i32, got f32'],
  ['clamp', () => x23.clamp(zeros([2, 2])), ShapeError, 'clamp: expected'],
  ['clamp wider than x', () => zeros([3]).clamp(zeros([2, 3])), ShapeError, 'clamp: expected a bound that broadcasts to [3], got [2, 3]'],
  ['glu', () => x23.glu(), ShapeError, 'glu: expected an even length along axis 1, got [2, 3]'],
  ['glu axis', () => x23.glu(2), ShapeError, 'glu: expected an axis from -2 to 1, got 2'],
  ['maxout', () => x23.maxout(2), ShapeError, 'maxout: expected pieces that divide axis 1, got 2 for [2, 3]'],
  ['prelu', () => x23.prelu(zeros([2])), ShapeError, 'prelu: expected a weight [1] or [3], got [2] for [2, 3]'],
];

describe('errors', () => {
  it.each(ERRORS)('%s', (_name, body, kind, message) => {
    expect(body).toThrow(kind);
    expect(body).toThrow(message);
  });
});
