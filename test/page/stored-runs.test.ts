import { expect, it } from 'vitest';
import { uselessOf } from '../../runtime/browser/page/stored-runs.ts';
import type { StoredRun } from '../../runtime/browser/store.ts';

const run = (id: string, lr: number, changes: Partial<StoredRun> = {}): StoredRun => ({
  ...{ id, project: 'vae', name: '', status: 'failed', started: '', preset: 'quick', options: { lr }, seed: 0, adapter: '', data: [] },
  ...{ step: 0, checkpoint: undefined, seconds: 1, results: {}, bytes: 1, ...changes },
});

it('drops failed runs that were tried again, and keeps the failed points of a sweep', () => {
  const sweep = [run('f', 10), run('e', 1), run('d', 0.1, { status: 'finished', checkpoint: 5 })];
  expect(uselessOf(sweep, undefined)).toEqual([]);
  const older = [run('c', 1), run('b', 0.1), run('a', 1, { seed: 1 }), run('0', 10, { checkpoint: 3 })];
  expect(uselessOf([...sweep, ...older], undefined).map(({ id }) => id)).toEqual(['c', 'b']);
  expect(uselessOf([...sweep, ...older], 'c').map(({ id }) => id)).toEqual(['b']);
  const many = Array.from({ length: 30 }, (_, i) => run(String(i), i));
  expect(uselessOf(many, undefined).map(({ id }) => Number(id))).toEqual([24, 25, 26, 27, 28, 29]);
});
