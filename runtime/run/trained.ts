// A stored run's model and results, made ready for its project's interaction.
import { decodeSafetensors, TilegradError, unpack } from '../../src/index.ts';
import type { StateDict } from '../../src/nn/load.ts';
import type { Inputs, Offers, Opened } from '../../src/train/input.ts';
import type { OptionSpecs, OptionValues, Project } from '../../src/train/project.ts';
import { decodeCheckpoint, decodeRecord, recordFile, type Saved } from './checkpoint.ts';
import type { RunConfig } from './record.ts';
import { type RunStore, runFiles } from './store.ts';

/** @throws TilegradError where the project has no interaction, or the run no weights yet */
export async function openInteraction(project: Project, config: RunConfig, store: RunStore): Promise<Opened> {
  const { interaction } = project;
  if (!interaction) throw new TilegradError(`${project.name} has nothing to ask in this version.`);
  const bytes = await store.read(runFiles.checkpoint);
  if (!bytes) throw new TilegradError(`${store.path} has no checkpoint: the run ended before its first one. Start it anew.`);
  const saved = decodeCheckpoint(bytes, `${store.path}/${runFiles.checkpoint}`);
  const options = config.options as OptionValues<OptionSpecs>;
  const model = project.model?.(options);
  model?.loadStateDict(await weightsOf(saved, store));
  model?.eval();
  const opened = await interaction.open({
    model: model as NonNullable<typeof model>,
    options,
    found: saved.run.results.values,
    async result(stage) {
      if (!saved.position.done.includes(stage)) return undefined;
      const file = recordFile(stage);
      const record = await store.read(file);
      return record && unpack(decodeRecord(record, stage, `${store.path}/${file}`), `the result of stage ${stage}`);
    },
  });
  expectSamples(interaction.inputs, opened.offers ?? {});
  return opened;
}

/** @throws TilegradError for offered pictures of another size than their input takes */
export function expectSamples(inputs: Inputs, offers: Offers): void {
  for (const [name, input] of Object.entries(inputs)) {
    const offer = offers[name];
    if (!('width' in input) || !offer || !('samples' in offer)) continue;
    const { width, height, channels } = input;
    const odd = offer.samples.find((sample) => sample.width !== width || sample.height !== height || sample.channels !== channels);
    if (odd) {
      throw new TilegradError(
        `input ${name}: expected samples of ${width}×${height}×${channels} values, got ${odd.width}×${odd.height}×${odd.channels}`,
      );
    }
  }
}

/** From the loop under way, if it trains the model; else what the last one left. */
async function weightsOf({ position }: Saved, store: RunStore): Promise<StateDict> {
  const { model: place, kept } = position;
  if (place !== undefined) {
    const own = Object.entries(kept.tensors).filter(([name]) => name.startsWith(place));
    return Object.fromEntries(own.map(([name, { shape, data }]) => [name.slice(place.length), { shape, data }])) as StateDict;
  }
  const bytes = await store.read(runFiles.model);
  if (!bytes) throw new TilegradError(`${store.path} has no weights yet: its training has not begun.`);
  return decodeSafetensors(bytes, `${store.path}/${runFiles.model}`).tensors as unknown as StateDict;
}

/** The newest weights of a stored run's model. @throws TilegradError where there are none yet */
export async function storedWeights(store: RunStore): Promise<StateDict> {
  const bytes = await store.read(runFiles.checkpoint);
  if (!bytes) throw new TilegradError(`${store.path} has no checkpoint: the run ended before its first one. Start it anew.`);
  return weightsOf(decodeCheckpoint(bytes, `${store.path}/${runFiles.checkpoint}`), store);
}
