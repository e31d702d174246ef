// Attacks: their formulas and searches by hand, on classifiers whose answers are known; saved anywhere they end the same.
import { describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../src/index.ts';
import { type Bracket, narrowed } from '../../src/projects/shared/attacks/attack.ts';
import { CarliniWagner, carliniWagnerLoss, fromTanh, inTanh } from '../../src/projects/shared/attacks/carlini-wagner.ts';
import { changedFigure, rounded, tally, winners } from '../../src/projects/shared/attacks/outcome.ts';
import { ProjectedGradient } from '../../src/projects/shared/attacks/projected-gradient.ts';

const kinds = { CarliniWagner, ProjectedGradient };

/** Two classes, told apart by the mean of two pixels: class 1 above one half. */
const halves = (x: Tensor) => {
  const lead = x.reshape([-1, 2]).mean(1, { keepDims: true }).sub(0.5).mul(20);
  return lead.mul(tensor([-1, 1]));
};
const pictures = Float32Array.from([0.2, 0.3, 0.4, 0.4, 0.9, 0.8]);
const victims = { pictures, shape: [3, 2], targets: [1, 1, 0] };
/** The nearest points of the line where both pixels have a mean of one half, along (1, 1). */
const nearest = [0.25, 0.1, 0.35].map((way) => way * Math.SQRT2);

describe('the criterion', () => {
  const z = [
    [1, 5, 3],
    [1, 5, 3],
    [7, 2, 1],
  ];
  const of = async (targets: readonly number[], criterion: 'logits' | 'softmax', confidence: number) => {
    const isTarget = tensor(
      targets.flatMap((target) => [0, 1, 2].map((c) => Number(c === target))),
      [3, 3],
    ).gt(0);
    const { f, leads } = carliniWagnerLoss(tensor(z), isTarget, criterion, confidence);
    return { f: Array.from(await f.data(), (value) => value + 0), leads: [...(await leads.cast('f32').data())] };
  };

  it('is the lead of the best other class, down to −κ', async () => {
    expect(await of([0, 1, 0], 'logits', 0)).toEqual({ f: [4, 0, 0], leads: [0, 1, 1] });
    expect(await of([2, 1, 0], 'logits', 3)).toEqual({ f: [2, -2, -3], leads: [0, 0, 1] });
    expect(await of([0, 1, 0], 'logits', 2)).toEqual({ f: [4, -2, -2], leads: [0, 1, 1] });
  });

  it("the document's goes by probabilities", async () => {
    const powers = [1, 5, 3].map(Math.exp);
    const p = powers.map((power) => power / powers.reduce((a, b) => a + b));
    const { f, leads } = await of([0, 1, 0], 'softmax', 0.5);
    expect(f[0]).toBeCloseTo(p[1] - p[0], 6);
    expect(f.slice(1)).toEqual([-0.5, -0.5]);
    expect(leads).toEqual([0, 1, 1]);
  });

  it('a draw is not enough', async () => {
    const { leads } = carliniWagnerLoss(tensor([[2, 2]]), tensor([[1, 0]]).gt(0), 'logits', 0);
    expect([...(await leads.cast('f32').data())]).toEqual([0]);
  });
});

it('any w is a picture, and that of a picture gives it back', async () => {
  const values = Float32Array.from([0, 0.1, 0.5, 0.75, 1]);
  const back = await fromTanh(tensor(inTanh(values))).data();
  back.forEach((value, i) => expect(Math.abs(value - values[i])).toBeLessThan(1e-6));
  expect(inTanh(Float32Array.from([0.75]))[0]).toBeCloseTo(Math.atanh(0.5), 4);
  expect([...(await fromTanh(tensor([-50, 0, 50])).data())]).toEqual([0, 0.5, 1]);
});

describe('the search', () => {
  const walk = (bracket: Bracket, tries: readonly boolean[], growth: number) => {
    let now = bracket;
    return tries.map((succeeded) => {
      now = narrowed(now, succeeded, growth);
      return now.at;
    });
  };

  it('takes ten times as much until something works, then halves', () => {
    const start = { lower: 0, upper: Infinity, at: 1 };
    expect(walk(start, [false, false, true, false, true], 10)).toEqual([10, 100, 55, 77.5, 66.25]);
    expect(walk(start, [true, true, false], 10)).toEqual([0.5, 0.25, 0.375]);
    expect(narrowed(narrowed(start, false, 2), true, 2)).toEqual({ lower: 1, upper: 2, at: 1.5 });
  });
});

describe('on a line between two classes', () => {
  it('Carlini & Wagner’s finds the nearest points, each for itself', async () => {
    const attack = new CarliniWagner(halves, victims, { searches: 6, steps: 300, lr: 0.02, initial: 0.01 });
    while (await attack.advance());
    const { distances, pictures: found } = await attack.result();
    distances.forEach((distance, i) => {
      expect(distance).toBeGreaterThan(nearest[i] - 1e-4);
      expect(distance).toBeLessThan(1.06 * nearest[i]);
    });
    expect(found[0] + found[1]).toBeGreaterThan(1);
    expect(found[4] + found[5]).toBeLessThan(1);
  });

  it('a lead has its price', async () => {
    // A lead of 4 of the logits is one of .1 of the mean.
    const attack = new CarliniWagner(
      halves,
      { ...victims, targets: [1, 1, 0] },
      { searches: 6, steps: 300, lr: 0.02, initial: 0.1, confidence: 4 },
    );
    while (await attack.advance());
    (await attack.distances()).forEach((distance, i) => {
      expect(distance / (nearest[i] + 0.1 * Math.SQRT2)).toBeGreaterThan(0.999);
      expect(distance / (nearest[i] + 0.1 * Math.SQRT2)).toBeLessThan(1.06);
    });
  });

  it('projected gradients end on the ball, whose radius the search brings near the nearest points', async () => {
    const attack = new ProjectedGradient(halves, victims, { searches: 9, steps: 20 });
    while (await attack.advance());
    const { distances, strengths } = await attack.result();
    distances.forEach((distance, i) => {
      expect(distance / nearest[i]).toBeGreaterThan(0.999);
      expect(distance / nearest[i]).toBeLessThan(1.02);
      expect(distance / strengths[i]).toBeCloseTo(1, 3);
    });
  });

  it('one step of L∞ is FGSM: both pixels by the radius', async () => {
    const attack = new ProjectedGradient(halves, victims, { searches: 1, steps: 1, norm: 'linf', initial: 0.15 });
    while (await attack.advance());
    const { distances, pictures: found } = await attack.result();
    expect(distances).toEqual([Infinity, expect.closeTo(0.15 * Math.SQRT2, 5), Infinity]);
    expect([...found].map((value) => Number(value.toFixed(3)))).toEqual([0.2, 0.3, 0.55, 0.55, 0.9, 0.8]);
  });
});

it.each(['CarliniWagner', 'ProjectedGradient'] as const)('%s goes on from where it was saved, bit for bit', async (name) => {
  const make = () => new kinds[name](halves, victims, { searches: 3, steps: 25 });
  const whole = make();
  while (await whole.advance());
  let part = make();
  for (let more = true; more; ) {
    more = await part.advance();
    const state = structuredClone(await part.state());
    part = make();
    part.restore(state as never);
  }
  expect(await part.result()).toEqual(await whole.result());
});

it('takes aim anew', async () => {
  const options = { searches: 3, steps: 50, lr: 0.02, initial: 1 };
  const attack = new CarliniWagner(halves, victims, options);
  while (await attack.advance());
  const others = { ...victims, pictures: pictures.map((value) => 1 - value), targets: [0, 0, 1] };
  attack.aim(others.pictures, others.targets);
  while (await attack.advance());
  const anew = new CarliniWagner(halves, others, options);
  while (await anew.advance());
  expect(await attack.result()).toEqual(await anew.result());
});

describe('what does not fit is refused', () => {
  it.each([
    [{ ...victims, pictures: pictures.map((value) => 255 * value) }, /carliniWagner: expected pictures with values 0 … 1, got 51/],
    [{ ...victims, targets: [1, 1] }, /expected pictures \[3, 2\] and a target for each, got 6 values and 2 targets/],
    [{ ...victims, targets: [1, 0.5, 0] }, /expected targets that are classes, got 0.5/],
  ])('%#', (wrong, message) => {
    expect(() => new CarliniWagner(halves, wrong)).toThrow(message);
  });

  it('a target beyond the classes', async () => {
    const attack = new CarliniWagner(halves, { ...victims, targets: [1, 2, 0] });
    await expect(attack.advance()).rejects.toThrow('carliniWagner: expected targets that are classes, 0 … 1, got 2');
  });
});

it('shows photographs of as many pixels as there may be', () => {
  const size = 3 * 224 * 224;
  const grey = { pictures: new Float32Array(size).fill(0.5), shape: [1, 3, 224, 224], targets: [1] };
  const after = grey.pictures.map((value) => value + 2 ** -6);
  const { panels } = changedFigure(grey, after, { title: 'x', caption: 'y', was: ['goldfish'], is: ['flamingo'] });
  const [, difference] = panels;
  if (difference?.kind !== 'pictures') throw new Error('expected pictures');
  expect(difference.pictures[0]?.caption).toBe(`L2 ${(Math.sqrt(size) * 2 ** -6).toFixed(2)}`);
});

it('counts and shows what came of it', () => {
  expect(winners([1, 3, 2, 9, 0, 0], 3)).toEqual([1, 0]);
  expect([...rounded(Float32Array.from([0.1, 0.5]))]).toEqual([...Float32Array.from([26 / 255, 128 / 255])]);
  const after = Float32Array.from([0.2, 0.5, 0.4, 0.4, 0.5, 0.5]);
  const found = tally(victims, { pictures: after, distances: [0.2, Infinity, 0.5], strengths: [1, Infinity, 1] }, [1, 0, 1]);
  expect(found).toMatchObject({ success: 2 / 3, asFile: 1 / 3 });
  expect(found.distance).toBeCloseTo(0.35, 6);
  expect(found.largest).toBeCloseTo((0.2 + 0.4) / 2, 6);
  const shape = [1, 3, 1, 1];
  const grey = { pictures: Float32Array.from([0.5, 0.5, 0.5]), shape, targets: [1] };
  const figure = changedFigure(grey, Float32Array.from([0.5, 0.54, 0.45]), { title: 'x', caption: 'y', was: ['cat'], is: ['dog'] });
  const [before, difference] = figure.panels.map((panel) => (panel.kind === 'pictures' ? panel.pictures[0] : undefined));
  expect(before?.caption).toBe('cat');
  [0.5, 0.9, 0].forEach((value, c) => expect(difference?.pixels[c]).toBeCloseTo(value, 5));
});
