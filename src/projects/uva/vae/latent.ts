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
