// Points of the latent space.

/** The two latent dimensions that carry most, by their KL, the lower one first. */
export function busiestPlane(kl: readonly number[]): number[] {
  const byKl = kl.map((_, i) => i).sort((i, j) => kl[j] - kl[i]);
  return byKl.slice(0, 2).sort((i, j) => i - j);
}

/** Points [n, latentSize] of a plane: the two coordinates in these dimensions, 0 in the others. */
export function inPlane(points: readonly (readonly number[])[], plane: readonly number[], latentSize: number): Float32Array {
  return Float32Array.from(points.flatMap((point) => Array.from({ length: latentSize }, (_, i) => point[plane.indexOf(i)] ?? 0)));
}

/** A grid of `side`² points that cuts N(0, I) into cells of equal probability, rows from high to low y. */
export function quantileGrid(side: number): number[][] {
  const places = Array.from({ length: side }, (_, i) => normalQuantile((i + 0.5) / side));
  return [...places].reverse().flatMap((y) => places.map((x) => [x, y]));
}

/** Where the standard normal's distribution function is `p`, 0 < p < 1: by Newton's method. */
export function normalQuantile(p: number): number {
  let x = 0;
  // From 0 the steps never pass the goal, as the density falls to both sides.
  for (let change = 1; Math.abs(change) > 1e-12; x += change) {
    // x + x³/3 + x⁵/(3·5) + …, times the density, is the distribution function less ½ (Marsaglia, "Evaluating the normal distribution", 2004).
    let series = 0;
    for (let [term, k] = [x, 3]; series + term !== series; term *= (x * x) / k, k += 2) series += term;
    change = (p - 0.5) * Math.sqrt(2 * Math.PI) * Math.exp((x * x) / 2) - series;
  }
  return x;
}
