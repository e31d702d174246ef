// The small trained weights that come with a project, so that its page has something to play with before anything was trained: one file with the
// weights, what its interaction asks of the run that they are from, and how that run was made.
import { readStarter, TilegradError } from '../../src/index.ts';
import type { Project } from '../../src/train/project.ts';
import { type OptionRecord, resolveOptions } from './options.ts';
import type { ResultValues } from './record.ts';
import { object, recordOf, scalar, text } from './schema.ts';
import type { Playable } from './trained.ts';

/** How the weights came about, as the page says it. */
export interface StarterRecord {
  readonly options: OptionRecord;
  /** `tilegrad run mc-dropout --quick` */
  readonly command: string;
  /** When it began, as an ISO date. */
  readonly started: string;
  /** Of tilegrad. */
  readonly version: string;
  readonly adapter: string;
  /** One line for each data set. */
  readonly data: readonly string[];
  readonly seconds: number;
  readonly results: ResultValues;
}

const checkRecord = object({ options: recordOf(scalar), command: text, results: recordOf(scalar) });

export interface PlayableStarter extends Playable {
  readonly record: StarterRecord;
}

/** @throws DataFormatError, TilegradError naming the file, where it holds no such weights */
export async function decodeStarter(bytes: Uint8Array, path: string): Promise<PlayableStarter> {
  const starter = await readStarter(bytes, path);
  let record: StarterRecord;
  try {
    record = JSON.parse(starter.record);
  } catch (cause) {
    throw new TilegradError(`${path}: expected the record of a run in its metadata.`, { cause });
  }
  const problem = checkRecord(record, 'record');
  if (problem) throw new TilegradError(`${path} is damaged: ${problem}.`);
  return {
    ...{ record, options: record.options, found: record.results },
    result: async (stage) => starter.result(stage),
    load: async (model) => void model.loadStateDict(starter.weights),
  };
}

/** What can be played with as it is: a project without weights, with its options as they are at first. */
export function untrainedPlayable({ options, presets }: Project): Playable {
  return { options: resolveOptions(options, presets, 'default', {}), found: {}, result: async () => undefined, load: async () => {} };
}
