// Several networks in one: how pictures are dealt, what members come to together, what spoils a picture, by hand; small runs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { losses, manualSeed, runInMemory, type Tensor, tensor } from '../../src/index.ts';
import { dealt, memberLoss, places } from '../../src/projects/small-scale/mimo/dealing.ts';
import { mimo } from '../../src/projects/small-scale/mimo/index.ts';
import { besideDiagonal, pairs, together } from '../../src/projects/small-scale/mimo/members.ts';
import { Mimo } from '../../src/projects/small-scale/mimo/model.ts';
import { corrupted, corruptions } from '../../src/projects/small-scale/mimo/spoiled.ts';
import { WideResNet } from '../../src/projects/small-scale/mimo/wide-resnet.ts';
import { nothing, type Outcome, onlyFigure, play, run } from '../train/memory-host.ts';

const numbers = async (x: Tensor) => Array.from(await x.data());
const all = (of: readonly Tensor[]) => Promise.all(of.map(numbers));

describe('pictures are dealt', () => {
  it('each as often as the batch is repeated, to each member in an order of its own', async () => {
    manualSeed(1);
    const found = await all(places(5, { members: 3, batchRepetition: 4, inputRepetition: 0 }));
    for (const own of found) expect(own.toSorted()).toEqual([0, 1, 2, 3, 4].flatMap((place) => [place, place, place, place]));
    expect(new Set(found.map(String)).size).toBe(3);
  });

  it.each([
    [0.3, 6],
    [1, 20],
  ])('a share of %d of the rows has one picture for all', async (inputRepetition, least) => {
    manualSeed(2);
    const [first, second] = await all(places(10, { members: 2, batchRepetition: 2, inputRepetition }));
    // The last rows; others may be the same by chance.
    expect(first.slice(20 - least)).toEqual(second.slice(20 - least));
    expect(first.toSorted()).toEqual(second.toSorted());
  });

  it('and lie behind each other along the channels', async () => {
    const pictures = tensor([1, 2, 3, 4, 5, 6], [2, 3, 1, 1]);
    const rows = [Uint32Array.of(0, 1, 1), Uint32Array.of(1, 1, 0)].map((each) => tensor(each));
    expect(await numbers(dealt(pictures, rows))).toEqual([1, 2, 3, 4, 5, 6, 4, 5, 6, 4, 5, 6, 4, 5, 6, 1, 2, 3]);
  });

  it('each member answers for its own', async () => {
    const [labels, places] = [tensor(Int32Array.of(0, 1)), [Uint32Array.of(0, 1), Uint32Array.of(1, 1)].map((each) => tensor(each))];
    const logits = tensor([2, 0, 0, 1, /* row 2 */ 0, 3, 1, 1], [2, 2, 2]);
    const cost = (right: number, wrong: number) => Math.log(1 + Math.exp(wrong - right));
    const expected = (cost(2, 0) + cost(3, 0)) / 2 + (cost(1, 0) + cost(1, 1)) / 2;
    expect(await memberLoss(logits, labels, places).item()).toBeCloseTo(expected, 5);
  });
});

describe('members', () => {
  // Two of them, two classes: .8 and .2, .4 and .6; then both .5.
  const logits = tensor([0.8, 0.2, 0.4, 0.6, 0.5, 0.5, 0.5, 0.5].map(Math.log), [2, 2, 2]);

  it('come to the mean of their probabilities', async () => {
    const found = await numbers(together(logits).softmax(1));
    [0.6, 0.4, 0.5, 0.5].forEach((p, i) => expect(found[i]).toBeCloseTo(p, 6));
    // And cost what that costs.
    const nll = await losses.crossEntropy(together(logits), tensor(Int32Array.of(0, 1))).item();
    expect(nll).toBeCloseTo(-(Math.log(0.6) + Math.log(0.5)) / 2, 6);
  });

  it('disagree by pairs', async () => {
    const { differ, divergence } = pairs(logits);
    expect(await numbers(differ)).toEqual([0, 0.5, 0.5, 0]);
    const forth = 0.8 * Math.log(0.8 / 0.4) + 0.2 * Math.log(0.2 / 0.6);
    const back = 0.4 * Math.log(0.4 / 0.8) + 0.6 * Math.log(0.6 / 0.2);
    (await numbers(divergence)).forEach((value, i) => expect(value).toBeCloseTo([0, forth / 2, back / 2, 0][i], 6));
    expect(besideDiagonal([0, 0.5, 0.25, 0])).toBe(0.375);
    expect(besideDiagonal([0])).toBe(0);
  });
});

describe('a spoiled picture', () => {
  const x = tensor(
    Float32Array.from({ length: 3 * 64 }, (_, i) => (i % 3) / 4 + 0.25),
    [1, 3, 8, 8],
  );
  const noise = tensor(new Float32Array(3 * 64).fill(1), [1, 3, 8, 8]);
  const spoil = (kind: (typeof corruptions)[number], severity: number) => numbers(corrupted(kind, x, tensor([severity]), noise));

  it.each(corruptions)('is what it was at severity 0: %s', async (kind) => {
    const [before, after] = [await numbers(x), await spoil(kind, 0)];
    before.forEach((value, i) => expect(after[i]).toBeCloseTo(value, 6));
  });

  it('has noise of .04 a step, within the colours that there are', async () => {
    const [before, after] = [await numbers(x), await spoil('noise', 5)];
    before.forEach((value, i) => expect(after[i]).toBeCloseTo(Math.min(1, value + 0.2), 6));
  });

  it('has .17 less of its contrast a step, and the same mean', async () => {
    const [before, after] = [await numbers(x), await spoil('contrast', 2)];
    for (const c of [0, 64, 128]) {
      const mean = before.slice(c, c + 64).reduce((sum, value) => sum + value / 64, 0);
      for (let i = c; i < c + 64; i++) expect(after[i]).toBeCloseTo(mean + 0.66 * (before[i] - mean), 5);
    }
  });

  it('is blurred by a Gaussian of .4 pixels a step', async () => {
    const point = new Float32Array(21 * 21);
    point[10 * 21 + 10] = 1;
    const [image, still] = [tensor(point, [1, 1, 21, 21]), tensor(new Float32Array(441), [1, 1, 21, 21])];
    const found = await numbers(corrupted('blur', image, tensor([2.5]), still));
    // A deviation of about one pixel.
    expect(found[10 * 21 + 11] / found[10 * 21 + 10]).toBeCloseTo(Math.exp(-0.5 / 1.01 ** 2), 4);
    expect(found.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  });
});

describe('the network', () => {
  it('of 28 layers, ten times as wide, has the published 36.5 million weights, and hardly more for four', () => {
    const weights = (members: number) =>
      new WideResNet({ depth: 28, width: 10, stride: 1 }, { inChannels: 3 * members, outputs: 10 * members }).parameterCount;
    const one = weights(1);
    // Table 4 of arXiv 1605.07146.
    expect(Math.abs(one / 36.5e6 - 1)).toBeLessThan(0.002);
    expect(weights(4) - one).toBe(3 * (27 * 16 + 641 * 10));
    expect(weights(4) / one).toBeLessThan(1.02);
  });

  it('answers a picture once for each member, and refuses depths that there are not', async () => {
    const shape = { members: 3, depth: 10, width: 1, stride: 4 };
    const model = new Mimo(shape);
    model.eval();
    const x = tensor(
      Float32Array.from({ length: 2 * 3072 }, (_, i) => Math.sin(i) ** 2),
      [2, 3, 32, 32],
    );
    const answers = model.answers(x);
    expect(answers.shape).toEqual([2, 3, 10]);
    expect(new Set((await numbers(answers)).map((value) => value.toFixed(6))).size).toBe(60);
    expect(() => new Mimo({ ...shape, depth: 12 })).toThrow('depth: expected 6n + 4 (10, 16, 22, 28 …), got 12');
  });
});

/** Drawn ones and photographs go through the same kernels. */
const size = { epochs: 8, batchSize: 20, trainImages: 100, testImages: 100, spoiledImages: 50, augment: false };

describe('a small run on drawn shapes', () => {
  let finished: Outcome;
  beforeAll(async () => {
    finished = await run(mimo, nothing, { options: size });
  });

  it('knows better how little it knows than a single network trained as long', () => {
    const { values, tables } = finished.shown as Outcome['shown'] & { readonly values: Readonly<Record<string, number>> };
    // A single one learns so few pictures by heart, and is sure of everything.
    expect(values.nll).toBeLessThan(values.singleNll - 0.2);
    expect(values.ece).toBeLessThan(values.singleEce - 0.1);
    expect(values.spoiledNll).toBeLessThan(values.singleSpoiledNll - 0.2);
    expect(values.nll).toBeLessThanOrEqual(values.memberNll);
    expect(values.moreParameters).toBeLessThan(0.02);
    expect(tables.members.rows.map(([members]) => members)).toEqual(['1', '2']);
  });

  it('shows how sure it is, where members disagree, and what it takes spoiled pictures for', () => {
    expect([...finished.figures.keys()]).toEqual(['severity', 'members', 'calibration', 'disagreement', 'spoiled']);
    const sheets = finished.figures.get('severity')!.panels.map((panel) => (panel.kind === 'pictures' ? panel.pictures.length : 0));
    expect(sheets).toEqual([6, 6, 6]);
  });

  it('answers a picture that is spoiled on the spot', async () => {
    const { answer, offers } = await play(mimo, finished);
    const names = new Set(offers!.picture!.samples.map(({ caption }) => caption));
    expect(names.size).toBeGreaterThan(2);
    const values = Float32Array.from({ length: 3072 }, (_, i) => Math.sin(i) ** 2);
    const ask = async (severity: number) => onlyFigure(await answer({ picture: { values }, corruption: 'contrast', severity }));
    const shown = async (severity: number) => {
      const [picture, chart] = (await ask(severity)).panels;
      if (picture.kind !== 'pictures' || chart.kind !== 'chart') throw new Error('expected a picture and a chart');
      return { pixels: Array.from(picture.pictures[0].pixels), series: chart.series };
    };
    const [clear, spoiled] = [await shown(0), await shown(5)];
    const reach = (pixels: readonly number[]) => Math.max(...pixels) - Math.min(...pixels);
    expect(reach(spoiled.pixels)).toBeLessThan(reach(clear.pixels));
    const [means, members] = clear.series;
    expect(means.y.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    expect(members.y).toHaveLength(20);
    means.y.forEach((p, c) => expect((members.y[2 * c] + members.y[2 * c + 1]) / 2).toBeCloseTo(p, 6));
  });
});

const data = process.env.TILEGRAD_DATA;
it.skipIf(!data || !existsSync(join(data, 'cifar10')))('learns photographs (skipped without TILEGRAD_DATA)', async () => {
  const { summary } = await runInMemory(mimo, { options: { ...mimo.presets.smallest, ...size, epochs: 6 }, log: () => {} });
  // By chance a tenth would be right.
  expect(summary.accuracy).toBeGreaterThan(0.13);
  expect(summary.nll).toBeLessThan(summary.singleNll as number);
});
