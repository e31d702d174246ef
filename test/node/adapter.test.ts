import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { decide, openAdapter } from '../../runtime/node/adapter.ts';
import { type FoundAdapter, kindOf, listAdapters, parseList } from '../../runtime/node/probe.ts';
import { findSwiftshader, packageOf, readTar } from '../../runtime/node/swiftshader.ts';

const adapter = (name: string, backend = 'vulkan'): FoundAdapter => ({ name, backend, kind: kindOf(name) });
const lavapipe = adapter('llvmpipe (LLVM 19.1.7, 256 bits)');
const basic = adapter('Microsoft Basic Render Driver', 'd3d12');
const nvidia = adapter('NVIDIA H200');
const intel = adapter('Intel(R) UHD Graphics 770');

describe('the choice without a wish', () => {
  it('takes the hardware adapter before any software one', () => {
    expect(decide(undefined, [lavapipe, nvidia], true)).toMatchObject({
      flags: ['backend=vulkan', 'adapter=NVIDIA H200'],
      reason: 'the only hardware adapter',
    });
  });

  it('leaves the ranking of several GPUs to Dawn', () => {
    expect(decide(undefined, [intel, nvidia], false)).toMatchObject({ from: 'installed', flags: [] });
  });

  it('takes lavapipe before other installed software adapters, and says so', () => {
    const decision = decide(undefined, [basic, lavapipe], true);
    expect(decision.flags).toContain(`adapter=${lavapipe.name}`);
    expect(decision.reason).toBe('no hardware adapter; lavapipe is installed');
    expect(decide(undefined, [basic], true).reason).toContain('Basic Render');
  });

  it('falls back to SwiftShader from npm', () => {
    expect(decide(undefined, [], true)).toMatchObject({ from: 'npm' });
  });

  it('says what to install when there is nothing', () => {
    const install =
      process.platform === 'linux' ? (process.arch === 'x64' ? /npm install @sparticuz\/chromium@147/ : /mesa-vulkan-drivers/) : /driver/;
    expect(() => decide(undefined, [], false)).toThrow(install);
  });
});

describe('the choice by name', () => {
  it('matches a part of the name in any case', () => {
    expect(decide('nvidia', [lavapipe, nvidia], true).flags).toContain('adapter=NVIDIA H200');
    expect(decide('uhd', [intel, nvidia], true).flags).toContain(`adapter=${intel.name}`);
  });

  it('knows lavapipe, hardware and swiftshader', () => {
    expect(decide('lavapipe', [nvidia, lavapipe], true).flags).toContain(`adapter=${lavapipe.name}`);
    expect(decide('hardware', [lavapipe, nvidia], true).flags).toContain('adapter=NVIDIA H200');
    expect(decide('SwiftShader', [nvidia], true).from).toBe('npm');
  });

  it('lists what there is for a name that nothing has', () => {
    expect(() => decide('radeon', [lavapipe], true)).toThrow(
      'no adapter is called "radeon". There is: llvmpipe (LLVM 19.1.7, 256 bits); SwiftShader (from npm).',
    );
    expect(() => decide('hardware', [lavapipe], false)).toThrow(/no hardware adapter/);
    expect(() => decide('swiftshader', [lavapipe], false)).toThrow(/npm install @sparticuz\/chromium@147/);
  });
});

it("reads Dawn's list: the null backend and doubles are left out", () => {
  const text = `no suitable backends found
Available adapters:
 * backend: 'null', name: 'Null backend'
 * backend: 'vulkan', name: 'NVIDIA H200'
 * backend: 'd3d12', name: 'NVIDIA H200'
 * backend: 'vulkan', name: 'llvmpipe (LLVM 15.0.6, 256 bits)'
`;
  expect(parseList(text)).toEqual([
    { backend: 'd3d12', name: 'NVIDIA H200', kind: 'gpu' },
    { backend: 'vulkan', name: 'llvmpipe (LLVM 15.0.6, 256 bits)', kind: 'cpu' },
  ]);
});

it('opens an adapter that computes', async () => {
  const { adapter, name, reason } = await openAdapter();
  expect(adapter.info.device).not.toBe('null-backend');
  expect(name).not.toBe('');
  expect(reason).not.toBe('');
  await expect(openAdapter('another one')).rejects.toThrow(/already uses/);
});

it('takes the kernels of another kind of adapter when TILEGRAD_KERNELS says so, and nothing else', async () => {
  try {
    for (const kind of ['gpu', 'cpu']) {
      process.env.TILEGRAD_KERNELS = kind;
      expect((await openAdapter()).kind).toBe(kind);
    }
    process.env.TILEGRAD_KERNELS = 'tpu';
    await expect(openAdapter()).rejects.toThrow(/TILEGRAD_KERNELS: expected gpu or cpu, got "tpu"/);
  } finally {
    delete process.env.TILEGRAD_KERNELS;
  }
});

it.runIf(process.platform === 'linux' && process.arch === 'x64')('finds the SwiftShader of the development packages', () => {
  expect(findSwiftshader()?.version).toMatch(/^147\./);
});

it('refuses a damaged tar', () => {
  const archive = new Uint8Array(1024);
  archive.set(Buffer.from('name'), 0);
  archive.set(Buffer.from('77777777777'), 124);
  expect(() => readTar(archive)).toThrow(/damaged/);
});

it.each(['build/cjs/index.cjs', 'build/index.js', 'index.js'])('finds the folder of a package whose code is at %s', (code) => {
  const folder = mkdtempSync(join(tmpdir(), 'tilegrad-package-'));
  try {
    mkdirSync(dirname(join(folder, code)), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"name":"@sparticuz/chromium","version":"153.0.0"}');
    // Says how the files beside it are read; it is not the package's own.
    if (code.includes('cjs')) writeFileSync(join(folder, 'build/cjs/package.json'), '{"type":"commonjs"}');
    expect(packageOf(join(folder, code), '@sparticuz/chromium').version).toBe('153.0.0');
    expect(() => packageOf(join(folder, code), 'another')).toThrow(/no package called another/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('the search for adapters', () => {
  const { execPath } = process;
  const program = (text: string): string => {
    const folder = mkdtempSync(join(tmpdir(), 'tilegrad-probe-'));
    writeFileSync(join(folder, 'program'), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return join(folder, 'program');
  };
  afterEach(() => {
    process.execPath = execPath;
    delete process.env.TILEGRAD_PROBE;
  });

  it.runIf(process.platform === 'linux')('is done in this process where the executable is another program', async () => {
    const known = await listAdapters();
    const log = join(mkdtempSync(join(tmpdir(), 'tilegrad-probe-')), 'log');
    process.execPath = program(`echo started with $TILEGRAD_PROBE >>${log}`);
    expect(await listAdapters()).toEqual(known);
    expect(readFileSync(log, 'utf8')).toBe('started with 1\n');
    // Such a program, asking in its turn, starts no further one.
    process.env.TILEGRAD_PROBE = '1';
    expect(await listAdapters()).toEqual(known);
    expect(readFileSync(log, 'utf8')).toBe('started with 1\n');
  });

  it.runIf(process.platform === 'linux')('tells what went wrong in the child', async () => {
    process.execPath = program("echo 'tilegrad probe'; kill -SEGV $$");
    expect(await listAdapters()).toEqual({ adapters: [], problem: expect.stringMatching(/crashed \(SIGSEGV\)/) });
    process.execPath = program("echo 'tilegrad probe'; echo 'Error: no such module' >&2; exit 1");
    expect(await listAdapters()).toEqual({ adapters: [], problem: 'the search for adapters failed: Error: no such module' });
  });
});
