// What a layout of pictures on the plane is worth.

/** Points [n, 2], and how good they are by their classes. */
export interface Layout extends Measures {
  readonly points: Float32Array;
}

export interface Measures {
  /** Mean of −1 … 1: by how much nearer a point lies to its own class than to the nearest other (Rousseeuw, 1987). */
  readonly silhouette: number;
  /** Of all triplets there are, the share with d(a, p) + margin ≥ d(a, n). */
  readonly violated: number;
  /** Root mean square distance of the points from their middle. */
  readonly spread: number;
  /** All points lie in one, as far as the margin is concerned. */
  readonly collapsed: boolean;
}

export function layoutOf(points: Float32Array, labels: ArrayLike<number>, margin: number): Layout {
  const present = [...new Set(Array.from(labels))];
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  let [triplets, violated] = [0, 0];
  const silhouettes = Array.from(labels, (own, a) => {
    const away = Array.from(labels, (_, i) => distance(points, a, i));
    const among = (label: number) => away.filter((_, i) => labels[i] === label && i !== a);
    const others = present.filter((label) => label !== own);
    const positives = among(own);
    const negatives = others.flatMap(among).sort((x, y) => x - y);
    let enough = 0;
    for (const positive of positives.toSorted((x, y) => x - y)) {
      while (enough < negatives.length && negatives[enough] <= positive + margin) enough++;
      violated += enough;
      triplets += negatives.length;
    }
    const [inside, outside] = [mean(positives), Math.min(...others.map((label) => mean(among(label))))];
    return (outside - inside) / Math.max(outside, inside) || 0;
  });
  const middle = [0, 1].map((axis) => mean(Array.from(labels, (_, i) => points[2 * i + axis])));
  const spread = Math.sqrt(2 * mean(Array.from(points, (value, k) => (value - middle[k % 2]) ** 2)));
  return { points, silhouette: mean(silhouettes), violated: violated / triplets, spread, collapsed: spread < margin / 20 };
}

export const distance = (points: ArrayLike<number>, i: number, j: number): number =>
  Math.hypot(points[2 * i] - points[2 * j], points[2 * i + 1] - points[2 * j + 1]);
