// Reports of a worker, put together to what the page shows.
import { expect, test } from 'vitest';
import { advance, controls, type Deed, idleRun, type RunState } from '../../runtime/browser/page/run-state.ts';
import type { Report } from '../../runtime/browser/protocol.ts';

const after = (...events: (Report | Deed)[]): RunState => events.reduce(advance, idleRun);
const running: (Report | Deed)[] = [{ type: 'begin' }, { type: 'started', run: 'demo-1' }];
const rows = (...pairs: [step: number, loss: number][]): Report => ({
  type: 'scalars',
  rows: pairs.map(([step, loss]) => ({ step, values: { loss } })),
});
const allowed = (state: RunState) =>
  Object.entries(controls(state))
    .filter(([, on]) => on)
    .map(([name]) => name);

test('a run from Train to its end', () => {
  const state = after(
    ...running,
    rows([1, 3], [2, 2]),
    { type: 'figure', name: 'digits', svg: '<svg>a</svg>' },
    rows([3, 1]),
    { type: 'figure', name: 'digits', svg: '<svg>b</svg>' },
    { type: 'summary', values: { accuracy: 0.9 } },
    { type: 'checkpoint', step: 3 },
    { type: 'ended', status: 'finished', seconds: 4, resumable: true },
  );
  expect(state).toMatchObject({ phase: 'finished', run: 'demo-1', step: 3, checkpoint: 3, seconds: 4, results: { accuracy: 0.9 } });
  expect(state.curves.loss.buckets.map(({ mean }) => mean)).toEqual([3, 2, 1]);
  expect(state.figures.digits.map(({ step }) => step)).toEqual([2, 3]);
});

test('metrics stand in the order in which they get a second point, live and reopened', () => {
  const row = (step: number, ...names: string[]) => ({ step, values: Object.fromEntries(names.map((name) => [name, step])) });
  const all = [row(0, 'validation error'), row(1, 'loss', 'lr'), row(2, 'loss', 'lr'), row(2, 'validation error'), row(3, 'test', 'loss')];
  const order = (state: RunState) => Object.keys(state.curves).filter((name) => state.curves[name].buckets.length > 1);
  const live = after(...running, ...all.map((row): Report => ({ type: 'scalars', rows: [row] })));
  expect(order(live)).toEqual(['loss', 'lr', 'validation error']);
  expect(order(after(...running, { type: 'scalars', rows: all }))).toEqual(order(live));
});

test('a figure of the moment gives way to the next one; those that are kept stay', () => {
  const figure = (svg: string, passing?: true): Report => ({ type: 'figure', name: 'paths', svg, ...(passing && { passing }) });
  const state = after(...running, figure('a', true), figure('b', true), figure('c'), figure('d', true), figure('e', true), figure('f'));
  expect(state.figures.paths.map(({ svg }) => svg)).toEqual(['c', 'f']);
});

test('what the buttons allow in each state', () => {
  expect(allowed(idleRun)).toEqual(['train']);
  expect(allowed(after({ type: 'begin' }))).toEqual(['stop']);
  expect(allowed(after(...running))).toEqual(['pause', 'stop']);
  expect(allowed(after(...running, { type: 'paused', paused: true }))).toEqual(['resume', 'stop']);
  expect(allowed(after(...running, { type: 'stopping' }))).toEqual(['stop']);
  const ended = (status: 'finished' | 'interrupted' | 'failed', resumable: boolean) =>
    allowed(after(...running, { type: 'ended', status, seconds: 1, resumable }));
  expect(ended('finished', true)).toEqual(['train', 'reset']);
  expect(ended('interrupted', true)).toEqual(['train', 'resume', 'reset']);
  expect(ended('failed', false)).toEqual(['train', 'reset']);
});

test('Stop before the worker has begun is not forgotten', () => {
  expect(after({ type: 'begin' }, { type: 'stopping' }, { type: 'started', run: 'demo-1' }).phase).toBe('stopping');
});

test('a lost GPU is shown until there is progress again, and repeated steps replace the first ones', () => {
  const lost = after(...running, rows([1, 3], [2, 2], [3, 9]), { type: 'recovering', message: 'lost', step: 1 });
  expect(lost.recovering).toEqual({ message: 'lost', step: 1 });
  const again = [rows([2, 2.5]), { type: 'progress', update: { phase: 'training', fraction: 0.7 }, secondsLeft: 1, gpuBytes: 1 } as const];
  const state = again.reduce(advance, lost);
  expect(state.recovering).toBeUndefined();
  expect(state.curves.loss.buckets.map(({ mean }) => mean)).toEqual([3, 2.5]);
});

test('a resumed run keeps its curves and loses its error', () => {
  const failed = after(...running, rows([1, 3]), {
    type: 'ended',
    status: 'failed',
    seconds: 1,
    resumable: true,
    error: { name: 'TypeError', message: 'no' },
  });
  const state = advance(failed, { type: 'continue' });
  expect(state).toMatchObject({ phase: 'starting', run: 'demo-1' });
  expect(state.error).toBeUndefined();
  expect(state.curves.loss.buckets).toHaveLength(1);
});

test('a new run begins with nothing of the last one', () => {
  expect(after(...running, rows([1, 3]), { type: 'ended', status: 'finished', seconds: 1, resumable: false }, { type: 'begin' })).toEqual({
    ...idleRun,
    phase: 'starting',
  });
});

test('a worker that dies fails the run it had, with a checkpoint to resume from', () => {
  const state = after(...running, { type: 'checkpoint', step: 5 }, { type: 'workerDied', message: 'gone' });
  expect(state).toMatchObject({ phase: 'failed', error: { name: 'WorkerDied', message: 'gone' } });
  expect(allowed(state)).toEqual(['train', 'resume', 'reset']);
  expect(after({ type: 'workerDied', message: 'gone' })).toEqual(idleRun);
});

test('the log keeps its newest thousand lines', () => {
  const lines = Array.from({ length: 1100 }, (_, i): Report => ({ type: 'log', text: `line ${i}` }));
  const { log } = after(...lines);
  expect(log).toHaveLength(1000);
  expect(log.at(-1)).toBe('line 1099');
});
