// A run that is killed between two checkpoints, and gone on with, ends with the very weights of one that was left alone.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/index.ts';

const steps = 60;
const every = 10;
const size = ['--runs', '1', '--epochs', '1', '--width', '1', '--passes', '1', '--batch-size', '16', '--checkpoint-every', `${every}`];
const images = ['--train-images', `${16 * steps}`, '--test-images', '50'];

function tilegrad(...args: string[]): { child: ChildProcess; end: Promise<{ code: number | null; err: string }> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../dist/cli.js'), ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr?.on('data', (text) => {
    err += text;
  });
  return { child, end: new Promise((resolve) => child.on('close', (code) => resolve({ code, err }))) };
}

interface Row {
  readonly step: number;
  readonly loss?: number;
}

const rows = (folder: string): Row[] =>
  existsSync(join(folder, 'metrics.jsonl'))
    ? readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line))
    : [];

it('goes on bit for bit after SIGKILL', async () => {
  const base = mkdtempSync(join(tmpdir(), 'tilegrad-kill-'));
  try {
    const [whole, killed] = [join(base, 'whole'), join(base, 'killed')];
    expect(await tilegrad('run', 'mc-dropout', ...size, ...images, '--out', whole).end).toMatchObject({ code: 0 });

    const { child, end } = tilegrad('run', 'mc-dropout', ...size, ...images, '--out', killed);
    const watch = setInterval(() => {
      if (rows(killed).length > 2 * every + 3) child.kill('SIGKILL');
    }, 2);
    await end;
    clearInterval(watch);
    expect(child.signalCode).toBe('SIGKILL');
    expect(existsSync(join(killed, 'summary.json'))).toBe(false);

    expect(await tilegrad('run', 'mc-dropout', '--resume', killed).end).toMatchObject({ code: 0 });
    const losses = (folder: string) => rows(folder).map(({ step, loss }) => [step, loss]);
    expect(losses(killed)).toEqual(losses(whole));
    const weights = (folder: string) => decodeSafetensors(readFileSync(join(folder, 'checkpoint.safetensors'))).tensors;
    expect(weights(killed)).toEqual(weights(whole));
    const results = (folder: string) => JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')).results;
    expect(results(killed)).toEqual(results(whole));
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});
