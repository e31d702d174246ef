// Points of many dimensions laid out on a plane.
import { expectArguments, kind, positive } from '../engine/graph/arguments.ts';
import { ShapeError } from '../engine/graph/errors.ts';
import type { Durable } from './durable.ts';

/** The first steps count the neighbours for more than they are, so that groups find together. */
const EARLY = { steps: 150, exaggeration: 12, momentum: 0.5 };
const LATER = { exaggeration: 1, momentum: 0.8 };
const LEAST_GAIN = 0.01;

/** How far a point takes each of those near it for a neighbour: rows of P, joined with their mirror image. */
interface Neighbours {
  /** Those of point i stand from starts[i] to before starts[i + 1]. */
  readonly starts: Uint32Array;
  readonly other: Uint32Array;
  readonly share: Float64Array;
}

const numbers = kind('an array of numbers', (value) => Array.isArray(value) || ArrayBuffer.isView(value));
const above1 = kind('a number > 1', (value) => typeof value === 'number' && value > 1);

/** What `tsne` gives: a layout that goes on step by step. */
export class Tsne implements Durable {
  /** [n, 2] */
  readonly place: Float64Array;
  private readonly near: Neighbours;
  private readonly move: Float64Array;
  private readonly gain: Float64Array;
  private steps = 0;

  constructor(points: ArrayLike<number>, width: number, options: { readonly perplexity?: number } = {}) {
    expectArguments(
      'tsne',
      [points, width, options],
      [
        ['points', numbers],
        ['width', positive],
        ['options', { perplexity: above1 }],
      ],
    );
    if (points.length % width !== 0) throw new ShapeError(`tsne: expected points [n, ${width}], got ${points.length} numbers`);
    const { perplexity = 30 } = options;
    this.near = neighbours(points, width, perplexity);
    this.place = principal(points, width);
    this.move = new Float64Array(this.place.length);
    this.gain = new Float64Array(this.place.length).fill(1);
  }

  step(): void {
    const { place, move, gain } = this;
    const { exaggeration, momentum } = this.steps++ < EARLY.steps ? EARLY : LATER;
    const pull = forces(place, this.near, exaggeration);
    const rate = Math.max(place.length / 2 / EARLY.exaggeration / 4, 50);
    for (let i = 0; i < place.length; i++) {
      gain[i] = pull[i]! * move[i]! > 0 ? gain[i]! + 0.2 : Math.max(LEAST_GAIN, gain[i]! * 0.8);
      move[i] = momentum * move[i]! + rate * gain[i]! * pull[i]!;
      place[i]! += move[i]!;
    }
  }

  state() {
    const { steps, place, move, gain } = this;
    return { steps, place: place.slice(), move: move.slice(), gain: gain.slice() };
  }

  restore({ steps, place, move, gain }: ReturnType<Tsne['state']>): void {
    this.steps = steps;
    this.place.set(place);
    this.move.set(move);
    this.gain.set(gain);
  }
}

/** Minus the gradient of KL(P ‖ Q): each point is drawn to its neighbours and pushed off by all. */
function forces(place: Float64Array, { starts, other, share }: Neighbours, exaggeration: number): Float64Array {
  const count = place.length / 2;
  const pull = new Float64Array(place.length);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const [x, y] = [place[2 * i]!, place[2 * i + 1]!];
    let [px, py] = [0, 0];
    for (let j = i + 1; j < count; j++) {
      const dx = x - place[2 * j]!;
      const dy = y - place[2 * j + 1]!;
      const q = 1 / (1 + dx * dx + dy * dy);
      const push = q * q;
      total += q;
      px += push * dx;
      py += push * dy;
      pull[2 * j]! -= push * dx;
      pull[2 * j + 1]! -= push * dy;
    }
    pull[2 * i]! += px;
    pull[2 * i + 1]! += py;
  }
  // Each pair was counted once, and Q's sum is over both of its orders.
  for (let i = 0; i < pull.length; i++) pull[i]! *= 2 / (total || 1);
  for (let i = 0; i < count; i++) {
    for (let k = starts[i]!; k < starts[i + 1]!; k++) {
      const j = other[k]!;
      const dx = place[2 * i]! - place[2 * j]!;
      const dy = place[2 * i + 1]! - place[2 * j + 1]!;
      const force = (4 * exaggeration * share[k]!) / (1 + dx * dx + dy * dy);
      pull[2 * i]! -= force * dx;
      pull[2 * i + 1]! -= force * dy;
    }
  }
  return pull;
}

function neighbours(points: ArrayLike<number>, width: number, perplexity: number): Neighbours {
  const count = points.length / width;
  const wanted = Math.max(1, Math.min(perplexity, count / 3));
  const most = Math.min(count - 1, Math.ceil(3 * wanted));
  const rows = Array.from({ length: count }, () => new Map<number, number>());
  const squares = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += (points[i * width + k]! - points[j * width + k]!) ** 2;
      squares[j] = i === j ? Number.POSITIVE_INFINITY : sum;
    }
    const reach = squares.slice().sort()[most - 1]!;
    const own: number[] = [];
    for (let j = 0; j < count && own.length < most; j++) if (squares[j]! <= reach) own.push(j);
    const shares = conditional(
      own.map((j) => squares[j]!),
      wanted,
    );
    own.forEach((j, k) => {
      const half = shares[k]! / (2 * count);
      rows[i]!.set(j, (rows[i]!.get(j) ?? 0) + half);
      rows[j]!.set(i, (rows[j]!.get(i) ?? 0) + half);
    });
  }
  const starts = new Uint32Array(count + 1);
  rows.forEach((row, i) => {
    starts[i + 1] = starts[i]! + row.size;
  });
  const pairs = rows.flatMap((row) => [...row]);
  return { starts, other: Uint32Array.from(pairs, ([j]) => j), share: Float64Array.from(pairs, ([, p]) => p) };
}

/** exp(−β·d²), normalised, with β such that the entropy is log(perplexity): by bisection. */
export function conditional(squares: readonly number[], perplexity: number): number[] {
  const least = squares.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const wanted = Math.log(perplexity);
  let [beta, low, high] = [1, 0, Number.POSITIVE_INFINITY];
  let shares: number[] = [];
  for (let tries = 0; tries < 60; tries++) {
    const weights = squares.map((square) => Math.exp(-beta * (square - least)));
    const sum = weights.reduce((a, b) => a + b, 0);
    shares = weights.map((weight) => weight / sum);
    const entropy = Math.log(sum) + beta * shares.reduce((total, share, i) => total + share * (squares[i]! - least), 0);
    if (Math.abs(entropy - wanted) < 1e-5) break;
    if (entropy > wanted) low = beta;
    else high = beta;
    beta = Number.isFinite(high) ? (low + high) / 2 : 2 * beta;
  }
  return shares;
}

/** The two directions of most variance, small enough to begin with (Kobak & Berens, 2019). */
function principal(points: ArrayLike<number>, width: number): Float64Array {
  const count = points.length / width;
  const mean = Array.from({ length: width }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += points[i * width + k]! / count;
    return sum;
  });
  const covariance = Array.from({ length: width }, () => new Float64Array(width));
  for (let i = 0; i < count; i++) {
    for (let a = 0; a < width; a++) {
      const x = points[i * width + a]! - mean[a]!;
      for (let b = 0; b < width; b++) covariance[a]![b]! += x * (points[i * width + b]! - mean[b]!);
    }
  }
  const found: Float64Array[] = [];
  for (let axis = 0; axis < 2; axis++) {
    let direction = Float64Array.from({ length: width }, (_, k) => Math.cos(1 + axis + 1.7 * k));
    for (let turn = 0; turn < 100; turn++) {
      for (const other of found) {
        const along = other.reduce((sum, value, k) => sum + value * direction[k]!, 0);
        direction = direction.map((value, k) => value - along * other[k]!);
      }
      const next = direction.map((_, a) => covariance[a]!.reduce((sum, value, b) => sum + value * direction[b]!, 0));
      const length = Math.hypot(...next);
      if (length > 0) direction = next.map((value) => value / length);
    }
    found.push(direction);
  }
  const place = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    for (let axis = 0; axis < 2; axis++) {
      for (let k = 0; k < width; k++) place[2 * i + axis]! += found[axis]![k]! * (points[i * width + k]! - mean[k]!);
      // Points at one place would stay together: they have the same forces.
      place[2 * i + axis]! += 1e-6 * Math.sin(12.9898 * (i + 1) + axis);
    }
  }
  const size = Math.sqrt(place.reduce((sum, value) => sum + value * value, 0) / place.length) || 1;
  return place.map((value) => (1e-2 * value) / size);
}
