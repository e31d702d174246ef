// Weights of few bits for inference: packing, and products with them. None has a derivative.
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { type Shape, sameShape, showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { clamp } from './activation.ts';
import { expectF32 } from './check.ts';
import { iota, zeros } from './create.ts';
import { bitcast, cast, where } from './elementwise.ts';
import { lowerQuantized, type QuantizedSpec } from './lower/quantized.ts';
import { expand, pad, reshape, slice, unsqueeze } from './movement.ts';
import { type KernelOp, makeNode } from './op.ts';
import { max, min, sum } from './reduce.ts';

const quantizedMatmulOp: KernelOp<Pick<QuantizedSpec, 'depth' | 'bits' | 'group'>> = {
  name: 'quantizedMatmul',
  kind: 'kernel',
  epilogue: true,
  lower: ({ shape: [rows, columns], attrs }, traits) => lowerQuantized({ rows, columns, ...attrs }, traits),
  multiplyAdds: ({ size, attrs }) => size * attrs.depth,
};

/** Whole numbers of `bits` bits side by side in u32 words along the last axis, the first in the lowest bits; 0 fills the last word. */
function pack(values: Tensor, bits: number): Tensor {
  const each = 32 / bits;
  const lead = values.shape.slice(0, -1);
  const words = Math.ceil(values.shape[values.rank - 1] / each);
  const missing = words * each - values.shape[values.rank - 1];
  const grouped = reshape(pad(values, [[0, missing]]), [...lead, words, each]);
  return sum(grouped.shiftLeft(iota(grouped.shape, grouped.rank - 1).mul(bits)), -1);
}

/** The first `count` numbers along the last axis that `pack` put there. */
function unpack(words: Tensor, bits: number, count: number): Tensor {
  const each = 32 / bits;
  const shape = [...words.shape, each];
  const values = expand(unsqueeze(words, words.rank), shape)
    .shiftRight(iota(shape, words.rank).mul(bits))
    .bitAnd(2 ** bits - 1);
  const lead = words.shape.slice(0, -1);
  const flat = reshape(values, [...lead, words.shape[words.rank - 1] * each]);
  return slice(flat, [...lead.map(() => null), [0, count]]);
}

function expectWords(op: string, words: Tensor, bits: number, count: number): void {
  if (words.dtype !== 'u32') throw new DTypeError(`${op}: expected u32 words, got ${words.dtype}`);
  const needed = Math.ceil((count * bits) / 32);
  if (!Number.isInteger(count) || count < 0 || words.rank === 0 || words.shape[words.rank - 1] !== needed) {
    throw new ShapeError(`${op}: expected rows of ${needed} words for ${count} values, got ${showShape(words.shape)}`);
  }
}

function expectRows(op: string, x: Tensor, rank?: number): void {
  expectF32(op, x);
  if (x.rank === 0 || (rank !== undefined && x.rank !== rank)) {
    throw new ShapeError(`${op}: expected ${rank === undefined ? '[.., k]' : '[out, k]'}, got ${showShape(x.shape)}`);
  }
}

/** Rows of x times rows of weights. */
function product(x: Tensor, k: number, weights: readonly Tensor[], attrs: { bits: number; group: number }): Tensor {
  const lead = x.shape.slice(0, -1);
  const [columns] = weights[0].shape;
  const rows = lead.reduce((total, dim) => total * dim, 1);
  if (k === 0) return zeros([...lead, columns]);
  const flat = reshape(x, [rows, x.shape[x.rank - 1]]);
  return reshape(makeNode(quantizedMatmulOp, [flat, ...weights], { depth: k, ...attrs }, [rows, columns], 'f32'), [...lead, columns]);
}

/**
 * Signs of numbers, 32 in a word: bit j of word w is 1 where x[.., 32·w + j] ≥ 0.
 *
 * @formula words[.., w] = Σ_j (x[.., 32·w + j] ≥ 0)·2ʲ
 * @shapes x [.., k] → [.., ⌈k / 32⌉] u32
 * @torch –
 * @throws ShapeError for a scalar; DTypeError unless x is f32
 */
export function packBits(x: Tensor): Tensor {
  expectRows('packBits', x);
  return pack(cast(x.ge(0), 'u32'), 1);
}

/**
 * The signs that packBits packed, as 1 and −1.
 *
 * @formula y[.., i] = 2·bit(i) − 1
 * @shapes words [.., ⌈k / 32⌉] u32 → [.., k]
 * @dtypes u32
 * @torch –
 * @throws ShapeError when k doesn't fit the words; DTypeError unless they are u32
 */
export function unpackBits(words: Tensor, k: number): Tensor {
  expectWords('unpackBits', words, 1, k);
  return cast(unpack(words, 1, k), 'f32')
    .mul(2)
    .sub(1);
}

/**
 * Product of two matrices of signs by xor and population count (XNOR-Net, arXiv 1603.05279). No derivative.
 *
 * @formula y[.., c] = k − 2·popcount(a[..] xor b[c]) = Σ_i sign(a)[.., i]·sign(b)[c, i]
 * @shapes a [.., ⌈k / 32⌉], b [n, ⌈k / 32⌉] u32 (packBits) → [.., n]
 * @dtypes u32
 * @torch –
 * @throws ShapeError when k doesn't fit the words; DTypeError unless they are u32
 */
export function xnorMatmul(a: Tensor, b: Tensor, k: number): Tensor {
  for (const words of [a, b]) expectWords('xnorMatmul', words, 1, k);
  if (b.rank !== 2) throw new ShapeError(`xnorMatmul: expected b [n, words], got ${showShape(b.shape)}`);
  return product(a, k, [b], { bits: 1, group: 0 });
}

/** A weight of 8 bits: bytes, four in a u32 word, and the scale of each output channel. */
export interface Int8Weight {
  /** [out, ⌈k / 4⌉]. */
  readonly words: Tensor;
  /** [out]. */
  readonly scale: Tensor;
}

/**
 * Rounds each row of a weight to −127 … 127 times a scale of its own (symmetric, per output channel).
 *
 * @formula scale = max |w| / 127; q = round(w / scale)
 * @shapes weight [out, k] → words [out, ⌈k / 4⌉] u32, scale [out]
 * @torch torch.ao.quantization
 * @throws ShapeError unless the weight is a matrix; DTypeError unless it is f32
 */
export function quantizeInt8(weight: Tensor): Int8Weight {
  expectRows('quantizeInt8', weight, 2);
  if (weight.size === 0) throw new ShapeError(`quantizeInt8: expected at least one value, got ${showShape(weight.shape)}`);
  const peak = max(weight.abs(), 1);
  const scale = where(peak.gt(0), peak.mul(1 / 127), 1);
  const whole = clamp(weight.div(unsqueeze(scale, 1)).round(), -127, 127);
  return { words: pack(bitcast(cast(whole, 'i32'), 'u32').bitAnd(255), 8), scale };
}

/**
 * The numbers that a weight of 8 bits stands for.
 *
 * @formula w = q·scale
 * @shapes words [out, ⌈k / 4⌉] u32, scale [out] → [out, k]
 * @torch torch.dequantize
 * @throws ShapeError when k doesn't fit the words; DTypeError for other types
 */
export function dequantizeInt8({ words, scale }: Int8Weight, k: number): Tensor {
  expectInt8('dequantizeInt8', { words, scale }, k);
  const byte = cast(unpack(words, 8, k), 'f32');
  return where(byte.ge(128), byte.sub(256), byte).mul(unsqueeze(scale, 1));
}

function expectInt8(op: string, { words, scale }: Int8Weight, k: number): void {
  expectWords(op, words, 8, k);
  expectF32(op, scale);
  if (words.rank !== 2 || !sameShape(scale.shape, [words.shape[0]])) {
    throw new ShapeError(`${op}: expected words [out, k / 4] and scale [out], got ${showShape(words.shape)} and ${showShape(scale.shape)}`);
  }
}

/**
 * Product with a weight of 8 bits, in f32. No derivative.
 *
 * @formula y[.., c] = scale[c]·Σ_i x[.., i]·q[c, i]
 * @shapes x [.., k], words [out, ⌈k / 4⌉] u32, scale [out] → [.., out]
 * @torch torch._weight_int8pack_mm
 * @throws ShapeError when k doesn't fit the words; DTypeError for other types
 */
export function int8Matmul(x: Tensor, weight: Int8Weight): Tensor {
  expectRows('int8Matmul', x);
  const k = x.shape[x.rank - 1];
  expectInt8('int8Matmul', weight, k);
  return product(x, k, [weight.words, weight.scale], { bits: 8, group: 0 });
}

/** A weight of 4 bits: eight in a u32 word, and scale and zero point of each group of neighbours in a row. */
export interface Int4Weight {
  /** [out, k / 8]. */
  readonly words: Tensor;
  /** [out, k / groupSize]. */
  readonly scale: Tensor;
  /** The whole number that stands for 0, [out, k / groupSize]. */
  readonly zero: Tensor;
}

const GROUP_SIZES = [32, 64, 128];

/**
 * Rounds each group of neighbours in a row to 0 … 15, less a zero point, times a scale (asymmetric).
 *
 * @formula scale = (max(w, 0) − min(w, 0)) / 15; zero = round(−min(w, 0) / scale); q = round(w / scale) + zero
 * @shapes weight [out, k] → words [out, k / 8] u32, scale and zero [out, k / groupSize]
 * @torch torch.ao.quantization
 * @throws ShapeError unless the weight is a matrix and groupSize 32, 64 or 128 divides k; DTypeError unless it is f32
 */
export function quantizeInt4(weight: Tensor, { groupSize = 64 }: { readonly groupSize?: number } = {}): Int4Weight {
  expectRows('quantizeInt4', weight, 2);
  const [out, k] = weight.shape;
  if (!GROUP_SIZES.includes(groupSize) || k % groupSize !== 0) {
    throw new ShapeError(
      `quantizeInt4: expected groups of 32, 64 or 128 that divide ${k}, got ${groupSize} for ${showShape(weight.shape)}`,
    );
  }
  const groups = reshape(weight, [out, k / groupSize, groupSize]);
  const low = min(groups, -1).minimum(0);
  const range = max(groups, -1).maximum(0).sub(low);
  const scale = where(range.gt(0), range.mul(1 / 15), 1);
  const zero = low.neg().div(scale).round();
  const whole = clamp(groups.div(unsqueeze(scale, 2)).round().add(unsqueeze(zero, 2)), 0, 15);
  return { words: pack(reshape(cast(whole, 'u32'), [out, k]), 4), scale, zero };
}

/**
 * The numbers that a weight of 4 bits stands for.
 *
 * @formula w = (q − zero)·scale
 * @shapes words [out, k / 8] u32, scale and zero [out, k / groupSize] → [out, k]
 * @torch torch.dequantize
 * @throws ShapeError when the parts don't fit; DTypeError for other types
 */
export function dequantizeInt4({ words, scale, zero }: Int4Weight): Tensor {
  const [out, k] = [words.shape[0], 8 * words.shape[1]];
  const group = groupOf('dequantizeInt4', { words, scale, zero }, k);
  const values = reshape(cast(unpack(words, 4, k), 'f32'), [out, k / group, group]);
  return reshape(values.sub(unsqueeze(zero, 2)).mul(unsqueeze(scale, 2)), [out, k]);
}

function groupOf(op: string, { words, scale, zero }: Int4Weight, k: number): number {
  expectWords(op, words, 4, k);
  expectF32(op, scale, zero);
  const group = k / scale.shape[1];
  const fits = (shape: Shape) => shape.length === 2 && shape[0] === words.shape[0];
  if (words.rank !== 2 || !fits(scale.shape) || !sameShape(scale.shape, zero.shape) || !GROUP_SIZES.includes(group)) {
    const shapes = [words, scale, zero].map(({ shape }) => showShape(shape)).join(' and ');
    throw new ShapeError(`${op}: expected words [out, k / 8], scale and zero [out, k / 32, 64 or 128], got ${shapes}`);
  }
  return group;
}

/**
 * Product with a weight of 4 bits, in f32. No derivative.
 *
 * @formula y[.., c] = Σ_i x[.., i]·(q[c, i] − zero[c, i / groupSize])·scale[c, i / groupSize]
 * @shapes x [.., k], words [out, k / 8] u32, scale and zero [out, k / groupSize] → [.., out]
 * @torch torch._weight_int4pack_mm
 * @throws ShapeError when the parts don't fit; DTypeError for other types
 */
export function int4Matmul(x: Tensor, weight: Int4Weight): Tensor {
  expectRows('int4Matmul', x);
  const k = x.shape[x.rank - 1];
  const group = groupOf('int4Matmul', weight, k);
  return product(x, k, [weight.words, weight.scale, weight.zero], { bits: 4, group });
}
