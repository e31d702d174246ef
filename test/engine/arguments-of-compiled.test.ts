// What an argument of a compiled function may be, what is told apart, and what is refused with advice.
import { describe, expect, it } from 'vitest';
import { compile, nn, StaleTensorError, type Tensor, tensor } from '../../src/index.ts';

/** The plain values that a function was called with, as often as it was traced. */
function traced() {
  const kinds: unknown[] = [];
  const f = compile(
    (...args: unknown[]) => {
      kinds.push(args);
      return tensor([1]);
    },
    { name: 'f' },
  );
  return { f: f as (...args: never[]) => unknown as (...args: unknown[]) => unknown, kinds };
}

describe('told apart', () => {
  it.each<[string, unknown, unknown]>([
    ['0 and −0', 0, -0],
    ['two strings and one', ['a', 'b'], ['a,string b']],
    ['a number and its text', 1, '1'],
    ['null and its text', null, 'null'],
    ['undefined and null', undefined, null],
    ['an array and its items', [1, 2], [[1, 2]]],
    ['arrays of arrays', [[1], []], [[], [1]]],
    ['an array and an object', ['a'], { 0: 'a' }],
    ['names with signs in them', { 'a:1,b': 1 }, { a: 1, b: 1 }],
    ['a tensor and its description', tensor([1, 2]), 'f32[2]'],
    ['no item and undefined', [], [undefined]],
  ])('%s', (_name, a, b) => {
    const { f, kinds } = traced();
    for (const arg of [a, b, a, b]) f(arg);
    expect(kinds.length).toBe(2);
  });

  it('what is alike has one plan: NaN too, and records without a prototype', () => {
    const { f, kinds } = traced();
    for (let i = 0; i < 2; i++) f(Number.NaN, { a: [true, 'x'] });
    expect(kinds.length).toBe(1);
    f(Number.NaN, Object.assign(Object.create(null) as object, { a: [true, 'x'] }));
    expect(kinds.length).toBe(1);
  });
});

it('records without a prototype, and names of Object.prototype, reach the function as they are', async () => {
  const f = compile((batch: { readonly constructor: Tensor; readonly x: Tensor }) => batch.constructor.add(batch.x));
  const batch = Object.assign(Object.create(null) as object, { x: tensor([1]), constructor: tensor([2]) });
  expect(await f(batch).item()).toBe(3);
  expect(await f({ x: tensor([10]), constructor: tensor([2]) }).item()).toBe(12);
});

describe('refused', () => {
  class Config {
    rate = 1;
  }
  const endless: unknown[] = [];
  endless.push(endless);
  it.each<[string, unknown, RegExp]>([
    [
      'functions',
      (t: Tensor) => t,
      /^f: argument 1: expected a tensor, .*, got .*function.*; what else the function needs, it can read from outside$/,
    ],
    ['functions inside', { a: [1, Math.sin] }, /^f: argument 1\.a\[1\]: expected .*, got function sin/],
    ['typed arrays', new Float32Array(3), /got an object of class Float32Array; make it a tensor: tensor\(array\)$/],
    ['instances', new Config(), /got an object of class Config; what else the function needs/],
    ['modules', new nn.ReLU(), /got an object of class ReLU; what else/],
    ['promises', Promise.resolve(1), /got a promise \(await it first\)$/],
    ['maps', new Map(), /got an object of class Map/],
    ['bigints', 1n, /got 1; what else/],
    ['symbols', Symbol('s'), /got Symbol\(s\)/],
    ['what contains itself', endless, /got more than 100 of them inside each other$/],
  ])('%s', (_name, arg, message) => {
    const { f, kinds } = traced();
    expect(() => f(arg)).toThrow(message);
    expect(kinds.length).toBe(0);
  });

  it('results that are no tensors, with the place', () => {
    expect(() => compile(() => ({ a: [new Float32Array(1)] }), { name: 'g' })()).toThrow(
      /^g: its result\.a\[0\]: expected .*, got an object of class Float32Array/,
    );
  });

  it('wrong options and no function', () => {
    expect(() => compile((t: Tensor) => t, { plan: 3 } as object)).toThrow('compile: there is no option plan; did you mean plans?');
    expect(() => compile((t: Tensor) => t, { plans: 0 })).toThrow(/compile: expected plans to be a whole number > 0, got 0/);
    expect(() => compile(undefined as never)).toThrow(/compile: expected .* to be a function, got undefined/);
  });
});

it('a tensor made of arguments has no value outside of the function', async () => {
  let inside: Tensor | undefined;
  const f = compile((t: Tensor) => {
    inside = t.mul(2);
    return inside.add(1);
  });
  expect(await f(tensor([1])).item()).toBe(3);
  await expect((inside as unknown as Tensor).add(tensor([100])).data()).rejects.toThrow(StaleTensorError);
  expect(() => compile((t: Tensor) => t.add(inside as unknown as Tensor))(tensor([1]))).toThrow(/is used outside of it/);
});
