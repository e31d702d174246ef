// Whether two samples come from one distribution.
import { type Figure, figures, quantile, type Random, type Table } from '../../../index.ts';

/** Kernels: widths as shares of the median distance between points of the second sample. The narrow ones see holes and arms of its shape. */
const SHARES = [1, 1 / 2, 1 / 4, 1 / 8];
/** Times that both samples are mixed at random, and the level at which they count as told apart. */
const PERMUTATIONS = 200;
const LEVEL = 0.05;
/** What is less has no place on a logarithmic axis. */
const LEAST = 1e-5;

export interface TwoSampleTest {
  /** MMD², unbiased: 0 on average where both come from one distribution. */
  readonly distance: number;
  /** What it exceeds by chance with a probability of {@link LEVEL}. */
  readonly threshold: number;
  /** The share of random mixtures that are as far apart. */
  readonly p: number;
  /** Whether it is less than {@link LEVEL}. */
  readonly toldApart: boolean;
}

/**
 * The kernel two-sample test (Gretton et al., "A kernel two-sample test", JMLR 2012) of points [n, size] each, with the mean of RBF kernels
 * exp(−|a − b|² / 2σ²) of several widths σ; its p-value by permutations.
 */
export function twoSampleTest(first: Float32Array, second: Float32Array, size: number, random: Random): TwoSampleTest {
  const n = first.length / size;
  const squares = squaredDistances(Float64Array.from([...first, ...second]), size);
  const median = quantile(
    squares.filter((_, k) => k % (2 * n) >= n && k % (2 * n) < Math.floor(k / (2 * n))),
    0.5,
  );
  const rates = SHARES.map((share) => -1 / (2 * share ** 2 * median));
  const kernel = squares.map((square) => rates.reduce((sum, rate) => sum + Math.exp(rate * square), 0) / rates.length);
  const sides = Int8Array.from({ length: 2 * n }, (_, i) => (i < n ? 1 : -1));
  const distance = squaredMmd(kernel, sides);
  const mixed = Array.from({ length: PERMUTATIONS }, () => {
    random.shuffle(sides);
    return squaredMmd(kernel, sides);
  });
  const p = (1 + mixed.filter((other) => other >= distance).length) / (1 + PERMUTATIONS);
  return { distance, threshold: quantile(mixed, 1 - LEVEL), p, toldApart: p < LEVEL };
}

/** Between points [count, size]: [count, count]. */
function squaredDistances(points: Float64Array, size: number): Float64Array {
  const count = points.length / size;
  const squares = new Float64Array(count ** 2);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      for (let d = 0; d < size; d++) squares[i * count + j] += (points[i * size + d] - points[j * size + d]) ** 2;
    }
  }
  return squares;
}

/**
 * MMD², unbiased, by a kernel [2n, 2n] between points of which n are on either side, ±1: the mean within the sides, twice, less twice the mean
 * across (equation 3 of the paper).
 */
export function squaredMmd(kernel: Float64Array, sides: Int8Array): number {
  const n = sides.length / 2;
  let [within, across] = [0, 0];
  for (let i = 0; i < 2 * n; i++) {
    for (let j = 0; j < i; j++) {
      if (sides[j] === sides[i]) within += kernel[2 * n * i + j];
      else across += kernel[2 * n * i + j];
    }
  }
  return (2 * within) / (n * (n - 1)) - (2 * across) / n ** 2;
}

/** The same test again and again in a training, from epoch 0 on. */
export function testFigure(tests: readonly TwoSampleTest[], words: { readonly title: string; readonly caption: string }): Figure {
  const lines = {
    'MMD² found': tests.map(({ distance }) => Math.max(distance, LEAST)),
    'exceeded by chance in 5 % of cases': { y: tests.map(({ threshold }) => threshold), style: 'dashed' as const, colour: figures.INK },
  };
  const caption = `${words.caption} What is less than 10⁻⁵, below 0 too, is drawn there.`;
  return figures.curves(lines, { title: words.title, caption, from: 0, x: 'epoch', y: { label: 'MMD²', log: true } });
}

/** Tests by name. */
export const testTable = (title: string, tests: Readonly<Record<string, TwoSampleTest>>): Table =>
  figures.table(title, '', tests, {
    'MMD²': ({ distance }) => figures.fixed(distance, 4),
    'exceeded by chance in 5 %': ({ threshold }) => figures.fixed(threshold, 4),
    p: ({ p }) => figures.fixed(p, 3),
    'told apart': ({ toldApart }) => (toldApart ? 'yes' : 'no'),
  });
