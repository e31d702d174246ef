// A run put together from stages that were done elsewhere, each by a process of its own, leaves what the run in one process leaves.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { decodeRows } from '../../runtime/run/metrics.ts';
import { kebabCase } from '../../runtime/run/options.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/index.ts';
import { projects } from '../../src/projects/index.ts';

const base = mkdtempSync(join(tmpdir(), 'tilegrad-stage-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const env = { ...process.env, TILEGRAD_DATA: base, TILEGRAD_CACHE: base };
const tilegrad = (...args: string[]) =>
  promisify(execFile)(process.execPath, [join(import.meta.dirname, '../../dist/cli.js'), ...args], { env });

const text = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8');

async function smallest(name: string): Promise<string[]> {
  const project = await projects.find((card) => card.name === name)?.load();
  return Object.entries<unknown>(project?.presets.smallest ?? {}).map(([option, value]) => `--${kebabCase(option)}=${value}`);
}

/** All that a run has left, less times and its own place. */
function leftIn(folder: string) {
  const { folder: _, seconds: __, saving: ___, ...summary } = JSON.parse(text(folder, 'summary.json'));
  const { data, options, seed } = JSON.parse(text(folder, 'config.json'));
  const notes = text(folder, 'log.txt').split('\n');
  return {
    ...{ summary, data, options, seed },
    rows: decodeRows(text(folder, 'metrics.jsonl')).map(({ step, values }) => ({ step, values })),
    notes: notes.filter((line) => !/^(Adapter|Run|Time|Finished)/.test(line)),
    files: Object.fromEntries(
      readdirSync(folder)
        .filter((name) => /\.(svg|png)$|^model/.test(name))
        .map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
    ),
  };
}

it('is told the data, says which it is, and is not taken into a run of other data', async () => {
  const options = await smallest('house-prices');
  const [parts, data] = [join(base, 'mixed'), join(base, 'moved')];
  await tilegrad('run', 'house-prices', ...options, '--data', base, '--prepare', '--out', parts);
  mkdirSync(join(data, 'house-prices'), { recursive: true });
  const synthetic = await tilegrad('stage', parts, 'run/1');
  expect(synthetic.stderr).toMatch(/Data: .*synthetic: made by the program/);
  const [file] = readdirSync(parts).filter((name) => name.startsWith('stage-'));
  const path = join(parts, file as string);
  // As if it had read files.
  const { tensors, metadata } = decodeSafetensors(readFileSync(path));
  const others = JSON.parse(metadata.data as string).map((record: object) => ({ ...record, synthetic: false, description: 'Houses' }));
  writeFileSync(path, encodeSafetensors(tensors, { ...metadata, data: JSON.stringify(others) }));
  await expect(tilegrad('run', 'house-prices', '--resume', parts)).rejects.toThrow(
    /the stage in .* was done with other data than this run: ".*" then, "Houses" now.*do that stage again/s,
  );
  await tilegrad('stage', parts, 'run/1', '--data', data, '--out', path);
  await tilegrad('run', 'house-prices', '--resume', parts);
  await expect(tilegrad('stage', parts, 'run/1', '--out', join(base, 'nowhere', 'x'))).rejects.toThrow(/can't write .*nowhere/);
});

it.each(['mc-dropout', 'house-prices'])('%s', async (name) => {
  const options = await smallest(name);
  const [whole, parts] = [join(base, `${name}-whole`), join(base, `${name}-parts`)];
  await tilegrad('run', name, ...options, '--out', whole);
  const { stdout } = await tilegrad('run', name, ...options, '--prepare', '--out', parts);
  expect(stdout).toContain(`--resume ${parts}`);
  expect(readdirSync(parts)).toEqual(['config.json']);
  // They don't need each other: the second first.
  for (const path of ['run/2', 'run/1']) await tilegrad('stage', parts, path);
  const brought = readdirSync(parts).filter((file) => file.startsWith('stage-'));
  expect(brought).toHaveLength(2);
  await expect(tilegrad('stage', parts, 'nowhere')).rejects.toThrow(/there is none of|has no stage/);
  await tilegrad('run', name, '--resume', parts);
  expect(leftIn(parts)).toEqual(leftIn(whole));
  expect(leftIn(parts).files).toHaveProperty(['model.safetensors']);
  // They are part of the run now.
  for (const file of brought) expect(existsSync(join(parts, file))).toBe(false);
});

it('a stage of another run is refused, by name', async () => {
  const options = await smallest('house-prices');
  const [one, other] = [join(base, 'one'), join(base, 'other')];
  await tilegrad('run', 'house-prices', ...options, '--prepare', '--out', one);
  await tilegrad('run', 'house-prices', ...options, '--seed', '1', '--prepare', '--out', other);
  const out = join(base, 'stage.safetensors');
  await tilegrad('stage', one, 'run/1', '--out', out);
  expect(readdirSync(one)).toEqual(['config.json']);
  const file = 'stage-run-1-';
  await tilegrad('stage', other, 'run/1');
  const [own] = readdirSync(other).filter((name) => name.startsWith(file));
  renameSync(out, join(other, own));
  await expect(tilegrad('run', 'house-prices', '--resume', other)).rejects.toThrow(
    /expected a stage of this run, .*"seed":1.*found one of/s,
  );
  writeFileSync(join(other, own), readFileSync(join(other, own)).subarray(0, 300));
  await expect(tilegrad('run', 'house-prices', '--resume', other)).rejects.toThrow(own);
});
