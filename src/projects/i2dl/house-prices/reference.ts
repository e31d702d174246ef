// The same regression in float64, in plain JavaScript: what the GPU's gradient descent is held against.
import type { Statistics } from '../../../index.ts';

/** Houses in the form that the regression sees: a row each of standardised features and a 1 for the bias; and 1 for expensive. */
export function sampleOf({ x, y }: Readonly<Record<'x' | 'y', { readonly data: ArrayLike<number> }>>, statistics: Statistics) {
  const { mean, deviation } = statistics;
  const row = (i: number) => [...Array.from(mean, (_, f) => (x.data[i * mean.length + f] - mean[f]) / deviation[f]), 1];
  return { rows: Array.from(y.data, (_, i) => row(i)), y: y.data };
}
type Sample = ReturnType<typeof sampleOf>;

export const sigmoid = (score: number) => 1 / (1 + Math.exp(-score));

/** Binary cross-entropy of scores (log-odds), the mean of the houses, in nats. */
export function crossEntropy(scores: ArrayLike<number>, y: ArrayLike<number>): number {
  // log(1 + e^s) − y·s, without overflow.
  const costs = Array.from(scores, (s, i) => Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - y[i] * s);
  return costs.reduce((sum, cost) => sum + cost, 0) / y.length;
}

/** Scores of houses; the last of the weights is the bias. */
export const scoresOf = ({ rows }: Sample, weights: ArrayLike<number>) =>
  Float64Array.from(rows, (row) => row.reduce((sum, x, f) => sum + weights[f] * x, 0));

/** What is minimised: the loss and, for weight decay, one for each weight, Σ decay/2 · w². */
export const objective = (sample: Sample, weights: ArrayLike<number>, decay: readonly number[]) =>
  crossEntropy(scoresOf(sample, weights), sample.y) + decay.reduce((sum, pull, f) => sum + (pull / 2) * weights[f] ** 2, 0);

/** Its gradient. */
function gradient(sample: Sample, weights: Float64Array, decay: readonly number[]): Float64Array {
  const slope = Float64Array.from(decay, (pull, f) => pull * weights[f]);
  scoresOf(sample, weights).forEach((score, i) => {
    const error = (sigmoid(score) - sample.y[i]) / sample.y.length;
    sample.rows[i].forEach((x, f) => (slope[f] += error * x));
  });
  return slope;
}

/** One step of gradient descent, in place. */
export function descend(sample: Sample, weights: Float64Array, lr: number, decay: readonly number[]): void {
  gradient(sample, weights, decay).forEach((slope, f) => (weights[f] -= lr * slope));
}

/**
 * The weights that gradient descent approaches: Newton's method (iteratively reweighted least squares), each step halved until the loss falls.
 * `undefined` when there are none (a plane that parts the two classes without a fault can be made ever steeper) or no single ones (columns
 * that say the same).
 */
export function optimum(sample: Sample, decay: readonly number[]): Float64Array | undefined {
  let weights = new Float64Array(sample.rows[0].length);
  for (let iteration = 0; iteration < 100; iteration++) {
    if (Math.max(...decay) === 0 && scoresOf(sample, weights).every((score, i) => score > 0 === sample.y[i] > 0.5)) return undefined;
    const slope = gradient(sample, weights, decay);
    const step = solve(hessian(sample, weights, decay), slope);
    if (!step?.every(Number.isFinite)) return undefined;
    // Half of it is how far the loss still stands above its minimum (Boyd and Vandenberghe, Convex Optimization, 9.5.1).
    if (step.reduce((sum, move, f) => sum + move * slope[f], 0) < 1e-20) return weights;
    const at = (scale: number) => weights.map((weight, f) => weight - scale * step[f]);
    const value = objective(sample, weights, decay);
    let scale = 1;
    while (scale >= 1e-3 && !(objective(sample, at(scale), decay) < value)) scale /= 2;
    weights = at(scale);
  }
  return undefined;
}

/** Second derivatives of loss and penalty: Xᵀ·diag(p·(1 − p))·X/n. */
function hessian(sample: Sample, weights: Float64Array, decay: readonly number[]): number[][] {
  const matrix = decay.map((pull, f) => decay.map((_, g) => (f === g ? pull : 0)));
  scoresOf(sample, weights).forEach((score, i) => {
    const row = sample.rows[i];
    const share = (sigmoid(score) * sigmoid(-score)) / sample.rows.length;
    matrix.forEach((line, f) => row.forEach((x, g) => (line[g] += share * row[f] * x)));
  });
  return matrix;
}

/** x with matrix·x = right for a positive definite matrix, by Gaussian elimination; `undefined` where a pivot says that it is none. */
function solve(matrix: readonly (readonly number[])[], right: Float64Array): Float64Array | undefined {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  for (const [c, pivot] of rows.entries()) {
    if (!(pivot[c] > 1e-14 * matrix[c][c])) return undefined;
    for (const row of rows) {
      const factor = row[c] / pivot[c];
      if (row !== pivot) pivot.forEach((value, k) => (row[k] -= factor * value));
    }
  }
  return Float64Array.from(rows, (row, i) => row.at(-1)! / row[i]);
}
