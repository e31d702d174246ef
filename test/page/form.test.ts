// The options form: what counts as changed, what is refused, and the command line beside it.
import { expect, test } from 'vitest';
import {
  changesSince,
  commandLine,
  type FormState,
  fieldsOf,
  formOfQuery,
  formOfRun,
  formQuery,
  presetChanges,
  readRuns,
  runCount,
  untouchedForm,
} from '../../runtime/browser/page/form.ts';

const project = {
  name: 'demo',
  options: {
    epochs: { type: 'number', default: 3, min: 1, integer: true, help: 'passes' },
    learningRate: { type: 'number', default: 0.1, help: 'rate' },
    augment: { type: 'boolean', default: true, help: 'flip images' },
    cell: { type: 'string', default: 'lstm', choices: ['lstm', 'gru'], help: 'kind' },
    text: { type: 'string', default: '', help: 'a text' },
  },
  presets: { quick: { epochs: 1 }, full: { epochs: 100, cell: 'gru' } },
} as const;

const form = (texts: FormState['texts'], more: Partial<FormState> = {}): FormState => ({ ...untouchedForm, texts, ...more });
const field = (state: FormState, name: string) => fieldsOf(project, state).find((one) => one.name === name);

test('the quick preset stands first, with its own values', () => {
  expect(field(untouchedForm, 'epochs')).toMatchObject({ text: '1', usual: 1, changed: false });
  expect(field(untouchedForm, 'cell')).toMatchObject({ text: 'lstm', changed: false });
});

test('an option is changed only while its value differs from the preset', () => {
  expect(field(form({ epochs: '2' }), 'epochs')?.changed).toBe(true);
  expect(field(form({ epochs: '1.0' }), 'epochs')?.changed).toBe(false);
  expect(field(form({ epochs: '1' }, { preset: 'default' }), 'epochs')?.changed).toBe(true);
});

test('what can not be read is named and keeps the run from starting', () => {
  const state = form({ epochs: '0', cell: 'rnn' });
  expect(field(state, 'epochs')?.problem).toBe('It must be at least 1.');
  expect(field(state, 'cell')?.problem).toContain('lstm, gru');
  expect(readRuns(project, state)).toBeUndefined();
  expect(readRuns(project, form({}, { seed: '1.5' }))).toBeUndefined();
});

test('a start command carries only the changes', () => {
  expect(readRuns(project, form({ epochs: '2', augment: 'false', learningRate: '0.1' }, { seed: '7' }))).toEqual([
    { preset: 'quick', options: { epochs: 2, augment: false }, seed: 7 },
  ]);
});

test('the command line says the same as the form', () => {
  expect(commandLine(project, untouchedForm, false)).toBe('npx tilegrad run demo --quick');
  expect(commandLine(project, form({ augment: 'false', learningRate: '-1' }, { preset: 'default', seed: '3' }), true)).toBe(
    'npx tilegrad run demo --learning-rate=-1 --no-augment --seed 3 --data FOLDER',
  );
});

test('texts survive the shell', () => {
  expect(commandLine(project, form({ text: "it's $HOME" }, { preset: 'full' }), false)).toBe(
    "npx tilegrad run demo --full --text 'it'\\''s $HOME'",
  );
});

test('presets say what they change', () => {
  expect(presetChanges(project, 'full')).toEqual(['epochs 100', 'cell gru']);
  expect(presetChanges(project, 'default')).toEqual([]);
});

test('a stored run fills the form with what it was started with', () => {
  const options = { epochs: 2, learningRate: 0.1, augment: false, cell: 'lstm', text: '', gone: 1 };
  const state = formOfRun(project, { preset: 'quick', options, seed: 7 });
  expect(state).toEqual({ preset: 'quick', texts: { epochs: '2', augment: 'false' }, seed: '7' });
  expect(readRuns(project, state)).toEqual([{ preset: 'quick', options: { epochs: 2, augment: false }, seed: 7 }]);
});

test('an address says what the form does, and a foreign one can do no harm', () => {
  expect(formQuery(project, untouchedForm)).toBe('');
  const state = form({ epochs: '2', learningRate: '1e-3', text: 'a b&c' }, { preset: 'full', seed: '7' });
  expect(formQuery(project, state)).toBe('preset=full&epochs=2&learning-rate=1e-3&text=a+b%26c&seed=7');
  expect(formOfQuery(project, formQuery(project, state))).toEqual(state);
  // What is as the preset has it needs no words.
  expect(formQuery(project, form({ epochs: '1.0' }))).toBe('');
  expect(formOfQuery(project, '')).toEqual(untouchedForm);
  expect(formOfQuery(project, 'preset=constructor&colour=red&__proto__=1&seed=0')).toEqual(untouchedForm);
  const bad = formOfQuery(project, 'epochs=many&seed=-1');
  expect(field(bad, 'epochs')?.problem).toBeDefined();
  expect(readRuns(project, bad)).toBeUndefined();
});

test('lists of numbers are runs, one for each combination', () => {
  const state = form({ learningRate: '0.001, 0.1,1', epochs: '2' }, { seed: '0, 5' });
  expect(readRuns(project, state)?.map(({ options, seed }) => [options, seed])).toEqual([
    [{ epochs: 2, learningRate: 0.001 }, 0],
    [{ epochs: 2, learningRate: 0.001 }, 5],
    [{ epochs: 2 }, 0],
    [{ epochs: 2 }, 5],
    [{ epochs: 2, learningRate: 1 }, 0],
    [{ epochs: 2, learningRate: 1 }, 5],
  ]);
  expect(runCount(project, state)).toBe(6);
  expect(field(state, 'learningRate')).toMatchObject({ changed: true, values: [0.001, 0.1, 1] });
  expect(commandLine(project, form({}, { seed: '0, 5' }), false)).toBe(
    'npx tilegrad run demo --quick\nnpx tilegrad run demo --quick --seed 5',
  );
  expect(formOfQuery(project, formQuery(project, state))).toEqual(state);
});

test('choices and flags can be lists too', () => {
  const state = form({ cell: 'lstm, gru', augment: 'true, false' });
  expect(readRuns(project, state)?.map(({ options }) => options)).toEqual([
    {},
    { cell: 'gru' },
    { augment: false },
    { augment: false, cell: 'gru' },
  ]);
  expect(field(form({ cell: 'lstm, rnn' }), 'cell')?.problem).toContain('lstm, gru');
});

test('what stands twice in a list is one run, a bad value of it is named, and too many are none', () => {
  expect(runCount(project, form({ learningRate: '1, 1.0' }))).toBe(1);
  expect(field(form({ epochs: '1, 0' }), 'epochs')?.problem).toBe('It must be at least 1.');
  expect(field(form({ epochs: '1,' }), 'epochs')?.problem).toBe('It must be a number.');
  expect(readRuns(project, form({}, { seed: '0, x' }))).toBeUndefined();
  const many = form({ epochs: '1, 2, 3, 4, 5' }, { seed: '0, 1, 2, 3, 4' });
  expect([runCount(project, many), readRuns(project, many)]).toEqual([25, undefined]);
  // A comma within a text is a comma.
  expect(readRuns(project, form({ text: 'a, b' }))).toHaveLength(1);
});

test('what was edited since a run is told, whatever preset it comes from', () => {
  const run = { options: { epochs: 2, learningRate: 0.1, augment: true, cell: 'lstm', text: '' }, seed: 0 };
  expect(changesSince(project, form({ epochs: '2' }), run)).toEqual([]);
  expect(changesSince(project, form({ epochs: '4' }, { seed: '7' }), run)).toEqual(['epochs 2, now 4', 'seed 0, now 7']);
  expect(changesSince(project, form({}, { preset: 'full' }), run)).toEqual(['epochs 2, now 100', 'cell lstm, now gru']);
  expect(changesSince(project, form({ epochs: 'x' }), run)).toBeUndefined();
});
