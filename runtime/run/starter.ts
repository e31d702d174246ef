// The small trained weights that come with a project, so that its page has something to play with before anything was trained: one file with the
// weights, what its interaction asks of the run that they are from, and how that run was made.
import { decodeSafetensors, encodeSafetensors, TilegradError, toFloat16, toFloat32, unpack } from '../../src/index.ts';
import type { StateDict } from '../../src/nn/load.ts';
import type { Project } from '../../src/train/project.ts';
import type { Json, SavedTensor } from '../../src/train/values.ts';
import { decodeRecord, recordFile } from './checkpoint.ts';
import { commandWords, type OptionRecord, resolveOptions } from './options.ts';
import type { ResultValues, RunConfig, RunSummary } from './record.ts';
import { object, recordOf, scalar, text } from './schema.ts';
import { type RunStore, runFiles } from './store.ts';
import { openInteraction, type Playable, storedPlayable } from './trained.ts';

/** Bytes of the file. */
export const MOST_STARTER = 200_000;

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

type Tensors = Parameters<typeof encodeSafetensors>[0];

const checkRecord = object({ options: recordOf(scalar), command: text, results: recordOf(scalar) });

export interface Starter extends Playable {
  readonly record: StarterRecord;
}

/** Tensors of so many values are stored in half precision, which a network's answer doesn't show. Smaller ones (biases, statistics) cost next to nothing. */
const HALVED = 1024;

/**
 * Of a finished run. Opens its interaction, to learn which stages it asks for.
 * @throws TilegradError where that is more than {@link MOST_STARTER} bytes
 */
export async function encodeStarter(project: Project, config: RunConfig, summary: RunSummary, store: RunStore): Promise<Uint8Array> {
  const playable = await storedPlayable(config, store);
  const stages = new Set<string>();
  const result = (stage: string) => {
    stages.add(stage);
    return playable.result(stage);
  };
  await openInteraction(project, { ...playable, result });

  const tensors: Record<string, Tensors[string]> = {};
  const model = await store.read(runFiles.model);
  for (const [name, tensor] of Object.entries(model ? decodeSafetensors(model).tensors : {})) {
    const halved = tensor.dtype === 'F32' && tensor.data.length >= HALVED;
    tensors[`model.${name}`] = halved ? { dtype: 'F16', shape: tensor.shape, data: toFloat16(tensor.data) } : tensor;
  }
  const results: Record<string, Json> = {};
  const drawn = config.data.every(({ synthetic }) => synthetic);
  for (const stage of stages) {
    const bytes = await store.read(recordFile(stage));
    if (!bytes) continue;
    const record = decodeRecord(bytes, stage, recordFile(stage));
    results[stage] = record.json;
    for (const [name, tensor] of Object.entries(record.tensors as Tensors)) {
      // Bytes are pictures out of a data set. Who has it may not give it on, so only drawn ones come with a project.
      const pictures = tensor.dtype === 'U8' && !drawn;
      tensors[`stage.${stage}.${name}`] = pictures ? { ...tensor, shape: [0], data: new Uint8Array(0) } : tensor;
    }
  }
  const { options, preset, seed, started, adapter, versions, data } = config;
  const usual = resolveOptions(project.options, project.presets, preset, {});
  const changed = Object.fromEntries(Object.entries(options).filter(([name, value]) => usual[name] !== value));
  const record: StarterRecord = {
    ...{ options, started, version: versions.tilegrad, adapter: adapter.name, seconds: summary.seconds, results: summary.results },
    command: ['tilegrad run', ...commandWords(project.name, { preset, options: changed, seed })].join(' '),
    // Where on somebody's machine it lay, or why there was none, is nobody's business.
    data: data.map(({ description, synthetic }) =>
      synthetic ? `${description.replace(/ \(no data folder.*?\)(?=: )/, '')} (synthetic)` : description.replace(/, from .*$/, ''),
    ),
  };
  const file = encodeSafetensors(tensors, { record: JSON.stringify(record), stages: JSON.stringify(results) });
  if (file.length > MOST_STARTER) {
    const [is, most] = [file.length, MOST_STARTER].map((bytes) => bytes.toLocaleString('en'));
    throw new TilegradError(`${project.name}: expected at most ${most} bytes to come with the project, got ${is}: train a smaller model.`);
  }
  return file;
}

/** @throws DataFormatError, TilegradError naming the file, where it isn't one of {@link encodeStarter} */
export function decodeStarter(bytes: Uint8Array, path: string): Starter {
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const parsed = (name: string): unknown => {
    try {
      return JSON.parse(metadata[name] ?? '');
    } catch (cause) {
      throw new TilegradError(`${path}: expected the ${name} of a run in its metadata.`, { cause });
    }
  };
  const record = parsed('record') as StarterRecord;
  const problem = checkRecord(record, 'record');
  if (problem) throw new TilegradError(`${path} is damaged: ${problem}.`);
  const stages = parsed('stages') as Readonly<Record<string, Json>>;
  const under = (prefix: string) =>
    Object.entries(tensors).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : []));
  const weights = under('model.').map(([name, tensor]) => {
    const data = tensor.dtype === 'F16' ? toFloat32(tensor) : tensor.data;
    return [name, { shape: tensor.shape, data }] as const;
  });
  return {
    ...{ record, options: record.options, found: record.results },
    async result(stage) {
      if (!Object.hasOwn(stages, stage)) return undefined;
      const own = Object.fromEntries(under(`stage.${stage}.`)) as Record<string, SavedTensor>;
      return unpack({ json: stages[stage], tensors: own }, `the result of stage ${stage}`);
    },
    load: async (model) => void model.loadStateDict(Object.fromEntries(weights) as StateDict),
  };
}

/** What can be played with as it is: a project without weights, with its options as they are at first. */
export function untrainedPlayable({ options, presets }: Project): Playable {
  return { options: resolveOptions(options, presets, 'default', {}), found: {}, result: async () => undefined, load: async () => {} };
}
