// Each stage of a run, done by a process of its own from the results of those before it, has the very result that the run had.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { decodeCheckpoint, decodeRecord, encodeCheckpoint, recordFile } from '../../runtime/run/checkpoint.ts';
import { kebabCase } from '../../runtime/run/options.ts';
import { unpack } from '../../src/index.ts';
import { projects } from '../../src/projects/index.ts';

const base = mkdtempSync(join(tmpdir(), 'tilegrad-stage-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const env = { ...process.env, TILEGRAD_DATA: base, TILEGRAD_CACHE: base };
const tilegrad = (...args: string[]) =>
  promisify(execFile)(process.execPath, [join(import.meta.dirname, '../../dist/cli.js'), ...args], { env });

it.each(['mc-dropout', 'house-prices'])(
  '%s',
  async (name) => {
    const project = await projects.find((card) => card.name === name)?.load();
    const options = Object.entries<unknown>(project?.presets.smallest ?? {}).map(([option, value]) => `--${kebabCase(option)}=${value}`);
    const whole = join(base, name);
    await tilegrad('run', name, ...options, '--out', whole);
    const { position, run } = decodeCheckpoint(readFileSync(join(whole, 'checkpoint.safetensors')), whole);
    const recordOf = (path: string, file = join(whole, recordFile(path))) => decodeRecord(readFileSync(file), path, file);

    /** The folder of a run that has come to just before a stage. */
    const before = (count: number) => {
      const folder = join(base, `${name}-${count}`);
      const done = position.done.slice(0, count);
      mkdirSync(folder, { recursive: true });
      for (const file of ['config.json', ...done.map(recordFile)]) copyFileSync(join(whole, file), join(folder, file));
      const kept = { json: {}, tensors: {} };
      const checkpoint = { step: 0, rows: 0, done, live: [], kept, found: undefined };
      const results = { values: {}, tables: {}, figures: [] };
      writeFileSync(join(folder, 'checkpoint.safetensors'), Buffer.concat(encodeCheckpoint(checkpoint, { ...run, step: 0, results })));
      return folder;
    };
    const doStage = async (count: number, path: string) => {
      const out = join(base, 'result.safetensors');
      await tilegrad('stage', before(count), path, '--out', out);
      return recordOf(path, out);
    };

    let items = 0;
    for (const [count, path] of position.done.entries()) {
      const record = recordOf(path);
      if (path !== 'run') {
        expect(await doStage(count, path)).toEqual(record);
        continue;
      }
      // Its items don't need each other.
      const results = unpack(record, path) as unknown[];
      for (const [i, result] of results.entries()) {
        const item = `run/${i + 1}`;
        expect(unpack(await doStage(count, item), item)).toEqual(result);
        items++;
      }
    }
    expect(items).toBeGreaterThan(0);
    await expect(doStage(0, 'nowhere')).rejects.toThrow(/there is none of|has no stage/);
  },
  240_000,
);
