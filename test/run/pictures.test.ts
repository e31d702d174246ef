// Pictures of figures: made beside the run, the newest alone, all of them there at its end.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { paint } from '../../runtime/node/paint.ts';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { RunFolder } from '../../runtime/node/run-folder.ts';
import { newConfig } from '../../runtime/run/record.ts';
import { Run } from '../../runtime/run/run.ts';
import { decodeImage, figures, type Project } from '../../src/index.ts';

const base = mkdtempSync(join(tmpdir(), 'tilegrad-pictures-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Draws one figure after the other, and waits at each for as long as `at` says. */
const draws = (at: (step: number) => Promise<void>): Project => ({
  ...{ name: 'draws', title: 'Draws', summary: 'Draws.', document: 'test', tags: [], data: {}, options: {} },
  presets: { quick: {}, full: {}, smallest: {} },
  headline: { metric: 'first', better: 'higher' },
  async run(run) {
    for await (const i of run.steps('steps', { count: 5, keep: {} })) {
      await run.figure('curve', figures.curves({ height: [1, i] }, { title: `Step ${i + 1}`, x: 'x', y: 'y' }));
      await at(i + 1);
    }
    run.summary({ first: 1 });
  },
});

async function runIn(
  folder: RunFolder,
  project: Project,
  by: (svg: string) => Promise<Uint8Array>,
  more: { stopping?: () => boolean; resumes?: boolean } = {},
) {
  const logged: string[] = [];
  const session = { started: '', adapter: { name: 'none', driver: '', reason: '' }, versions: {}, machine: '' };
  const program = {
    ...{ platform: nodePlatform(), store: folder, paint: by, ready: async () => {} },
    get stopping() {
      return more.stopping?.() ?? false;
    },
    report: (event: { type: string; text?: string }) => void (event.type === 'log' && logged.push(event.text ?? '')),
  };
  const run = new Run(project, newConfig(project, { options: {} }, session as never), program as never, more.resumes ?? false);
  return { summary: await run.execute(), logged };
}

it('are made of the newest drawing, which the run does not wait for', async () => {
  const folder = RunFolder.create(join(base, 'newest'));
  const painted: string[] = [];
  let free = () => {};
  const held = new Promise<void>((resolve) => {
    free = resolve;
  });
  const project = draws(async (step) => {
    if (step === 5) free();
  });
  const { summary } = await runIn(folder, project, async (svg) => {
    painted.push(/Step \d/.exec(svg)?.[0] ?? '');
    await held;
    return paint(svg);
  });
  folder.close();
  expect(painted).toEqual(['Step 1', 'Step 5']);
  expect(summary.figures).toEqual(['curve.svg', 'curve.png']);
  const { width, height } = await decodeImage(readFileSync(join(base, 'newest/curve.png')), 'curve.png');
  const [, w, h] = /width="([\d.]+)" height="([\d.]+)"/.exec(readFileSync(join(base, 'newest/curve.svg'), 'utf8')) ?? [];
  expect([width, height]).toEqual([2 * Number(w), 2 * Number(h)]);
});

it('that fail are told, and cost the run nothing', async () => {
  const folder = RunFolder.create(join(base, 'failing'));
  const { summary, logged } = await runIn(
    folder,
    draws(async () => {}),
    async () => {
      throw new Error('no ink');
    },
  );
  folder.close();
  expect(summary.status).toBe('finished');
  expect(logged).toContain('curve.png could not be made: no ink');
});

it('that a process had no time for are made by the one that goes on', async () => {
  const path = join(base, 'later');
  const folder = RunFolder.create(path);
  let stop = false;
  const project = draws(async (step) => {
    stop = step === 3;
  });
  expect((await runIn(folder, project, paint, { stopping: () => stop })).summary.status).toBe('interrupted');
  rmSync(join(path, 'curve.png'));
  const seen: string[] = [];
  stop = false;
  await runIn(
    folder,
    draws(async () => {}),
    async (svg) => {
      seen.push(/Step \d/.exec(svg)?.[0] ?? '');
      return paint(svg);
    },
    { resumes: true },
  );
  folder.close();
  expect(seen[0]).toBe('Step 3');
  expect(seen.at(-1)).toBe('Step 5');
});

it('of drawings that somebody has deleted are the run’s no more', async () => {
  const path = join(base, 'deleted');
  const folder = RunFolder.create(path);
  let stop = false;
  const project = draws(async (step) => {
    stop = step === 3;
  });
  await runIn(folder, project, paint, { stopping: () => stop });
  for (const file of ['curve.svg', 'curve.png']) rmSync(join(path, file));
  stop = false;
  const goesOn: Project = {
    ...project,
    async run(run) {
      for await (const _ of run.steps('steps', { count: 5, keep: {} }));
      run.summary({ first: 1 });
    },
  };
  const { summary } = await runIn(folder, goesOn, paint, { resumes: true });
  folder.close();
  expect([summary.status, summary.figures]).toEqual(['finished', []]);
});

it('of what is no drawing are refused, and the next one is made', async () => {
  await expect(paint('<svg')).rejects.toThrow();
  expect([...(await paint('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>')).subarray(1, 4)]).toEqual([
    ...Buffer.from('PNG'),
  ]);
});
