// Several models trained at once on the same batches: what a comparison of optimisers, initialisations, layers is made of.
import { ArrayDataset } from '../data/dataset.ts';
import { DataLoader } from '../data/loader.ts';
import type { Part } from '../data/sets/set.ts';
import { compile } from '../engine/executor/compile.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import type { Module } from '../nn/module.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import { Curves } from './curves.ts';
import type { Keep } from './durable.ts';
import type { Batch, Run } from './run.ts';

/** One of several that are compared. */
export interface Contender<M extends Module = Module> {
  readonly model: M;
  readonly optimizer: Optimizer;
}

/** What stands beside model and optimiser of a contender stays; the losses of every step are new. */
export type Contest<C> = Readonly<Record<string, C & { readonly losses: readonly number[] }>>;

export interface SideBySideOptions<F extends string, C extends Contender> {
  /** By name. */
  readonly contenders: Readonly<Record<string, C>>;
  readonly train: Part<F>;
  readonly batchSize: number;
  readonly steps: number;
  /** Traced, for each of them: the scalar to be made small. */
  loss(model: C['model'], batch: Batch<F>): Tensor;
  /** Told now and then, and at the end, how they stand after so many steps. Without it no losses are logged. */
  look?(contest: Contest<C>, step: number): Promise<void>;
  /** How often in all. Default 4. */
  readonly looks?: number;
  /** What else changes while they are trained. */
  readonly keep?: Keep;
}

/** Trains all of them, a step of all in one submission; the same batches for the same seed of the run, wherever in it. */
export async function sideBySide<F extends string, C extends Contender>(
  run: Run<unknown>,
  name: string,
  { contenders, train, batchSize, steps, loss, look, looks = 4, keep: more }: SideBySideOptions<F, C>,
): Promise<Contest<C>> {
  const all = Object.entries(contenders);
  const update = compile((batch: Record<string, Tensor>) => {
    const found = all.map(([own, { model, optimizer }]) => {
      const value = loss(model, batch as Batch<F>);
      optimizer.minimize(value);
      return [`loss, ${own}`, value] as const;
    });
    return Object.fromEntries(found);
  });
  const over = new DataLoader(new ArrayDataset(train.fields), { batchSize, shuffle: true, dropLast: true, seed: run.seed });
  const curves = new Curves();
  const standing = async () => {
    const columns = await curves.state();
    return Object.fromEntries(all.map(([own, each]) => [own, { ...each, losses: Array.from(columns[`loss, ${own}`] ?? []) }]));
  };
  const keep = Object.fromEntries(
    all.flatMap(([own, { model, optimizer }]) => [
      [own, model],
      [`${own} optimiser`, optimizer],
    ]),
  );
  for await (const batch of run.batches(name, { over, steps, keep: { ...more, ...keep, curves } })) {
    const found = update(batch);
    curves.add(look ? run.log(found) : found);
    const step = all[0]![1].optimizer.steps;
    if (look && (step % Math.ceil(steps / looks) === 0 || step === steps)) await look(await standing(), step);
  }
  return standing();
}
