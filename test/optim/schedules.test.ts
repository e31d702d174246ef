import { describe, expect, it } from 'vitest';
import { optim } from '../../src/index.ts';

const {
  constant,
  cosine,
  cosineRestarts,
  exponential,
  linear,
  multiStep,
  oneCycle,
  polynomial,
  ReduceOnPlateau,
  sequence,
  stepDecay,
  warmup,
} = optim.schedules;
const wave = (share: number) => 0.5 * (1 + Math.cos(Math.PI * share));

/** Rates by step, worked out by hand. */
const ROWS: readonly (readonly [name: string, schedule: optim.Schedule, rates: Readonly<Record<number, number>>])[] = [
  ['constant', constant(0.3), { 0: 0.3, 99: 0.3 }],
  ['stepDecay falls at whole multiples', stepDecay(1, 10), { 0: 1, 9: 1, 10: 0.1, 19: 0.1, 20: 0.01 }],
  ['stepDecay by another factor', stepDecay(2, 3, 0.5), { 2: 2, 3: 1, 6: 0.5 }],
  ['multiStep falls at its milestones', multiStep(1, [3, 5, 5], 0.5), { 0: 1, 2: 1, 3: 0.5, 4: 0.5, 5: 0.125, 50: 0.125 }],
  ['exponential', exponential(2, 0.5), { 0: 2, 1: 1, 3: 0.25 }],
  ['linear goes in equal parts and stays at its end', linear(1, 4), { 0: 1, 1: 0.75, 2: 0.5, 4: 0, 9: 0 }],
  ['polynomial', polynomial(1, 4, 2, 0.5), { 0: 1, 2: 0.625, 4: 0.5, 9: 0.5 }],
  ['polynomial of power 1 is linear', polynomial(1, 4), { 1: 0.75, 4: 0 }],
  ['cosine runs along half a wave and stays at its end', cosine(1, 100), { 0: 1, 50: 0.5, 100: 0, 1000: 0 }],
  ['cosine with an end', cosine(1, 4, 0.2), { 1: 0.2 + 0.8 * wave(1 / 4), 2: 0.6, 4: 0.2 }],
  ['cosineRestarts', cosineRestarts(1, 4), { 0: 1, 2: 0.5, 3: wave(3 / 4), 4: 1, 6: 0.5, 4000: 1 }],
  ['cosineRestarts, longer each time', cosineRestarts(1, 2, 2, 0.5), { 0: 1, 1: 0.75, 2: 1, 4: 0.75, 6: 1, 10: 0.75, 14: 1 }],
  ['warmup rises to the first rate of what follows', warmup(4, linear(1, 2)), { 0: 0.25, 1: 0.5, 3: 1, 4: 1, 5: 0.5, 6: 0 }],
  ['sequence', sequence([constant(1), linear(0.5, 2), constant(0.1)], [3, 5]), { 0: 1, 2: 1, 3: 0.5, 4: 0.25, 5: 0.1, 9: 0.1 }],
  [
    'oneCycle: torch.optim.lr_scheduler.OneCycleLR',
    oneCycle(1, 11),
    { 0: 0.04, 1: 0.04 + 0.96 * (1 - wave(1 / 2.3)), 10: 0.04 / 1e4, 6: 0.04 / 1e4 + (1 - 0.04 / 1e4) * wave(3.7 / 7.7), 99: 0.04 / 1e4 },
  ],
  [
    'oneCycle with its own shape',
    oneCycle(1, 9, { rising: 5 / 9, divider: 10, finalDivider: 10 }),
    { 0: 0.1, 2: 0.55, 4: 1, 6: 0.505, 8: 0.01 },
  ],
];

describe('schedules', () => {
  it.each(ROWS)('%s', (_name, schedule, rates) => {
    for (const [step, rate] of Object.entries(rates)) expect(schedule(Number(step)), `step ${step}`).toBeCloseTo(rate, 12);
  });

  it('oneCycle may rise to its end', () => {
    const rates = [0, 1, 2, 3, 4, 5].map(oneCycle(1, 5, { rising: 1, divider: 10, finalDivider: 10 }));
    [0.1, 0.1 + 0.9 * (1 - wave(1 / 4)), 0.55, 0.1 + 0.9 * (1 - wave(3 / 4)), 1, 0.01].forEach((rate, i) => {
      expect(rates[i]).toBeCloseTo(rate, 12);
    });
    expect(oneCycle(1, 1, { rising: 1 })(0)).toBe(1);
  });

  it.each<[string, (...args: never[]) => optim.Schedule, readonly unknown[]]>([
    ['constant', constant, [1]],
    ['stepDecay', stepDecay, [1, 10, 0.1]],
    ['multiStep', multiStep, [1, [1, 2], 0.1]],
    ['exponential', exponential, [1, 0.9]],
    ['linear', linear, [1, 10, 0]],
    ['polynomial', polynomial, [1, 10, 2, 0]],
    ['cosine', cosine, [1, 10, 0]],
    ['cosineRestarts', cosineRestarts, [1, 10, 2, 0]],
    ['warmup', warmup, [10, constant(1)]],
    ['sequence', sequence, [[constant(1)], []]],
    ['oneCycle', oneCycle, [1, 10, {}]],
  ])('%s refuses arguments of the wrong kind', (name, schedule, args) => {
    const make = (all: readonly unknown[]) => (schedule as (...all: unknown[]) => optim.Schedule)(...all);
    expect(make(args)(3)).toBeGreaterThanOrEqual(0);
    args.forEach((_, i) => {
      for (const wrong of ['1', null, Number.NaN, -1, true]) {
        expect(() => make(args.map((arg, at) => (at === i ? wrong : arg)))).toThrow(
          new RegExp(`^${name}: expected \\w+ (to be|as an object)`),
        );
      }
    });
  });

  it('refuses no steps at all, parts that don’t fit, unknown options', () => {
    for (const schedule of [linear, polynomial, cosine, cosineRestarts, oneCycle]) {
      expect(() => schedule(1, 0)).toThrow(/: expected steps to be a number > 0, got 0/);
    }
    expect(warmup(0, constant(2))(0)).toBe(2);
    expect(() => sequence([constant(1)], [3])).toThrow('sequence: expected one part more than milestones, got 1 and 1');
    expect(() => oneCycle(1, 9, { risng: 1 } as never)).toThrow('oneCycle: there is no option risng; did you mean rising?');
    expect(() => oneCycle(1, 9, { rising: 2 })).toThrow('oneCycle: expected rising to be a number in [0, 1], got 2');
    expect(() => new ReduceOnPlateau(1, { mode: 'least' } as never)).toThrow(
      "ReduceOnPlateau: expected mode to be 'min' or 'max', got 'least'",
    );
    expect(() => new ReduceOnPlateau(1, { factor: 2 })).toThrow('ReduceOnPlateau: expected factor to be a number in (0, 1), got 2');
    const low = new ReduceOnPlateau(1e-5, { patience: 0, smallest: 1e-4 });
    low.report(1);
    low.report(1);
    expect(low.lr).toBe(1e-5);
    expect(() => new ReduceOnPlateau(1, 5 as never)).toThrow(/^ReduceOnPlateau: expected options as an object/);
    expect(() => new ReduceOnPlateau(1).report('1' as never)).toThrow("ReduceOnPlateau: expected metric to be a number, got '1'");
  });

  it('cosineRestarts refuses shrinking waves', () => {
    expect(() => cosineRestarts(1, 4, 0.5)).toThrow('cosineRestarts: expected a factor ≥ 1, got 0.5');
  });
});

describe('ReduceOnPlateau', () => {
  const rates = (plateau: InstanceType<typeof ReduceOnPlateau>, metrics: readonly number[]) =>
    metrics.map((metric) => {
      plateau.report(metric);
      return plateau.lr;
    });

  it('lowers the rate after more than `patience` reports without improvement', () => {
    expect(rates(new ReduceOnPlateau(1, { patience: 1, factor: 0.5 }), [3, 2, 2, 2, 2, 2, 1, 1])).toEqual([
      1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25,
    ]);
  });

  it('knows rising metrics, a threshold, a cooldown, a floor, and takes NaN for none', () => {
    const options = { mode: 'max', patience: 0, factor: 0.1, threshold: 0.1, cooldown: 2, smallest: 0.05 } as const;
    // 1.05 is no improvement by a tenth; the two reports after that don't count.
    expect(rates(new ReduceOnPlateau(1, options), [1, 1.05, 1, 1, 1, Number.NaN, 2])).toEqual([1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05]);
    expect(rates(new ReduceOnPlateau(1, { patience: 0 }), [Number.NaN, 5])[0]).toBeCloseTo(0.1);
  });

  it('lowers the rate for negative metrics as well, by shares or differences', () => {
    const options = { patience: 0, factor: 0.5, threshold: 0.1 };
    // −10.5 is better by less than a tenth of 10; −12 by more.
    expect(rates(new ReduceOnPlateau(1, options), [-10, -10, -10.5, -12])).toEqual([1, 0.5, 0.25, 0.25]);
    expect(rates(new ReduceOnPlateau(1, { ...options, mode: 'max' }), [-10, -10, -9.5, -8])).toEqual([1, 0.5, 0.25, 0.25]);
    expect(rates(new ReduceOnPlateau(1, { ...options, thresholdMode: 'abs' }), [-10, -10.05, -10.2])).toEqual([1, 0.5, 0.5]);
  });

  it('goes on from a saved state', () => {
    const [whole, half, rest] = [1, 2, 3].map(() => new ReduceOnPlateau(1, { patience: 1 }));
    const metrics = [3, 4, 4, 2, 5, 5, 5];
    const expected = rates(whole, metrics);
    const begin = rates(half, metrics.slice(0, 3));
    rest.restore(JSON.parse(JSON.stringify(half.state())) as ReturnType<typeof half.state>);
    expect([...begin, ...rates(rest, metrics.slice(3))]).toEqual(expected);
  });
});
