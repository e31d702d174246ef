// Facial keypoints: the score, the mirror, what is masked, by hand; a small run on drawn faces, one on a slice of the real ones.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sets } from '../../src/data/sets/index.ts';
import { manualSeed, runInMemory, tensor } from '../../src/index.ts';
import { facesFigure, marksOf } from '../../src/projects/i2dl/facial-keypoints/figures.ts';
import { facialKeypoints } from '../../src/projects/i2dl/facial-keypoints/index.ts';
import { KeypointNet } from '../../src/projects/i2dl/facial-keypoints/model.ts';
import { errorsOf, meanFace, mirrored, names, scoreOf, squaredError, varied } from '../../src/projects/i2dl/facial-keypoints/points.ts';
import { nothing, type Outcome, onlyFigure, play, run } from '../train/memory-host.ts';

const POINTS = 15;
/** Two faces; of the second only the nose and the lower lip are known. */
const known = Float32Array.from({ length: 2 * POINTS }, (_, i) => (i < POINTS || [25, 29].includes(i) ? 1 : 0));
const truth = Float32Array.from({ length: 4 * POINTS }, (_, i) => Math.sin(i) / 2);
/** Off by 3 and 4 pixels in the first face, by 0 and 1 in the second, and anywhere where nothing is known. */
const said = truth.map((value, i) => {
  const [face, axis] = [Math.floor(i / (2 * POINTS)), i % 2];
  if (!known[i >> 1]) return 7;
  return value + (face === 0 ? 3 + axis : axis) / 48;
});

describe('how far off points are', () => {
  const errors = errorsOf(said, truth, known);

  it('counts known points alone: distances in pixels, squares in halves of the picture', () => {
    expect(errors.byFace.map((pixels) => Number(pixels.toFixed(4)))).toEqual([5, 1]);
    expect(errors.squared[0]).toBeCloseTo((9 + 16) / 2 / 48 ** 2, 7);
    expect(errors.squared[1]).toBeCloseTo(1 / 2 / 48 ** 2, 7);
    expect(errors.byPoint.map((pixels) => Math.round(1000 * pixels) / 1000)).toEqual(names.map((_, k) => ([10, 14].includes(k) ? 3 : 5)));
  });

  it('the score is 1 / (2 · MSE), of the faces in equal shares', () => {
    expect(scoreOf([0.005])).toBeCloseTo(100, 10);
    expect(scoreOf([0.01, 0.03])).toBeCloseTo(25, 10);
    expect(scoreOf(errors.squared)).toBeCloseTo(48 ** 2 / 13, 2);
  });

  it('is what the training makes small, coordinate by coordinate', async () => {
    const shaped = (values: Float32Array) => tensor(values, [2, POINTS, 2]);
    const loss = squaredError(shaped(said), { points: shaped(truth), known: tensor(known, [2, POINTS]) });
    expect((await loss.data())[0]).toBeCloseTo((15 * 25 + 2 * 1) / (2 * 17) / 48 ** 2, 7);
  });

  it('the mean face is that of the known points', () => {
    const mean = meanFace(truth, known);
    expect(mean[0]).toBeCloseTo(truth[0], 7);
    expect(mean[21]).toBeCloseTo((truth[21] + truth[51]) / 2, 7);
  });
});

describe('varied faces', () => {
  it('in the mirror left and right points change their names', () => {
    expect(mirrored).toEqual([1, 0, 4, 5, 2, 3, 8, 9, 6, 7, 10, 12, 11, 13, 14]);
    expect(mirrored.map((k) => mirrored[k])).toEqual(names.map((_, k) => k));
  });

  /** Faces with a white square at each point k of their own: points stay on their squares, whatever becomes of both. */
  it('keep each point where its pixels are, and mirrored ones under the other name', async () => {
    manualSeed(4);
    const count = 24;
    const point = (n: number) => n % POINTS;
    const [x, y] = [30, 41];
    const pixels = Float32Array.from({ length: count * 96 ** 2 }, (_, i) => {
      const [u, v] = [i % 96, Math.floor(i / 96) % 96];
      return Math.abs(u + 0.5 - x) <= 2 && Math.abs(v + 0.5 - y) <= 2 ? 1 : 0.5;
    });
    const places = Float32Array.from({ length: count * 30 }, (_, i) => (i % 2 ? y : x) / 48 - 1);
    const given = Float32Array.from({ length: count * POINTS }, (_, i) => (i % POINTS === point(Math.floor(i / POINTS)) ? 1 : 0));
    const seen = varied(
      { image: tensor(pixels, [count, 1, 96, 96]), points: tensor(places, [count, POINTS, 2]), known: tensor(given, [count, POINTS]) },
      1,
    );
    const [image, points, own] = await Promise.all([seen.image, seen.points, seen.known].map((each) => each.data()));
    const turned = new Set<boolean>();
    for (let n = 0; n < count; n++) {
      const k = own.subarray(n * POINTS, (n + 1) * POINTS).indexOf(1);
      expect([point(n), mirrored[point(n)]]).toContain(k);
      const at = [0, 1].map((axis) => 48 * (points[(n * POINTS + k) * 2 + axis] + 1));
      // The middle of what is brighter than the ground.
      const face = Array.from(image.subarray(n * 9216, (n + 1) * 9216));
      const ground = face.toSorted((a, b) => a - b)[4608];
      const bright = face.map((value) => (Math.abs(value - 0.5) < 1e-6 ? 0 : Math.max(0, value - ground - 0.1)));
      const total = bright.reduce((sum, value) => sum + value, 0);
      const middle = [0, 1].map(
        (axis) => bright.reduce((sum, value, p) => sum + value * ((axis ? Math.floor(p / 96) : p % 96) + 0.5), 0) / total,
      );
      expect(Math.hypot(at[0] - middle[0], at[1] - middle[1])).toBeLessThan(0.7);
      if (k !== point(n)) turned.add(at[0] > 48);
    }
    // They have been at the other side.
    expect(turned).toContain(true);
  });

  it('are themselves without variation', async () => {
    const { parts } = { parts: await (await sets.facialKeypoints()).synthetic.make(1, { train: 2, test: 1 }) };
    const { points } = parts.train.fields;
    const faces = {
      image: tensor(new Float32Array(2 * 9216), [2, 1, 96, 96]),
      points: tensor(points.data as Float32Array, [2, 15, 2]),
      known: tensor(known, [2, 15]),
    };
    expect([...(await varied(faces, 0).points.data())]).toEqual([...points.data]);
  });
});

it('the network at its published size has fewer than five million parameters', () => {
  const { width, hidden } = facialKeypoints.presets.full as { width: number; hidden: number };
  const model = new KeypointNet({ width: width, hidden, dropout: 0 });
  const convolutions = 25 * 32 + 9 * (32 * 64 + 64 * 128 + 128 * 256);
  const norms = 2 * (32 + 64 + 128 + 256);
  expect(model.parameterCount).toBe(convolutions + norms + 256 * 36 * 256 + 256 + 256 * 30);
  expect(model.parameterCount).toBeLessThan(5e6);
  expect(model.forward(tensor(new Float32Array(2 * 9216), [2, 1, 96, 96])).shape).toEqual([2, 15, 2]);
});

it('the figure goes from the best face to the worst, and leaves out what is not known', () => {
  const errors = errorsOf(said, truth, known);
  const [panel] = facesFigure(new Uint8Array(2 * 9216), truth, said, known, errors).panels;
  if (panel.kind !== 'pictures') throw new Error('expected pictures');
  expect(panel.pictures.map(({ caption, points }) => [caption, points?.length])).toEqual([
    ['1.0 pixels', 4],
    ['5.0 pixels', 30],
  ]);
  expect(marksOf([-1, -1, 0, 1], [0]).flat().slice(0, 2)).toEqual([
    { x: 0, y: 0 },
    { x: 48, y: 96 },
  ]);
});

describe('a small run', () => {
  let finished: Outcome;
  beforeAll(async () => {
    const size = { width: 4, hidden: 32, epochs: 8, batchSize: 20, trainFaces: 200, testFaces: 40, variation: 0, dropout: 0 };
    finished = await run(facialKeypoints, nothing, { options: size });
  });

  it('finds points far better than by the mean face, and says how far off each is', () => {
    const { shown, figures } = finished;
    const { score, meanFaceScore, meanSquaredError } = shown.values as Readonly<Record<string, number>>;
    expect(score).toBeGreaterThan(1.5 * meanFaceScore);
    expect(score).toBeCloseTo(1 / (2 * meanSquaredError), 6);
    expect([...figures.keys()]).toEqual(['training', 'faces', 'errors']);
    expect(shown.tables.points.rows.map(([name]) => name)).toEqual(names);
  });

  it('answers a face with fifteen points, near those it has', async () => {
    const { answer, offers } = await play(facialKeypoints, finished);
    const { samples } = offers!.face!;
    expect(samples.map(({ caption }) => caption)).toContain('drawn, 1');
    const drawn = await (await sets.facialKeypoints()).synthetic.make(2, { train: 1, test: samples.length });
    const apart: number[] = [];
    for (const [n, { pixels }] of samples.entries()) {
      const [panel] = onlyFigure(await answer({ face: { values: pixels as Float32Array } })).panels;
      if (panel.kind !== 'pictures') throw new Error('expected pictures');
      const own = marksOf(drawn.test.fields.points.data, [n])[0];
      expect(panel.pictures[0].points).toHaveLength(POINTS);
      panel.pictures[0].points!.forEach(({ x, y }, k) => apart.push(Math.hypot(x - own[k].x, y - own[k].y)));
    }
    expect(apart.reduce((sum, value) => sum + value, 0) / apart.length).toBeLessThan(8);
  });
});

const data = process.env.TILEGRAD_DATA;
describe.skipIf(!data || !existsSync(join(data, 'facial_keypoints')))('on real faces (skipped without TILEGRAD_DATA)', () => {
  it('learns from a few hundred of them', async () => {
    const size = { width: 4, hidden: 32, epochs: 8, batchSize: 20, trainFaces: 200, testFaces: 100, variation: 0, dropout: 0 };
    const { summary } = await runInMemory(facialKeypoints, { options: size, log: () => {} });
    expect(summary.score).toBeGreaterThan(1.2 * Number(summary.meanFaceScore));
  });
});
