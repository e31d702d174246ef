// The device itself: profiles, shader errors, its end.
import { describe, expect, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { Device } from '../../src/engine/gpu/device.ts';
import type { Shader } from '../../src/engine/ops/kernel.ts';
import { type KernelOp, makeNode } from '../../src/engine/ops/op.ts';
import {
  closeDevice,
  compile,
  DeviceLostError,
  KernelError,
  memoryUse,
  OutOfMemoryError,
  openDevice,
  profile,
  showProfile,
  type Tensor,
  tensor,
} from '../../src/index.ts';
import { expectClose, random, toTensor } from './check.ts';

describe('the device', () => {
  it('tells what it is, and why it was chosen', async () => {
    const { name, kind, reason } = await openDevice();
    expect(name.length).toBeGreaterThan(0);
    expect(['gpu', 'cpu']).toContain(kind);
    expect(reason.length).toBeGreaterThan(0);
  });

  it('profile() gives a row for each kind of kernel, with its calls and rates', async () => {
    const f = compile((x: Tensor) => x.matmul(x).relu().matmul(x).relu().sum());
    const x = toTensor(random([64, 64]));
    const plain = await f(x).item();
    let profiled = 0;
    const rows = await profile(async () => {
      profiled = await f(x).item();
    });
    expectClose('profiled', [profiled], [plain], 1e-6);
    expect(rows.map(({ label }) => label).join()).toMatch(/matmul/);
    expect(rows.reduce((total, { calls }) => total + calls, 0)).toBe(Number.parseInt(await f.describe(), 10));
    // Two products of 64 × 64 × 64, at the rate that the row gives.
    const products = rows.filter(({ label }) => label.startsWith('matmul'));
    expectClose(
      'flops',
      [products.reduce((sum, { gflops, milliseconds }) => sum + gflops * milliseconds * 1e6, 0)],
      [2 * 2 * 64 ** 3],
      0.02,
    );
    expect(rows.every(({ gbytes }) => gbytes > 0)).toBe(true);
    expect(showProfile(rows)).toMatch(/GFLOP\/s[\s\S]*matmul[\s\S]*in all/);
    expect(await f(x).item()).toBe(plain);
  });
});

describe('a shader that does not compile', () => {
  const shader: Shader = {
    name: 'broken',
    source: [
      '@group(0) @binding(0) var<storage, read_write> y: array<f32>;',
      '@compute @workgroup_size(1)',
      'fn forward() {',
      '  y[0] = nonsense;',
      '}',
    ].join('\n'),
    params: [],
    entries: { forward: { bindings: [{ name: 'y', binding: 0, access: 'read_write' }] } },
  };
  const op: KernelOp = {
    name: 'broken',
    kind: 'kernel',
    lower: () => [{ shader, entry: 'forward', workgroups: [1, 1, 1], bind: { y: 'output' } }],
  };
  const broken = () => makeNode(op, [], {}, [1], 'f32');

  it('is a KernelError with file, line and column', async () => {
    await expect(broken().data()).rejects.toThrow(KernelError);
    await expect(broken().data()).rejects.toThrow(/broken\.wgsl:4:10: unresolved .*nonsense[\s\S]*y\[0\] = nonsense;/);
  });

  it('leaves everything else as it was', async () => {
    await expect(compile(() => broken())().data()).rejects.toThrow(KernelError);
    expect(await tensor([1]).add(1).item()).toBe(2);
  });
});

it('memory that the driver does not give is an OutOfMemoryError that says how much was asked for', async ({ skip }) => {
  const choice = await nodePlatform().requestAdapter();
  // Other drivers give memory that isn't there until it is used.
  if (!choice.name.includes('SwiftShader')) skip();
  const device = await Device.open(choice);
  device.buffer(2 ** 20);
  device.buffer(2 ** 30);
  await device.settle();
  expect(() => device.check()).toThrow(OutOfMemoryError);
  expect(() => device.check()).toThrow(/a buffer of 1024\.0 MiB does not fit beside the 1\.0 MiB in use/);
  device.close();
});

describe('after closeDevice()', () => {
  it('whatever runs gets a DeviceLostError', async () => {
    const f = compile((x: Tensor) => x.add(1));
    const before = f(tensor([1]));
    expect(await before.item()).toBe(2);
    await closeDevice();
    expect(() => f(tensor([1]))).toThrow(DeviceLostError);
    await expect(tensor([1]).add(1).data()).rejects.toThrow(DeviceLostError);
    await expect(before.data()).rejects.toThrow(DeviceLostError);
    expect(memoryUse()).toMatchObject({ buffers: 0, bytes: 0 });
  });
});
