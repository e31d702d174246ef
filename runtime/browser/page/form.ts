// The options form without its looks: what a person typed, what it means, and the command line that means the same.
import type { OptionSpec } from '../../../src/train/project.ts';
import {
  commandWords,
  type GivenRun,
  kebabCase,
  type OptionRecord,
  type OptionValue,
  type Preset,
  readValue,
  resolveOptions,
} from '../../run/options.ts';
import type { CatalogueEntry } from '../catalogue.ts';

/** What the person did. Options that are not in `texts` follow the preset. */
export interface FormState {
  readonly preset: Preset;
  readonly texts: Readonly<Record<string, string>>;
  readonly seed: string;
}

export const untouchedForm: FormState = { preset: 'quick', texts: {}, seed: '0' };

export interface Field {
  readonly name: string;
  readonly spec: OptionSpec;
  readonly text: string;
  /** What preset or default gives. */
  readonly usual: OptionValue;
  /** One value, or several where the text is a list with commas; none where it can't be read. */
  readonly values: readonly OptionValue[];
  /** Another value than the usual one, or one that can't be read. */
  readonly changed: boolean;
  readonly problem?: string;
}

type Options = Pick<CatalogueEntry, 'name' | 'options' | 'presets'>;

export function fieldsOf(project: Options, { preset, texts }: FormState): readonly Field[] {
  const usuals = resolveOptions(project.options, project.presets, preset, {});
  return Object.entries(project.options).map(([name, spec]) => {
    const usual = usuals[name];
    const text = texts[name] ?? String(usual);
    const read = readValues(spec, text);
    if ('problem' in read) return { name, spec, text, usual, values: [], changed: true, problem: read.problem };
    return { name, spec, text, usual, values: read, changed: read.length > 1 || read[0] !== usual };
  });
}

/** `0.001, 0.01, 0.1`, and so choices and flags: a run for each. A comma within a free text is a comma. */
function readValues(spec: OptionSpec, text: string): readonly OptionValue[] | { readonly problem: string } {
  const free = spec.type === 'string' && !spec.choices;
  const found = (free ? [text] : text.split(',')).map((part) => readValue(spec, free ? part : part.trim()));
  const bad = found.find((read) => 'problem' in read);
  if (bad && 'problem' in bad) return bad;
  return [...new Set(found.flatMap((read) => ('value' in read ? [read.value] : [])))];
}

/** The form that a stored run was started with. */
export function formOfRun(
  project: Options,
  { preset, options, seed }: { readonly preset: Preset; readonly options: OptionRecord; readonly seed: number },
): FormState {
  const usuals = resolveOptions(project.options, project.presets, preset, {});
  const changed = Object.entries(options).filter(([name, value]) => name in usuals && usuals[name] !== value);
  return { preset, texts: Object.fromEntries(changed.map(([name, value]) => [name, String(value)])), seed: String(seed) };
}

/**
 * What the form now says otherwise than a run had it, by names of options (`epochs 2, now 4`); undefined while it can't be read. A run that is one
 * of those that the form asks for is as the form says; one that isn't is held against the first.
 */
export function changesSince(
  project: Options,
  form: FormState,
  run: { readonly options: OptionRecord; readonly seed: number },
): readonly string[] | undefined {
  const then: OptionRecord = { ...run.options, seed: run.seed };
  const changes = readRuns(project, form)?.map(({ preset, options, seed }) => {
    const now = { ...resolveOptions(project.options, project.presets, preset, options), seed };
    return Object.entries(now).flatMap(([name, value]) =>
      then[name] === undefined || then[name] === value ? [] : [`${kebabCase(name)} ${then[name]}, now ${value}`],
    );
  });
  return changes?.find(({ length }) => length === 0) ?? changes?.[0];
}

const seedSpec = { type: 'number', default: 0, min: 0, integer: true, help: '' } as const;

const readSeeds = (text: string) => readValues(seedSpec, text);

export const seedProblem = (text: string): string | undefined => {
  const read = readSeeds(text);
  return 'problem' in read ? read.problem : undefined;
};

/** More are no small sweep any more. */
export const MOST_RUNS = 24;

/**
 * The runs that a form asks for: one, or where options or the seed are lists, one for each combination, the last list changing fastest. Undefined
 * while something can't be read, or they are more than 24.
 */
export function readRuns(project: Options, form: FormState): readonly GivenRun[] | undefined {
  const fields = fieldsOf(project, form);
  const seeds = readSeeds(form.seed);
  const count = runCount(project, form);
  if ('problem' in seeds || count === 0 || count > MOST_RUNS) return undefined;
  let runs: OptionRecord[] = [{}];
  for (const { name, usual, values } of fields) {
    runs = runs.flatMap((options) => values.map((value) => (value === usual ? options : { ...options, [name]: value })));
  }
  return runs.flatMap((options) => seeds.map((seed) => ({ preset: form.preset, options, seed: Number(seed) })));
}

/** Of runs that a form asks for, however many; 0 while something can't be read. */
export function runCount(project: Options, form: FormState): number {
  const seeds = readSeeds(form.seed);
  return fieldsOf(project, form).reduce((count, { values }) => count * values.length, 'problem' in seeds ? 0 : seeds.length);
}

/** The form as the query of an address: preset, options and seed that differ from an untouched one. `preset=default&epochs=4` */
export function formQuery(project: Options, form: FormState): string {
  const query = new URLSearchParams();
  if (form.preset !== untouchedForm.preset) query.set('preset', form.preset);
  for (const { name, text, changed } of fieldsOf(project, form)) if (changed) query.set(kebabCase(name), text);
  if (form.seed.trim() !== untouchedForm.seed) query.set('seed', form.seed);
  return query.toString();
}

/** What an address asks for. Values that can't be read stand in the form, which says so; names that the project doesn't have are left out. */
export function formOfQuery({ options }: Options, query: string): FormState {
  const given = new URLSearchParams(query);
  const preset = given.get('preset');
  const texts = Object.keys(options).flatMap((name) => {
    const text = given.get(kebabCase(name));
    return text === null ? [] : [[name, text]];
  });
  return {
    preset: preset === 'default' || preset === 'full' ? preset : untouchedForm.preset,
    texts: Object.fromEntries(texts),
    seed: given.get('seed') ?? untouchedForm.seed,
  };
}

/** What a preset changes, as text: `epochs 4`, `width 1`. */
export function presetChanges({ presets }: Options, preset: Preset): readonly string[] {
  return preset === 'default' ? [] : Object.entries(presets[preset]).map(([name, value]) => `${kebabCase(name)} ${value}`);
}

/** The same from a shell, a line a run; what can't be read is left out. `data`: whether it reads a folder of the user's. */
export function commandLine(project: Options, form: FormState, data: boolean): string {
  const readable = fieldsOf(project, form).flatMap(({ name, changed, values }) =>
    changed && values.length > 0 ? [[name, values[0]]] : [],
  );
  const seed = seedProblem(form.seed) ? 0 : Number(form.seed.split(',')[0]);
  const runs = readRuns(project, form) ?? [{ preset: form.preset, options: Object.fromEntries(readable) as OptionRecord, seed }];
  return runs
    .map((run) => ['npx tilegrad run', ...commandWords(project.name, run), ...(data ? ['--data FOLDER'] : [])].join(' '))
    .join('\n');
}
