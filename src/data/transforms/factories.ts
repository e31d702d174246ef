// The transforms by name. Sizes are [height, width], or one number for both, as in PyTorch.
import { aBoolean, aNumber, either, expectKind, expectOptions, type Kind, kind, listOf, positive } from '../../engine/graph/arguments.ts';
import { ShapeError, TilegradError } from '../../engine/graph/errors.ts';
import { add, below, between, cos, divide, exp, floor, least, mul, type Num, normal, sin, sqrt, sub } from './num.ts';
import { brightnessOf } from './shared.ts';
import type { Colour, Decode, Erase, Extent, Geometric, Matrix, Policy, Recipe, Resize } from './transform.ts';

type Size = number | readonly [height: number, width: number];
type Range = number | readonly [low: number, high: number];

const aSize = either(positive, listOf(positive, 2));
const aRange = either(aNumber, listOf(aNumber, 2));

const extentOf = (size: Size): Extent => (typeof size === 'number' ? { width: size, height: size } : { width: size[1], height: size[0] });
/** A number stands for ± that. */
const around = (range: Range, centre = 0): readonly [number, number] =>
  typeof range === 'number' ? [centre - range, centre + range] : range;

interface Fill {
  /** What stands where the image has no pixels, as a value after scaling: the nearest that bytes have between 0 and 255. Default 0. */
  readonly fill?: number;
  /** The same for masks: the label that is ignored, say. Default 0. @throws TilegradError where the mask's type doesn't hold it */
  readonly maskFill?: number;
}

const fills = { fill: aNumber, maskFill: aNumber };

function geometric<O extends object>(
  name: string,
  options: O,
  kinds: { readonly [K in keyof Required<O>]: Kind },
  rest: Pick<Geometric, 'draws' | 'size' | 'matrix' | 'onPixels'> & { readonly clamps?: boolean },
): Geometric {
  expectOptions(name, options, kinds);
  const { fill = 0, maskFill = 0 }: Fill = options;
  return {
    kind: 'geometric',
    name,
    options: { ...options } as Recipe['options'],
    fill,
    maskFill,
    clamps: false,
    ...rest,
  };
}

export interface CropOptions extends Fill {
  readonly size: Size;
  /** Pixels that are put around the image first. Default 0. */
  readonly padding?: number;
  /** The middle of the image, not a random place. Default false. */
  readonly centre?: boolean;
}

/** A part of the image, at a random place. @throws ShapeError for images that are smaller. */
export function crop(options: CropOptions): Geometric {
  const { padding = 0, centre = false } = options;
  expectKind('crop', 'size', options.size, aSize);
  const out = extentOf(options.size);
  const room = (outer: number, inner: number) => outer + 2 * padding - inner;
  const start = (u: Num, most: number): Num => sub(centre ? Math.round(most / 2) : floor(mul(u, most + 1)), padding);
  return geometric(
    'crop',
    options,
    { ...fills, size: aSize, padding: aNumber, centre: aBoolean },
    {
      draws: centre ? 0 : 2,
      onPixels: true,
      size(input) {
        if (room(input.width, out.width) < 0 || room(input.height, out.height) < 0) {
          throw new ShapeError(
            `crop: expected images of at least ${out.height} × ${out.width} with their padding of ${padding}, got ${input.height} × ${input.width}`,
          );
        }
        return out;
      },
      matrix: ([u = 0, v = 0], { width, height }) => [1, 0, start(u, room(width, out.width)), 0, 1, start(v, room(height, out.height))],
    },
  );
}

export interface FlipOptions extends Fill {
  /** How likely. Default .5. */
  readonly p?: number;
  /** Upside down, not left to right. Default false. */
  readonly vertical?: boolean;
}

/** The mirror image, by chance. */
export function flip(options: FlipOptions = {}): Geometric {
  const { p = 0.5, vertical = false } = options;
  return geometric(
    'flip',
    options,
    { ...fills, p: aNumber, vertical: aBoolean },
    {
      draws: 1,
      onPixels: true,
      size: (input) => input,
      matrix([u], { width, height }) {
        const [way, from] = [below(u!, p, -1, 1), below(u!, p, (vertical ? height : width) - 1, 0)];
        return vertical ? [1, 0, 0, 0, way, from] : [way, 0, from, 0, 1, 0];
      },
    },
  );
}

export interface PadOptions extends Fill {
  /** Pixels on every side, or left, top, right and bottom. */
  readonly padding: number | readonly [number, number, number, number];
}

/** The image with more around it. */
export function pad(options: PadOptions): Geometric {
  expectKind('pad', 'padding', options.padding, either(aNumber, listOf(aNumber, 4)));
  const { padding } = options;
  const [left, top, right, bottom] = typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
  return geometric(
    'pad',
    options,
    { ...fills, padding: either(aNumber, listOf(aNumber, 4)) },
    {
      draws: 0,
      onPixels: true,
      size: ({ width, height }) => ({ width: width + left + right, height: height + top + bottom }),
      matrix: () => [1, 0, -left, 0, 1, -top],
    },
  );
}

export interface ResizedCropOptions {
  readonly size: Size;
  /** Share of the image's area. Default .08 to 1. */
  readonly area?: readonly [number, number];
  /** Width by height. Default 3/4 to 4/3. */
  readonly ratio?: readonly [number, number];
}

/** A part of random area and form at a random place, stretched to the size (Szegedy et al., arXiv 1409.4842). A part that would be too wide or high is cut to the image's. */
export function resizedCrop(options: ResizedCropOptions): Geometric {
  const { area = [0.08, 1], ratio = [3 / 4, 4 / 3] } = options;
  expectKind('resizedCrop', 'size', options.size, aSize);
  const out = extentOf(options.size);
  return geometric(
    'resizedCrop',
    options,
    { size: aSize, area: listOf(aNumber, 2), ratio: listOf(aNumber, 2) },
    {
      draws: 4,
      onPixels: false,
      clamps: true,
      size: () => out,
      matrix([a, r, x, y], { width, height }) {
        const pixels = mul(between(a!, area[0], area[1]), width * height);
        const form = exp(between(r!, Math.log(ratio[0]), Math.log(ratio[1])));
        const [wide, high] = [least(sqrt(mul(pixels, form)), width), least(sqrt(divide(pixels, form)), height)];
        const [sx, sy] = [mul(wide, 1 / out.width), mul(high, 1 / out.height)];
        const start = (u: Num, outer: number, inner: Num, step: Num): Num => add(mul(u, sub(outer, inner)), sub(mul(step, 0.5), 0.5));
        return [sx, 0, start(x!, width, wide, sx), 0, sy, start(y!, height, high, sy)];
      },
    },
  );
}

export interface RotateOptions extends Fill {
  /** At most so far either way, or from … to; anticlockwise. */
  readonly degrees: Range;
}

/** Turned about its middle by a random angle. */
export function rotate(options: RotateOptions): Geometric {
  expectKind('rotate', 'degrees', options.degrees, aRange);
  const { matrix, draws, size } = affine({ degrees: options.degrees });
  return geometric('rotate', options, { ...fills, degrees: aRange }, { draws, size, matrix, onPixels: false });
}

export interface AffineOptions extends Fill {
  readonly degrees?: Range;
  /** Shares of width and height, either way. Default none. */
  readonly translate?: readonly [x: number, y: number];
  /** Default 1. */
  readonly scale?: readonly [number, number];
  /** Degrees, along x. Default none. */
  readonly shear?: Range;
}

/** Turned, moved, scaled and sheared about its middle, each by chance within its range. */
export function affine(options: AffineOptions = {}): Geometric {
  const { degrees = 0, translate = [0, 0], scale = [1, 1], shear = 0 } = options;
  const kinds = { ...fills, degrees: aRange, translate: listOf(aNumber, 2), scale: listOf(aNumber, 2), shear: aRange };
  const radians = (u: Num, range: Range): Num => mul(between(u, ...around(range)), Math.PI / 180);
  return geometric('affine', options, kinds, {
    draws: 5,
    onPixels: false,
    size: (input) => input,
    matrix([u, v, w, s, t], { width, height }): Matrix {
      const [angle, slope] = [radians(u!, degrees), radians(t!, shear)];
      const grown = divide(1, between(s!, scale[0], scale[1]));
      // Undone in reverse: moved back, turned back, sheared back.
      const [c, n] = [mul(cos(angle), grown), mul(sin(angle), grown)];
      const tangent = divide(sin(slope), cos(slope));
      const [a, b, d, e] = [sub(c, mul(tangent, n)), mul(add(n, mul(tangent, c)), -1), n, c];
      const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
      const [x, y] = [add(cx, mul(between(v!, -1, 1), translate[0] * width)), add(cy, mul(between(w!, -1, 1), translate[1] * height))];
      return [a, b, sub(cx, add(mul(a, x), mul(b, y))), d, e, sub(cy, add(mul(d, x), mul(e, y)))];
    },
  });
}

/** The file of a picture (PNG or JPEG, as bytes) as an image of values 0 … 1, stored as bytes. On the CPU only. */
export function decode(options: { readonly channels?: 1 | 3 } = {}): Decode {
  expectOptions('decode', options, { channels: kind('1 or 3', (value) => value === 1 || value === 3) });
  return { kind: 'decode', name: 'decode', options: { ...options }, draws: 0, channels: options.channels ?? 3 };
}

/** All images of one size. Made smaller, pixels are averaged by a triangle filter, as Pillow does; made larger, interpolated. */
export function resize(options: { readonly size: Size }): Resize {
  expectOptions('resize', options, { size: aSize });
  expectKind('resize', 'size', options.size, aSize);
  return { kind: 'resize', name: 'resize', options: { ...options }, draws: 0, size: extentOf(options.size) };
}

export interface JitterOptions {
  /** Factor on the values: 1 ± this. Default 0. */
  readonly brightness?: Range;
  /** Factor on the distance from the image's mean grey. */
  readonly contrast?: Range;
  /** Factor on the distance from each pixel's grey. */
  readonly saturation?: Range;
  /** Turns of the colour circle, ±.5 at most, in the plane of equal brightness. */
  readonly hue?: Range;
}

/** Brightness, contrast, saturation and hue changed by chance, in this order. Values are not cut off. Images of three channels; of one, the first two. */
export function colourJitter(options: JitterOptions = {}): Colour {
  expectOptions('colourJitter', options, { brightness: aRange, contrast: aRange, saturation: aRange, hue: aRange });
  const range = (name: keyof JitterOptions, centre: number) => around(options[name] ?? 0, typeof options[name] === 'object' ? 0 : centre);
  const [b, c, s, h] = [range('brightness', 1), range('contrast', 1), range('saturation', 1), range('hue', 0)];
  return {
    kind: 'colour',
    name: 'colourJitter',
    options: { ...options },
    draws: 4,
    needsMean: true,
    mix([u, v, w, t], channels, mean) {
      const [bright, contrast] = [between(u!, ...b), between(v!, ...c)];
      const factor = mul(bright, contrast);
      const offset = mul(mul(mean, bright), sub(1, contrast));
      if (channels === 1) return { rows: [[factor]], offset: [offset] };
      if (channels !== 3) throw new ShapeError(`colourJitter: expected images of 1 or 3 channels, got ${channels}`);
      const saturation = between(w!, ...s);
      const angle = mul(between(t!, ...h), 2 * Math.PI);
      const [along, across] = [mul(saturation, cos(angle)), mul(saturation, sin(angle))];
      // Colour is what differs from grey; it is scaled, and turned about the grey axis.
      const rows = [0, 1, 2].map((i) =>
        [0, 1, 2].map((j) => {
          const grey = brightnessOf[j]!;
          const turned = add(mul(along, (i === j ? 1 : 0) - grey), mul(across, quarterTurn[i]![j]!));
          return mul(factor, add(turned, grey));
        }),
      );
      return { rows, offset: [offset, offset, offset] };
    },
  };
}

/** The colour of a pixel turned by a right angle in the plane of equal brightness, YIQ's: Y⁻¹·[[0, 0, 0], [0, 0, −1], [0, 1, 0]]·Y. */
const quarterTurn = [
  [0.167703, 0.329268, -0.496971],
  [-0.328131, 0.035521, 0.29261],
  [1.249733, -1.046508, -0.203225],
];

export interface PcaOptions {
  /** Standard deviation of the amounts. Default .1. */
  readonly deviation?: number;
  /** Eigenvalues and eigenvectors (columns) of the colours' covariance, values 0 … 1. Default: ImageNet's. */
  readonly values?: readonly number[];
  readonly vectors?: readonly (readonly number[])[];
}

/** Light of a random strength along the principal colours of the data (Krizhevsky et al., 2012, section 4.1). Images of three channels. */
export function pcaIntensity(options: PcaOptions = {}): Colour {
  const three = listOf(aNumber, 3);
  expectOptions('pcaIntensity', options, { deviation: aNumber, values: three, vectors: listOf(three, 3) });
  const {
    deviation = 0.1,
    values = [0.2175, 0.0188, 0.0045],
    vectors = [
      [-0.5675, 0.7192, 0.4009],
      [-0.5808, -0.0045, -0.814],
      [-0.5836, -0.6948, 0.4203],
    ],
  } = options;
  return {
    kind: 'colour',
    name: 'pcaIntensity',
    options: { ...options },
    draws: 6,
    needsMean: false,
    mix(u, channels) {
      if (channels !== 3) throw new ShapeError(`pcaIntensity: expected images of 3 channels, got ${channels}`);
      const amounts = values.map((value, i) => mul(normal(u[2 * i]!, u[2 * i + 1]!), deviation * value));
      const offset = vectors.map((row) => row.map((part, i) => mul(amounts[i]!, part)).reduce(add));
      return { rows: [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1 : 0))), offset };
    },
  };
}

/** (x − mean) / deviation, channel by channel. */
export function normalise(options: { readonly mean: readonly number[]; readonly deviation: readonly number[] }): Colour {
  expectOptions('normalise', options, { mean: listOf(aNumber), deviation: listOf(aNumber) });
  const { mean, deviation } = options;
  expectKind('normalise', 'mean', mean, listOf(aNumber));
  expectKind('normalise', 'deviation', deviation, listOf(aNumber, mean.length));
  if (deviation.some((value) => !(value > 0)))
    throw new TilegradError(`normalise: expected deviations above 0, got ${deviation.join(', ')}`);
  return {
    kind: 'colour',
    name: 'normalise',
    options: { ...options },
    draws: 0,
    needsMean: false,
    mix(_, channels) {
      if (channels !== mean.length) throw new ShapeError(`normalise: expected images of ${mean.length} channels, got ${channels}`);
      return {
        rows: deviation.map((value, i) => mean.map((_, j) => (i === j ? 1 / value : 0))),
        offset: mean.map((value, i) => -value / deviation[i]!),
      };
    },
  };
}

export interface EraseOptions {
  /** How likely. Default .5. */
  readonly p?: number;
  /** Share of the image's area. Default .02 to .33. */
  readonly area?: readonly [number, number];
  /** Width by height. Default .3 to 3.3. */
  readonly ratio?: readonly [number, number];
  /** What it is filled with. Default 0. */
  readonly value?: number;
}

/** A rectangle of random area, form and place is filled, by chance (Zhong et al., arXiv 1708.04896). */
export function erase(options: EraseOptions = {}): Erase {
  expectOptions('erase', options, { p: aNumber, area: listOf(aNumber, 2), ratio: listOf(aNumber, 2), value: aNumber });
  const { p = 0.5, area = [0.02, 0.33], ratio = [0.3, 3.3], value = 0 } = options;
  return {
    kind: 'erase',
    name: 'erase',
    options: { ...options },
    draws: 5,
    value,
    rectangle([chance, a, r, x, y], { width, height }) {
      const pixels = mul(between(a!, area[0], area[1]), width * height);
      const form = exp(between(r!, Math.log(ratio[0]), Math.log(ratio[1])));
      const [wide, high] = [
        floor(add(least(sqrt(mul(pixels, form)), width), 0.5)),
        floor(add(least(sqrt(divide(pixels, form)), height), 0.5)),
      ];
      const start = (u: Num, outer: number, inner: Num): Num => floor(mul(u, add(sub(outer, inner), 1)));
      const [left, top] = [start(x!, width, wide), start(y!, height, high)];
      return [left, top, add(left, below(chance!, p, wide, 0)), add(top, high)];
    },
  };
}

/**
 * One of the 25 pairs of operations that AutoAugment found for CIFAR, each operation by its own chance (Cubuk et al., arXiv 1805.09501, table 7). For images
 * that are bytes still, of 1 or 3 channels: before what makes values of them. On the CPU only.
 */
export function autoAugment(options: Fill = {}): Policy {
  expectOptions('autoAugment', options, fills);
  const { fill = 0, maskFill = 0 } = options;
  return { kind: 'policy', name: 'autoAugment', options: { ...options }, draws: 5, fill, maskFill };
}
