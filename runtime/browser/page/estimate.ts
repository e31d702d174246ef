// How long a run would take on this computer's GPU, before it begins.
import { effect, signal } from '@preact/signals';
import { type Estimate, estimateRun, type PastRun } from '../../run/estimate.ts';
import { resolveOptions } from '../../run/options.ts';
import type { CatalogueCard, CatalogueEntry } from '../catalogue.ts';
import { readSpeeds } from '../speeds.ts';
import { type FormState, readRuns } from './form.ts';
import { gpu } from './gpu.ts';
import { storedRuns } from './stored-runs.ts';

/** Of the adapters that runs in this browser have measured. */
const speeds = signal<Readonly<Record<string, number>>>({});

// A run that began or ended may have measured one.
effect(() => {
  if (storedRuns.value) void readSpeeds().then((found) => (speeds.value = found));
});

/** Seconds above which a software adapter is a poor choice: worth a question first. */
const LONG = 10 * 60;

/** Of the run that the form describes, or all of them together, on the GPU that there is; undefined where nobody knows, or the form can't be read. Reads signals alone. */
export function estimateOf(project: CatalogueEntry, form: FormState): Estimate | undefined {
  const runs = readRuns(project, form);
  const adapter = gpu.value;
  if (!runs || !adapter?.found) return undefined;
  const past: readonly PastRun[] = (storedRuns.value ?? []).filter(({ status }) => status === 'finished');
  const estimates = runs.map(({ preset, options }) =>
    estimateRun(project, resolveOptions(project.options, project.presets, preset, options), adapter, past, speeds.value[adapter.name]),
  );
  const known = estimates.flatMap((estimate) => estimate ?? []);
  if (known.length < runs.length) return undefined;
  return { by: known[0].by, seconds: known.reduce((sum, { seconds }) => sum + seconds, 0) };
}

/** Of a quick run with its own options, for a project of which only the card is known. */
export function estimateOfQuick(card: CatalogueCard): Estimate | undefined {
  const adapter = gpu.value;
  if (!adapter?.found) return undefined;
  const past = (storedRuns.value ?? []).filter(({ status, preset }) => status === 'finished' && preset === 'quick');
  return estimateRun({ ...card, options: {}, presets: { quick: {}, full: {} } }, {}, adapter, past, speeds.value[adapter.name]);
}

/** Whether a person should be asked first: what there is computes in software, and the run would take long. */
export const tooLong = ({ seconds }: Estimate): boolean => gpu.value?.found === true && gpu.value.kind === 'cpu' && seconds > LONG;
