// The same transforms on whole batches, as ops: in a compiled step they run where the images are, each sample with random numbers of its own.
import { aNumber, aTensor, expectKind, expectOptions, positive, recordOf } from '../../engine/graph/arguments.ts';
import { ShapeError, TilegradError } from '../../engine/graph/errors.ts';
import { showShape } from '../../engine/graph/shape.ts';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { full, iota, tensor } from '../../engine/ops/create.ts';
import { gridSample } from '../../engine/ops/gridSample.ts';
import { gather, indexSelect } from '../../engine/ops/indexing.ts';
import { concat, stack } from '../../engine/ops/movement.ts';
import { rand } from '../../engine/ops/random.ts';
import type { Num } from './num.ts';
import { brightnessOf, expectFill, nearestPlaces, resizeMatrix, resizeWeights } from './shared.ts';
import type { Colour, Erase, Extent, Geometric, Matrix, Resize, Transform } from './transform.ts';

export type TensorFields = Readonly<Record<string, Tensor>>;

/**
 * Transforms of a batch: `image` f32 [n, channels, height, width], with it `mask` [n, height, width] or [n, 1, height, width] and `points` [n, k, 2]; other
 * fields stay as they are. Every sample draws its own random numbers; `u` [n, draws of all] gives them from outside.
 *
 * @throws ShapeError when there is no image of this form.
 */
export function onBatch<F extends TensorFields>(transforms: readonly Transform[], fields: F, u?: Tensor): F {
  const { image } = fields as TensorFields;
  if (image === undefined || image.rank !== 4) {
    throw new ShapeError(
      `onBatch: expected an image [n, channels, height, width], got ${image === undefined ? 'none' : showShape(image.shape)}`,
    );
  }
  const count = image.shape[0]!;
  const draws = transforms.reduce((sum, transform) => sum + transform.draws, 0);
  const numbers = u ?? (draws > 0 ? rand([count, draws]) : undefined);
  if (u && showShape(u.shape) !== showShape([count, draws])) {
    throw new ShapeError(`onBatch: expected u ${showShape([count, draws])}, got ${showShape(u.shape)}`);
  }
  let at = 0;
  return transforms.reduce<TensorFields>((batch, transform) => {
    const own = Array.from({ length: transform.draws }, () => {
      const column = (numbers as Tensor).slice([null, [at, at + 1]]).reshape([count]);
      at++;
      return column;
    });
    return transformed(transform, batch, own);
  }, fields) as F;
}

function transformed(transform: Transform, batch: TensorFields, u: readonly Num[]): TensorFields {
  const image = batch.image!;
  switch (transform.kind) {
    case 'geometric':
      return moved(transform, batch, u);
    case 'resize':
      return resized(transform, batch);
    case 'colour':
      return { ...batch, image: mixed(transform, image, u) };
    case 'erase':
      return { ...batch, image: erased(transform, image, u) };
    case 'decode':
      throw new TilegradError('onBatch: pictures are decoded on the CPU; give decode() to the DataLoader');
    case 'policy':
      throw new TilegradError(`onBatch: ${transform.name} changes bytes on the CPU; give it to the DataLoader`);
  }
}

const extentOf = ({ shape }: Tensor): Extent => ({ width: shape.at(-1)!, height: shape.at(-2)! });

/** A number of each sample in front of `rank` dimensions of one. */
const spread = (value: Num, rank: number): Num =>
  typeof value === 'number' ? value : value.reshape([-1, ...new Array<number>(rank).fill(1)]);

/** Places in a plane, as f32 [1, height, width]. */
const places = ({ width, height }: Extent, axis: 1 | 2): Tensor => iota([1, height, width], axis).cast('f32');

/** Where each output pixel looks, in the input's pixels: [n or 1, height, width]. */
function looks(matrix: Matrix, output: Extent): { readonly x: Tensor; readonly y: Tensor } {
  const [x, y] = [places(output, 2), places(output, 1)];
  const along = (a: Num, b: Num, c: Num) =>
    x
      .mul(spread(a, 2))
      .add(y.mul(spread(b, 2)))
      .add(spread(c, 2));
  return { x: along(matrix[0], matrix[1], matrix[2]), y: along(matrix[3], matrix[4], matrix[5]) };
}

function warped(
  planes: Tensor,
  output: Extent,
  matrix: Matrix,
  { fill, mode, clamps }: { readonly fill: number; readonly mode: 'nearest' | 'bilinear'; readonly clamps: boolean },
): Tensor {
  const { width, height } = extentOf(planes);
  const { x, y } = looks(matrix, output);
  const all = [planes.shape[0]!, output.height, output.width];
  const along = (place: Tensor, size: number) =>
    // Halfway between two pixels it is the next, as on the CPU.
    (mode === 'nearest' ? place.add(0.5).floor() : place)
      .mul(2 / size)
      .add(1 / size - 1)
      .broadcastTo(all);
  const grid = stack([along(x, width), along(y, height)], -1);
  // Outside there is 0.
  const seen = gridSample(fill === 0 ? planes : planes.sub(fill), grid, { mode, paddingMode: clamps ? 'border' : 'zeros' });
  return fill === 0 ? seen : seen.add(fill);
}

/** [n, h, w] or [n, 1, h, w] of any type: to the nearest label. */
function warpedMask(mask: Tensor, output: Extent, matrix: Matrix, { name, maskFill: fill, clamps }: Geometric): Tensor {
  const { width, height } = extentOf(mask);
  if (mask.dtype === 'i32' || mask.dtype === 'u32') expectFill(name, fill, mask.dtype);
  const planes = mask.cast('f32').reshape([mask.shape[0]!, -1, height, width]);
  const seen = warped(planes, output, matrix, { fill, mode: 'nearest', clamps }).round();
  return seen.reshape([...mask.shape.slice(0, -2), output.height, output.width]).cast(mask.dtype);
}

function moved(transform: Geometric, batch: TensorFields, u: readonly Num[]): TensorFields {
  const image = batch.image!;
  const input = extentOf(image);
  const output = transform.size(input);
  const matrix = transform.matrix(u, input);
  return {
    ...batch,
    image: warped(image, output, matrix, { ...transform, mode: transform.onPixels ? 'nearest' : 'bilinear' }),
    ...(batch.mask && { mask: warpedMask(batch.mask, output, matrix, transform) }),
    ...(batch.points && { points: carried(batch.points, matrix) }),
  };
}

function carried(points: Tensor, matrix: Matrix): Tensor {
  const [a, b, c, d, e, f] = matrix.map((value) => (typeof value === 'number' ? tensor(value) : spread(value, 1))) as Tensor[] & {
    length: 6;
  };
  const [x, y] = [0, 1].map((axis) => points.slice([null, null, [axis, axis + 1]]).reshape(points.shape.slice(0, 2))) as [Tensor, Tensor];
  const [right, below] = [x.sub(c), y.sub(f)];
  const scale = a.mul(e).sub(b.mul(d));
  return stack([e.mul(right).sub(b.mul(below)).div(scale), a.mul(below).sub(d.mul(right)).div(scale)], -1);
}

function resized({ size }: Resize, batch: TensorFields): TensorFields {
  const image = batch.image!;
  const [n, c, h, w] = image.shape as [number, number, number, number];
  const weights = (from: number, to: number) => tensor(resizeWeights(from, to), [to, from]).transpose();
  const narrow = image
    .reshape([n * c * h, w])
    .matmul(weights(w, size.width))
    .reshape([n * c, h, size.width]);
  const small = narrow
    .transpose(1, 2)
    .reshape([n * c * size.width, h])
    .matmul(weights(h, size.height));
  const matrix = resizeMatrix({ width: w, height: h }, size);
  return {
    ...batch,
    image: small
      .reshape([n * c, size.width, size.height])
      .transpose(1, 2)
      .reshape([n, c, size.height, size.width]),
    ...(batch.mask && { mask: picked(batch.mask, size) }),
    ...(batch.points && { points: carried(batch.points, matrix) }),
  };
}

/** [n, .., h, w] of any type: of each output pixel the input pixel in which its middle lies. */
function picked(mask: Tensor, { width, height }: Extent): Tensor {
  const [rows, columns] = [nearestPlaces(mask.shape.at(-2)!, height), nearestPlaces(mask.shape.at(-1)!, width)].map((at) => tensor(at));
  return indexSelect(indexSelect(mask, -2, rows!), -1, columns!);
}

function mixed({ mix, needsMean }: Colour, image: Tensor, u: readonly Num[]): Tensor {
  const channels = image.shape[1]!;
  const planes = Array.from({ length: channels }, (_, c) => image.slice([null, [c, c + 1]]));
  const weight = (c: number) => (channels === 3 ? brightnessOf[c]! : 1 / channels);
  const mean = () => planes.map((plane, c) => plane.mean([1, 2, 3]).mul(weight(c))).reduce((a, b) => a.add(b));
  const { rows, offset } = mix(u, channels, needsMean ? mean() : 0);
  return concat(
    rows.map((row, i) =>
      row
        .flatMap((part, j) => (part === 0 ? [] : [planes[j]!.mul(spread(part, 3))]))
        .reduce((a, b) => a.add(b))
        .add(spread(offset[i]!, 3)),
    ),
    1,
  );
}

function erased({ rectangle, value }: Erase, image: Tensor, u: readonly Num[]): Tensor {
  const extent = extentOf(image);
  const [left, top, right, bottom] = rectangle(u, extent).map((edge) => spread(edge, 2));
  const [x, y] = [places(extent, 2), places(extent, 1)];
  const inside = x.ge(left!).logicalAnd(x.lt(right!)).logicalAnd(y.ge(top!)).logicalAnd(y.lt(bottom!));
  return full(image.shape, value).where(inside.unsqueeze(1).broadcastTo(image.shape), image);
}

export interface MixupOptions {
  /** Both parameters of the Beta distribution that the shares are drawn from: small ones mix little. Default .2. */
  readonly alpha?: number;
  readonly classes: number;
}

const QUANTILES = 1024;

/**
 * Each sample mixed with the next one of the batch, in a share λ ~ Beta(α, α) of its own (Zhang et al., arXiv 1710.09412): images, and labels [n] as
 * probabilities [n, classes] for a cross-entropy with soft targets.
 */
export function mixup(
  batch: { readonly image: Tensor; readonly label: Tensor },
  options: MixupOptions,
): { readonly image: Tensor; readonly label: Tensor } {
  expectKind('mixup', 'its first argument', batch, recordOf({ image: aTensor, label: aTensor }));
  expectOptions('mixup', options, { alpha: aNumber, classes: positive });
  expectKind('mixup', 'classes', options.classes, positive);
  const { alpha = 0.2, classes } = options;
  const { image, label } = batch;
  const n = image.shape[0]!;
  const place = rand([n]).mul(QUANTILES);
  const table = tensor(betaQuantiles(alpha));
  const low = place.floor();
  const at = low.cast('u32');
  const [from, to] = [gather(table, 0, at), gather(table, 0, at.add(1))];
  const share = from.add(to.sub(from).mul(place.sub(low)));
  const next = (x: Tensor) => concat([x.slice([[1, n]]), x.slice([[0, 1]])], 0);
  const mixedWith = (x: Tensor) => {
    const own = share.reshape([n, ...new Array<number>(x.rank - 1).fill(1)]);
    return x.mul(own).add(next(x).mul(own.neg().add(1)));
  };
  const hot = iota([n, classes], 1).eq(label.cast('u32').unsqueeze(1)).cast('f32');
  return { image: mixedWith(image), label: mixedWith(hot) };
}

/** Quantiles 0, 1/1024 … 1 of Beta(α, α), from sums over its density x^(α−1)·(1−x)^(α−1); with x = sin²t it is smooth: sin(2t)^(2α−1). */
export function betaQuantiles(alpha: number): Float32Array {
  const steps = 1 << 16;
  const sums = new Float64Array(steps + 1);
  // The ends, where the density has no bound for small α, by the integral of its power.
  const end = (Math.PI / steps) ** (2 * alpha - 1) / (2 * alpha);
  for (let i = 0; i < steps; i++) {
    const atEnd = i === 0 || i === steps - 1;
    sums[i + 1] = sums[i]! + (atEnd ? end : Math.sin(((i + 0.5) / steps) * Math.PI) ** (2 * alpha - 1));
  }
  const quantiles = new Float32Array(QUANTILES + 1);
  let i = 0;
  for (let q = 0; q <= QUANTILES; q++) {
    const wanted = (q / QUANTILES) * sums[steps]!;
    while (i < steps && sums[i + 1]! < wanted) i++;
    const part = Math.min(steps, i + (wanted - sums[i]!) / Math.max(1e-300, sums[Math.min(steps, i + 1)]! - sums[i]!));
    quantiles[q] = Math.sin((Math.max(0, part) / steps) * (Math.PI / 2)) ** 2;
  }
  return quantiles;
}
