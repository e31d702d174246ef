// Tokens between the blocks of a frozen CLIP: where they stand and what they move, by hand; small runs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile, gradients, manualSeed, ones, runInMemory, type Tensor, tensor } from '../../src/index.ts';
import { differing } from '../../src/projects/shared/frozen.ts';
import { pointsMore } from '../../src/projects/shared/points.ts';
import { deepPrompts } from '../../src/projects/uva/deep-prompts/index.ts';
import { gainOf } from '../../src/projects/uva/deep-prompts/measures.ts';
import { DeepPrompt, PromptedClip } from '../../src/projects/uva/deep-prompts/model.ts';
import { nothing, type Outcome, onlyFigure, play, run } from '../train/memory-host.ts';

const sizes = { weights: 'none', patch: 16, width: 32, depth: 2, vectors: 'none', words: 0, tokens: 3, frame: 4 } as const;
const pictures = (n: number) =>
  tensor(
    Float32Array.from({ length: n * 3072 }, (_, i) => Math.sin(i) ** 2),
    [n, 3, 32, 32],
  );

describe('a prompted CLIP', () => {
  manualSeed(1);
  const model = new PromptedClip(sizes, 4);
  model.texts.set(Float32Array.from({ length: 4 * 32 }, (_, i) => Number(i % 33 === 0)));

  it('gives a block its tokens behind those of the picture, and the later ones too', () => {
    const [, second] = model.deep;
    const seen: number[] = [];
    const hooks = model.clip.visual.transformer.resblocks.map((block) =>
      block.registerForwardPreHook((_, [tokens]) => void seen.push(tokens.shape[1])),
    );
    // Four patches of 16 × 16 and the class token; three more before the block.
    for (const prompt of [undefined, model.padding, ...model.deep]) expect(model.logits(pictures(2), prompt).shape).toEqual([2, 4]);
    expect(seen).toEqual([5, 5, 5, 5, 8, 8, 5, 8]);
    for (const remove of hooks) remove();
    expect([second.block, second.count, second.parameterCount]).toEqual([1, 3, 3 * 32]);
  });

  it('puts them where it says, by hand', async () => {
    const { visual } = model.clip;
    const [first, second] = visual.transformer.resblocks;
    const prompt = new DeepPrompt(1, 2, model.clip);
    prompt.tokens.set(Float32Array.from({ length: 64 }, (_, i) => i / 64));
    // √(6 / (3 · 16² + 32)) = 0.0866.
    const starts = await new DeepPrompt(0, 50, model.clip).tokens.data();
    expect(Math.max(...starts.map(Math.abs))).toBeGreaterThan(0.085);
    expect(Math.max(...starts.map(Math.abs))).toBeLessThan(0.0867);
    const x = ones([1, 5, 32]);
    const after = Array.from(await prompt.forward(x).data());
    expect(after.slice(0, 160)).toEqual(Array(160).fill(1));
    expect(after.slice(160)).toEqual(Array.from(await prompt.tokens.data()));
    // The tower block by block, with the tokens between.
    const tokens = first.forward(visual.embed(pictures(1)));
    const [withThem, without] = [second.forward(prompt.forward(tokens)), second.forward(tokens)].map((y) => visual.project(y));
    expect(Array.from(await withThem.data())).not.toEqual(Array.from(await without.data()));
    expect(Array.from(await visual.forward(pictures(1)).data())).toEqual(Array.from(await without.data()));
  });

  it('is frozen but for the prompts', async () => {
    const prompts = [...model.deep, model.padding].flatMap((prompt) => prompt.parameters());
    const trained = model.parameters().filter(({ requiresGrad }) => requiresGrad);
    expect(trained).toEqual(prompts);
    const all = compile((x: Tensor) => {
      const found = gradients(model.logits(x, model.deep[0]).square().sum(), [model.deep[0].tokens, model.clip.visual.proj]);
      return [...found.values()].map((gradient) => gradient.square().sum());
    })(pictures(2));
    const [own, frozen] = await Promise.all(all.map(async (sum) => (await sum.data())[0]));
    expect(own).toBeGreaterThan(0);
    expect(frozen).toBe(0);
    const before = await model.clip.stateDict();
    expect(differing(before, await model.clip.stateDict()).changed).toBe(0);
  });
});

it('a gain is that on the same pictures', () => {
  // +1, 0, +1, −1: a quarter; deviation² 3/4 − 1/16 = 11/16 over four pictures.
  const { gain, interval } = gainOf([1, 1, 1, 0], [0, 1, 0, 1]);
  expect(gain).toBe(0.25);
  expect(interval).toBeCloseTo(1.96 * Math.sqrt(11 / 64), 12);
  expect(pointsMore(0.25)).toBe('25.0 points more');
  expect(pointsMore(-0.0166, 0.013)).toBe('1.7 ± 1.3 points less');
});

const size = {
  ...{ width: 32, depth: 2, pretrainEpochs: 1, pretrainBatch: 20, pretrainImages: 20, tokens: 2, counts: '1' },
  ...{ epochs: 8, batchSize: 18, trainImages: 60, testImages: 40, lr: 4, frameLr: 4 },
};
/** Whether what was trained in a run is less wrong at the end than at first. */
function learned(rows: readonly Readonly<Record<string, number>>[], name: string): boolean {
  const all = rows.flatMap(({ [`loss, ${name}`]: loss }) => loss ?? []);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value / values.length, 0);
  return mean(all.slice(-4)) < mean(all.slice(0, 4)) - 0.01;
}

describe('a small run on drawn shapes', () => {
  let finished: Outcome;
  beforeAll(async () => {
    finished = await run(deepPrompts, nothing, { options: size });
  });

  it('learns by tokens and by a frame, and leaves every weight as it was', () => {
    const names = ['padding', 'block 0', 'block 1', '1 token'];
    expect(names.filter((name) => !learned(finished.rows, name))).toEqual([]);
    const { values, tables } = finished.shown as Outcome['shown'] & { readonly values: Readonly<Record<string, number>> };
    expect(values.clipWeightsChanged).toBe(0);
    expect([0, 1]).toContain(values.bestBlock);
    expect(tables.accuracy.rows.map(([name, trained]) => [name, trained])).toEqual([
      ['zero-shot', 0],
      ['padding', 2 * 3 * 4 * (32 + 24)],
      ['2 tokens before block 0', 64],
      ['2 tokens before block 1', 64],
      [`1 token before block ${values.bestBlock}`, 32],
    ]);
    expect([...finished.figures.keys()]).toEqual(['training', 'accuracy', 'noise']);
  });

  it('answers a picture with and without tokens', async () => {
    const { answer, offers } = await play(deepPrompts, finished);
    expect(offers?.picture?.samples).toHaveLength(12);
    const values = Float32Array.from({ length: 3072 }, (_, i) => Math.sin(i) ** 2);
    const ask = async (noise: number) => onlyFigure(await answer({ picture: { values }, noise })).panels;
    const [picture, zeroShot, prompted] = await ask(0);
    if (zeroShot.kind !== 'chart' || prompted.kind !== 'chart') throw new Error('expected two charts');
    for (const { series } of [zeroShot, prompted]) expect(series[0].y).toEqual(series[0].y.toSorted((a, b) => b - a));
    expect(zeroShot.series[0].y).not.toEqual(prompted.series[0].y);
    const [noisy] = await ask(0.5);
    expect(noisy).not.toEqual(picture);
  });
});

const data = process.env.TILEGRAD_DATA;
const there = data && ['cifar10', 'cifar100', 'tiny_imagenet'].every((name) => existsSync(join(data, name)));
it.skipIf(!there)('learns photographs (skipped without TILEGRAD_DATA)', async () => {
  const few = { ...deepPrompts.presets.smallest, ...size };
  const { summary, rows } = await runInMemory(deepPrompts, { options: few, log: () => {} });
  expect(summary.clipWeightsChanged).toBe(0);
  expect(['block 0', 'block 1'].filter((name) => !learned(rows, name))).toEqual([]);
});
