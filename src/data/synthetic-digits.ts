// Handwritten digits without a data set: skeletons drawn with an unsteady pen. For machines with no data and no network; meant to ask
// the same of a network as MNIST does (a linear model stays under 90 %, a small convolutional one passes 97 %), not to be MNIST.

import { Random } from '../random.ts';
import { type ControlPoint, digitStyles, type Stroke } from './digit-skeletons.ts';

export const digitSize = 28;

export interface DigitSet {
  /** `[count, 28, 28]`, ink bright on black, 0 … 255. */
  readonly images: Uint8Array;
  /** `[count]`, 0 … 9. */
  readonly labels: Uint8Array;
  readonly count: number;
}

/** Spline samples between two control points: at 28 pixels the chords can't be told from the curve. */
const samplesPerSpan = 4;

/**
 * Draws `count` digits. Image i depends on the seed, the split and i alone: a larger set begins with the smaller one, and the two splits share no image.
 */
export function syntheticDigits({
  count,
  seed,
  split,
}: {
  readonly count: number;
  readonly seed: number;
  readonly split: 'train' | 'test';
}): DigitSet {
  const images = new Uint8Array(count * digitSize * digitSize);
  const labels = new Uint8Array(count);
  const ink = new Float32Array(digitSize * digitSize);
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, i, split === 'train' ? 1 : 2);
    const digit = random.integer(10);
    labels[i] = digit;
    drawDigit(digit, random, ink);
    const offset = i * ink.length;
    for (let p = 0; p < ink.length; p++) images[offset + p] = ink[p]!;
  }
  return { images, labels, count };
}

/** One digit, 0 … 255, into `ink`. */
function drawDigit(digit: number, random: Random, ink: Float32Array): void {
  ink.fill(0);
  const styles = digitStyles[digit]!;
  const strokes = styles[random.integer(styles.length)]!;
  const bend = hand(random);
  const radius = Math.max(0.7, random.normal(1.15, 0.3));
  const softness = random.uniform(0.7, 1.3);
  const pressure = random.uniform(0.8, 1);
  for (const stroke of strokes) {
    const path = smooth(jitter(stroke, random)).map(bend);
    // The pen presses harder on one end than on the other.
    const taper = random.normal(0, 0.12);
    for (let i = 1; i < path.length; i++) {
      const width = radius * (1 + taper * (i / path.length - 0.5) * 2);
      drawSegment(path[i - 1]!, path[i]!, width, softness, ink);
    }
  }
  for (let p = 0; p < ink.length; p++) {
    // Grain only where there is ink: paper stays clean, as in MNIST.
    if (ink[p]! > 0) ink[p] = 255 * Math.min(1, Math.max(0, ink[p]! * pressure * random.uniform(0.88, 1.08)));
  }
}

type Point = readonly [x: number, y: number];

/** The writer's hand: unit square to pixels, by rotation, shear, scale and shift, with a smooth elastic wobble on top. */
function hand(random: Random): (point: Point) => Point {
  const angle = clamp(random.normal(0, 0.16), 0.45);
  const shear = clamp(random.normal(0.08, 0.2), 0.55);
  const height = random.uniform(16.5, 21);
  const width = height * clamp(random.normal(0, 0.1), 0.25, 0.92);
  const dx = digitSize / 2 - 0.5 + clamp(random.normal(0, 1.6), 3);
  const dy = digitSize / 2 - 0.5 + clamp(random.normal(0, 1.4), 2.5);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  // Two slow waves a coordinate: at most about one period over the digit.
  const waves = Array.from({ length: 4 }, () => ({
    amplitude: random.normal(0, 0.02),
    fx: random.uniform(-7, 7),
    fy: random.uniform(-7, 7),
    phase: random.uniform(0, 2 * Math.PI),
  }));
  const wave = (i: number, x: number, y: number): number => {
    const { amplitude, fx, fy, phase } = waves[i]!;
    return amplitude * Math.sin(fx * x + fy * y + phase);
  };
  return ([px, py]) => {
    const u = px - 0.5 + wave(0, px, py) + wave(1, px, py);
    const v = py - 0.5 + wave(2, px, py) + wave(3, px, py);
    const x = width * (u - shear * v);
    const y = height * v;
    return [dx + cos * x - sin * y, dy + sin * x + cos * y];
  };
}

function clamp(value: number, bound: number, around = 0): number {
  return around + Math.min(bound, Math.max(-bound, value));
}

function jitter(stroke: Stroke, random: Random): ControlPoint[] {
  return stroke.map(([x, y, corner]) => [x + random.normal(0, 0.02), y + random.normal(0, 0.02), corner]);
}

/** A Catmull-Rom spline through the points (Catmull and Rom, 1974), broken at corners. */
function smooth(points: readonly ControlPoint[]): Point[] {
  const path: Point[] = [[points[0]![0], points[0]![1]]];
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1]!;
    const b = points[i]!;
    const before = i > 1 && !a[2] ? points[i - 2]! : a;
    const after = i + 1 < points.length && !b[2] ? points[i + 1]! : b;
    for (let s = 1; s <= samplesPerSpan; s++) {
      const t = s / samplesPerSpan;
      path.push([spline(before[0], a[0], b[0], after[0], t), spline(before[1], a[1], b[1], after[1], t)]);
    }
  }
  return path;
}

function spline(p0: number, p1: number, p2: number, p3: number, t: number): number {
  return p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)));
}

/** Anti-aliased by distance: full ink up to `radius` from the segment, fading to none over `softness` pixels. */
function drawSegment(from: Point, to: Point, radius: number, softness: number, ink: Float32Array): void {
  const [x0, y0] = from;
  const [dx, dy] = [to[0] - x0, to[1] - y0];
  const lengthSquared = Math.max(dx * dx + dy * dy, 1e-12);
  const reach = radius + softness / 2;
  const left = Math.max(0, Math.ceil(Math.min(x0, to[0]) - reach));
  const right = Math.min(digitSize - 1, Math.floor(Math.max(x0, to[0]) + reach));
  const top = Math.max(0, Math.ceil(Math.min(y0, to[1]) - reach));
  const bottom = Math.min(digitSize - 1, Math.floor(Math.max(y0, to[1]) + reach));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const along = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / lengthSquared));
      const ex = x0 + along * dx - x;
      const ey = y0 + along * dy - y;
      const squared = ex * ex + ey * ey;
      if (squared >= reach * reach) continue;
      const cover = Math.min(1, (reach - Math.sqrt(squared)) / softness);
      const p = y * digitSize + x;
      if (cover > ink[p]!) ink[p] = cover;
    }
  }
}
