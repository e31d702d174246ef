// Makes the file of the weights that come with a project, of a finished run: see runtime/run/starter.ts.
import { constants, gzipSync } from 'node:zlib';
import { decodeSafetensors, encodeSafetensors, TilegradError, toFloat16, toFloat32 } from '../../src/index.ts';
import type { Project } from '../../src/train/project.ts';
import type { Json } from '../../src/train/values.ts';
import { decodeRecord, recordFile } from '../run/checkpoint.ts';
import { commandWords, resolveOptions } from '../run/options.ts';
import type { RunConfig, RunSummary } from '../run/record.ts';
import type { StarterRecord } from '../run/starter.ts';
import { type RunStore, runFiles } from '../run/store.ts';
import { openInteraction, storedPlayable } from '../run/trained.ts';

/** Bytes of the file. */
export const MOST_STARTER = 200_000;

type Tensors = Parameters<typeof encodeSafetensors>[0];
type FileTensor = ReturnType<typeof decodeSafetensors>['tensors'][string];
type Form = (name: string, tensor: FileTensor) => Iterable<Named>;
type Named = readonly [name: string, tensor: FileTensor];

/** Tensors of so many values are stored in half precision, which a network's answer doesn't show. Smaller ones (biases, statistics) cost next to nothing. */
const HALVED = 1024;

/**
 * Where that is too much, they are whole numbers from −127 to 127 with a scale a row, or as far as ±31 or ±7: what comes to 8, 6 or 4 bits after compression, the
 * first that fits. The small ones are halved then.
 */
const LEVELS = [127, 31, 7];

/** The largest number of half precision. */
const MOST_HALF = 65504;

function* halved(name: string, tensor: FileTensor): Generator<Named> {
  yield [`model.${name}`, tensor.data.length >= HALVED ? half(tensor) : tensor];
}

function* quantized(levels: number, name: string, tensor: FileTensor): Generator<Named> {
  const { dtype, shape, data } = tensor;
  if (dtype !== 'F32' || data.length < HALVED) {
    yield [`model.${name}`, half(tensor)];
    return;
  }
  const [rows] = shape;
  const columns = data.length / rows;
  const largest = Float32Array.from({ length: rows }, (_, row) => {
    return data.subarray(row * columns, (row + 1) * columns).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  });
  // Scales as they will be read.
  const scale = half({ dtype: 'F32', shape: [rows], data: largest.map((most) => most / levels) });
  if (scale.dtype !== 'F16') {
    yield [`model.${name}`, tensor];
    return;
  }
  const factors = toFloat32(scale);
  const whole = Int8Array.from(data, (value, i) => {
    const factor = factors[Math.floor(i / columns)]!;
    return factor === 0 ? 0 : Math.max(-levels, Math.min(levels, Math.round(value / factor)));
  });
  yield [`model.${name}`, { dtype: 'I8', shape, data: whole }];
  yield [`scale.${name}`, scale];
}

/** Floats in half precision, unless one of them would become infinite there. */
function half(tensor: FileTensor): FileTensor {
  const { dtype, shape, data } = tensor;
  if (dtype !== 'F32' || data.some((value) => Math.abs(value) > MOST_HALF)) return tensor;
  return { dtype: 'F16', shape, data: toFloat16(data) };
}

/** A gzip file of two members: the header, in which texts repeat themselves, and the values, in which nothing does. */
function zipped(file: Uint8Array): Uint8Array {
  const header = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return Buffer.concat([
    gzipSync(file.subarray(0, header), { level: 9 }),
    gzipSync(file.subarray(header), { level: 9, strategy: constants.Z_HUFFMAN_ONLY }),
  ]);
}

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

  const found: Record<string, Tensors[string]> = {};
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
      found[`stage.${stage}.${name}`] = pictures ? { ...tensor, shape: [0], data: new Uint8Array(0) } : tensor;
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
  const model = await store.read(runFiles.model);
  const weights = Object.entries(model ? decodeSafetensors(model).tensors : {});
  const fileOf = (form: Form) => {
    const tensors = { ...Object.fromEntries(weights.flatMap(([name, tensor]) => [...form(name, tensor)])), ...found };
    return encodeSafetensors(tensors, { record: JSON.stringify(record), stages: JSON.stringify(results) });
  };
  let file: Uint8Array = fileOf(halved);
  for (const levels of LEVELS) {
    if (file.length <= MOST_STARTER) break;
    file = zipped(fileOf((name, tensor) => quantized(levels, name, tensor)));
  }
  if (file.length > MOST_STARTER) {
    const [is, most] = [file.length, MOST_STARTER].map((bytes) => bytes.toLocaleString('en'));
    throw new TilegradError(`${project.name}: expected at most ${most} bytes to come with the project, got ${is}: train a smaller model.`);
  }
  return file;
}
