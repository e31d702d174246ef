// Scenes of simple shapes, for machines with no data and no network: pictures to classify, masks, boxes. Where a shape lies, how large and what
// colour it is says nothing of its class, so a linear model learns little, and a small convolutional network a lot.
import { Random } from '../random.ts';

export interface Placed {
  /** 0 … 9: which shape. */
  readonly shape: number;
  /** 0 … 9: how it is filled. */
  readonly texture: number;
  /** Middle and half its extent, pixels. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly angle: number;
}

export const SHAPES = ['disc', 'ring', 'square', 'frame', 'triangle', 'cross', 'bars', 'half disc', 'star', 'pair'] as const;
export const TEXTURES = ['plain', 'striped', 'checked', 'dotted', 'shaded', 'hollow', 'waved', 'split', 'ringed', 'speckled'] as const;

/** How far inside the unit shape a point is: positive inside. Coordinates −1 … 1. */
const insides: readonly ((x: number, y: number) => number)[] = [
  (x, y) => 1 - Math.hypot(x, y),
  (x, y) => 0.28 - Math.abs(Math.hypot(x, y) - 0.72),
  (x, y) => 0.8 - Math.max(Math.abs(x), Math.abs(y)),
  (x, y) => 0.25 - Math.abs(Math.max(Math.abs(x), Math.abs(y)) - 0.6),
  (x, y) => Math.min(0.6 - y, 0.5 * y + 0.5 - Math.abs(x) * 0.87),
  (x, y) => Math.min(1 - Math.max(Math.abs(x), Math.abs(y)), 0.28 - Math.min(Math.abs(x), Math.abs(y))),
  (x, y) => Math.min(0.9 - Math.abs(x), 0.22 - Math.abs(Math.abs(y) - 0.5)),
  (x, y) => Math.min(1 - Math.hypot(x, y), y + 0.1),
  (x, y) => 0.62 + 0.34 * Math.cos(5 * Math.atan2(y, x)) - Math.hypot(x, y),
  (x, y) => 0.44 - Math.hypot(Math.abs(x) - 0.52, y),
];

/** Brightness of the filling, 0 … 1. */
const fillings: readonly ((x: number, y: number, noise: number) => number)[] = [
  () => 1,
  (x) => (Math.sin(9 * x) > 0 ? 1 : 0.35),
  (x, y) => (Math.sin(8 * x) * Math.sin(8 * y) > 0 ? 1 : 0.35),
  (x, y) => (Math.hypot(((x + 3) % 0.5) - 0.25, ((y + 3) % 0.5) - 0.25) < 0.15 ? 0.3 : 1),
  (x) => 0.65 + 0.35 * x,
  (x, y) => (Math.hypot(x, y) < 0.35 ? 0.3 : 1),
  (x, y) => 0.65 + 0.35 * Math.sin(8 * (y + 0.3 * Math.sin(5 * x))),
  (_, y) => (y > 0 ? 1 : 0.4),
  (x, y) => (Math.sin(14 * Math.hypot(x, y)) > 0 ? 1 : 0.4),
  (_x, _y, noise) => 0.4 + 0.6 * noise,
];

export interface Scene {
  /** u8 [channels, height, width]. */
  readonly pixels: Uint8Array;
  /** For each pixel the number of the shape on top, from 1; 0 is the ground. */
  readonly owner: Uint8Array;
}

/** A ground of slow colour changes and noise with these shapes on it, later ones on top. */
export function drawScene(
  placed: readonly Placed[],
  {
    channels,
    height,
    width,
    noise = 14,
  }: { readonly channels: 1 | 3; readonly height: number; readonly width: number; readonly noise?: number },
  random: Random,
): Scene {
  const pixels = new Uint8Array(channels * height * width);
  const owner = new Uint8Array(height * width);
  const ground = Array.from({ length: channels }, () => ({
    level: random.uniform(30, 150),
    x: random.uniform(-50, 50),
    y: random.uniform(-50, 50),
  }));
  // Of each shape and channel: apart from the ground by enough to be seen, darker or brighter.
  const colours = placed.map(() => {
    const brighter = random.uniform() < 0.5 ? -1 : 1;
    return ground.map(({ level }) => level + brighter * random.uniform(40, 110));
  });
  const light = new Float32Array(height * width);
  for (const [i, { shape, x, y, radius, texture, angle }] of placed.entries()) {
    const [cos, sin, inside, filling] = [Math.cos(angle), Math.sin(angle), insides[shape], fillings[texture]];
    // No shape reaches further than its unit square's corners.
    const reach = 1.42 * radius;
    for (let v = Math.max(0, Math.ceil(y - reach)); v <= Math.min(height - 1, y + reach); v++) {
      for (let u = Math.max(0, Math.ceil(x - reach)); u <= Math.min(width - 1, x + reach); u++) {
        const dx = (u - x) / radius;
        const dy = (v - y) / radius;
        const a = cos * dx + sin * dy;
        const b = cos * dy - sin * dx;
        if (inside(a, b) <= 0) continue;
        owner[v * width + u] = i + 1;
        light[v * width + u] = filling(a, b, random.uniform());
      }
    }
  }
  for (let c = 0; c < channels; c++) {
    const { level, x, y } = ground[c];
    for (let at = 0; at < owner.length; at++) {
      const under = level + x * ((at % width) / width - 0.5) + y * (Math.floor(at / width) / height - 0.5);
      const value = owner[at] ? under + (colours[owner[at] - 1][c] - level) * light[at] : under;
      pixels[c * owner.length + at] = Math.min(255, Math.max(0, value + random.uniform(-noise, noise)));
    }
  }
  return { pixels, owner };
}

/** One shape somewhere in the picture. */
export function place(
  random: Random,
  { height, width }: { readonly height: number; readonly width: number },
  from = 0.25,
  to = 0.42,
): Placed {
  const radius = random.uniform(from, to) * Math.min(height, width);
  return {
    shape: random.integer(SHAPES.length),
    texture: random.integer(TEXTURES.length),
    radius,
    x: random.uniform(radius * 0.8, width - radius * 0.8),
    y: random.uniform(radius * 0.8, height - radius * 0.8),
    angle: random.normal(0, 0.35),
  };
}

/**
 * Pictures of `classes` classes (at most 100): the shape tells a class, beyond ten the filling too. Picture i depends on seed, stream and i alone.
 *
 * @returns u8 [count, channels, height, width] and [count]
 */
export function shapeClasses(
  count: number,
  classes: number,
  size: { readonly channels: 1 | 3; readonly height: number; readonly width: number },
  seed: number,
  stream: number,
): { readonly images: Uint8Array; readonly labels: Uint8Array } {
  const bytes = size.channels * size.height * size.width;
  const images = new Uint8Array(count * bytes);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, i, stream);
    const label = random.integer(classes);
    const placed = place(random, size);
    const told = {
      ...placed,
      shape: label % SHAPES.length,
      ...(classes > SHAPES.length && { texture: Math.floor(label / SHAPES.length) }),
    };
    labels[i] = label;
    images.set(drawScene([told], size, random).pixels, i * bytes);
  }
  return { images, labels };
}

/** Words for the classes of `shapeClasses`. */
export function shapeNames(classes: number): string[] {
  return Array.from({ length: classes }, (_, i) =>
    classes > SHAPES.length ? `${TEXTURES[Math.floor(i / SHAPES.length)]} ${SHAPES[i % SHAPES.length]}` : SHAPES[i],
  );
}
