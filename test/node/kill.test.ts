// By the command line alone: a run that is killed and gone on with ends with the very weights, metrics and results of one that was left alone.
// Every project goes through the same in test/projects/durable, from what lies on disk.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { kebabCase } from '../../runtime/run/options.ts';
import { decodeSafetensors } from '../../src/index.ts';
import { projects } from '../../src/projects/index.ts';

function tilegrad(env: NodeJS.ProcessEnv, ...args: string[]): { child: ChildProcess; end: Promise<{ code: number | null; err: string }> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../dist/cli.js'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env,
  });
  let err = '';
  child.stderr?.on('data', (text) => {
    err += text;
  });
  return { child, end: new Promise((resolve) => child.on('close', (code) => resolve({ code, err }))) };
}

type Row = Readonly<Record<string, number | string>>;

const rows = (folder: string): Row[] =>
  existsSync(join(folder, 'metrics.jsonl'))
    ? readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line))
    : [];

it('house-prices goes on bit for bit after SIGKILL', async () => {
  const name = 'house-prices';
  const base = mkdtempSync(join(tmpdir(), 'tilegrad-kill-'));
  try {
    const project = await (projects.find((card) => card.name === name) as (typeof projects)[number]).load();
    const options = Object.entries<unknown>(project.presets.smallest).map(([option, value]) => `--${kebabCase(option)}=${value}`);
    const [whole, killed] = [join(base, 'whole'), join(base, 'killed')];
    const env = { ...process.env, TILEGRAD_DATA: base, TILEGRAD_CACHE: base };
    expect(await tilegrad(env, 'run', name, ...options, '--out', whole).end).toMatchObject({ code: 0 });

    // As soon as there is something to go on from.
    const { child, end } = tilegrad(env, 'run', name, ...options, '--save-every', '0', '--out', killed);
    const watch = setInterval(() => {
      if (existsSync(join(killed, 'checkpoint.safetensors')) && rows(killed).length > 3) child.kill('SIGKILL');
    }, 2);
    await end;
    clearInterval(watch);
    expect(child.signalCode).toBe('SIGKILL');
    expect(existsSync(join(killed, 'summary.json'))).toBe(false);

    expect(await tilegrad(env, 'run', name, '--resume', killed).end).toMatchObject({ code: 0 });
    const values = (folder: string) => rows(folder).map(({ time, ...row }) => row);
    expect(values(killed)).toEqual(values(whole));
    const weights = (folder: string) =>
      existsSync(join(folder, 'model.safetensors')) && decodeSafetensors(readFileSync(join(folder, 'model.safetensors'))).tensors;
    expect(weights(killed)).toEqual(weights(whole));
    const results = (folder: string) => JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')).results;
    expect(results(killed)).toEqual(results(whole));
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});
