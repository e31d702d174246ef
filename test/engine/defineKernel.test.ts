// Ops of a user's own: values and gradients against float64, what is refused, and errors at their line of WGSL.
import { describe, expect, it } from 'vitest';
import { compile, defineKernel, gradients, type KernelDefinition, openDevice, tensor } from '../../src/index.ts';
import { checkOp, random } from './check.ts';

const elementwise = (body: string) => `(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i < arrayLength(&x)) { ${body} }
}`;

// x + sin²(a·x) ÷ a: the activation "snake" of Ziyin et al. (2020), with its first two derivatives.
const wgsl = `
struct Params { a: f32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<storage> dy: array<T>; // read is what storage means
@binding(3) @group(0) var<storage, read_write> dx: array<T>;

@compute @workgroup_size(64)
fn forward${elementwise('let s = sin(params.a * f32(x[i])); y[i] = T(f32(x[i]) + s * s / params.a);')}
@compute @workgroup_size(64)
fn backward${elementwise('dx[i] = T(f32(dy[i]) * (1 + sin(2 * params.a * f32(x[i]))));')}
@compute @workgroup_size(64)
fn second${elementwise('dx[i] = T(f32(dy[i]) * 2 * params.a * cos(2 * params.a * f32(x[i])));')}
`;

const snake = (a: number) => {
  const launch: KernelDefinition['launch'] = ({ shape, size }) => ({ shape, workgroups: Math.ceil(size / 64), params: { a } });
  const common = { name: 'snake', wgsl, launch };
  const curvature = defineKernel({ ...common, entry: 'second', inputs: ['x', 'dy'], output: 'dx' });
  const slope = defineKernel({
    ...common,
    entry: 'backward',
    inputs: ['x', 'dy'],
    output: 'dx',
    derivative: (ddx, [x, dy]) => [curvature(x, dy.mul(ddx)), slope(x, ddx)],
  });
  return defineKernel({ ...common, entry: 'forward', inputs: ['x'], output: 'y', derivative: (dy, [x]) => [slope(x, dy)] });
};

const sum = `
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
@compute @workgroup_size(1) fn main(@builtin(workgroup_id) id: vec3u) { y[id.x] = u32(a[id.x] + b[id.x].x + b[id.x].y); }
`;
const sumDefinition: KernelDefinition = {
  name: 'sum',
  wgsl: sum,
  entry: 'main',
  inputs: ['a', 'b'],
  output: 'y',
  launch: (a) => ({ shape: a.shape, workgroups: a.size }),
};

describe('a kernel of one’s own', () => {
  it.each([[[3, 50]], [[1]], [[0, 4]]])('%s: values and derivatives to second order agree with float64', async (shape) => {
    await checkOp({
      op: 'defineKernel',
      inputs: [random(shape)],
      apply: (x) => snake(2)(x),
      reference: (x) => ({ shape: x.shape, data: Float64Array.from(x.data, (v) => v + Math.sin(2 * v) ** 2 / 2) }),
      // WGSL's own sin may be off by 2⁻¹¹, and SwiftShader's is off by 10⁻⁴.
      tolerance: 2 ** -10,
      second: true,
      f16: true,
    });
  });

  it('reads several inputs and other element types', async () => {
    const y = defineKernel(sumDefinition)(
      tensor([1, 2]),
      tensor([
        [10, 20],
        [30, 40],
      ]),
    );
    expect([y.dtype, await y.toArray()]).toEqual(['u32', [31, 72]]);
  });

  it('two kernels of one name are two kernels, compiled and not', async () => {
    const x = tensor([1, 2]);
    const [one, two] = [snake(1), snake(3)];
    const expected = (a: number) => [1, 2].map((v) => expect.closeTo(v + Math.sin(a * v) ** 2 / a, 3));
    expect(await one(x).toArray()).toEqual(expected(1));
    expect(await two(x).toArray()).toEqual(expected(3));
    const [a, b] = compile((v: typeof x) => [one(v), two(v)])(x);
    expect([await a.toArray(), await b.toArray()]).toEqual([expected(1), expected(3)]);
  });

  it('shows in the plan under its name', async () => {
    const step = compile((x: ReturnType<typeof tensor>) => snake(1)(x).sum());
    await step(tensor([1, 2])).item();
    expect(await step.describe()).toContain('snake.forward');
  });
});

describe('what is refused', () => {
  const define = (changes: Partial<KernelDefinition>) => () => defineKernel({ ...sumDefinition, ...changes });
  it.each<[string, Partial<KernelDefinition>, string]>([
    ['a missing buffer', { inputs: ['a', 'c'] }, 'sum.wgsl:1: expected a buffer var<storage> c: array<…>; there is [a, b, y]'],
    ['a missing entry', { entry: 'forward' }, 'expected a function forward marked @compute'],
    ['a commented buffer', { wgsl: sum.replace('@group(0) @binding(0)', '// @group(0) @binding(0)') }, 'expected a buffer var<storage> a'],
    ['an output that is only read', { output: 'b', inputs: ['a'] }, 'sum.wgsl:3: expected var<storage, read_write> for b'],
    ['an input that is written', { inputs: ['a', 'y'] }, 'sum.wgsl:4: expected var<storage, read> for y'],
    ['another group', { wgsl: sum.replace('@group(0) @binding(1)', '@group(1) @binding(1)') }, 'sum.wgsl:3: expected @group(0)'],
    ['atomics', { wgsl: sum.replace('array<u32>', 'array<atomic<u32>>') }, 'sum.wgsl:4: expected an array of f32'],
    ['one number for two buffers', { wgsl: sum.replace('@binding(1)', '@binding(0)') }, 'b shares 0'],
    ['vectors in Params', { wgsl: `struct Params { n: vec2f }${sum}` }, 'got "n: vec2f"'],
  ])('%s', (_, changes, message) => expect(define(changes)).toThrow(message));

  it('definitions and arguments of the wrong kind', () => {
    const given = { name: 'snake', wgsl, entry: 'forward', inputs: ['x'], output: 'y', launch: () => ({ shape: [1], workgroups: 1 }) };
    const wrong = (change: object) => () => defineKernel({ ...given, ...change } as KernelDefinition);
    expect(wrong({ derivate: () => [] })).toThrow('defineKernel: there is no option derivate; did you mean derivative?');
    expect(wrong({ launch: 1 })).toThrow('defineKernel: expected definition to be { name: a string; ');
    expect(wrong({ derivative: 1 })).toThrow('defineKernel: expected derivative to be a function, got 1');
    expect(() => snake(1)([1, 2] as never)).toThrow('snake: expected x to be a tensor, got [1, 2]; tensor() makes one of it');
  });

  it('tensors that do not fit', () => {
    const op = defineKernel(sumDefinition);
    expect(() => op(tensor([1]))).toThrow('sum: expected 2 tensors (a, b), got 1');
    expect(() => op(tensor([1]), tensor(Int32Array.of(1, 2)))).toThrow('sum: expected f32 for b, as its buffer is declared, got i32');
  });

  it('params that the struct lacks, and the other way round', () => {
    const op = (params: Record<string, number>) =>
      defineKernel({ ...sumDefinition, wgsl: `struct Params { n: u32 }${sum}`, launch: () => ({ shape: [1], workgroups: 1, params }) });
    const inputs = [tensor([1]), tensor([1, 2])] as const;
    expect(() => op({})(...inputs)).toThrow('see [n]');
    expect(() => op({ n: 1, m: 2 })(...inputs)).toThrow('see [m]');
  });

  it('more workgroups than an axis takes', async () => {
    const op = defineKernel({ ...sumDefinition, launch: () => ({ shape: [1], workgroups: 100_000 }) });
    await expect(op(tensor([1]), tensor([1, 2])).data()).rejects.toThrow('sum: expected 1 to 65535 workgroups along each axis');
  });

  it('a gradient where there is none, and one of another shape', () => {
    const x = tensor([1]);
    const y = (derivative?: KernelDefinition['derivative']) =>
      defineKernel({
        name: 'snake',
        wgsl,
        entry: 'forward',
        inputs: ['x'],
        output: 'y',
        launch: () => ({ shape: [1], workgroups: 1, params: { a: 1 } }),
        derivative,
      })(x);
    expect(() => gradients(y().sum(), [x])).toThrow('gradients: snake has no derivative');
    expect(() => gradients(y(() => [tensor([[1]])]).sum(), [x])).toThrow(
      'snake: expected its derivative to give [1] for input 0, got [1, 1]',
    );
  });

  it('a text that the driver refuses, at its line and column', async () => {
    await openDevice();
    const op = defineKernel({ ...sumDefinition, wgsl: sum.replace('u32(a[id.x]', 'u32(c[id.x]') });
    const failure = op(tensor([1]), tensor([1, 2])).data();
    await expect(failure).rejects.toHaveProperty('stack', expect.stringContaining('defineKernel.test.ts'));
    await expect(failure).rejects.toThrow(/sum\.main does not compile on this adapter:\nsum\.wgsl:5:87: .*'c'/);
  });
});
