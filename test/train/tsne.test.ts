import { expect, it } from 'vitest';
import { Random, tsne } from '../../src/index.ts';

const [GROUPS, EACH, WIDTH] = [3, 25, 6];
const random = new Random(5);
const centre = (group: number, k: number) => 3 * Math.cos(2 * group + k);
const points = Float32Array.from({ length: GROUPS * EACH * WIDTH }, (_, i) => {
  const group = Math.floor(i / (EACH * WIDTH));
  return centre(group, i % WIDTH) + 0.5 * random.normal();
});

const distance = (place: ArrayLike<number>, i: number, j: number) =>
  Math.hypot(place[2 * i] - place[2 * j], place[2 * i + 1] - place[2 * j + 1]);

it('keeps groups together, apart from others, and repeats bit for bit from where it was left', async () => {
  const layout = await tsne(points, WIDTH, { perplexity: 10 });
  for (let step = 0; step < 200; step++) layout.step();
  const left = structuredClone(layout.state());
  for (let step = 0; step < 100; step++) layout.step();
  for (let i = 0; i < GROUPS * EACH; i++) {
    const own = Math.floor(i / EACH);
    const others = Array.from({ length: GROUPS * EACH }, (_, j) => j).filter((j) => j !== i);
    const nearest = others.sort((a, b) => distance(layout.place, i, a) - distance(layout.place, i, b)).slice(0, 10);
    expect(nearest.filter((j) => Math.floor(j / EACH) === own).length).toBeGreaterThanOrEqual(9);
  }
  const again = await tsne(points, WIDTH, { perplexity: 10 });
  again.restore(left);
  for (let step = 0; step < 100; step++) again.step();
  expect(again.place).toEqual(layout.place);
});

it('moves against the slope of KL(P ‖ Q)', async () => {
  // Three points at the corners of a triangle, of which two are near each other: P by hand from perplexity 1, where each has one neighbour.
  const layout = await tsne([0, 0, 1, 0, 0, 9], 2, { perplexity: 1.5 });
  const before = layout.place.slice();
  // Each point's nearest one is its neighbour: 0 and 1 are each other's, 2 has 0.
  const P = [
    [0, 2 / 6, 1 / 6],
    [2 / 6, 0, 0],
    [1 / 6, 0, 0],
  ];
  const kl = (place: Float64Array) => {
    const q = (i: number, j: number) => (i === j ? 0 : 1 / (1 + distance(place, i, j) ** 2));
    const all = [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => [i, j] as const));
    const total = all.reduce((sum, [i, j]) => sum + q(i, j), 0);
    // The first steps count P twelve times.
    return all.reduce((sum, [i, j]) => (i === j ? sum : sum - 12 * P[i][j] * Math.log(q(i, j))), 0) + Math.log(total);
  };
  layout.step();
  const slope = before.map((_, k) => {
    const at = (by: number) => kl(before.map((value, i) => (i === k ? value + by : value)));
    return (at(1e-5) - at(-1e-5)) / 2e-5;
  });
  // The first step: rate 50, gain 0.8.
  layout.place.forEach((value, k) => expect((value - before[k]) / -slope[k] / 50).toBeCloseTo(0.8, 3));
});

it('takes few points, points at one place, and refuses parts of points', async () => {
  for (const points of [[], [1, 2], [1, 2, 1, 2, 1, 2, 3, 4]]) {
    const layout = await tsne(points, 2);
    for (let step = 0; step < 5; step++) layout.step();
    expect([...layout.place].every(Number.isFinite)).toBe(true);
    expect(layout.place).toHaveLength(points.length);
  }
  await expect(tsne([1, 2, 3], 2)).rejects.toThrow('tsne: expected points [n, 2], got 3 numbers');
});
