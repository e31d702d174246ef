// The options form without its looks: what a person typed, what it means, and the command line that means the same.
import type { OptionSpec } from '../../../src/train/project.ts';
import { kebabCase, type OptionRecord, type OptionValue, type Preset, readValue, resolveOptions } from '../../run/options.ts';
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
    const read = readValue(spec, text);
    if ('problem' in read) return { name, spec, text, usual, changed: true, problem: read.problem };
    return { name, spec, text, usual, changed: read.value !== usual };
  });
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

/** What the form now says otherwise than a run had it, by names of options (`epochs 2, now 4`); undefined while it can't be read. */
export function changesSince(
  project: Options,
  form: FormState,
  run: { readonly options: OptionRecord; readonly seed: number },
): readonly string[] | undefined {
  const given = readForm(project, form);
  if (!given) return undefined;
  const now = { ...resolveOptions(project.options, project.presets, given.preset, given.options), seed: given.seed };
  const then: OptionRecord = { ...run.options, seed: run.seed };
  return Object.entries(now).flatMap(([name, value]) =>
    then[name] === undefined || then[name] === value ? [] : [`${kebabCase(name)} ${then[name]}, now ${value}`],
  );
}

const seedSpec = { type: 'number', default: 0, min: 0, integer: true, help: '' } as const;

export const seedProblem = (text: string): string | undefined => {
  const read = readValue(seedSpec, text);
  return 'problem' in read ? read.problem : undefined;
};

/** Options as a Command wants them (only what differs from the preset), or undefined while something can't be read. */
export function readForm(
  project: Options,
  form: FormState,
): { readonly preset: Preset; readonly options: OptionRecord; readonly seed: number } | undefined {
  const fields = fieldsOf(project, form);
  if (seedProblem(form.seed) || fields.some(({ problem }) => problem)) return undefined;
  return { preset: form.preset, options: changesOf(fields), seed: Number(form.seed) };
}

function changesOf(fields: readonly Field[]): OptionRecord {
  return Object.fromEntries(
    fields.flatMap(({ name, spec, text, changed }) => {
      const read = readValue(spec, text);
      return changed && 'value' in read ? [[name, read.value]] : [];
    }),
  );
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

/** The same run from a shell. `data`: whether it reads a folder of the user's. */
export function commandLine(project: Options, form: FormState, data: boolean): string {
  const words = ['npx tilegrad run', project.name];
  if (form.preset !== 'default') words.push(`--${form.preset}`);
  for (const [name, value] of Object.entries(changesOf(fieldsOf(project, form)))) words.push(argument(kebabCase(name), value));
  if (form.seed.trim() !== '0' && !seedProblem(form.seed)) words.push(argument('seed', Number(form.seed)));
  if (data) words.push('--data FOLDER');
  return words.join(' ');
}

function argument(flag: string, value: OptionValue): string {
  if (typeof value === 'boolean') return value ? `--${flag}` : `--no-${flag}`;
  const text = String(value);
  const quoted = /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
  // A value that begins with a dash would be taken for a flag.
  return text.startsWith('-') ? `--${flag}=${quoted}` : `--${flag} ${quoted}`;
}
