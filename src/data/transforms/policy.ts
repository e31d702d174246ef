// AutoAugment's policy for CIFAR (Cubuk et al., arXiv 1805.09501) and what its operations do to bytes: as Pillow does them, levels as in table 6.
import { brightnessOf, type Six } from './shared.ts';
import type { Extent } from './transform.ts';

/** Planes [channels, height, width], one or three. */
export interface Pixels extends Extent {
  readonly data: Uint8Array<ArrayBuffer>;
}

type Move = (input: Extent, level: number, sign: number) => Six;
type Change = (image: Pixels, level: number, sign: number) => Uint8Array<ArrayBuffer>;

/** Levels go from 0 to this. */
const HIGHEST = 9;
const part = (level: number, sign = 1) => (sign * level) / HIGHEST;
const middle = ({ width, height }: Extent) => [(width - 1) / 2, (height - 1) / 2] as const;
/** Whole pixels, at the highest level 150 of 331. */
const way = (size: number, level: number, sign: number) => sign * Math.trunc((150 / 331) * size * part(level));

/** Where each pixel comes from. */
export const moves = {
  shearX: (input, level, sign) => [1, 0.3 * part(level, sign), -0.3 * part(level, sign) * middle(input)[1], 0, 1, 0],
  shearY: (input, level, sign) => [1, 0, 0, 0.3 * part(level, sign), 1, -0.3 * part(level, sign) * middle(input)[0]],
  translateX: ({ width }, level, sign) => [1, 0, way(width, level, sign), 0, 1, 0],
  translateY: ({ height }, level, sign) => [1, 0, 0, 0, 1, way(height, level, sign)],
  rotate(input, level, sign) {
    const angle = (part(level, sign) * Math.PI) / 6;
    const [c, s, [x, y]] = [Math.cos(angle), Math.sin(angle), middle(input)];
    return [c, -s, x - c * x + s * y, s, c, y - s * x - c * y];
  },
} as const satisfies Readonly<Record<string, Move>>;

const clipped = (value: number) => Math.min(255, Math.max(0, value));

/** From another picture to this one and as far beyond it: the factor 1 leaves it. */
const away = ({ data }: Pixels, other: (i: number) => number, level: number, sign: number) =>
  data.map((value, i) => clipped(other(i) + (1 + 0.9 * part(level, sign)) * (value - other(i))));

/** Grey levels of the pixels. */
function greys({ data, width, height }: Pixels): Uint8Array {
  const size = width * height;
  if (data.length === size) return data;
  return Uint8Array.from({ length: size }, (_, p) => brightnessOf.reduce((sum, weight, c) => sum + weight * data[c * size + p]!, 0.5));
}

/** Each channel's bytes by a table of its own. */
function looked({ data, width, height }: Pixels, table: (channel: Uint8Array) => (value: number) => number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += width * height) {
    const channel = data.subarray(at, at + width * height);
    out.set(channel.map(table(channel)), at);
  }
  return out;
}

/** How bytes change. */
export const changes = {
  brightness: (image, level, sign) => away(image, () => 0, level, sign),
  colour(image, level, sign) {
    const grey = greys(image);
    return away(image, (i) => grey[i % grey.length]!, level, sign);
  },
  contrast(image, level, sign) {
    const grey = greys(image);
    const mean = Math.trunc(grey.reduce((sum, value) => sum + value, 0) / grey.length + 0.5);
    return away(image, () => mean, level, sign);
  },
  /** From the picture smoothed by [1 1 1; 1 5 1; 1 1 1] / 13, but for its edges. */
  sharpness(image, level, sign) {
    const { data, width, height } = image;
    const smooth = data.map((value, i) => {
      const [x, y] = [i % width, Math.floor(i / width) % height];
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) return value;
      let sum = 4 * value;
      for (const row of [i - width, i, i + width]) sum += data[row - 1]! + data[row]! + data[row + 1]!;
      return sum / 13 + 0.5;
    });
    return away(image, (i) => smooth[i]!, level, sign);
  },
  /** Down to 4 bits. */
  posterize({ data }, level) {
    const kept = 256 - 2 ** Math.round(4 * part(level));
    return data.map((value) => value & kept);
  },
  /** What is as bright as this or brighter is turned over. */
  solarize: ({ data }, level) => data.map((value) => (value >= 256 - 256 * part(level) ? 255 - value : value)),
  invert: ({ data }) => data.map((value) => 255 - value),
  /** The darkest of a channel to 0, its brightest to 255. */
  autoContrast: (image) =>
    looked(image, (channel) => {
      const [low, high] = channel.reduce(([low, high], value) => [Math.min(low!, value), Math.max(high!, value)], [255, 0]) as [
        number,
        number,
      ];
      return high > low ? (value) => clipped(((value - low) * 255) / (high - low)) : (value) => value;
    }),
  /** As many pixels of each level, as far as that goes. */
  equalize: (image) =>
    looked(image, (channel) => {
      const counts = new Array<number>(256).fill(0);
      for (const value of channel) counts[value]!++;
      const step = Math.floor((channel.length - counts[counts.findLastIndex((count) => count > 0)]!) / 255);
      if (step === 0) return (value) => value;
      let below = Math.floor(step / 2);
      const levels = counts.map((count) => {
        const level = Math.min(255, Math.floor(below / step));
        below += count;
        return level;
      });
      return (value) => levels[value]!;
    }),
} as const satisfies Readonly<Record<string, Change>>;

export type Operation = keyof typeof moves | keyof typeof changes;

/** Table 7's pairs: operation, chance and level; operations without a level have 0. */
export const policy = `
  invert 0.1 0, contrast 0.2 6
  rotate 0.7 2, translateX 0.3 9
  sharpness 0.8 1, sharpness 0.9 3
  shearY 0.5 8, translateY 0.7 9
  autoContrast 0.5 0, equalize 0.9 0
  shearY 0.2 7, posterize 0.3 7
  colour 0.4 3, brightness 0.6 7
  sharpness 0.3 9, brightness 0.7 9
  equalize 0.6 0, equalize 0.5 0
  contrast 0.6 7, sharpness 0.6 5
  colour 0.7 7, translateX 0.5 8
  equalize 0.3 0, autoContrast 0.4 0
  translateY 0.4 3, sharpness 0.2 6
  brightness 0.9 6, colour 0.2 8
  solarize 0.5 2, invert 0 0
  equalize 0.2 0, autoContrast 0.6 0
  equalize 0.2 0, equalize 0.6 0
  colour 0.9 9, equalize 0.6 0
  autoContrast 0.8 0, solarize 0.2 8
  brightness 0.1 3, colour 0.7 0
  solarize 0.4 5, autoContrast 0.9 0
  translateY 0.9 9, translateY 0.7 9
  autoContrast 0.9 0, solarize 0.8 3
  equalize 0.8 0, invert 0.1 0
  translateY 0.7 9, autoContrast 0.9 0
`
  .trim()
  .split('\n')
  .map((pair) =>
    pair.split(',').map((each) => {
      const [operation, chance, level] = each.trim().split(' ') as [Operation, string, string];
      return { operation, chance: Number(chance), level: Number(level) };
    }),
  );

/** Which operations are done, by five uniform numbers: the pair's, each one's chance, each one's sign. */
export function drawnFrom([pair = 0, ...u]: readonly number[]) {
  const drawn = policy[Math.floor(pair * policy.length)]!;
  return drawn.flatMap(({ operation, chance, level }, i) => (u[i]! < chance ? [{ operation, level, sign: u[2 + i]! < 0.5 ? -1 : 1 }] : []));
}
