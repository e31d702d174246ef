// Transforms of one sample, on the CPU. Knows no GPU: a worker holds no more of the library than this.
import { ShapeError, TilegradError } from '../../engine/graph/errors.ts';
import { showShape } from '../../engine/graph/shape.ts';
import { dtypeInBatch, type Value } from '../dataset.ts';
import { type Pixels as Bytes, changes, drawnFrom, moves } from './policy.ts';
import { brightnessOf, expectFill, nearestPlaces, resizeMatrix, resizeWeights, type Six } from './shared.ts';
import type { Colour, Decode, Erase, Extent, Geometric, Policy, Resize, Transform } from './transform.ts';

/** Fields of a sample. Transforms change those called `image` [channels, height, width], `mask` [.., height, width], `boxes` [k, 4] and `points` [k, 2]. */
export type Fields = Readonly<Record<string, Value>>;

/** One transform of a sample, with as many uniform numbers as it draws. Images keep bytes as long as pixels are only moved. */
export function applyTransform(transform: Transform, sample: Fields, u: readonly number[]): Fields | Promise<Fields> {
  const { image } = sample;
  if (transform.kind === 'decode' && image) return decoded(transform, sample, image);
  if (image?.shape.length !== 3) {
    throw new TilegradError(
      `${transform.name}: expected samples with a field 'image' [channels, height, width], got ${
        image ? showShape(image.shape) : `fields ${Object.keys(sample).join(', ') || 'none'}`
      }`,
    );
  }
  switch (transform.kind) {
    case 'geometric':
      return moved(transform, sample, image, u);
    case 'resize':
      return resized(transform, sample, image);
    case 'colour':
      return { ...sample, image: mixed(transform, image, u) };
    case 'erase':
      return { ...sample, image: erased(transform, image, u) };
    case 'policy':
      return byPolicy(transform, sample, u);
    case 'decode':
      return sample;
  }
}

async function decoded({ channels }: Decode, sample: Fields, image: Value): Promise<Fields> {
  const [{ decodeImage }, { planes }] = await Promise.all([import('../image/decode.ts'), import('../image/image.ts')]);
  const picture = await decodeImage(image.data as Uint8Array, 'a sample’s picture');
  return { ...sample, image: { data: planes(picture, channels), shape: [channels, picture.height, picture.width], scale: 1 / 255 } };
}

const extentOf = ({ shape }: Value): Extent => ({ width: shape.at(-1)!, height: shape.at(-2)! });
/** Levels and labels have no values between them. */
const howBetween = (value: Value): 'nearest' | 'bilinear' => (dtypeInBatch(value) === 'f32' ? 'bilinear' : 'nearest');

const IDENTITY = [1, 0, 0, 0, 1, 0];

type How = 'pixels' | 'nearest' | 'bilinear';

function moved(
  transform: Geometric,
  sample: Fields,
  image: Value,
  u: readonly number[],
  how: How = transform.onPixels ? 'pixels' : howBetween(image),
): Fields {
  const input = extentOf(image);
  const output = transform.size(input);
  const matrix = transform.matrix(u, input) as Six;
  // Not flipped, say.
  if (output.width === input.width && output.height === input.height && matrix.every((value, i) => value === IDENTITY[i]))
    return placed(sample);
  const { mask } = sample;
  if (mask) expectLikeImage(transform.name, mask, input);
  return {
    ...sample,
    image: warped(transform, image, output, matrix, transform.fill, how),
    ...(mask && { mask: warped(transform, mask, output, matrix, transform.maskFill, transform.onPixels ? 'pixels' : 'nearest') }),
    ...carried(sample, matrix, output),
  };
}

function expectLikeImage(name: string, mask: Value, { width, height }: Extent): void {
  const own = extentOf(mask);
  if (own.width !== width || own.height !== height) {
    throw new ShapeError(`${name}: expected a mask of the image's size ${height} × ${width}, got ${showShape(mask.shape)}`);
  }
}

/** Planes [.., height, width] seen through the matrix: bilinear, or the nearest pixel. */
function warped(
  { name, clamps }: Pick<Geometric, 'name' | 'clamps'>,
  value: Value,
  { width, height }: Extent,
  matrix: Six,
  fill: number,
  how: How,
): Value {
  const input = extentOf(value);
  const size = (value.data.length / (input.width * input.height)) * width * height;
  const shape = [...value.shape.slice(0, -2), height, width];
  const planes = size / (width * height);
  if (how === 'bilinear') {
    const out = new Float32Array(size);
    bilinear(value.data, input, out, { width, height }, matrix, planes, fill / (value.scale ?? 1), clamps);
    return { ...value, data: out, shape };
  }
  // Bytes stay bytes where pixels are only moved.
  const [held, own] = holding(name, value, fill);
  const out = new (held.data.constructor as Uint8ArrayConstructor)(size) as typeof value.data;
  if (own !== 0) out.fill(own);
  if (how === 'pixels') shifted(held.data, input, out, { width, height }, matrix, planes, own);
  else nearestPixels(held.data, input, out, { width, height }, matrix, planes, clamps);
  return { ...held, data: out, shape };
}

/**
 * Planes of a type that holds the fill, which is a value as it stands in a batch, and that fill as it stands in them. Bytes hold what their scale makes of 0 … 255,
 * to the nearest; where it is none of these they become what they are in a batch.
 */
function holding(name: string, value: Value, fill: number): readonly [planes: Value, fill: number] {
  const { data, scale = 1 } = value;
  const dtype = dtypeInBatch(value);
  if (fill === 0 || (data instanceof Float32Array && dtype === 'f32')) return [value, fill / scale];
  if (dtype !== 'f32') expectFill(name, fill, dtype);
  const own = Math.round(dtype === 'f32' ? fill / scale : fill);
  if (new (data.constructor as Uint8ArrayConstructor)([own])[0] === own) return [value, own];
  if (dtype === 'f32') return [{ data: values(value), shape: value.shape }, fill];
  return [{ ...value, data: dtype === 'i32' ? Int32Array.from(data) : Uint32Array.from(data) }, fill];
}

type Pixels = Value['data'];

/** Rows copied, forwards or backwards. */
function shifted(from: Pixels, input: Extent, to: Pixels, output: Extent, [a, , c, , e, f]: Six, planes: number, fill: number): void {
  // Columns x with 0 ≤ a·x + c < width.
  const [first, end] = a > 0 ? [-c, input.width - c] : [c - input.width + 1, c + 1];
  const [left, right] = [Math.max(0, first), Math.min(output.width, end)];
  const slides = a > 0 && e > 0 && input.width === output.width && left < right;
  for (let plane = 0; plane < planes; plane++) {
    const [source, target] = [plane * input.height * input.width, plane * output.height * output.width];
    if (slides) {
      slid(from.subarray(source, source + input.height * input.width), to.subarray(target, target + output.height * output.width), {
        width: input.width,
        by: f * input.width + c,
        rows: [Math.max(0, -f), Math.min(output.height, input.height - f)],
        columns: [left, right],
        fill,
      });
      continue;
    }
    for (let y = 0; y < output.height; y++) {
      const row = e * y + f;
      if (row < 0 || row >= input.height) continue;
      const [begin, there] = [source + row * input.width + c, target + y * output.width];
      // They are short: a loop is quicker than to call `set` for each.
      if (a > 0) for (let x = left; x < right; x++) to[there + x] = from[begin + x]!;
      else for (let x = left; x < right; x++) to[there + x] = from[begin - x]!;
    }
  }
}

interface Slide {
  readonly width: number;
  /** Elements between a pixel's place and the place that it comes from. */
  readonly by: number;
  /** First and end, of what the input has. */
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
  readonly fill: number;
}

/** One plane onto another of the same width: all its rows at once. What runs over from one row into the next is filled again. */
function slid(from: Pixels, to: Pixels, { width, by, rows: [top, bottom], columns: [left, right], fill }: Slide): void {
  if (top >= bottom) return;
  to.set(from.subarray(top * width + left + by, (bottom - 1) * width + right + by), top * width + left);
  for (let at = top * width; at < bottom * width; at += width) {
    for (let x = 0; x < left; x++) to[at + x] = fill;
    for (let x = right; x < width; x++) to[at + x] = fill;
  }
}

const clamped = (place: number, size: number): number => Math.max(0, Math.min(size - 1, place));

function nearestPixels(
  from: Pixels,
  input: Extent,
  to: Pixels,
  output: Extent,
  [a, b, c, d, e, f]: Six,
  planes: number,
  clamps: boolean,
): void {
  for (let y = 0; y < output.height; y++) {
    for (let x = 0; x < output.width; x++) {
      let [column, row] = [Math.round(a * x + b * y + c), Math.round(d * x + e * y + f)];
      if (clamps) [column, row] = [clamped(column, input.width), clamped(row, input.height)];
      if (column < 0 || column >= input.width || row < 0 || row >= input.height) continue;
      for (let plane = 0; plane < planes; plane++) {
        to[(plane * output.height + y) * output.width + x] = from[(plane * input.height + row) * input.width + column]!;
      }
    }
  }
}

function bilinear(
  from: Pixels,
  input: Extent,
  to: Float32Array,
  output: Extent,
  [a, b, c, d, e, f]: Six,
  planes: number,
  fill: number,
  clamps: boolean,
): void {
  const { width, height } = input;
  for (let y = 0; y < output.height; y++) {
    for (let x = 0; x < output.width; x++) {
      let [column, row] = [a * x + b * y + c, d * x + e * y + f];
      if (clamps) [column, row] = [clamped(column, width), clamped(row, height)];
      const [left, top] = [Math.floor(column), Math.floor(row)];
      const [right, down] = [column - left, row - top];
      for (let plane = 0; plane < planes; plane++) {
        const at = plane * height * width;
        const pixel = (px: number, py: number) => (px < 0 || px >= width || py < 0 || py >= height ? fill : from[at + py * width + px]!);
        const upper = pixel(left, top) * (1 - right) + pixel(left + 1, top) * right;
        const lower = pixel(left, top + 1) * (1 - right) + pixel(left + 1, top + 1) * right;
        to[(plane * output.height + y) * output.width + x] = upper * (1 - down) + lower * down;
      }
    }
  }
}

/** Boxes and points are f32 behind what moves pixels, in whichever samples it moves any: they make one batch. */
function placed(sample: Fields): Fields {
  const changed = ['boxes', 'points'].flatMap((name) => {
    const value = sample[name];
    const plain = !value || (value.data instanceof Float32Array && !value.dtype && (value.scale ?? 1) === 1);
    return plain ? [] : [[name, { data: values(value), shape: value.shape }] as const];
  });
  return changed.length === 0 ? sample : { ...sample, ...Object.fromEntries(changed) };
}

/** Boxes and points as they stand in the output. A box becomes the one around its corners, cut to the image; of one that has left it no area remains. */
function carried({ boxes, points }: Fields, [a, b, c, d, e, f]: Six, output: Extent): Fields {
  const scale = a * e - b * d;
  const across = (x: number, y: number) => (e * (x - c) - b * (y - f)) / scale;
  const down = (x: number, y: number) => (a * (y - f) - d * (x - c)) / scale;
  const place = (value: Value, change: (from: Float64Array, to: Float32Array) => void, width: number): Value => {
    const scaled = Float64Array.from(value.data, (number) => number * (value.scale ?? 1));
    const data = new Float32Array(scaled.length);
    for (let i = 0; i < data.length; i += width) change(scaled.subarray(i, i + width), data.subarray(i, i + width));
    return { data, shape: value.shape };
  };
  return {
    ...(points && {
      points: place(
        points,
        ([x, y], to) => {
          to[0] = across(x!, y!);
          to[1] = down(x!, y!);
        },
        2,
      ),
    }),
    ...(boxes && {
      boxes: place(
        boxes,
        ([x1, y1, x2, y2], to) => {
          // Edges of boxes lie half a pixel before the pixel's middle.
          const corners = [x1!, x2!].flatMap((x) => [y1!, y2!].map((y) => [x - 0.5, y - 0.5] as const));
          const xs = corners.map(([x, y]) => Math.min(output.width, Math.max(0, across(x, y) + 0.5)));
          const ys = corners.map(([x, y]) => Math.min(output.height, Math.max(0, down(x, y) + 0.5)));
          to.set([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]);
        },
        4,
      ),
    }),
  };
}

function resized({ name, size }: Resize, sample: Fields, image: Value): Fields {
  const input = extentOf(image);
  const { mask } = sample;
  if (mask) expectLikeImage(name, mask, input);
  const matrix = resizeMatrix(input, size);
  const small = howBetween(image) === 'nearest' ? picked(image, size) : filtered(image, size);
  return { ...sample, image: small, ...(mask && { mask: picked(mask, size) }), ...carried(sample, matrix, size) };
}

/** Of each output pixel the input pixel in which its middle lies. */
function picked(value: Value, size: Extent): Value {
  const { width, height } = extentOf(value);
  const [columns, rows] = [nearestPlaces(width, size.width), nearestPlaces(height, size.height)];
  const planes = value.data.length / (width * height);
  const data = new (value.data.constructor as Uint8ArrayConstructor)(planes * size.width * size.height) as Pixels;
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (const row of rows) for (const column of columns) data[at++] = value.data[(plane * height + row) * width + column]!;
  }
  return { ...value, data, shape: [...value.shape.slice(0, -2), size.height, size.width] };
}

function filtered(value: Value, size: Extent): Value {
  const input = extentOf(value);
  const planes = value.shape[0]!;
  const [across, down] = [taps(input.width, size.width), taps(input.height, size.height)];
  const narrow = new Float32Array(planes * input.height * size.width);
  for (let row = 0; row < planes * input.height; row++) {
    across.forEach(({ from, weights }, x) => {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * value.data[row * input.width + from + k]!;
      narrow[row * size.width + x] = sum;
    });
  }
  const data = new Float32Array(planes * size.height * size.width);
  for (let plane = 0; plane < planes; plane++) {
    down.forEach(({ from, weights }, y) => {
      const target = (plane * size.height + y) * size.width;
      for (let k = 0; k < weights.length; k++) {
        const source = (plane * input.height + from + k) * size.width;
        for (let x = 0; x < size.width; x++) data[target + x]! += weights[k]! * narrow[source + x]!;
      }
    });
  }
  return { ...value, data, shape: [planes, size.height, size.width] };
}

/** The weights of each output pixel that aren't 0. */
function taps(from: number, to: number): { readonly from: number; readonly weights: Float32Array }[] {
  const all = resizeWeights(from, to);
  return Array.from({ length: to }, (_, i) => {
    const row = all.subarray(i * from, (i + 1) * from);
    const first = row.findIndex((weight) => weight !== 0);
    return { from: first, weights: row.subarray(first, row.findLastIndex((weight) => weight !== 0) + 1) };
  });
}

/** f32, scaled: what computes with colours computes with their values. */
function values({ data, scale = 1 }: Value): Float32Array {
  return scale === 1 ? Float32Array.from(data) : Float32Array.from(data, (value) => value * scale);
}

function mixed({ mix, needsMean }: Colour, image: Value, u: readonly number[]): Value {
  const from = values(image);
  const channels = image.shape[0]!;
  const size = from.length / channels;
  const { rows, offset } = mix(u, channels, needsMean ? meanBrightness(from, channels) : 0);
  const data = new Float32Array(from.length);
  for (let i = 0; i < channels; i++) {
    const target = data.subarray(i * size, (i + 1) * size).fill(offset[i] as number);
    for (let j = 0; j < channels; j++) {
      const weight = rows[i]![j] as number;
      if (weight !== 0) for (let p = 0; p < size; p++) target[p]! += weight * from[j * size + p]!;
    }
  }
  return { data, shape: image.shape };
}

function meanBrightness(pixels: Float32Array, channels: number): number {
  const size = pixels.length / channels;
  let sum = 0;
  for (let c = 0; c < channels; c++) {
    const weight = channels === 3 ? brightnessOf[c]! : 1 / channels;
    for (let p = 0; p < size; p++) sum += weight * pixels[c * size + p]!;
  }
  return sum / size;
}

function erased({ name, rectangle, value }: Erase, picture: Value, u: readonly number[]): Value {
  const { width, height } = extentOf(picture);
  const [image, own] = holding(name, picture, value);
  const [left, top, right, bottom] = rectangle(u, { width, height }) as [number, number, number, number];
  const data = image.data.slice();
  for (let plane = 0; plane < image.shape[0]!; plane++) {
    for (let y = top; y < bottom; y++) {
      const row = (plane * height + y) * width;
      data.fill(own, row + left, row + Math.max(left, right));
    }
  }
  return { ...image, data };
}

/** Each operation on what the one before it gave: bytes stay bytes, to the nearest pixel where they move, as Pillow has it. */
function byPolicy(transform: Policy, sample: Fields, u: readonly number[]): Fields {
  let now = placed(sample);
  for (const { operation, level, sign } of drawnFrom(u)) {
    const image = now.image!;
    const { data, shape } = image;
    if (!(data instanceof Uint8Array) || ![1, 3].includes(shape[0]!)) {
      throw new TilegradError(
        `${transform.name}: expected images of 1 or 3 channels that are bytes still, before what makes values of them, got ${data.constructor.name} ${showShape(shape)}`,
      );
    }
    const extent = extentOf(image);
    if (operation in moves) {
      const matrix = () => moves[operation as keyof typeof moves](extent, level, sign);
      const move = { ...transform, kind: 'geometric', onPixels: false, clamps: false, size: (input: Extent) => input, matrix } as const;
      now = moved(move, now, image, [], 'nearest');
    } else {
      const change = changes[operation as keyof typeof changes];
      now = { ...now, image: { ...image, data: change({ data, ...extent } as Bytes, level, sign) } };
    }
  }
  return now;
}
