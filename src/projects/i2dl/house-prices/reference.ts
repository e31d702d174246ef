// The same regression in float64, in plain JavaScript: what the GPU's gradient descent is held against.

/** Houses in the form that the regression sees: standardised features, row after row, and 1 for expensive. */
export interface Sample {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

export interface Measured {
  /** Binary cross-entropy, mean over the houses, in nats. */
  readonly loss: number;
  /** Share of the houses whose class has the higher probability. */
  readonly accuracy: number;
}

/** The probability of a score, and back. */
export const sigmoid = (score: number) => 1 / (1 + Math.exp(-score));
export const logit = (probability: number) => Math.log(probability / (1 - probability));

/** Loss and accuracy of scores (log-odds). */
export function measure(scores: ArrayLike<number>, y: ArrayLike<number>): Measured {
  let loss = 0;
  let right = 0;
  for (let i = 0; i < y.length; i++) {
    // log(1 + e^s) − y·s, without overflow.
    loss += Math.max(scores[i], 0) + Math.log1p(Math.exp(-Math.abs(scores[i]))) - y[i] * scores[i];
    if (scores[i] > 0 === y[i] > 0.5) right++;
  }
  return { loss: loss / y.length, accuracy: right / y.length };
}

/** Scores of houses; the last of the weights is the bias. */
export function scoresOf({ x, y }: Sample, weights: ArrayLike<number>): Float64Array {
  const features = weights.length - 1;
  return Float64Array.from({ length: y.length }, (_, row) => {
    let score = weights[features];
    for (let f = 0; f < features; f++) score += weights[f] * x[row * features + f];
    return score;
  });
}

/** weightDecay/2 · |w|² without the bias: what weight decay adds to the loss that is minimised. */
export function penalty(weights: ArrayLike<number>, weightDecay: number): number {
  let squares = 0;
  for (let f = 0; f < weights.length - 1; f++) squares += weights[f] ** 2;
  return (weightDecay / 2) * squares;
}

/** Gradient of loss and penalty. */
function gradient(sample: Sample, weights: Float64Array, weightDecay: number): Float64Array {
  const { x, y } = sample;
  const features = weights.length - 1;
  const result = weights.map((weight, f) => (f < features ? weightDecay * weight : 0));
  scoresOf(sample, weights).forEach((score, row) => {
    const error = (sigmoid(score) - y[row]) / y.length;
    for (let f = 0; f < features; f++) result[f] += error * x[row * features + f];
    result[features] += error;
  });
  return result;
}

/** One step of gradient descent, in place. */
export function descend(sample: Sample, weights: Float64Array, lr: number, weightDecay: number): void {
  gradient(sample, weights, weightDecay).forEach((slope, f) => {
    weights[f] -= lr * slope;
  });
}

/**
 * The weights that gradient descent approaches: Newton's method (iteratively reweighted least squares), each step halved until the loss falls.
 * `undefined` when there are none (a plane that parts the two classes without a fault can be made ever steeper) or no single ones (columns
 * that say the same).
 */
export function optimum(sample: Sample, features: number, weightDecay: number): Float64Array | undefined {
  const objective = (weights: Float64Array) => measure(scoresOf(sample, weights), sample.y).loss + penalty(weights, weightDecay);
  let weights = new Float64Array(features + 1);
  let value = objective(weights);
  for (let iteration = 0; iteration < 100; iteration++) {
    if (weightDecay === 0 && measure(scoresOf(sample, weights), sample.y).accuracy === 1) return undefined;
    const slope = gradient(sample, weights, weightDecay);
    const step = solve(hessian(sample, weights, weightDecay), slope);
    if (!step?.every(Number.isFinite)) return undefined;
    // Half of it is how far the loss still stands above its minimum (Boyd and Vandenberghe, Convex Optimization, 9.5.1).
    const decrement = step.reduce((sum, move, f) => sum + move * slope[f], 0);
    if (decrement < 1e-20) return weights;
    for (let scale = 1; ; scale /= 2) {
      const next = weights.map((weight, f) => weight - scale * step[f]);
      const found = objective(next);
      if (found < value || scale < 1e-3) {
        [weights, value] = [next, found];
        break;
      }
    }
  }
  return undefined;
}

/** Second derivatives of loss and penalty: Xᵀ·diag(p·(1 − p))·X/n. */
function hessian({ x, y }: Sample, weights: Float64Array, weightDecay: number): Float64Array[] {
  const size = weights.length;
  const matrix = Array.from({ length: size }, (_, f) => {
    const row = new Float64Array(size);
    if (f < size - 1) row[f] = weightDecay;
    return row;
  });
  scoresOf({ x, y }, weights).forEach((score, i) => {
    const p = sigmoid(score);
    const value = (f: number) => (f < size - 1 ? x[i * (size - 1) + f] : 1);
    for (let f = 0; f < size; f++) for (let g = 0; g < size; g++) matrix[f][g] += (p * (1 - p) * value(f) * value(g)) / y.length;
  });
  return matrix;
}

/** x with matrix·x = right, by Gaussian elimination with pivoting; `undefined` for a singular matrix. */
function solve(matrix: readonly Float64Array[], right: Float64Array): Float64Array | undefined {
  const rows = matrix.map((row, i) => Float64Array.of(...row, right[i]));
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let i = column + 1; i < size; i++) if (Math.abs(rows[i][column]) > Math.abs(rows[pivot][column])) pivot = i;
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    if (!(Math.abs(rows[column][column]) > 1e-300)) return undefined;
    for (let i = 0; i < size; i++) {
      if (i === column) continue;
      const factor = rows[i][column] / rows[column][column];
      for (let k = column; k <= size; k++) rows[i][k] -= factor * rows[column][k];
    }
  }
  return Float64Array.from(rows, (row, i) => row[size] / row[i]);
}
