// Several models trained at once on the same batches: what a comparison of optimisers, initialisations, layers is made of.
import { ArrayDataset } from '../data/dataset.ts';
import { DataLoader } from '../data/loader.ts';
import type { Part } from '../data/sets/set.ts';
import { compile } from '../engine/executor/compile.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import type { Module } from '../nn/module.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import { Curves } from './curves.ts';
import type { Batch, Run } from './run.ts';

/** One of several that are compared. */
export interface Contender<M extends Module = Module> {
  readonly model: M;
  readonly optimizer: Optimizer;
}

export interface SideBySideOptions<F extends string, M extends Module> {
  /** By name. */
  readonly contenders: Readonly<Record<string, Contender<M>>>;
  readonly train: Part<F>;
  readonly batchSize: number;
  readonly steps: number;
  /** Traced, for each of them: the scalar to be made small. */
  loss(model: M, batch: Batch<F>): Tensor;
  /** Told now and then, four times in all, the losses of every step so far, by name. Without it no losses are logged. */
  look?(losses: Readonly<Record<string, readonly number[]>>): Promise<void>;
}

/** Trains all of them, a step of all in one submission; the same batches for the same seed of the run, wherever in it. Gives the losses of every step. */
export async function sideBySide<F extends string, M extends Module>(
  run: Run<unknown>,
  name: string,
  { contenders, train, batchSize, steps, loss, look }: SideBySideOptions<F, M>,
): Promise<Readonly<Record<string, readonly number[]>>> {
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
  const losses = async () => {
    const columns = await curves.state();
    return Object.fromEntries(all.map(([own]) => [own, Array.from(columns[`loss, ${own}`] ?? [])]));
  };
  const keep = Object.fromEntries(
    all.flatMap(([own, { model, optimizer }]) => [
      [own, model],
      [`${own} optimiser`, optimizer],
    ]),
  );
  for await (const batch of run.batches(name, { over, steps, keep: { ...keep, curves } })) {
    const found = update(batch);
    curves.add(look ? run.log(found) : found);
    if (look && all[0]![1].optimizer.steps % Math.ceil(steps / 4) === 0) await look(await losses());
  }
  return losses();
}
