// The training loop: batches in, losses out, checkpoints that a run can go on from bit for bit.
import type { Batch, DataLoader, LoaderState } from '../data/loader.ts';
import { dtypeOf } from '../engine/graph/dtype.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import { DataLeaf, Tensor } from '../engine/graph/tensor.ts';
import { type GeneratorState, randomState, setRandomState } from '../engine/ops/random.ts';
import type { Module } from '../nn/module.ts';
import type { Optimizer, OptimizerState } from '../optim/optimizer.ts';
import type { Checkpoint, ProjectContext } from './project.ts';

type CheckpointTensors = Record<string, Checkpoint['tensors'][string]>;

/** A place in a training run, as a checkpoint keeps it beside the tensors. */
interface Position {
  readonly loader: LoaderState;
  readonly random: GeneratorState;
  readonly optimizer: Omit<OptimizerState, 'values'>;
}

/** The loss of a step, and whatever else it tells. */
export type StepResult<T> = { readonly loss: T } & Readonly<Record<string, T>>;

export interface FitOptions<F extends string> {
  readonly model: Module;
  readonly optimizer: Optimizer;
  readonly loader: DataLoader<F>;
  /** The loader's epochs to reach; a restored loader may stand in the midst. */
  readonly epochs: number;
  /** One step on one batch: returns the loss, alone or with other numbers that the metrics are to hold. Usually a compiled function. */
  readonly step: (batch: Record<F, Tensor>) => Tensor | StepResult<Tensor>;
  /** Is told the numbers of every step and its samples, once they have been read. A checkpoint's `state()` is asked after its last step's. */
  readonly observe?: (numbers: StepResult<number>, samples: number) => void;
  /** Shown beside the progress bar. */
  readonly phase: string;
  /** Steps between checkpoints. */
  readonly checkpointEvery: number;
  /** What else a checkpoint must hold: results so far, which part of the run this is. */
  readonly state: () => Readonly<Record<string, unknown>>;
  /** Samples that the progress bar counts: those before this loop, and all of the run. */
  readonly progress: { readonly before: number; readonly total: number; readonly unit: string };
  /** Steps before this loop, so that every step of the run has a number of its own in the metrics. */
  readonly firstStep?: number;
  /**
   * What is looked at every so many steps, such as the loss on validation data. It runs between two steps and before a checkpoint of that
   * step; `step` counts as in the metrics. What it finds and a resumed run needs must be part of `state`.
   */
  readonly evaluation?: { readonly every: number; run(step: number): Promise<void> };
}

/** Losses are read while later steps run already; this many are under way at once. */
const READS_IN_FLIGHT = 4;

/**
 * Trains until the loader has been through `epochs`, or the user asked to stop.
 * @returns whether it went to the end. When stopped, a checkpoint of that very place is saved.
 * @throws TilegradError when the loss becomes NaN or infinite; the last checkpoint stays.
 */
export async function fit<F extends string>(context: ProjectContext, options: FitOptions<F>): Promise<boolean> {
  const { loader, epochs, optimizer, phase, progress } = options;
  const firstStep = options.firstStep ?? 0;
  const pending: Promise<void>[] = [];
  let trained = 0;
  let began = performance.now();
  const report = async (result: Tensor | StepResult<Tensor>, step: number, rate: number, count: number) => {
    const entries = Object.entries(result instanceof Tensor ? { loss: result } : result);
    const values = await Promise.all(entries.map(([, value]) => value.item()));
    const numbers = Object.fromEntries(entries.map(([name], i) => [name, values[i]])) as StepResult<number>;
    const { loss } = numbers;
    if (!Number.isFinite(loss)) {
      throw new TilegradError(
        `${phase}: the loss is ${loss} at step ${step}; lower the learning rate, or look for a division by zero or a log of 0 in the model`,
      );
    }
    trained += count;
    context.scalars(firstStep + step, { ...numbers, lr: rate });
    options.observe?.(numbers, count);
    context.progress({
      phase,
      done: progress.before + before + trained,
      total: progress.total,
      loss,
      rate: (1000 * trained) / (performance.now() - began),
      unit: progress.unit,
    });
  };
  const before = samplesDone(loader);
  let step = optimizer.steps;
  while (loader.state().epoch < epochs) {
    for await (const batch of loader) {
      const asked = performance.now();
      await context.ready();
      // A pause is no slowness.
      began += performance.now() - asked;
      const rate = optimizer.rateAt(step);
      const tensors = asTensors(batch);
      const count = Object.values<Tensor>(tensors)[0].shape[0];
      step++;
      const reported = report(options.step(tensors), step, rate, count);
      // The first that fails ends the loop; those behind it, which fail as well, must not count as unhandled.
      reported.catch(() => {});
      pending.push(reported);
      if (pending.length >= READS_IN_FLIGHT) await pending.shift();
      const evaluation = options.evaluation && step % options.evaluation.every === 0 ? options.evaluation : undefined;
      if (evaluation) {
        await Promise.all(pending.splice(0));
        await evaluation.run(firstStep + step);
      }
      const due = step % options.checkpointEvery === 0;
      if (due || context.stopping) {
        await Promise.all(pending.splice(0));
        await context.checkpoint(await checkpointOf(options));
      }
      if (context.stopping) return false;
    }
  }
  await Promise.all(pending);
  await context.checkpoint(await checkpointOf(options));
  return true;
}

function samplesDone<F extends string>(loader: DataLoader<F>): number {
  const { epoch, index, length } = loader.state();
  return epoch * length + index;
}

/** The loader's arrays are handed over for good, so they aren't copied. */
function asTensors<F extends string>(batch: Batch<F>): Record<F, Tensor> {
  const entries = Object.entries<Batch<F>[F]>(batch).map(([name, { data, shape }]) => [name, new DataLeaf(data, shape, dtypeOf(data))]);
  return Object.fromEntries(entries) as Record<F, Tensor>;
}

/** Everything that training needs to go on from here: parameters, what the optimiser keeps, statistics, positions, and `state()`. */
export async function checkpointOf<F extends string>(
  options: Pick<FitOptions<F>, 'model' | 'optimizer' | 'loader' | 'state'>,
): Promise<Checkpoint> {
  const { model, optimizer, loader, state } = options;
  const [loaderState, random] = [loader.state(), randomState()];
  const saved = state();
  // Both are asked for before anything is awaited: they are of one moment.
  const [{ values, ...optimizerState }, modelState] = await Promise.all([optimizer.state(), model.stateDict()]);
  const tensors: CheckpointTensors = {};
  for (const [name, { shape, data }] of Object.entries(modelState)) tensors[`model.${name}`] = { dtype: 'f32', shape, data };
  for (const [name, data] of Object.entries(values)) tensors[`optimizer.${name}`] = { dtype: 'f32', shape: [data.length], data };
  const position: Position = { loader: loaderState, random, optimizer: optimizerState };
  return { tensors, state: { ...saved, position } };
}

/** Puts model, optimiser, loader and random numbers where a checkpoint left them. @throws TilegradError when it is of another model. */
export function restoreTraining<F extends string>(
  { model, optimizer, loader }: Pick<FitOptions<F>, 'model' | 'optimizer' | 'loader'>,
  { tensors, state }: Checkpoint,
): void {
  const position = state.position as Position | undefined;
  if (!position) throw new TilegradError('resume: the checkpoint holds no training position');
  restoreModel(model, { tensors });
  const kept = under('optimizer.', tensors);
  const values = Object.fromEntries(Object.entries(kept).map(([name, { data }]) => [name, data as Float32Array]));
  optimizer.restore({ ...position.optimizer, values });
  loader.restore(position.loader);
  setRandomState(position.random);
}

/** Puts a model's weights and statistics where a checkpoint of {@link checkpointOf} left them. @throws TilegradError when it is of another model. */
export function restoreModel(model: Module, { tensors }: Pick<Checkpoint, 'tensors'>): void {
  model.loadStateDict(under('model.', tensors));
}

/** The tensors whose names begin with the prefix, without it. */
function under(prefix: string, tensors: Checkpoint['tensors']): CheckpointTensors {
  const entries = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(prefix.length), value]));
}
