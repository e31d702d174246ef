import { beforeAll, describe, expect, it } from 'vitest';
import { gradients, nn, renderFigureSvg, TilegradError, tensor } from '../../src/index.ts';
import { stepsTo, surfaceFigure } from '../../src/projects/applied/optimizers/figures.ts';
import { optimizers } from '../../src/projects/applied/optimizers/index.ts';
import { type Lane, race, type Track } from '../../src/projects/applied/optimizers/race.ts';
import { rateOf, ratesIn, type Searched, startsOf, surfaceScore, tried } from '../../src/projects/applied/optimizers/rates.ts';
import { chosenRules, type Rule, rules } from '../../src/projects/applied/optimizers/rules.ts';
import { heightsOf, type Point, type Surface, surfaces } from '../../src/projects/applied/optimizers/surfaces.ts';
import { unpack } from '../../src/train/values.ts';
import * as reference from '../optim/reference.ts';
import { nothing, onlyFigure, play, run as runIn } from '../train/memory-host.ts';

/** Derivatives by hand, in float64. */
const SLOPES: Readonly<Record<string, (x: number, y: number) => readonly [number, number]>> = {
  valley: (x, y) => {
    const [u, v] = [0.8 * x + 0.6 * y - 1.1, 0.8 * y - 0.6 * x + 0.2];
    return [0.8 * u - 30 * v, 0.6 * u + 40 * v];
  },
  rosenbrock: (x, y) => [2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)],
  beale: (x, y) => {
    const terms = [1.5, 2.25, 2.625].map((constant, i) => {
      const t = constant - x + x * y ** (i + 1);
      return [2 * t * (y ** (i + 1) - 1), 2 * t * x * (i + 1) * y ** i];
    });
    return [terms.reduce((sum, [dx]) => sum + dx, 0), terms.reduce((sum, [, dy]) => sum + dy, 0)];
  },
  himmelblau: (x, y) => {
    const [a, b] = [x * x + y - 11, x + y * y - 7];
    return [4 * x * a + 2 * b, 2 * a + 4 * y * b];
  },
  saddle: (x, y) => [4 * x, 0.5 * y * (y * y - 1)],
};

/** Each rule in float64, and how much of the project's own rate keeps its path from turning rounding into another path. */
const REFERENCES: Readonly<Record<string, readonly [rule: reference.Rule, share: number]>> = {
  sgd: [reference.sgd(), 0.5],
  momentum: [reference.sgd({ momentum: 0.9 }), 0.5],
  nesterov: [reference.sgd({ momentum: 0.9, nesterov: true }), 0.5],
  rprop: [reference.rprop(), 0.1],
  adagrad: [reference.adagrad(), 0.5],
  adadelta: [reference.adadelta(), 0.2],
  rmsprop: [reference.rmsprop(), 0.2],
  adam: [reference.adam(), 0.2],
  nadam: [reference.nadam(), 0.2],
  adamw: [reference.adam({ weightDecay: 0.01, decoupled: true }), 0.2],
  lion: [reference.lion(), 0.1],
  lamb: [reference.lamb(), 0.2],
};

const able = rules.filter(({ matrices }) => !matrices);
const rule = (name: string) => rules.find((candidate) => candidate.name === name) as Rule;
const surfaceNamed = (name: string) => surfaces.find((candidate) => candidate.name === name) as Surface;
const lane = (of: Rule, surface: Surface, lr = rateOf(surface.name, of.name)): Lane => ({ rule: of, surface, start: surface.start, lr });

async function tracksOf(lanes: readonly Lane[], steps: number): Promise<readonly Track[]> {
  const { now, step, tracks } = race(lanes);
  const places = [now(), ...Array.from({ length: steps }, step)];
  return tracks(await Promise.all(places));
}

describe('the surfaces', () => {
  it.each(surfaces)('$title is 0 and level at its minima, and its derivatives are those by hand', async (surface) => {
    const { minima, value, start, name } = surface;
    const { x, y, points: grid } = surface.grid;
    const lowest = await heightsOf(surface, tensor(minima.flat(), [minima.length, 2])).data();
    for (const height of lowest) expect(height).toBeLessThan(1e-9);
    const places = Array.from({ length: 10 }, (_, i): Point => [grid[1402 * i], grid[1402 * i + 1]]);
    const points = [...minima, start, ...places];
    const [xs, ys] = [0, 1].map(
      (axis) =>
        new nn.Parameter(
          'x',
          [points.length],
          'f32',
          Float32Array.from(points, (point) => point[axis]),
        ),
    );
    const slopes = await Promise.all(gradients(value(xs, ys).sum(), [xs, ys]).map((slope) => slope.data()));
    points.forEach((point, i) => {
      SLOPES[name](...point).forEach((expected, axis) => {
        expect(Math.abs(slopes[axis][i] - expected)).toBeLessThan(1e-4 * (1 + Math.abs(expected)));
        if (i < minima.length) expect(Math.abs(expected)).toBeLessThan(1e-4);
      });
    });
    for (const point of [...minima, ...startsOf(surface)]) {
      expect(point[0] > x[0] && point[0] < x[1] && point[1] > y[0] && point[1] < y[1]).toBe(true);
    }
  });
});

describe('paths down the surfaces', () => {
  const STEPS = 60;
  let tracks: readonly Track[] = [];
  beforeAll(async () => {
    tracks = await tracksOf(
      surfaces.flatMap((surface) => able.map((of) => lane(of, surface, rateOf(surface.name, of.name) * REFERENCES[of.name][1]))),
      STEPS,
    );
  });

  it.each(able)(`$title is where float64 is, for ${STEPS} steps`, ({ name }) => {
    for (const { surface, lr, start, points } of tracks.filter((track) => track.rule.name === name)) {
      const w = Float64Array.from(start);
      const kept: reference.Kept = {};
      for (let t = 1; t <= STEPS; t++) {
        REFERENCES[name][0](w, Float64Array.from(SLOPES[surface.name](w[0], w[1])), lr, t, kept, [2]);
        const error = Math.hypot(points[t][0] - w[0], points[t][1] - w[1]);
        expect(error, `${surface.name}, step ${t}: ${points[t]} for ${w}`).toBeLessThan(1e-4);
      }
      expect(Math.hypot(w[0] - start[0], w[1] - start[1])).toBeGreaterThan(0.02);
    }
  });
});

describe('with the rates that the search found', () => {
  it('those that can arrive do; Lion, LAMB and what decays its weights stay near', async () => {
    const tracks = await tracksOf(
      surfaces.flatMap((surface) => able.map((of) => lane(of, surface))),
      300,
    );
    const lowest = (surface: string, name: string) =>
      tracks.find((track) => track.surface.name === surface && track.rule.name === name)?.heights.at(-1) as number;
    const arrive: Readonly<Record<string, readonly string[]>> = {
      valley: ['sgd', 'momentum', 'nesterov', 'rprop', 'adagrad', 'adam', 'nadam'],
      beale: ['momentum', 'nesterov', 'rprop', 'adagrad', 'adam'],
      himmelblau: ['sgd', 'momentum', 'nesterov', 'rprop', 'adagrad', 'adadelta', 'rmsprop', 'adam', 'nadam'],
      saddle: ['sgd', 'momentum', 'nesterov', 'rprop', 'adagrad', 'rmsprop', 'adam', 'nadam', 'adamw'],
    };
    for (const [surface, names] of Object.entries(arrive)) {
      for (const name of names) expect(lowest(surface, name), `${name} on ${surface}`).toBeLessThan(1e-3);
    }
    expect(lowest('rosenbrock', 'momentum')).toBeLessThan(0.01);
    // All are much lower than where they began, and none has gone.
    for (const { heights, surface, rule: of } of tracks)
      expect(heights.at(-1), `${of.name} on ${surface.name}`).toBeLessThan(0.1 * heights[0]);
    // AdamW's decay holds it off the valley's minimum, where Adam, else the same, arrives.
    expect(lowest('valley', 'adamw')).toBeGreaterThan(10 * lowest('valley', 'adam'));
  });

  it('gradient descent diverges just above 2 / L on the valley, whose L is 50, and not just below', async () => {
    const valley = surfaceNamed('valley');
    const [below, above] = await tracksOf([lane(rule('sgd'), valley, 0.0398), lane(rule('sgd'), valley, 0.0402)], 200);
    expect(below.heights[200]).toBeLessThan(below.heights[0]);
    expect(above.heights[200]).toBeGreaterThan(2 * above.heights[0]);
  });
});

describe('the search', () => {
  const surface = surfaceNamed('saddle');

  it('takes the rate with the lowest score, the smallest of equal ones, and never one that diverged', () => {
    const searched = tried.map((lr, i) => ({ lr, scores: { 'saddle, adam': i === 0 ? null : i === 3 || i === 5 ? -2 : -1 } }));
    expect(rateOf('saddle', 'adam', searched)).toBe(tried[3]);
    expect(rateOf('saddle', 'sgd', searched)).toBe(rateOf('saddle', 'sgd'));
    expect(tried.slice(0, 5)).toEqual([0.0001, 0.0002, 0.0005, 0.001, 0.002]);
  });

  it('tries all of the grid, some of it, or nothing', () => {
    expect(ratesIn('none')).toEqual([]);
    expect(ratesIn('all')).toEqual(tried);
    expect(ratesIn('0.1, 0.01')).toEqual([0.01, 0.1]);
    expect(() => ratesIn('0.3')).toThrow(/search: there is no 0.3/);
  });

  it('scores the mean order of magnitude, and puts out what leaves the picture or is no number', () => {
    const points = [surface.start, surface.start];
    expect(surfaceScore(surface, [{ points, heights: [1, 0.01] }])).toBeCloseTo(-1, 12);
    expect(surfaceScore(surface, [{ points, heights: [0, 0] }])).toBe(-10);
    expect(surfaceScore(surface, [{ points: [[3, 0]], heights: [1] }])).toBe(null);
    expect(surfaceScore(surface, [{ points: [[Number.NaN, 0]], heights: [1] }])).toBe(null);
  });

  it('knows a rate for every rule on every surface and on the network', () => {
    for (const place of [...surfaces.map(({ name }) => name), 'network']) {
      for (const { name } of place === 'network' ? rules : able) expect(tried, `${name} on ${place}`).toContain(rateOf(place, name));
    }
  });
});

describe('small parts', () => {
  it('rules are chosen by name, in the order of the list', () => {
    expect(chosenRules(' Muon,sgd').map(({ name }) => name)).toEqual(['sgd', 'muon']);
    expect(chosenRules('all')).toEqual(rules);
    expect(() => chosenRules('adam, sgdd')).toThrow(TilegradError);
    expect(() => chosenRules('adam, sgdd')).toThrow('optimizers: there is no sgdd; did you mean sgd?');
  });

  it('a height counts as reached from the step on after which all are lower', () => {
    expect(stepsTo(1, [5, 0.5, 2, 0.5, 0.2])).toBe(3);
    expect(stepsTo(1, [5, 0.5, 2])).toBeUndefined();
    expect(stepsTo(1, [5, 0.5, Number.NaN])).toBeUndefined();
  });

  it('a path ends in the figure where it has left it for good', async () => {
    const surface = surfaceNamed('saddle');
    const far: Track = {
      ...lane(rule('sgd'), surface),
      points: [surface.start, [0, 0], [1e30, 0], [Number.NaN, 0]],
      heights: [5, 1, 1e38, 1],
    };
    const figure = surfaceFigure(
      surface,
      [far],
      surface.grid.points.filter((_, i) => i % 2 === 0).map((x) => x * x + 0.01),
    );
    const [paths] = figure.panels;
    expect(paths.kind === 'chart' && paths.series[0].x).toEqual([surface.start[0], 0, 1e30]);
    expect(await renderFigureSvg(figure)).not.toMatch(/NaN|Infinity/);
  });
});

/** A small run. */
const run = (options: Readonly<Record<string, unknown>>) =>
  runIn(optimizers, nothing, {
    options: {
      ...{ surface: 'valley', optimizers: 'sgd,adam,rprop,muon', steps: 20, search: 'none', networkSteps: 40 },
      ...{ hidden: 8, trainImages: 640, testImages: 200, ...options },
    },
  });

describe('a run', () => {
  it('draws what it was asked for', async () => {
    const { rows, shown, figures } = await run({});
    expect(shown.figures).toEqual(['valley', 'network']);
    for (const figure of figures.values()) expect(await renderFigureSvg(figure)).not.toMatch(/NaN|undefined/);
    expect(shown.tables.valley.rows.map(([name]) => name)).toEqual(['SGD', 'Rprop', 'Adam']);
    expect(shown.tables.network.rows.map(([name]) => name)).toEqual(['SGD', 'Rprop', 'Adam', 'Muon']);
    const heights = rows.filter((row) => 'valley, adam' in row);
    expect(heights.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const losses = rows.filter((row) => 'loss, adam' in row);
    expect(losses.map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, i) => 21 + i));
    // The same weights and the same batch: no rule has had its say in the first loss.
    const { step: _, ...first } = losses[0];
    expect(new Set(Object.values(first)).size).toBe(1);
    expect(losses.at(-1)?.['loss, adam']).toBeLessThan(losses[0]['loss, adam']);
  });

  it('with a factor of 1000 on the rates, divergence is a result and not an error', async () => {
    const { shown } = await run({ lrFactor: 1000, optimizers: 'sgd,adam', networkSteps: 10 });
    expect(shown.tables.valley.rows[0][2]).toBe('diverged');
    expect(shown.tables.network.rows).toHaveLength(2);
  });

  it('searches anew when asked, and takes what it found', async () => {
    const { shown, records } = await run({ search: 'all', optimizers: 'sgd,rprop', networkSteps: 10, steps: 60 });
    const searched = unpack(records.get('search')!, 'search') as readonly Searched[];
    expect(searched.map(({ lr }) => lr)).toEqual(tried);
    // Above 2 / 50 gradient descent diverges.
    expect(searched.every(({ lr, scores }) => (scores['valley, sgd'] === null) === lr > 0.04)).toBe(true);
    expect(searched.every(({ scores }) => scores['network, sgd'] !== undefined && scores['network, rprop'] !== undefined)).toBe(true);
    expect(shown.tables.valley.rows[0][1]).toBe(rateOf('valley', 'sgd', searched));
    expect(shown.tables.network.rows[1][1]).toBe(rateOf('network', 'rprop', searched));
  });
});

describe('the start that a person chooses', () => {
  it('is where all paths begin, and an answer does not depend on those before', async () => {
    const { answer } = await play(optimizers, await run({ optimizers: 'all', surface: 'none', networkSteps: 0 }));
    const from = async (...start: [number, number]) => onlyFigure(await answer({ start }));
    const first = await from(2, -3);
    const other = await from(-4, 1);
    expect(await from(2, -3)).toEqual(first);
    expect(other).not.toEqual(first);
    const paths = first.panels.flatMap((panel) =>
      panel.kind === 'chart' && panel.contours ? panel.series.filter(({ style }) => style !== 'points') : [],
    );
    expect(paths).toHaveLength(able.length);
    for (const { x, y } of paths) expect([x[0], y[0]]).toEqual([2, -3]);
    const [adam] = await tracksOf([{ ...lane(rule('adam'), surfaceNamed('himmelblau')), start: [2, -3] }], 120);
    const shown = paths.find(({ name }) => name.startsWith('Adam '));
    expect(shown?.x).toEqual(adam.points.map(([x]) => x));
  });
});
