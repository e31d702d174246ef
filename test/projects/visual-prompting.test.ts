// Prompts on the pixels: where they lie and what moves them, by hand; small runs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  compile,
  gradients,
  losses,
  manualSeed,
  ones,
  optim,
  rand,
  randn,
  runInMemory,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts';
import { clipOf, clipPixels, colours, sideOf, unit } from '../../src/projects/shared/clip/model.ts';
import { FixedPatch, Padding, type PixelPrompt, RandomPatch } from '../../src/projects/shared/clip/prompts.ts';
import { differing } from '../../src/projects/shared/frozen.ts';
import { visualPrompting } from '../../src/projects/uva/visual-prompting/index.ts';
import { mainOf, Prompted, promptsIn } from '../../src/projects/uva/visual-prompting/model.ts';
import { nothing, type Outcome, onlyFigure, play, run } from '../train/memory-host.ts';

const sizes = { ...visualPrompting.presets.smallest, weights: 'none', patch: 16, width: 32, depth: 1, vectors: 'none', words: 0 } as const;

/** The first colour of the first pictures, in lines of # and ., of a prompt that is all ones. */
async function drawn(prompt: PixelPrompt, side: number, n = 1): Promise<string[]> {
  for (const parameter of prompt.parameters()) parameter.assign(ones(parameter.shape));
  const values = Array.from(await compile((x: Tensor) => prompt.forward(x))(zeros([n, 3, side, side])).data());
  return Array.from({ length: n }, (_, i) => {
    const colour = values.slice(3 * i * side ** 2, (3 * i + 1) * side ** 2);
    return Array.from({ length: side }, (_, y) => colour.slice(y * side, (y + 1) * side).map((value) => '.#'[value] ?? '?'))
      .map((line) => line.join(''))
      .join('\n');
  });
}

it('a patch lies in the corner, a frame along the edges', async () => {
  expect(await drawn(new FixedPatch(4, 1), 4)).toEqual(['#...\n....\n....\n....']);
  expect(await drawn(new FixedPatch(4, 2), 4)).toEqual(['##..\n##..\n....\n....']);
  expect(await drawn(new Padding(4, 1), 4)).toEqual(['####\n#..#\n#..#\n####']);
  // 2 · 3 · 30 · (224 + 224 − 60) = 69,840 values, as in the paper.
  expect(new Padding(224, 30).parameterCount).toBe(69_840);
  expect(() => new Padding(4, 2)).toThrow('expected a frame of 1 to 1 pixels, got 2');
  expect(() => new FixedPatch(4, 5)).toThrow('expected a patch of 1 to 4 pixels, got 5');
});

it('a random patch is whole wherever it lies, and lies anywhere', async () => {
  manualSeed(1);
  const all = await drawn(new RandomPatch(3, 2), 3, 60);
  expect([...new Set(all)].sort()).toEqual(['##.\n##.\n...', '.##\n.##\n...', '...\n##.\n##.', '...\n.##\n.##'].sort());
  expect(new Set(await drawn(new RandomPatch(3, 3), 3, 5))).toEqual(new Set(['###\n###\n###']));
});

it('a step moves every value of a prompt, by what all pictures say', async () => {
  for (const prompt of [new FixedPatch(4, 2), new RandomPatch(4, 2), new Padding(4, 1)]) {
    const parameters = prompt.parameters();
    const found = compile((x: Tensor) => {
      const all = gradients(prompt.forward(x).sum(), parameters);
      return [...all];
    })(zeros([5, 3, 4, 4]));
    for (const gradient of found) expect(new Set(await gradient.data())).toEqual(new Set([5]));
  }
});

it('every kind comes in every size; the paper’s frame of 30 of 224 pixels is four of 32', () => {
  const prompts = promptsIn({ prompts: 'padding, fixed patch', sizes: '1, 4, 8' });
  expect(prompts.map(({ name }) => name)).toEqual([
    'fixed patch 1',
    'fixed patch 4',
    'fixed patch 8',
    'padding 1',
    'padding 4',
    'padding 8',
  ]);
  expect(mainOf(prompts, 32).map(({ name }) => name)).toEqual(['padding 4', 'fixed patch 4']);
  expect(mainOf(promptsIn({ prompts: 'padding', sizes: '10, 30, 50' }), 224)[0].size).toBe(30);
  expect(() => promptsIn({ prompts: 'padding', sizes: '0' })).toThrow('sizes: expected whole numbers ≥ 1, separated by commas, got 0');
});

it('a prompt lies on the picture as the network gets it, and only prompts are trained', async () => {
  const model = new Prompted(sizes as never);
  expect(sideOf(model.clip)).toBe(32);
  const { 'padding 4': frame } = model.prompts;
  for (const parameter of frame.parameters()) parameter.assign(zeros(parameter.shape));
  const picture = tensor(
    Float32Array.from({ length: 3072 }, (_, i) => (i % 97) / 96),
    [1, 3, 32, 32],
  );
  const [bare, laid, seen] = [model.features(picture), model.features(picture, frame), colours(model.pixels(picture, frame))];
  expect(await laid.data()).toEqual(await bare.data());
  const shown = await seen.data();
  (await picture.data()).forEach((value, i) => expect(shown[i]).toBeCloseTo(value, 5));
  expect(model.clip.parameters().some(({ requiresGrad }) => requiresGrad)).toBe(false);
  expect(model.parameters().filter(({ requiresGrad }) => requiresGrad)).toEqual(
    Object.values(model.prompts).flatMap((own) => own.parameters()),
  );
  expect(clipPixels(clipOf(sizes), zeros([1, 3, 16, 16])).shape).toEqual([1, 3, 32, 32]);
});

it('a frame learns to have a frozen CLIP give one name to all pictures', async () => {
  manualSeed(4);
  const model = new Prompted(sizes as never);
  const { 'padding 4': frame } = model.prompts;
  const before = await model.clip.stateDict();
  const [texts, pictures] = await Promise.all(
    [unit(randn([10, 32])), rand([8, 3, 32, 32])].map(async (x) => tensor(await x.data(), x.shape)),
  );
  const first = tensor(new Int32Array(8), [8]);
  const optimizer = new optim.SGD(frame.parameters(), { lr: 40, momentum: 0.9 });
  const step = compile(() => {
    const loss = losses.crossEntropy(model.logits(pictures, texts, frame), first);
    optimizer.minimize(loss);
    return loss;
  });
  const start = await step().item();
  for (let i = 0; i < 60; i++) step();
  const end = await step().item();
  expect(end).toBeLessThan(start - 5);
  expect(differing(before, await model.clip.stateDict())).toEqual({ values: model.clip.parameterCount, changed: 0 });
});

/** Both runs have the same shapes, so that they share their kernels. */
const small = { prompts: 'padding', pretrainEpochs: 4, pretrainLr: 3e-3, epochs: 10, trainImages: 40, testImages: 40, warmup: 5 };

describe('a small run on drawn shapes', () => {
  let finished: Outcome;
  beforeAll(async () => {
    finished = await run(visualPrompting, nothing, { options: small });
  });

  it('trains the frame alone, and CLIP stays as it is bit for bit', () => {
    const found = finished.rows.flatMap(({ 'loss, padding 4': loss }) => loss ?? []);
    expect(found).toHaveLength(20);
    expect(new Set(found).size).toBeGreaterThan(10);
    const { values, tables } = finished.shown as Outcome['shown'] & { readonly values: Readonly<Record<string, number>> };
    expect(values.frozenWeights).toBe(clipOf(sizes).parameterCount);
    expect(values.frozenWeightsChanged).toBe(0);
    expect(tables.accuracy.columns).toEqual(['on the pictures', 'learned values', 'CIFAR-10', 'noise 0.1']);
    expect(tables.accuracy.rows.map(([name, count]) => [name, count])).toEqual([
      ['no prompt', 0],
      ['padding 4', 1344],
      ['linear probe', 330],
    ]);
    expect(tables['two sets'].columns.slice(1)).toEqual(['CIFAR-10, its 10 names', 'CIFAR-10, all 110 names', 'CIFAR-100, all 110 names']);
    expect([...finished.figures.keys()]).toEqual(['accuracy', 'prompts', 'noise', 'training']);
  });

  it('answers a picture, without the frame and with it', async () => {
    const { answer, offers } = await play(visualPrompting, finished);
    expect(offers?.prompt?.choices).toEqual(['padding 4']);
    const values = Float32Array.from({ length: 3072 }, (_, i) => Math.sin(i) ** 2);
    const { panels } = onlyFigure(await answer({ picture: { values }, prompt: 'padding 4', noise: 0 }));
    const pictures = panels.flatMap((panel) => (panel.kind === 'pictures' ? [Array.from(panel.pictures[0].pixels)] : []));
    // The middle is as it was, the edge is not.
    const middle = 3 * (16 * 32 + 16);
    expect(pictures[0][middle]).toBeCloseTo(values[16 * 32 + 16], 5);
    expect(pictures[1][middle]).toBeCloseTo(pictures[0][middle], 5);
    expect(pictures[1].slice(0, 96)).not.toEqual(pictures[0].slice(0, 96));
    const charts = panels.flatMap((panel) => (panel.kind === 'chart' ? [panel.series[0].y] : []));
    expect(charts).toHaveLength(2);
    for (const shares of charts) expect(shares).toEqual(shares.toSorted((a, b) => b - a));
  });
});

const data = process.env.TILEGRAD_DATA;
const there = data && ['cifar10', 'cifar100', 'tiny_imagenet', 'clip'].every((name) => existsSync(join(data, name)));
it.skipIf(!there)('a frame learns on photographs (skipped without TILEGRAD_DATA)', async () => {
  const options = { ...visualPrompting.presets.smallest, ...small, pretrainEpochs: 1, epochs: 6 };
  const { summary, rows } = await runInMemory(visualPrompting, { options, log: () => {} });
  const found = rows.flatMap(({ 'loss, padding 4': loss }) => loss ?? []);
  expect(found).toHaveLength(12);
  expect(Math.min(...found.slice(-4))).toBeLessThan(found[0]);
  expect(summary.frozenWeightsChanged).toBe(0);
});
