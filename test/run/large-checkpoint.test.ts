// A checkpoint of 100 MB is written while the steps go on. How long it holds them up bench/durability.mjs measures, on a quiet machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { RunFolder } from '../../runtime/node/run-folder.ts';
import { decodeCheckpoint } from '../../runtime/run/checkpoint.ts';
import { adapterRecord, newConfig } from '../../runtime/run/record.ts';
import { Run } from '../../runtime/run/run.ts';
import type { RunStore } from '../../runtime/run/store.ts';
import { compile, type Project, State } from '../../src/index.ts';

const base = mkdtempSync(join(tmpdir(), 'tilegrad-large-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const FLOATS = 25e6;
const CHECKPOINT = 'checkpoint.safetensors';

/** Multiplies very many numbers, step by step; `at` is called after each. */
function multiply(steps: number, at: (step: number, first: number) => Promise<void>): Project {
  return {
    ...{ name: 'multiply', title: 'Multiply', summary: 'Multiplies.', document: 'test', tags: [], data: {}, options: {} },
    presets: { quick: {}, full: {}, smallest: {} },
    headline: { metric: 'first', better: 'higher' },
    async run(run) {
      const numbers = new State('numbers', [FLOATS], 'f32', new Float32Array(FLOATS).fill(1));
      const step = compile(() => {
        numbers.assign(numbers.mul(1.01));
        return numbers.slice([[0, 1]]).sum();
      });
      for await (const i of run.steps('steps', { count: steps, keep: { numbers } })) {
        const { first } = await run.log({ first: step() });
        await at(i + 1, first);
      }
    },
  };
}

/** Runs a project in a folder, with a checkpoint only when it is asked for. */
async function runIn(store: RunStore, project: Project, started: (run: Run) => void): Promise<void> {
  const platform = nodePlatform();
  const program = {
    ...{ platform, store, stopping: false, saveEvery: 9999 },
    ready: async () => {},
    report: () => {},
  };
  const session = { started: '', adapter: adapterRecord(await platform.peekAdapter()), versions: {}, machine: '' };
  const run = new Run(project, newConfig(project, { options: {} }, session), program);
  started(run);
  expect((await run.execute()).status).toBe('finished');
}

/** A folder that tells of the writing of checkpoints. */
const telling = (folder: RunFolder, write: (file: string, writing: () => Promise<void>) => Promise<void>): RunStore => ({
  ...{ path: folder.path, read: (file) => folder.read(file), remove: (file) => folder.remove(file) },
  ...{ list: () => folder.list(), append: (file) => folder.append(file) },
  write: (file, content) => (file === CHECKPOINT ? write(file, () => folder.write(file, content)) : folder.write(file, content)),
});

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 1));
}

it('the steps go on while it is read and written, and the thread is free in between', async () => {
  const folder = RunFolder.create(join(base, 'run'));
  let steps = 0;
  const firsts: number[] = [];
  let begun = false;
  let written: { readonly steps: number; readonly turns: number; readonly bytes: Uint8Array } | undefined;
  let turns = 0;
  const counting = setInterval(() => turns++, 0);
  const store = telling(folder, async (file, writing) => {
    if (written) return writing();
    begun = true;
    const before = { steps, turns };
    await writing();
    const took = turns - before.turns;
    // Before it counts as written the run has to take three steps more: they must not wait for it.
    await until(() => steps >= before.steps + 3);
    written = { steps: steps - before.steps, turns: took, bytes: (await folder.read(file)) as Uint8Array };
  });
  let run: Run;
  const project = multiply(40, async (step, first) => {
    steps = step;
    firsts.push(first);
    if (step === 3) run.saveSoon();
    // However slow reading and the disk are: there are steps left to be taken while it is written, and after that.
    if (step === 10) await until(() => begun);
    if (step === 30) await until(() => written !== undefined);
  });
  await runIn(store, project, (made) => (run = made));
  clearInterval(counting);
  folder.close();
  expect(written?.steps).toBeGreaterThanOrEqual(3);
  // Other threads write it.
  expect(written?.turns).toBeGreaterThan(0);
  const { position } = decodeCheckpoint(written?.bytes as Uint8Array, CHECKPOINT);
  const [loop] = position.live;
  const numbers = position.kept.tensors['steps/numbers']?.data as Float32Array;
  expect(numbers).toHaveLength(FLOATS);
  // As they were at its step, the first and the last of them.
  const then = firsts[(loop?.at.epoch as number) - 1];
  expect([numbers[0], numbers.at(-1)]).toEqual([then, then]);
});
