// A project at its smallest size: stopped anywhere, or killed, and taken up again it ends as one that was left alone, bit for bit; and so ends the one
// program that the playground opens. Each is in here by being registered.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { nodePlatform } from '../../../runtime/node/platform.ts';
import { decodeCheckpoint, decodeRecord, recordFile } from '../../../runtime/run/checkpoint.ts';
import { decodeRows } from '../../../runtime/run/metrics.ts';
import { kebabCase } from '../../../runtime/run/options.ts';
import { runFiles } from '../../../runtime/run/store.ts';
import { decodeSafetensors, type Project, Random, setPlatform } from '../../../src/index.ts';
import type { StateDict } from '../../../src/nn/load.ts';
import { type ListedProject, projects } from '../../../src/projects/index.ts';
import type { RunCheckpoint } from '../../../src/train/host.ts';
import { type Left, nothing, type Outcome, run } from '../../train/memory-host.ts';

const SEED = 3;
/** Checkpoints of a kind that each project is taken up from. */
const KILLS = 2;
const root = join(import.meta.dirname, '../../..');

const compared = ({ rows, weights, shown }: Outcome) => ({ rows, weights, shown });

/** Each third of the registered projects is a file of its own: two are at work at a time. */
export const third = (n: number) => projects.filter((_, i) => i % 3 === n);

/** Runs it, stops it and takes it up again at many places, and gives how it ends each time. */
export async function resumedAnywhere(project: Project): Promise<ReturnType<typeof compared>> {
  const whole = await run(project, nothing, { seed: SEED, dueAt: () => true });
  const expected = compared(whole);
  expect(whole.rows.length).toBeGreaterThan(0);
  expect(whole.shown.values[project.headline.metric]).toEqual(expect.any(Number));
  const fractions = whole.progress.map(({ fraction }) => fraction);
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  expect(fractions.at(-1)).toBeCloseTo(1, 6);

  // One process after another, each stopped after a while.
  const random = new Random(7, project.name.length);
  let left: Outcome | undefined;
  for (let most = Math.ceil(whole.asked / 3); !left || left.stopped; most++) {
    const pieces = 1 + random.integer(most);
    left = await run(project, left, { seed: SEED, stopAt: (asked) => asked >= pieces });
  }
  expect(compared(left)).toEqual(expected);

  // Ended without a word, after stages and elsewhere: what was written after the checkpoint is there, and doesn't count.
  const ends = whole.checkpoints.filter(({ checkpoint }, i, all) => checkpoint?.done.join() !== all[i - 1]?.checkpoint?.done.join());
  for (const places of [ends, whole.checkpoints]) {
    for (let kill = 0; kill < Math.min(KILLS, places.length); kill++) {
      const place = places[random.integer(places.length)] as Left;
      const stray = { ...place, rows: [...place.rows, { step: 1e6, stray: 1 }] };
      expect(compared(await run(project, stray, { seed: SEED }))).toEqual(expected);
    }
  }
  return expected;
}

export function durable(cards: readonly ListedProject[]): void {
  const base = mkdtempSync(join(tmpdir(), 'tilegrad-durable-'));
  afterAll(() => rmSync(base, { recursive: true, force: true }));
  // Without data, wherever the test runs; of this platform are the programs.
  const none = async () => undefined;
  setPlatform({ ...nodePlatform(), readData: none, listData: none, fetchCached: none });

  describe.each(cards.map((card) => [card.name, card] as const))('%s', (name, card) => {
    let project: Project;
    let expected: ReturnType<typeof compared>;

    it('ends the same from wherever it was stopped, and after each of its stages', async () => {
      project = await card.load();
      expected = await resumedAnywhere(project);
    });

    it('ends the same after SIGKILL, from what lies on disk', async () => {
      const folder = join(base, name);
      await killed(project, folder);
      expect(compared(await run(project, leftOnDisk(folder), { seed: SEED }))).toEqual(expected);
    });

    it('is one program of tilegrad alone, that finds the same', async () => {
      const text = readFileSync(join(root, `dist/gallery/projects/${name}.program.mjs`), 'utf8');
      const [names, ...others] = text.match(/^import .*/gm) ?? [];
      expect([names, others]).toEqual([expect.stringContaining("from 'tilegrad';"), []]);
      const built = await import(pathToFileURL(join(root, 'dist/node.js')).href);
      for (const [word] of names?.slice(0, names.indexOf('}')).matchAll(/\b\w+\b/g) ?? []) {
        if (word !== 'import') expect(built).toHaveProperty(word);
      }
      const path = join(base, `${name}.program.ts`);
      const here = text.replace("'tilegrad'", JSON.stringify(join(root, 'src/index.ts')));
      writeFileSync(path, here.replace("preset: 'smallest'", `preset: 'smallest', seed: ${SEED}`));
      const printed: unknown[] = [];
      const spy = vi.spyOn(console, 'log').mockImplementation((...values) => void printed.push(...values));
      await import(/* @vite-ignore */ path).finally(() => spy.mockRestore());
      expect(printed.some((value) => typeof value === 'object' && value !== null && 'panels' in value)).toBe(true);
      expect(printed.at(-1)).toEqual(expected.shown.values);
    });
  });

  /** Runs it by a process of its own, which is killed as soon as there is something to go on from. */
  async function killed(project: Project, folder: string): Promise<void> {
    const options = Object.entries<unknown>(project.presets.smallest).map(([option, value]) => `--${kebabCase(option)}=${value}`);
    const saving = ['--seed', String(SEED), '--save-every', '0', '--out', folder];
    const child = spawn(process.execPath, [join(root, 'dist/cli.js'), 'run', project.name, ...options, ...saving], {
      stdio: 'ignore',
      env: { ...process.env, TILEGRAD_DATA: base, TILEGRAD_CACHE: base },
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    const watch = setInterval(() => {
      if (existsSync(join(folder, runFiles.checkpoint)) && rowsIn(folder).length > 0) child.kill('SIGKILL');
    }, 2);
    await ended;
    clearInterval(watch);
    expect(child.signalCode).toBe('SIGKILL');
    expect(existsSync(join(folder, runFiles.summary))).toBe(false);
  }
}

const read = (folder: string, file: string) => readFileSync(join(folder, file));

// The last line may be cut.
const rowsIn = (folder: string) =>
  existsSync(join(folder, runFiles.metrics))
    ? decodeRows(
        read(folder, runFiles.metrics)
          .toString()
          .replace(/[^\n]*$/, ''),
      )
    : [];

function leftOnDisk(folder: string): Left {
  const { position, run } = decodeCheckpoint(read(folder, runFiles.checkpoint), folder);
  const found = run.results as { readonly figures: readonly string[] };
  // A run in memory keeps no files of them.
  const figures = found.figures.filter((file) => file.endsWith('.svg')).map((file) => file.slice(0, -4));
  return {
    checkpoint: { ...position, found: { ...found, figures } } as RunCheckpoint,
    records: new Map(position.done.map((path) => [path, decodeRecord(read(folder, recordFile(path)), path, folder)])),
    rows: rowsIn(folder).map(({ step, values }) => ({ step, ...values })),
    weights: existsSync(join(folder, runFiles.model))
      ? (decodeSafetensors(read(folder, runFiles.model)).tensors as unknown as StateDict)
      : undefined,
  };
}
