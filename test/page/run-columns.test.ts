// The table of stored runs, without its looks.
import { expect, test } from 'vitest';
import { bestOf, columnsOf, csv, curvesCsv, firstOrder, runsCsv, sorted, titlesOf } from '../../runtime/browser/page/run-columns.ts';
import type { StoredRun } from '../../runtime/browser/store.ts';
import type { MetricsRow } from '../../runtime/run/metrics.ts';

const run = (id: string, changes: Partial<StoredRun> = {}): StoredRun => ({
  ...{
    id,
    project: 'vae',
    name: '',
    status: 'finished',
    started: `2026-11-22T16:3${id}:00.000Z`,
    preset: 'quick',
    seed: 0,
    adapter: 'a GPU',
  },
  ...{ options: { lr: 0.1, epochs: 3 }, data: [], step: 10, checkpoint: 10, seconds: 65, results: { bits: 0.5 }, bytes: 1, ...changes },
});
const headline = { headline: { metric: 'bits', better: 'lower' } } as const;
const runs = [
  run('1', { options: { lr: 0.1, epochs: 3 }, results: { bits: 0.5, kl: 3 } }),
  run('2', { options: { lr: 0.01, epochs: 3 }, results: { bits: 0.25 }, seed: 7 }),
  run('3', { options: { lr: 1, epochs: 3 }, results: {}, status: 'failed', name: 'too fast' }),
];
const titles = (all: boolean) => columnsOf(runs, headline, all).map(({ title }) => title);

test('options that differ are columns, and the result that the project names comes first', () => {
  expect(titles(false)).toEqual(['bits', 'state', 'lr', 'seed', 'time', 'steps', 'began']);
  expect(titles(true)).toEqual(['bits', 'state', 'kl', 'lr', 'seed', 'time', 'steps', 'began']);
  expect(columnsOf([runs[0]], headline, false).map(({ title }) => title)).toEqual(['bits', 'state', 'time', 'steps', 'began']);
});

test('the data stands in a column where sets differ, in few words; seeds and sizes have columns of their own', () => {
  const data = (synthetic: boolean, seed: number) => [
    { name: 'mnist', synthetic, description: `${synthetic ? 'SYNTHETIC digits' : 'MNIST'}, drawn from seed ${seed}`, files: [] },
  ];
  const titled = (...runs: StoredRun[]) => columnsOf(runs, headline, false).find(({ id }) => id === 'data');
  expect(titled(run('1', { data: data(true, 0) }), run('2', { data: data(true, 1), seed: 1 }))).toBeUndefined();
  const two = [run('1', { data: data(true, 0) }), run('2', { data: data(false, 0) })];
  expect(two.map((run) => titled(...two)?.value(run))).toEqual(['mnist, synthetic', 'mnist']);
});

test('a column begins with its best, and runs without a value stay last', () => {
  const columns = columnsOf(runs, headline, false);
  const ids = (order: { by: string; descending: boolean }) => sorted(runs, columns, order).map(({ id }) => id);
  const first = firstOrder(columns[0]);
  expect(ids(first)).toEqual(['2', '1', '3']);
  expect(ids({ ...first, descending: true })).toEqual(['1', '2', '3']);
  expect(ids({ by: 'option lr', descending: false })).toEqual(['2', '1', '3']);
  expect(ids(firstOrder(columns.at(-1)!))).toEqual(['3', '2', '1']);
  expect(bestOf(runs, columns[0])?.id).toBe('2');
  expect(bestOf(runs.slice(2), columns[0])).toBeUndefined();
});

test('runs are called by their names, else by what they differ in, and no two alike', () => {
  const now = new Date('2026-11-22T20:00:00Z');
  expect(titlesOf(runs, now)).toEqual(['lr 0.1, seed 0', 'lr 0.01, seed 7', 'too fast']);
  const [one, two] = titlesOf([run('1'), run('1')], now);
  expect([one, two]).toEqual([expect.stringMatching(/\d\d:31$/), `${one} (2)`]);
});

test('CSV quotes what it must, and keeps numbers whole', () => {
  expect(csv([['a', 'b,c', 'say "so"', 'two\nlines', undefined, 0.1 + 0.2, true]])).toBe(
    'a,"b,c","say ""so""","two\nlines",,0.30000000000000004,true\r\n',
  );
});

test('the table as CSV has every option and result', () => {
  const [head, first, , third] = runsCsv(runs).split('\r\n');
  expect(head).toBe('run,name,status,started,seconds,step,preset,seed,adapter,data,option lr,option epochs,result bits,result kl');
  expect(first).toBe('1,,finished,2026-11-22T16:31:00.000Z,65,10,quick,0,a GPU,,0.1,3,0.5,3');
  expect(third).toBe('3,too fast,failed,2026-11-22T16:33:00.000Z,65,10,quick,0,a GPU,,1,3,,');
});

test('curves as CSV are the rows as they were recorded', () => {
  const rows: MetricsRow[] = [
    { step: 1, time: 5, values: { loss: 2 } },
    { step: 2, time: 6, values: { 'validation loss': Number.NaN } },
  ];
  expect(curvesCsv([{ id: 'a', name: 'first, try', rows }])).toBe(
    'run,name,step,time,loss,validation loss\r\na,"first, try",1,5,2,\r\na,"first, try",2,6,,NaN\r\n',
  );
});
