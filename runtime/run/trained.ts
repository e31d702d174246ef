// What a project's interaction works with: a model with its weights and what was found with it, whoever has them.
import { decodeSafetensors, TilegradError, unpack } from '../../src/index.ts';
import type { StateDict } from '../../src/nn/load.ts';
import type { Module } from '../../src/nn/module.ts';
import type { LiveRun } from '../../src/train/host.ts';
import type { Inputs, Offers, Opened } from '../../src/train/input.ts';
import type { OptionSpecs, OptionValues, Project } from '../../src/train/project.ts';
import { decodeCheckpoint, decodeRecord, recordFile, type Saved } from './checkpoint.ts';
import type { OptionRecord } from './options.ts';
import type { ResultValues, RunConfig } from './record.ts';
import { type RunStore, runFiles } from './store.ts';

/** Something to play with: a stored run, one at work, what comes with a project. */
export interface Playable {
  readonly options: OptionRecord;
  /** The headline results, the newest. */
  readonly found: ResultValues;
  /** What a stage of the whole run found; undefined when it isn't done. */
  result(stage: string): Promise<unknown>;
  /** Puts the newest weights in. */
  load(model: Module): Promise<void>;
}

export interface Play {
  readonly interaction: Opened;
  /** Takes the newest weights. */
  refresh(): Promise<void>;
}

/** @throws TilegradError where the project has no interaction, or there are no weights yet */
export async function openInteraction(project: Project, from: Playable): Promise<Play> {
  const { interaction } = project;
  if (!interaction) throw new TilegradError(`${project.name} has nothing to ask in this version.`);
  const options = from.options as OptionValues<OptionSpecs>;
  const model = project.model?.(options);
  const refresh = async () => {
    if (model) await from.load(model);
  };
  await refresh();
  model?.eval();
  const trained = {
    model: model as NonNullable<typeof model>,
    options,
    get found() {
      return from.found;
    },
    result: (stage: string) => from.result(stage),
  };
  const opened = await interaction.open(trained);
  expectSamples(interaction.inputs, opened.offers ?? {});
  return { interaction: opened, refresh };
}

/** @throws TilegradError where it has no checkpoint, and no weights */
export async function storedPlayable({ options }: RunConfig, store: RunStore): Promise<Playable> {
  const bytes = await store.read(runFiles.checkpoint);
  if (!bytes) throw new TilegradError(`${store.path} has no checkpoint: the run ended before its first one. Start it anew.`);
  const saved = decodeCheckpoint(bytes, `${store.path}/${runFiles.checkpoint}`);
  return {
    options,
    found: saved.run.results.values,
    async result(stage) {
      if (!saved.position.done.includes(stage)) return undefined;
      const file = recordFile(stage);
      const record = await store.read(file);
      return record && unpack(decodeRecord(record, stage, `${store.path}/${file}`), `the result of stage ${stage}`);
    },
    load: async (model) => void model.loadStateDict(await weightsOf(saved, store)),
  };
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

/** A run at work: its weights are copied on the GPU, and never changed. */
export class LivePlayable implements Playable {
  /** Stages that were asked for before they were done. */
  private readonly missed = new Set<string>();

  constructor(
    readonly options: OptionRecord,
    private readonly live: LiveRun,
    public found: ResultValues,
  ) {}

  async result(stage: string): Promise<unknown> {
    const value = await this.live.resultOf(stage);
    if (value === undefined) this.missed.add(stage);
    return value;
  }

  /** A stage that isn't done. */
  get waitsFor(): string | undefined {
    return this.missed.values().next().value;
  }

  /** Whether a stage is done by now that was asked for before: what was opened knows nothing of it. */
  async isBehind(): Promise<boolean> {
    for (const stage of this.missed) if ((await this.live.resultOf(stage)) !== undefined) return true;
    return false;
  }

  async load(model: Module): Promise<void> {
    const newest = new Map(this.live.model?.namedStates());
    for (const [name, state] of model.namedStates()) {
      const source = newest.get(name);
      if (!source) throw new TilegradError(`the model that is trained has no ${name}: wait for the end of the run.`);
      state.assign(source);
    }
  }
}

/** As {@link openInteraction}. @throws TilegradError that names the stage where the run has not come so far as to have something to play with */
export async function openLive(project: Project, from: LivePlayable): Promise<Play> {
  try {
    return await openInteraction(project, from);
  } catch (cause) {
    if (cause instanceof TilegradError || from.waitsFor === undefined) throw cause;
    throw new TilegradError(`It can be played with once the run’s stage ${from.waitsFor} is done.`, { cause });
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
