// How far a run says that it is, where nobody announced what its stages consist of.
import { expect, it } from 'vitest';
import { project } from '../../src/train/project.ts';
import { nothing, run } from './memory-host.ts';

it('a loop in a stage is most of it, and a stage half of what is left', async () => {
  const tenSteps = project({
    ...{ name: 'ten-steps', title: 'Ten steps', summary: 'For a test.', document: 'test', tags: [] },
    ...{ headline: { metric: 'steps', better: 'higher' as const }, options: {}, data: {} },
    presets: { quick: {}, full: {}, smallest: {} },
    async run(run) {
      await run.stage('made ready', async () => 1);
      await run.stage('trained', async (run) => {
        for await (const _ of run.steps('steps', { count: 10, keep: {} }));
      });
      run.summary({ steps: 10 });
    },
  });
  const { progress } = await run(tenSteps, nothing);
  const last = (phase: string) => progress.findLast((update) => update.phase === phase)?.fraction;
  expect(last('made ready')).toBe(0.5);
  // Of what is left half is this stage's, and of that nine tenths the loop's.
  expect(last('trained › steps')).toBeCloseTo(0.5 + 0.25 * 0.9, 9);
  expect(last('trained')).toBe(0.75);
});
