import {
  alphaDropout,
  bernoulli,
  categorical,
  dropout,
  dropout2d,
  exponential,
  full,
  gumbel,
  multinomial,
  ones,
  rand,
  randint,
  randn,
  randomBits,
  randperm,
  tensor,
  truncNormal,
} from '../../../src/index.ts';
import { erf, erfc } from '../reference.ts';
import type { Statistic } from '../statistics.ts';

const N = 20_001;
const EULER = 0.5772156649015329;
const phi = (x: number) => 0.5 * (1 + erf(x / Math.SQRT2));
const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Whole numbers from 0 on with these probabilities. */
function whole(probabilities: readonly number[]) {
  const mean = probabilities.reduce((sum, p, i) => sum + p * i, 0);
  return { probabilities, mean, variance: probabilities.reduce((sum, p, i) => sum + p * (i - mean) ** 2, 0) };
}

/** Normal in [low, high]: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions, §13.10.1. */
function truncated(mean: number, std: number, low: number, high: number) {
  const [a, b] = [(low - mean) / std, (high - mean) / std];
  // The tails are differences of numbers near 0, not near 1.
  const beyond = (x: number) => 0.5 * erfc(x / Math.SQRT2);
  const between = (from: number, to: number) => (from + to > 0 ? beyond(from) - beyond(to) : beyond(-to) - beyond(-from));
  const inside = between(a, b);
  const shift = (density(a) - density(b)) / inside;
  return {
    cumulative: (x: number) => between(a, (x - mean) / std) / inside,
    mean: mean + std * shift,
    variance: std ** 2 * (1 + (a * density(a) - b * density(b)) / inside - shift ** 2),
  };
}

const continuous: Statistic[] = [
  { op: 'rand', draw: () => rand([N]), cumulative: (x) => x, mean: 0.5, variance: 1 / 12 },
  {
    op: 'rand',
    about: 'in a range',
    draw: () => rand([N], { low: -3, high: 5 }),
    cumulative: (x) => (x + 3) / 8,
    mean: 1,
    variance: 64 / 12,
  },
  { op: 'randn', draw: () => randn([3, 6667]), cumulative: phi, mean: 0, variance: 1 },
  { op: 'randn', about: 'moved', draw: () => randn([N], { mean: 2, std: 3 }), cumulative: (x) => phi((x - 2) / 3), mean: 2, variance: 9 },
  { op: 'truncNormal', draw: () => truncNormal([N]), ...truncated(0, 1, -2, 2) },
  {
    op: 'truncNormal',
    about: 'far from its mean',
    draw: () => truncNormal([N], { mean: 1, std: 0.5, low: 2, high: 2.5 }),
    ...truncated(1, 0.5, 2, 2.5),
  },
  ...(
    [
      [0, 1, 1.3, 1.7],
      [0, 1, 1.5, 9],
      [0, 1, 5.5, 8],
      [0, 1, -8, -5.5],
      [2, 0.25, 3.5, 4],
      [-1, 3, 80, 200],
      [0, 1, -1, 7],
    ] as const
  ).map(
    ([mean, std, low, high]): Statistic => ({
      op: 'truncNormal',
      about: `of ${mean} ± ${std} in [${low}, ${high}]`,
      draw: () => truncNormal([N], { mean, std, low, high }),
      bounds: [low, high],
      ...truncated(mean, std, low, high),
    }),
  ),
  {
    op: 'rand',
    about: 'in a range with few numbers',
    draw: () => rand([N], { low: 1000, high: 1001 }),
    bounds: [1000, 1001 - 2 ** -14],
    cumulative: (x) => x - 1000,
    mean: 1000.5,
    variance: 1 / 12,
  },
  { op: 'exponential', draw: () => exponential([N]), cumulative: (x) => 1 - Math.exp(-x), mean: 1, variance: 1 },
  {
    op: 'exponential',
    about: 'of another rate',
    draw: () => exponential([N], { rate: 4 }),
    cumulative: (x) => 1 - Math.exp(-4 * x),
    mean: 1 / 4,
    variance: 1 / 16,
  },
  { op: 'gumbel', draw: () => gumbel([N]), cumulative: (x) => Math.exp(-Math.exp(-x)), mean: EULER, variance: Math.PI ** 2 / 6 },
  {
    op: 'alphaDropout',
    about: 'keeps mean and variance',
    draw: () => alphaDropout(randn([N]), 0.3),
    mean: 0,
    variance: 1,
  },
];

const WEIGHTS = [1, 0, 3, 4];
const share = (i: number) => WEIGHTS[i] / 8;
/** First and second of two draws without replacement, as one number. */
const PAIRS = Array.from({ length: 16 }, (_, pair) => {
  const [first, second] = [Math.floor(pair / 4), pair % 4];
  return first === second ? 0 : (share(first) * share(second)) / (1 - share(first));
});

const discrete: Statistic[] = [
  // The bits of a byte of each word.
  { op: 'randomBits', draw: () => randomBits(N).shiftRight(13).bitAnd(255).cast('i32'), ...whole(new Array<number>(256).fill(1 / 256)) },
  ...[0, 0.1, 0.5, 1].map(
    (p): Statistic => ({ op: 'bernoulli', about: `${p}`, draw: () => bernoulli([101, 99], p), ...whole([1 - p, p]) }),
  ),
  { op: 'dropout', about: 'as multiples of the scale', draw: () => dropout(full([N], 0.7), 0.3).round(), ...whole([0.3, 0.7]) },
  {
    op: 'dropout2d',
    about: 'channels',
    draw: () =>
      dropout2d(ones([71, 99, 2]), 0.5)
        .slice([null, null, [1, 2]])
        .mul(0.5),
    ...whole([0.5, 0.5]),
  },
  { op: 'randint', draw: () => randint([N], -3, 8).add(3), ...whole(new Array<number>(11).fill(1 / 11)) },
  {
    op: 'randperm',
    about: 'the first half, in tens',
    draw: () =>
      randperm(N - 1)
        .slice([[0, 10_000]])
        .div(2000)
        .cast('i32'),
    ...whole(new Array<number>(10).fill(0.1)),
  },
  {
    op: 'categorical',
    draw: () => categorical(tensor([WEIGHTS]).log().expand([N, 4])).cast('i32'),
    ...whole(WEIGHTS.map((_, i) => share(i))),
  },
  {
    op: 'multinomial',
    about: 'with replacement',
    draw: () => multinomial(tensor(WEIGHTS), N, { replacement: true }).cast('i32'),
    ...whole(WEIGHTS.map((_, i) => share(i))),
  },
  {
    op: 'multinomial',
    about: 'two without replacement',
    draw: () => {
      const two = multinomial(tensor([WEIGHTS]).expand([N, 4]), 2).cast('i32');
      return two
        .slice([null, [0, 1]])
        .mul(4)
        .add(two.slice([null, [1, 2]]));
    },
    ...whole(PAIRS),
  },
];

export const randomStatistics: readonly Statistic[] = [...continuous, ...discrete];
