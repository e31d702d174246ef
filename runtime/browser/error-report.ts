// Errors as the page shows them: what it was, and what the person can do.
import { DataFormatError, InputError, OutOfMemoryError, TilegradError } from '../../src/index.ts';
import type { Project } from '../../src/train/project.ts';
import type { OptionRecord } from '../run/options.ts';
import { StorageError } from './opfs.ts';
import type { ErrorReport } from './protocol.ts';

/** The run that failed, where one did. */
export interface Failed {
  readonly project: Project;
  readonly options: OptionRecord;
}

export function errorReport(error: unknown, run?: Failed): ErrorReport {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  const advice = adviceOn(error, run);
  // Whoever can act on it needs no stack; of anything else it helps to find the fault.
  const expected = error instanceof TilegradError || error instanceof StorageError;
  const input = error instanceof InputError ? error.input : undefined;
  return { name, message, ...(input !== undefined && { input }), ...(advice && { advice }), ...(!expected && stack && { stack }) };
}

function adviceOn(error: Error, run: Failed | undefined): string | undefined {
  if (error instanceof OutOfMemoryError) {
    const smaller = run ? optionsOfSize(run) : [];
    const lower = smaller.length > 0 ? `Lower ${smaller.join(' or ')}` : 'Make the batch or the model smaller';
    return `${lower}, or close other tabs and programs that use the GPU.`;
  }
  if (error instanceof DataFormatError) return 'Give other files, or choose synthetic data.';
  if (error.name === 'QuotaExceededError') return 'Download and delete stored runs or kept data, or free disk space; then resume the run.';
  return undefined;
}

/** The options that say how much memory a step takes, and what they were: `batchSize (32)`. */
function optionsOfSize({ project, options }: Failed): string[] {
  const names = Object.keys(project.options).filter((name) => project.options[name].type === 'number');
  const ofBatch = names.filter((name) => /batch/i.test(name) && !/batches/i.test(name));
  const ofModel = names.filter((name) => /width|hidden|channels|units|embed|heads|depth|layers/i.test(name));
  return [...ofBatch, ...ofModel].map((name) => `${name} (${options[name]})`);
}
