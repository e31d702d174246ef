// Points of the latent space.

/** The two latent dimensions that carry most, by their KL, the lower one first. */
export function busiestPlane(kl: readonly number[]): readonly [number, number] {
  const [a, b] = kl.map((_, i) => i).sort((i, j) => kl[j] - kl[i]);
  return a < b ? [a, b] : [b, a];
}

/** Points [n, latentSize] of a plane: the two coordinates in these dimensions, 0 in the others. */
export function inPlane(
  points: readonly (readonly [number, number])[],
  [first, second]: readonly [number, number],
  latentSize: number,
): Float32Array {
  const z = new Float32Array(points.length * latentSize);
  points.forEach(([x, y], i) => {
    z[i * latentSize + first] = x;
    z[i * latentSize + second] = y;
  });
  return z;
}

/** A grid of `side`² points that cuts N(0, I) into cells of equal probability, rows from high to low y. */
export function quantileGrid(side: number): [number, number][] {
  const places = Array.from({ length: side }, (_, i) => normalQuantile((i + 0.5) / side));
  return [...places].reverse().flatMap((y) => places.map((x): [number, number] => [x, y]));
}

/** Where the standard normal's distribution function is `p`, 0 < p < 1: by Newton's method. */
export function normalQuantile(p: number): number {
  let x = 0;
  // From 0 the steps never pass the goal, as the density falls to both sides.
  for (let change = 1; Math.abs(change) > 1e-12; ) {
    const density = Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);
    change = (p - 0.5 - density * oddSeries(x)) / density;
    x += change;
  }
  return x;
}

/** x + x³/3 + x⁵/(3·5) + …, which times the density is the distribution function less ½ (Marsaglia, "Evaluating the normal distribution", 2004). */
function oddSeries(x: number): number {
  let [sum, term] = [0, x];
  for (let k = 3; sum + term !== sum; k += 2) {
    sum += term;
    term *= (x * x) / k;
  }
  return sum;
}
