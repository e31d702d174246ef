// Carlini & Wagner's attack: its criterion, its variable, its search; what is chosen and shown; small runs on drawn and on real pictures.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Figure, InputError, Random, runInMemory } from '../../src/index.ts';
import { carliniWagnerAttack } from '../../src/projects/small-scale/carlini-wagner/index.ts';
import { chosen } from '../../src/projects/small-scale/carlini-wagner/pictures.ts';
import { nothing, type Outcome, onlyFigure, play, run } from '../train/memory-host.ts';

describe('the pictures that are attacked', () => {
  const pictures = Uint8Array.from({ length: 6 * 3 }, (_, p) => 10 * Math.floor(p / 3) + (p % 3));
  const labels = [4, 0, 1, 0, 2, 3];
  const guesses = [4, 1, 1, 0, 2, 0];
  const drawing = { most: 3, classes: 5, random: new Random(1) };

  it('are the first that the network names right, each with another class for a target', () => {
    const found = chosen(pictures, labels, guesses, drawing);
    expect(found.labels).toEqual([4, 1, 0]);
    expect([...found.pictures]).toEqual([0, 1, 2, 20, 21, 22, 30, 31, 32]);
    for (let seed = 0; seed < 30; seed++) {
      const { targets } = chosen(pictures, labels, guesses, { ...drawing, random: new Random(seed) });
      targets.forEach((target, i) => expect([target === found.labels[i], target >= 0 && target < 5]).toEqual([false, true]));
    }
  });

  it('begin with those of a class that is asked for', () => {
    expect(chosen(pictures, labels, guesses, { ...drawing, first: 2 }).labels).toEqual([2, 4, 1]);
    expect(chosen(pictures, labels, guesses, { ...drawing, first: 3 }).labels).toEqual([4, 1, 0]);
  });
});

describe('a small run', () => {
  let finished: Outcome;
  beforeAll(async () => {
    const size = { images: 6, searches: 3, steps: 16, confidences: '0, 0.5', confidenceImages: 6, testImages: 100 };
    const training = { epochs: 4, batchSize: 32, lr: 4e-3, trainImages: 1600, attackLr: 0.01 };
    finished = await run(carliniWagnerAttack, nothing, { options: { ...size, ...training } });
  });

  it('turns every picture into its target, by less than the usual attack', () => {
    const { values, tables } = finished.shown;
    expect(values.accuracy).toBeGreaterThan(0.15);
    expect(values.success).toBe(1);
    expect(values.toUsual).toBeLessThan(0.7);
    expect(values.softmaxSuccess).toBeLessThanOrEqual(1);
    expect(values.meanDistance).toBeLessThan(1.1 * (values.pgdDistance as number));
    const rows = tables.attacks.rows.map(([name]) => name);
    expect(rows).toEqual(['C&W by logits', 'C&W by softmax', 'PGD in L2', 'PGD in L∞', 'FGSM', 'PGD with one radius']);
    expect([...finished.figures.keys()]).toEqual(['adversarial', 'distances', 'confidence']);
  });

  it('pays for a lead with a larger change, which a file keeps', () => {
    const { columns, rows } = finished.shown.tables.confidence;
    expect(columns).toEqual(['lead', 'success', 'mean L2', 'mean L∞', 'as an 8-bit file']);
    const [draw, lead] = rows.map((row) => row.map((cell) => Number.parseFloat(String(cell))));
    expect(lead[2]).toBeGreaterThan(draw[2]);
    expect(lead[4]).toBe(lead[1]);
  });

  it('has its network fooled by pictures of a person’s own, and says when there is nothing to do', async () => {
    const { answer, offers } = await play(carliniWagnerAttack, finished);
    const names = offers!.target!.choices;
    expect(names).toHaveLength(10);
    const values = Float32Array.from({ length: 3072 }, (_, i) => 0.5 + 0.4 * Math.sin(i / 9));
    const refused: unknown[] = [];
    const figures: Figure[] = [];
    for (const target of names.slice(0, 5)) {
      const found = await answer({ picture: { values }, target }).catch((error) => void refused.push(error));
      if (found && typeof found !== 'string') figures.push(onlyFigure(found));
    }
    const [{ words }] = figures.map(({ panels }) => ({ words: panels[0].kind === 'pictures' ? panels[0].pictures[0].caption : '' }));
    const seen = names.find((name) => words?.startsWith(name))!;
    await expect(answer({ picture: { values }, target: seen })).rejects.toThrow(
      `The network takes it for ${seen} already: choose another class.`,
    );
    for (const error of refused) expect(error).toBeInstanceOf(InputError);
    expect(figures.length).toBeGreaterThanOrEqual(4);
    expect(figures[0].panels.map(({ title }) => title)).toEqual(['Original', 'Difference × 10', 'Adversarial']);
  });
});

it('refuses leads that are none', async () => {
  await expect(run(carliniWagnerAttack, nothing, { options: { confidences: '0, much' } })).rejects.toThrow(
    'confidences: expected numbers ≥ 0, separated by commas, got much',
  );
});

const data = process.env.TILEGRAD_DATA;
describe.skipIf(!data || !existsSync(join(data, 'weights')))('on real pictures (skipped without TILEGRAD_DATA)', () => {
  it('ResNet-20, and a goldfish that becomes a flamingo', async () => {
    const size = {
      network: 'resnet20',
      images: 1,
      searches: 1,
      steps: 12,
      attackLr: 0.01,
      confidences: '0',
      confidenceImages: 1,
      testImages: 20,
    } as const;
    const { summary, tables } = await runInMemory(carliniWagnerAttack, { options: { ...size, photographs: 1 }, log: () => {} });
    expect(summary.accuracy).toBeGreaterThan(0.7);
    expect([summary.success, summary.photographSuccess]).toEqual([1, 1]);
    const [[goldfish, target, after]] = tables.photographs.rows;
    expect([goldfish, target, after]).toEqual([expect.stringMatching(/^goldfish/), 'flamingo', expect.stringMatching(/^flamingo/)]);
    expect(summary.photographDistance).toBeLessThan(3);
  });
});
