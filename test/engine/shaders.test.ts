// Every variant of every handwritten kernel compiles, on Dawn's null backend, which checks everything and runs nothing. The real lowering
// and planner choose the variants; the bindings that wgsl_reflect read must be those that the compiled pipeline has.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import type { Plan } from '../../src/engine/compiler/plan.ts';
import { Device } from '../../src/engine/gpu/device.ts';
import { Table } from '../../src/engine/graph/tensor.ts';
import type { Shader } from '../../src/engine/ops/kernel.ts';
import { pickRows } from '../../src/engine/ops/pick.ts';
import { gradients, losses, rand, type Tensor } from '../../src/index.ts';
import { type ShaderCase, shaderCases } from './all-cases.ts';
import { ADAPTERS, f32, planOf, u32 } from './plan-of.ts';

// One instance a process, reachable for good: Dawn kills the process when it is collected.
const gpu = create(['backend=null']);
const devices: Device[] = [];
const compiled = new Set<string>();

const backward =
  (fn: (...xs: Tensor[]) => Tensor, ...wrt: number[]) =>
  (...xs: Tensor[]): Tensor[] => {
    const y = fn(...xs);
    return [
      y,
      ...gradients(
        y.square().sum(),
        wrt.map((i) => xs[i]),
      ),
    ];
  };

const CASES: readonly ShaderCase[] = [
  ...shaderCases,
  ['matmul, small', backward((a, b) => a.matmul(b), 0, 1), [f32(3, 5), f32(5, 2)]],
  ['matmul, large', backward((a, b) => a.matmul(b).relu(), 0, 1), [f32(512, 512), f32(512, 512)]],
  ['matmul, tall', backward((a, b) => a.matmul(b), 0, 1), [f32(4096, 16), f32(16, 12)]],
  ['matmul, many tiles', (a, b) => a.matmul(b), [f32(2048, 64), f32(64, 2048)]],
  ['matmul, deep', (a, b) => a.matmul(b), [f32(8, 4096), f32(4096, 8)]],
  ['matmul, one row', (a, b) => a.matmul(b), [f32(1, 1000), f32(1000, 700)]],
  ['matmul, one column', (a, b) => a.matmul(b), [f32(8, 4096), f32(4096, 1)]],
  ['matmul, batch', backward((a, b) => a.matmul(b.transpose()), 0, 1), [f32(6, 33, 20), f32(6, 65, 20)]],
  ['softmax', backward((x) => x.softmax(), 0), [f32(7, 10)]],
  ['softmax, long rows', backward((x) => x.softmax(), 0), [f32(7, 300)]],
  ['softmax, very long rows', backward((x) => x.softmax(), 0), [f32(2, 5000)]],
  ['logSoftmax', backward((x) => x.logSoftmax(), 0), [f32(7, 10)]],
  ['logSoftmax, long rows', backward((x) => x.logSoftmax(), 0), [f32(7, 2000)]],
  ['crossEntropy', (x, t) => gradients(losses.crossEntropy(x, t), [x]), [f32(7, 10), u32(7)]],
  ['crossEntropy, long rows', (x, t) => [losses.crossEntropy(x, t), ...gradients(losses.crossEntropy(x, t), [x])], [f32(7, 2000), u32(7)]],
  ['sum, short', (x) => x.sum(1), [f32(9, 20)]],
  ['sum, long rows', (x) => x.exp().sum(1), [f32(90, 3000)]],
  ['sum, all', (x) => x.sum(), [f32(3000, 300)]],
  ['max, few long rows', (x) => x.max(1).sqrt(), [f32(3, 200_000)]],
  ['rows of words', (at) => pickRows([new Table('x', [30], 'u32')], at, [3], 'f32'), [u32(7)]],
  ['rows of bytes', (at) => pickRows([new Table('x', [8], 'u32'), new Table('of bytes', [256], 'u32')], at, [3], 'f32'), [u32(7)]],
  ['random numbers', () => rand([1000]), []],
];

beforeAll(async () => {
  for (const kind of ['gpu', 'cpu'] as const) {
    const adapter = await gpu.requestAdapter();
    if (!adapter) throw new Error('the null backend gave no adapter');
    devices.push(await Device.open({ adapter, name: 'null', kind, reason: 'nothing runs' }));
  }
});

afterAll(() => {
  for (const device of devices) device.gpu.destroy();
});

/** Compiles every step, and makes a bind group of exactly its bindings on the layout that the driver derives from the code. */
async function compileAll(plan: Plan, device: Device): Promise<void> {
  const buffer = device.gpu.createBuffer({ size: 256, usage: 0x80 });
  for (const step of plan.steps) {
    await device.pipeline(step);
    compiled.add(`${step.shader}.${step.entry}`);
    device.gpu.pushErrorScope('validation');
    const module = device.gpu.createShaderModule({ code: step.code });
    const own = device.gpu.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: step.entry } });
    device.gpu.createBindGroup({
      layout: own.getBindGroupLayout(0),
      entries: step.bindings.map(({ binding }) => ({ binding, resource: { buffer } })),
    });
    const error = await device.gpu.popErrorScope();
    expect(error?.message, step.label).toBeUndefined();
  }
}

describe.each(Object.entries(ADAPTERS))('kernels for %s compile, and bind what reflection says', (_name, traits) => {
  it.each(CASES)('%s', async (_case, fn, inputs) => {
    const device = devices[traits.kind === 'gpu' ? 0 : 1];
    await compileAll(planOf(fn, inputs, { ...traits, maxInvocationsPerWorkgroup: 256 }), device);
  });
});

it('no loop over the elements of an invocation begins where compilers know it: they would unroll it, for seconds', () => {
  const folder = new URL('../../shaders/', import.meta.url);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.wgsl'))) {
    const loops = readFileSync(new URL(file, folder), 'utf8').match(/for \(var \w+ = .*< EACH;/g) ?? [];
    expect([file, loops.filter((loop) => !loop.includes('= group.z;'))]).toEqual([file, []]);
  }
});

it('no entry point of any shader file is left out', async () => {
  const files = readdirSync(new URL('../../shaders/', import.meta.url)).flatMap((name) => name.match(/^(.+)\.wgsl$/)?.[1] ?? []);
  const entries = await Promise.all(
    files.map(async (name) => {
      const { default: shader } = (await import(`../../shaders/${name}.wgsl`)) as { default: Shader };
      return Object.keys(shader.entries).map((entry) => `${shader.name}.${entry}`);
    }),
  );
  expect(entries.flat().filter((entry) => !compiled.has(entry))).toEqual([]);
});
