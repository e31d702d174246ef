// What T stochastic passes say about one prediction (Gal, "Uncertainty in Deep Learning", 2016, §3.3). Entropies in nats.

/** Class probabilities of several passes: `passes[t][i·classes + c]`. */
export type Passes = readonly ArrayLike<number>[];

/** Mean over the first `count` passes. */
export function meanOf(passes: Passes, count = passes.length): Float64Array {
  const mean = new Float64Array(passes[0].length);
  for (let t = 0; t < count; t++) for (let i = 0; i < mean.length; i++) mean[i] += passes[t][i] / count;
  return mean;
}

/** Entropy of the averaged prediction of each row: how uncertain the ensemble is in all. */
export function predictiveEntropy(passes: Passes, classes: number): Float64Array {
  return rowEntropies(meanOf(passes), classes);
}

/**
 * Predictive entropy less the mean entropy of the single passes: how much the passes disagree, which more data could cure
 * (the mutual information between prediction and weights, "BALD").
 */
export function mutualInformation(passes: Passes, classes: number): Float64Array {
  const information = predictiveEntropy(passes, classes);
  for (const pass of passes) rowEntropies(pass, classes).forEach((entropy, row) => (information[row] -= entropy / passes.length));
  return information;
}

function rowEntropies(probabilities: ArrayLike<number>, classes: number): Float64Array {
  const rows = new Float64Array(probabilities.length / classes);
  Array.from(probabilities).forEach((p, i) => (rows[Math.floor(i / classes)] -= p > 0 ? p * Math.log(p) : 0));
  return rows;
}

/** Whether the likeliest class of each row, the first of equal ones, is its label. */
export function hits(probabilities: ArrayLike<number>, labels: ArrayLike<number>, classes: number): boolean[] {
  return Array.from(labels, (label, row) => {
    const own = Array.from({ length: classes }, (_, c) => probabilities[row * classes + c]);
    return own.indexOf(Math.max(...own)) === label;
  });
}
