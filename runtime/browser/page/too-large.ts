// Whether a run of the form can fit the GPU at all: what its model holds and gives, against the largest buffer that there is.
import type { ReadonlySignal } from '@preact/signals';
import { resolveOptions } from '../../run/options.ts';
import type { CatalogueEntry } from '../catalogue.ts';
import type { ErrorReport, ModelReport } from '../protocol.ts';
import { type FormState, readRuns } from './form.ts';
import { formatBytes } from './format.ts';
import { gpu } from './gpu.ts';

const BYTES = 4;

/**
 * What can't fit, in words with its size; undefined where nothing is known to be too large.
 * @param batch samples in one step
 * @param largest bytes of the largest buffer
 */
export function tooLargeFor({ layers, parameters }: ModelReport, batch: number, largest: number): string | undefined {
  const most = `this GPU holds at most ${formatBytes(largest)} in one piece`;
  if (BYTES * parameters > largest) {
    return `The model’s ${parameters.toLocaleString('en')} parameters take ${formatBytes(BYTES * parameters)}; ${most}. Make the model smaller.`;
  }
  // What products give is kept for the gradients; much else is worked out on the way.
  const outputs = layers.flatMap(({ name, type, outputShape, multiplyAdds }) =>
    multiplyAdds > 0 ? [{ layer: `${type} ${name}`.trim(), bytes: BYTES * batch * outputShape.reduce((a, b) => a * b, 1) }] : [],
  );
  const widest = outputs.reduce((most, output) => (output.bytes > most.bytes ? output : most), { layer: '', bytes: 0 });
  if (widest.bytes <= largest) return undefined;
  return `What ${widest.layer} gives for a batch of ${batch.toLocaleString('en')} takes ${formatBytes(widest.bytes)}; ${most}. Make the batch or the model smaller.`;
}

/** What was told of a model, and for which form. */
export interface ToldModel {
  readonly form: FormState;
  readonly model: ModelReport | ErrorReport;
}

interface Wanted {
  readonly project: CatalogueEntry;
  readonly form: ReadonlySignal<FormState>;
  readonly model: ReadonlySignal<ToldModel | undefined>;
}

/** Of the run that the form asks for, as far as its model has been looked at. Reads signals alone. */
export function tooLarge({ project, form, model }: Wanted): string | undefined {
  const run = readRuns(project, form.value)?.[0];
  const report = model.value;
  if (!run || !report || report.form !== form.value || 'message' in report.model || !gpu.value?.found) return undefined;
  const { batchSize, trainImages } = resolveOptions(project.options, project.presets, run.preset, run.options);
  const all = typeof trainImages === 'number' && trainImages > 0 ? trainImages : Number.POSITIVE_INFINITY;
  return tooLargeFor(report.model, Math.min(all, typeof batchSize === 'number' ? batchSize : 1), gpu.value.largest);
}
