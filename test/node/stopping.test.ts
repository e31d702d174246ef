// What may happen to a run from outside: signals, readers that leave, a full disk behind its output, a second process on its folder.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { endDevicesAtExit } from '../../runtime/node/exit.ts';

const dist = join(import.meta.dirname, '../../dist');
const cli = join(dist, 'cli.js');
const size = ['--runs', '1', '--epochs', '1', '--width', '1', '--passes', '1', '--batch-size', '16', '--save-every', '0'];
const small = (steps: number) => ['run', 'mc-dropout', ...size, '--train-images', `${16 * steps}`, '--test-images', '50'];

let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'tilegrad-stopping-'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

function start(program: string, args: readonly string[]): { child: ChildProcess; end: Promise<End> } {
  const child = spawn(program, args, { cwd: base, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  return { child, end: new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, out, err }))) };
}
const tilegrad = (...args: string[]) => start(process.execPath, [cli, ...args]);

const file = (folder: string, name: string) => join(base, folder, name);
const summary = (folder: string) => JSON.parse(readFileSync(file(folder, 'summary.json'), 'utf8'));
const rows = (folder: string) =>
  existsSync(file(folder, 'metrics.jsonl')) ? readFileSync(file(folder, 'metrics.jsonl'), 'utf8').split('\n').length - 1 : 0;
const until = async (done: () => boolean) => {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
};

it('belongs to one process, and SIGHUP saves it', async () => {
  const first = tilegrad(...small(2000), '--out', 'run');
  await until(() => rows('run') > 12);
  for (const args of [
    [...small(2000), '--out', 'run'],
    ['run', 'mc-dropout', '--resume', 'run'],
  ]) {
    const { code, out, err } = await tilegrad(...args).end;
    expect(err).toMatch(/^error: run is at work in process \d+\. Wait for its end, stop it first, or name another folder with --out\.\n$/);
    expect([code, out]).toEqual([1, '']);
  }
  first.child.kill('SIGHUP');
  const { code, out } = await first.end;
  expect(code).toBe(129);
  expect(out).toMatch(/Go on with: .* --resume run\n$/);
  expect(summary('run')).toMatchObject({ status: 'interrupted' });
  expect(existsSync(file('run', 'checkpoint.safetensors'))).toBe(true);
  expect(readdirSync(join(base, 'run')).filter((name) => name.startsWith('.'))).toEqual([]);
});

it('goes on when the reader of its output leaves', async () => {
  const { child, end } = tilegrad(...small(12), '--out', 'unread');
  child.stdout?.once('data', () => child.stdout?.destroy());
  const { code, err } = await end;
  expect(err).toContain("can't write to standard output: its reader is gone. The run goes on and its record is kept");
  expect(summary('unread')).toMatchObject({ status: 'finished' });
  expect(code).toBe(0);
});

it('leaves at the second Ctrl-C, also while kernels compile', async () => {
  const { child, end } = tilegrad(...small(12), '--out', 'left');
  child.stdout?.on('data', (text) => String(text).includes('Data:') && child.kill('SIGINT'));
  child.stderr?.on('data', (text) => String(text).includes('again to quit') && setTimeout(() => child.kill('SIGINT'), 350));
  const { code, signal } = await end;
  // Where the step was faster than the second signal, the run has saved and ended by itself.
  expect(code === 130 || signal === 'SIGINT').toBe(true);
});

it.runIf(existsSync('/dev/full'))('ends with an error where its output could not be written, and keeps its record', async () => {
  const run = start('sh', ['-c', 'exec "$0" "$@" > /dev/full', process.execPath, cli, ...small(12), '--out', 'full', '--json']);
  const { code, err } = await run.end;
  expect(err).toMatch(/error: can't write to standard output: the disk is full \(ENOSPC\)\n$/);
  expect(code).toBe(1);
  expect(summary('full')).toMatchObject({ status: 'finished' });
  const list = await start('sh', ['-c', 'exec "$0" "$@" > /dev/full', process.execPath, cli, 'list']).end;
  expect(list).toMatchObject({ code: 1, err: "error: can't write to standard output: the disk is full (ENOSPC)\n" });
});

it('destroys devices before the process ends, which waits for kernels that compile', async () => {
  let destroyed = 0;
  const device = { lost: new Promise(() => {}), destroy: () => destroyed++ } as unknown as GPUDevice;
  const adapter = { requestDevice: async () => device } as unknown as GPUAdapter;
  endDevicesAtExit(adapter);
  expect(await adapter.requestDevice()).toBe(device);
  const hook = process.listeners('exit').at(-1) as () => void;
  hook();
  expect(destroyed).toBe(1);
});

it('a program that exits while kernels compile ends with its own code', async () => {
  const program = `
    import { nn, rand } from ${JSON.stringify(pathToFileURL(join(dist, 'node.js')).href)};
    await rand([1]).data();
    new nn.Sequential(new nn.Linear(31, 33), new nn.GELU(), new nn.Linear(33, 35)).forward(rand([5, 31])).data();
    setTimeout(() => process.exit(3), 20);`;
  expect(await start(process.execPath, ['--input-type=module', '-e', program]).end).toMatchObject({ code: 3, signal: null });
});
