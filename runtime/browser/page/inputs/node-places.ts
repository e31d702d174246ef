// Where nodes stand in a square, and which one is meant.

export type Direction = readonly [x: number, y: number];

/** Of the side: free at each edge. */
const EDGE = 0.04;

/** Points [n, 2] of any plane, y upwards, in a square of this side, y downwards, as large as they fit. */
export function placedIn(points: ArrayLike<number>, side: number): Float32Array {
  const [low, high] = [
    [Infinity, Infinity],
    [-Infinity, -Infinity],
  ];
  for (let i = 0; i < points.length; i++) {
    low[i % 2] = Math.min(low[i % 2], points[i]);
    high[i % 2] = Math.max(high[i % 2], points[i]);
  }
  const scale = (side * (1 - 2 * EDGE)) / (Math.max(high[0] - low[0], high[1] - low[1]) || 1);
  return Float32Array.from({ length: points.length }, (_, i) => {
    const from = (points[i] - (low[i % 2] + high[i % 2]) / 2) * scale;
    return side / 2 + (i % 2 === 0 ? from : -from);
  });
}

export function nearest(places: ArrayLike<number>, x: number, y: number): number {
  return least(places, (dx, dy) => dx * dx + dy * dy, x, y) ?? 0;
}

/** The next one in a direction: near, and not far aside. The same one where there is none. */
export function ahead(places: ArrayLike<number>, node: number, [x, y]: Direction): number {
  const cost = (dx: number, dy: number) => {
    const [along, aside] = [dx * x + dy * y, Math.abs(dx * y) + Math.abs(dy * x)];
    return along > 0 && aside <= along ? along + 2 * aside : Infinity;
  };
  return least(places, cost, places[2 * node], places[2 * node + 1]) ?? node;
}

function least(places: ArrayLike<number>, cost: (dx: number, dy: number) => number, x: number, y: number): number | undefined {
  let best: number | undefined;
  let lowest = Infinity;
  for (let i = 0; i < places.length / 2; i++) {
    const own = cost(places[2 * i] - x, places[2 * i + 1] - y);
    if (own < lowest) [best, lowest] = [i, own];
  }
  return best;
}
