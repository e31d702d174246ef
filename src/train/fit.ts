// The common loop: gradients, optimiser steps, a look at the validation data after each epoch, the best weights, an early stop.
import type { DataLoader } from '../data/loader.ts';
import type { Part } from '../data/sets/set.ts';
import { compile } from '../engine/executor/compile.ts';
import { count, expectKind, positive } from '../engine/graph/arguments.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import { Tensor } from '../engine/graph/tensor.ts';
import type { StateDict } from '../nn/load.ts';
import type { Module } from '../nn/module.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { ReduceOnPlateau } from '../optim/schedules.ts';
import { Averages } from './averages.ts';
import type { Keep } from './durable.ts';
import { mean } from './metrics/likelihood.ts';
import type { Found, FoundBy, Metric } from './metrics/metric.ts';
import type { Batch, Run } from './run.ts';

/** What an epoch came to. Epoch 0 is the beginning: what is looked at before the first step. */
export interface EpochResult<V extends Found = Found, T extends Found = Readonly<Record<string, number>>> {
  readonly epoch: number;
  /** Optimiser steps so far. */
  readonly steps: number;
  /** Means of what the loss gave, over the epoch's samples. Of epoch 0 what the validation gave. */
  readonly training: T;
  /** Of the last look at the validation data. */
  readonly validation: V;
}

/** What a loss may give beside itself. */
export type Losses = Readonly<Record<string, Tensor>> & { readonly loss: Tensor };

/** Means of what the loss gives. */
type Means<L> = { readonly [K in L extends Tensor ? 'loss' : keyof L & string]: number };

/** What an epoch came to; of the validation data what the metrics say, else the means of what the loss gives. */
export type ResultOf<M extends readonly Metric<never>[], L> = EpochResult<M extends readonly [] ? Means<L> : FoundBy<M>, Means<L>>;

export interface FitOptions<
  F extends string,
  M extends readonly Metric<Batch<F>>[] = readonly Metric<Batch<F>>[],
  L extends Tensor | Losses = Tensor | Losses,
> {
  /** Is in training mode while it trains, and in evaluation mode while it is looked at, and afterwards. */
  readonly model: Module;
  readonly optimizer: Optimizer;
  /** Trained on in a new order each epoch; a loader goes by its own options. */
  readonly train: Part<F> | DataLoader<F>;
  readonly batchSize?: number;
  readonly epochs: number;
  /** Traced: the scalar to be made small, alone or with other scalars that metrics and results are to hold. */
  loss(batch: Batch<F>): L;
  /** Looked at before the first epoch and after each `every` of them. */
  readonly validation?: Part<F>;
  /** What is found out about the validation data. Default: the means of what `loss` gives. */
  readonly metrics?: M;
  /** Epochs between looks at the validation data. Default 1. */
  readonly every?: number;
  /**
   * Ends with the weights of the epoch in which this validation metric was best; `mode` says which is better, default `min`. Of equal ones the first, or
   * with `tie` the one in which that metric was lowest.
   */
  readonly best?: { readonly metric: string; readonly mode?: 'min' | 'max'; readonly tie?: string };
  /** Ends after so many looks without a new best. Needs `best`. */
  readonly patience?: number;
  /** Is told each look's best metric, else its loss. Give the optimiser `() => plateau.lr`. */
  readonly plateau?: ReduceOnPlateau;
  /** What else the training changes. */
  readonly keep?: Keep;
  /** After each look: figures, notes. */
  afterEpoch?(results: readonly ResultOf<M, L>[]): Promise<void> | void;
}

interface Best {
  readonly value: number;
  readonly tie: number;
  readonly epoch: number;
  readonly weights: StateDict;
}

export async function fit<F extends string, M extends readonly Metric<Batch<F>>[], L extends Tensor | Losses>(
  run: Run<unknown>,
  name: string,
  options: FitOptions<F, M, L>,
): Promise<readonly ResultOf<M, L>[]> {
  type Result = ResultOf<M, L>;
  const { model, optimizer, train, batchSize, epochs, validation, every = 1, best: wanted, patience, plateau, afterEpoch } = options;
  expectKind('fit', 'epochs', epochs, count);
  expectKind('fit', 'every', every, positive);
  if (patience !== undefined && !wanted) throw new TilegradError('fit: patience expects best: it counts looks without a new best');
  const parts = (batch: Batch<F>) => {
    const value: Tensor | Losses = options.loss(batch);
    return value instanceof Tensor ? { loss: value } : value;
  };
  const metrics: readonly Metric<Batch<F>>[] = options.metrics ?? [mean((batch: Batch<F>) => parts(batch))];
  const step = compile((batch: Record<string, Tensor>) => {
    const found = parts(batch as Batch<F>);
    optimizer.minimize(found.loss);
    return found;
  });
  const results = run.cell<readonly Result[]>([]);
  const best = run.cell<Best | undefined>(undefined);
  const averages = new Averages();

  const look = async (epoch: number, training?: Readonly<Record<string, number>>) => {
    let found: Found = results.value.at(-1)?.validation ?? {};
    if (validation && (epoch % every === 0 || epoch === epochs)) {
      model.eval();
      found = await run.evaluate(`${name}: validation`, validation, metrics);
      run.log(Object.fromEntries(numbersOf(found).map(([metric, value]) => [`validation ${metric}`, value])));
      await judge(epoch, found);
    }
    const trained = training ?? Object.fromEntries(numbersOf(found));
    results.value = [...results.value, { epoch, steps: optimizer.steps, training: trained, validation: found } as Result];
  };

  const judge = async (epoch: number, found: Found) => {
    const { metric = 'loss', mode = 'min' } = wanted ?? {};
    if (!wanted && !plateau) return;
    const [value, tie] = [metric, wanted?.tie ?? metric].map((name) => {
      const value = found[name];
      if (typeof value === 'number') return value;
      throw new TilegradError(`fit: expected the validation to give a number '${name}', got ${Object.keys(found).join(', ')}`);
    }) as [number, number];
    if (epoch > 0) plateau?.report(value);
    const held = best.value;
    const better = !held || (value === held.value ? tie < held.tie : mode === 'min' ? value < held.value : value > held.value);
    if (wanted && better) best.value = { value, tie, epoch, weights: await model.stateDict() };
  };

  const keep = { ...options.keep, model, optimizer, results, averages, ...(wanted && { best }), ...(plateau && { plateau }) };
  for await (const epoch of run.epochs(name, { over: train, epochs, keep, ...(batchSize !== undefined && { batchSize }) })) {
    if (validation && results.value.length === 0) await look(0);
    model.train();
    for await (const batch of epoch) {
      const lr = optimizer.rateAt(optimizer.steps);
      const samples = Object.values<Tensor>(batch)[0]?.shape[0] ?? 0;
      const found = step(batch);
      averages.add(run.log({ ...found, lr }), samples);
    }
    const { lr, ...training } = await averages.take();
    void lr;
    await look(epoch.number, training);
    await afterEpoch?.(results.value);
    const stale = patience !== undefined && best.value !== undefined && (epoch.number - best.value.epoch) / every >= patience;
    if (best.value && (stale || epoch.number === epochs)) model.loadStateDict(best.value.weights);
    if (stale) break;
  }
  model.eval();
  return results.value;
}

const numbersOf = (found: Found) => Object.entries(found).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
