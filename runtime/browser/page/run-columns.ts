// Stored runs as a table, and as CSV: what each column says, how rows are ordered, what a run is called.
import type { ProjectCard } from '../../../src/train/project.ts';
import { kebabCase, type OptionValue } from '../../run/options.ts';
import type { StoredRecord, StoredRun } from '../store.ts';
import { formatNumber, formatSeconds, formatTime } from './format.ts';
import { phaseTexts } from './run-state.ts';
import { spaced } from './spaced.ts';

export interface Column {
  /** Unique in the table. */
  readonly id: string;
  readonly title: string;
  value(run: StoredRun): OptionValue | undefined;
  text(value: OptionValue): string;
  /** Of a result of which more, or less, is better. */
  readonly better?: 'higher' | 'lower';
}

export interface Order {
  /** Of the column. */
  readonly by: string;
  readonly descending: boolean;
}

const plain = (value: OptionValue) => (typeof value === 'number' ? formatNumber(value) : String(value));

const column = (id: string, title: string, value: Column['value'], text: Column['text'] = plain): Column => ({ id, title, value, text });

const dataOf = ({ data }: StoredRun) => data.map(({ description }) => description).join('; ');

/** Short enough for a column: which sets, and whether they are real. How much of them, and the seed, stand in columns of their own. */
const setsOf = ({ data }: StoredRun) =>
  [...new Set(data.map(({ name, synthetic }) => (synthetic ? `${name}, synthetic` : name)))].join('; ');

/** What distinguishes runs of one project from each other: options, preset, seed, data, adapter. */
function settings(runs: readonly StoredRun[]): Column[] {
  const options = [...new Set(runs.flatMap((run) => Object.keys(run.options)))];
  const all = [
    ...options.map((name) => column(`option ${name}`, kebabCase(name), (run) => run.options[name])),
    column('preset', 'preset', ({ preset }) => preset),
    column('seed', 'seed', ({ seed }) => seed),
    column('data', 'data', setsOf),
    column('adapter', 'adapter', ({ adapter }) => adapter),
  ];
  return all.filter(({ value }) => new Set(runs.map(value)).size > 1);
}

/**
 * Columns between a run's name and what can be done with it: state, the result that the project names, whatever is not the same for all of the
 * runs, time. `all`: with every result that one of them has.
 */
export function columnsOf(runs: readonly StoredRun[], { headline }: Pick<ProjectCard, 'headline'>, all: boolean): Column[] {
  const result = (name: string) => column(`result ${name}`, spaced(name), (run) => run.results[name]);
  const others = [...new Set(runs.flatMap((run) => Object.keys(run.results)))].filter((name) => name !== headline.metric);
  return [
    { ...result(headline.metric), better: headline.better },
    column(
      'status',
      'state',
      ({ status }) => status,
      (status) => statusText(status as StoredRun['status']),
    ),
    ...(all ? others.map(result) : []),
    ...settings(runs),
    column(
      'seconds',
      'time',
      ({ seconds }) => seconds,
      (seconds) => formatSeconds(seconds as number),
    ),
    column('step', 'steps', ({ step }) => step),
    column(
      'started',
      'began',
      ({ started }) => started,
      (started) => formatTime(started as string, new Date()),
    ),
  ];
}

const statusText = (status: StoredRun['status']) => (status === 'running' ? phaseTexts.training : phaseTexts[status]);

/** Runs without a value come last, whichever the direction. */
export function sorted(runs: readonly StoredRun[], columns: readonly Column[], { by, descending }: Order): readonly StoredRun[] {
  const column = columns.find(({ id }) => id === by);
  if (!column) return runs;
  const missing = (value: OptionValue | undefined) => value === undefined || Number.isNaN(value);
  return runs.slice().sort((one, other) => {
    const [a, b] = [column.value(one), column.value(other)];
    if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
    const order = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true });
    return descending ? -order : order;
  });
}

/** Of a column that was just chosen: the best first, the latest first, else ascending. */
export const firstOrder = ({ id, better }: Column): Order => ({ by: id, descending: better === 'higher' || id === 'started' });

/** The best of them by a column; undefined where there are less than two to choose from. */
export function bestOf(runs: readonly StoredRun[], { value, better }: Column): StoredRun | undefined {
  const known = runs.filter((run) => Number.isFinite(value(run)));
  if (!better || known.length < 2) return undefined;
  const sign = better === 'higher' ? 1 : -1;
  return known.reduce((best, run) => (sign * (value(run) as number) > sign * (value(best) as number) ? run : best));
}

/** What runs are called beside each other: by the name that a person gave, else by what they differ in, else by when they began. No two alike. */
export function titlesOf(runs: readonly StoredRun[], now: Date): string[] {
  const differing = settings(runs).filter(({ id }) => id !== 'data' && id !== 'adapter');
  const found = runs.map((run) => {
    const parts = differing.flatMap(({ title, value, text }) => {
      const own = value(run);
      return own === undefined ? [] : [`${title} ${text(own)}`];
    });
    return run.name || parts.join(', ') || formatTime(run.started, now);
  });
  return found.map((title, i) => {
    const before = found.slice(0, i).filter((other) => other === title).length;
    return before === 0 ? title : `${title} (${before + 1})`;
  });
}

/** RFC 4180: lines end with CR LF, what holds a comma, a quote or a line break stands in quotes. Missing values are empty. */
export function csv(rows: readonly (readonly (OptionValue | undefined)[])[]): string {
  const cell = (value: OptionValue | undefined) => {
    const text = value === undefined ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** All that is known of the runs, a row each, numbers in full. */
export function runsCsv(runs: readonly StoredRun[]): string {
  const names = (of: (run: StoredRun) => object) => [...new Set(runs.flatMap((run) => Object.keys(of(run))))];
  const [options, results] = [names(({ options }) => options), names(({ results }) => results)];
  const head = ['run', 'name', 'status', 'started', 'seconds', 'step', 'preset', 'seed', 'adapter', 'data'];
  return csv([
    [...head, ...options.map((name) => `option ${name}`), ...results.map((name) => `result ${name}`)],
    ...runs.map((run) => [
      ...[run.id, run.name, statusText(run.status), run.started, run.seconds, run.step, run.preset, run.seed, run.adapter, dataOf(run)],
      ...options.map((name) => run.options[name]),
      ...results.map((name) => run.results[name]),
    ]),
  ]);
}

/** Every row of the runs' metrics as it was recorded, a column a metric. `time` in seconds since 1970. */
export function curvesCsv(runs: readonly Pick<StoredRecord, 'id' | 'name' | 'rows'>[]): string {
  const metrics = [...new Set(runs.flatMap(({ rows }) => rows.flatMap(({ values }) => Object.keys(values))))];
  const rows = runs.flatMap(({ id, name, rows }) =>
    rows.map(({ step, time, values }) => [id, name, step, time, ...metrics.map((metric) => values[metric])]),
  );
  return csv([['run', 'name', 'step', 'time', ...metrics], ...rows]);
}
