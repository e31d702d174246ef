// What T stochastic passes say about one prediction (Gal, "Uncertainty in Deep Learning", 2016, §3.3). Entropies in nats.

/** Class probabilities of several passes: `passes[t][i·classes + c]`. */
export type Passes = readonly ArrayLike<number>[];

const entropyOf = (p: number): number => (p > 0 ? -p * Math.log(p) : 0);

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
  for (let i = 0; i < probabilities.length; i++) rows[Math.floor(i / classes)] += entropyOf(probabilities[i]);
  return rows;
}

/** The likeliest class of each row. */
export function decisions(probabilities: ArrayLike<number>, classes: number): Uint8Array {
  const chosen = new Uint8Array(probabilities.length / classes);
  for (let row = 0; row < chosen.length; row++) {
    for (let c = 1; c < classes; c++) if (probabilities[row * classes + c] > probabilities[row * classes + chosen[row]]) chosen[row] = c;
  }
  return chosen;
}

/** Share of rows whose likeliest class is the label. */
export function accuracy(probabilities: ArrayLike<number>, labels: ArrayLike<number>, classes: number): number {
  return decisions(probabilities, classes).reduce((hits, chosen, row) => hits + (chosen === labels[row] ? 1 : 0), 0) / labels.length;
}

/** A square picture turned by `degrees` about its centre, bilinearly; what comes in from outside is 0. */
export function rotated(pixels: ArrayLike<number>, size: number, degrees: number): Float32Array {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin, centre] = [Math.cos(angle), Math.sin(angle), (size - 1) / 2];
  const at = (x: number, y: number): number => (x < 0 || y < 0 || x >= size || y >= size ? 0 : pixels[y * size + x]);
  return Float32Array.from({ length: size * size }, (_, i) => {
    const [dx, dy] = [(i % size) - centre, Math.floor(i / size) - centre];
    const [x, y] = [cos * dx - sin * dy + centre, sin * dx + cos * dy + centre];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [fx, fy] = [x - left, y - top];
    return (
      (1 - fy) * ((1 - fx) * at(left, top) + fx * at(left + 1, top)) + fy * ((1 - fx) * at(left, top + 1) + fx * at(left + 1, top + 1))
    );
  });
}
