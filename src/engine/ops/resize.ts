// Resizing as torch.nn.functional.interpolate does it: a product with a matrix of few weights along each axis.
import { anObject, expectKind } from '../graph/arguments.ts';
import { ShapeError } from '../graph/errors.ts';
import { showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { bandOf, type ResizeRule } from './bands.ts';
import { expectFloat, expectOneOf } from './check.ts';
import { tensor } from './create.ts';
import { lowerResize } from './lower/resize.ts';
import { type KernelOp, makeNode } from './op.ts';
import { adaptiveAvgPool1d, adaptiveAvgPool2d } from './pool.ts';
import { type Pair, wholes } from './sizes.ts';

export type ResizeMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'bicubic' | 'area';

export interface ResizeOptions {
  /** The new size; or else `scaleFactor`. */
  readonly size?: Pair;
  /** How many times larger; sizes are rounded down. */
  readonly scaleFactor?: Pair;
  /** Default nearest. `linear` is for [n, c, length], `bilinear` and `bicubic` for images; the others take both. */
  readonly mode?: ResizeMode;
  /** For linear and cubic modes: whether corner pixels stay at the corners, by their centres. Default false. */
  readonly alignCorners?: boolean;
}

/** What one node does: all that its gradient must know. */
interface ResizeAttrs {
  readonly rowRule: ResizeRule;
  readonly columnRule: ResizeRule;
  /** Rows and columns, before and after, and how far one step after is before. */
  readonly lengths: readonly number[];
  readonly outLengths: readonly number[];
  readonly steps: readonly number[];
  readonly alignCorners: boolean;
  /** The gradient: from images of the size after to such of the size before. */
  readonly transposed: boolean;
}

const resizeOp: KernelOp<ResizeAttrs & { readonly taps: readonly number[] }> = {
  name: 'interpolate',
  kind: 'kernel',
  epilogue: true,
  lower: ({ inputs: [x], shape, attrs }, traits) => {
    const [height, width] = x.shape.slice(-2);
    const [outHeight, outWidth] = shape.slice(-2);
    const [tapsY, tapsX] = attrs.taps;
    return lowerResize({ planes: x.size / (height * width), height, width, outHeight, outWidth, tapsY, tapsX }, traits);
  },
  derivative: (dy, { attrs }) => {
    const { taps: _, ...same } = attrs;
    return [resize(dy, { ...same, transposed: !attrs.transposed }), undefined, undefined];
  },
};

/** More elements than this for one output element are read in two steps, along one axis each. */
const MANY_TAPS = 12;

function resize(x: Tensor, attrs: ResizeAttrs): Tensor {
  const [rows, columns] = [attrs.rowRule, attrs.columnRule].map((rule, axis) => {
    const [length, outLength, step] = [attrs.lengths[axis], attrs.outLengths[axis], attrs.steps[axis]];
    return bandOf({ rule, length, outLength, step, alignCorners: attrs.alignCorners }, attrs.transposed);
  });
  const [height, width] = x.shape.slice(-2);
  const shape = [...x.shape.slice(0, -2), rows.starts.length, columns.starts.length];
  if (rows.taps > 1 && columns.taps > 1 && rows.taps * columns.taps > MANY_TAPS) {
    const rowsFirst = rows.starts.length * width <= height * columns.starts.length;
    const [first, second] = rowsFirst ? [0, 1] : [1, 0];
    return resize(resize(x, along(first, attrs, x.shape)), along(second, attrs, shape));
  }
  const starts = tensor(Uint32Array.from([...rows.starts, ...columns.starts]));
  const weights = tensor(Float32Array.from([...rows.weights, ...columns.weights]));
  return makeNode(resizeOp, [x, starts, weights], { ...attrs, taps: [rows.taps, columns.taps] }, shape, x.dtype);
}

/** Resizes one axis; the other stays as it is in `shape`. */
function along(axis: number, attrs: ResizeAttrs, shape: readonly number[]): ResizeAttrs {
  const keep = (values: readonly number[], kept: number) => values.map((value, i) => (i === axis ? value : kept));
  const length = shape[shape.length - 1 - axis];
  return {
    ...attrs,
    ...(axis === 0 ? { columnRule: 'nearest' } : { rowRule: 'nearest' }),
    lengths: keep(attrs.lengths, length),
    outLengths: keep(attrs.outLengths, length),
    steps: keep(attrs.steps, 1),
  };
}

/** Ranks that each mode takes. */
export const RANKS: Readonly<Record<ResizeMode, readonly number[]>> = {
  nearest: [3, 4],
  'nearest-exact': [3, 4],
  linear: [3],
  bilinear: [4],
  bicubic: [4],
  area: [3, 4],
};
const RULES = { nearest: 'nearest', 'nearest-exact': 'nearest-exact', linear: 'linear', bilinear: 'linear', bicubic: 'cubic' } as const;

/**
 * Resizes lines or images. Weights are computed in double precision. The cubic kernel has a = −0.75; `area` averages as adaptive pooling.
 *
 * @formula y[o] = Σ_i w(o, i) x[i], along rows and columns, with w around (o + ½)·step − ½, or o·(size − 1)/(out − 1) with alignCorners
 * @shapes x [n, c, h, w] → [n, c, oh, ow], or x [n, c, length] → [n, c, o]
 * @torch torch.nn.functional.interpolate
 * @throws ShapeError when the mode doesn't fit x, not exactly one of size and scaleFactor is given, or nothing would be left
 */
export function interpolate(x: Tensor, options: ResizeOptions): Tensor {
  expectKind('interpolate', 'options', options, anObject);
  const { mode = 'nearest', alignCorners, size, scaleFactor } = options;
  expectFloat('interpolate', x);
  expectOneOf('interpolate', 'mode', mode, Object.keys(RANKS));
  if (!RANKS[mode].includes(x.rank) || x.shape.slice(2).includes(0)) {
    const expected = RANKS[mode].map((rank) => (rank === 3 ? '[n, c, length]' : '[n, c, h, w]')).join(' or ');
    throw new ShapeError(`interpolate: expected ${expected} with elements for ${mode}, got ${showShape(x.shape)}`);
  }
  if (alignCorners !== undefined && !/linear|cubic/.test(mode)) {
    throw new ShapeError(`interpolate: expected alignCorners with a linear or cubic mode only, got ${mode}`);
  }
  if ((size === undefined) === (scaleFactor === undefined)) throw new ShapeError('interpolate: expected either a size or a scaleFactor');
  const lengths = x.shape.slice(2);
  const factors =
    scaleFactor === undefined ? undefined : lengths.map((_, axis) => (typeof scaleFactor === 'number' ? scaleFactor : scaleFactor[axis]));
  const scaled = factors ? lengths.map((length, axis) => Math.floor(length * factors[axis])) : (size as Pair);
  const outLengths = wholes('interpolate', 'size', scaled, lengths.length, 1);
  if (mode === 'area') return x.rank === 3 ? adaptiveAvgPool1d(x, outLengths[0]) : adaptiveAvgPool2d(x, outLengths as [number, number]);

  const steps = lengths.map((length, axis) => {
    if (alignCorners) return outLengths[axis] > 1 ? (length - 1) / (outLengths[axis] - 1) : 0;
    return factors ? 1 / factors[axis] : length / outLengths[axis];
  });
  const rule = RULES[mode];
  const attrs = { alignCorners: alignCorners ?? false, transposed: false };
  if (x.rank === 4) return resize(x, { rowRule: rule, columnRule: rule, lengths, outLengths, steps, ...attrs });
  // Lines are the rows of images whose height stays.
  const rows = x.shape[1];
  return resize(x, {
    rowRule: 'nearest',
    columnRule: rule,
    lengths: [rows, ...lengths],
    outLengths: [rows, ...outLengths],
    steps: [1, ...steps],
    ...attrs,
  });
}
