// Scaled dot-product attention: fused kernels that keep no matrix of queries × keys, and the same composed of other ops.
import { ShapeError } from '../graph/errors.ts';
import { broadcastShapes, type Shape, sameShape, showShape, sizeOf } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectFloat } from './check.ts';
import { iota, zeros } from './create.ts';
import { cast, stopGradient, where } from './elementwise.ts';
import { type AttentionSpec, lowerAttention, lowerAttentionBackward, MAX_DEPTH } from './lower/attention.ts';
import { matmul } from './matmul.ts';
import { broadcastTo, concat, expand, reshape, slice, transpose, unsqueeze } from './movement.ts';
import { type KernelOp, makeNode } from './op.ts';
import { bernoulli, type Draw, nextDraw } from './random.ts';
import { max, sum } from './reduce.ts';

interface BackwardSpec extends AttentionSpec {
  /** Whether the gradients are those of k and v, or that of q. */
  readonly byKey: boolean;
}

/** Elements `start` to `start + size` of a flat tensor, in a shape. */
const part = (flat: Tensor, start: number, shape: Shape): Tensor => reshape(slice(flat, [[start, start + sizeOf(shape)]]), shape);

/** Mask and key, which follow after the other inputs. */
function extrasOf({ masked, stream }: AttentionSpec, rest: readonly Tensor[]): { mask: Tensor | undefined; draw: Draw | undefined } {
  return { mask: masked ? rest[0] : undefined, draw: stream < 0 ? undefined : { key: rest[rest.length - 1], stream } };
}

/** q [heads, rows, depth], k [heads, keys, depth], v [heads, keys, valueDepth], mask and key if any → flat [y, max, log Σ exp(score − max)]. */
const attentionOp: KernelOp<AttentionSpec> = {
  name: 'attention',
  kind: 'kernel',
  lower: ({ attrs }, traits) => lowerAttention(attrs, traits),
  multiplyAdds: ({ attrs: { heads, rows, keys, depth, valueDepth } }) => heads * rows * keys * (depth + valueDepth),
  derivative: (dPacked, node, [wantQ, wantK, wantV, wantFourth]) => {
    const { attrs: spec } = node;
    const { heads, rows, keys, depth, valueDepth } = spec;
    const [q, k, v, ...rest] = node.inputs;
    const at = heads * rows * valueDepth;
    const [y, dy] = [node, dPacked].map((packed) => part(packed, 0, [heads, rows, valueDepth]));
    const n = heads * rows;
    // The logarithm is that of Σ exp(score − c) for a constant c. A change of it moves all scores of a row alike, and so stands beside Σ y·dy.
    const inner = reshape(sum(y.mul(dy), -1), [n]).sub(part(dPacked, at + n, [n]));
    const inputs = [q, k, v, cast(dy, q.dtype), concat([part(node, at, [2 * n]), inner]), ...rest];
    const dq = () => cast(makeNode(attentionBackwardOp, inputs, { ...spec, byKey: false }, q.shape, 'f32'), q.dtype);
    const dkv =
      wantK || wantV
        ? makeNode(attentionBackwardOp, inputs, { ...spec, byKey: true }, [heads * keys * (depth + valueDepth)], 'f32')
        : undefined;
    return [
      wantQ ? dq() : undefined,
      wantK && dkv ? cast(part(dkv, 0, k.shape), k.dtype) : undefined,
      wantV && dkv ? cast(part(dkv, k.size, v.shape), v.dtype) : undefined,
      wantFourth && spec.masked ? unbroadcastMask(backwardTerms(inputs, spec).ds, rest[0], spec) : undefined,
      undefined,
    ];
  },
};

/** Inputs q, k, v, dy, stats, mask and key if any → dq, or flat [dk, dv] with byKey. */
const attentionBackwardOp: KernelOp<BackwardSpec> = {
  name: 'attentionBackward',
  kind: 'kernel',
  lower: ({ attrs: { byKey, ...spec } }, traits) => lowerAttentionBackward(spec, byKey, traits),
  derivative: (ddx, node) => {
    const { attrs: spec } = node;
    const [q, k, v, dy] = node.inputs.slice(0, 4).map((input) => cast(input, 'f32'));
    const { p, drop, centred, ds } = backwardTerms(node.inputs, spec);
    const dropped = (x: Tensor) => (drop ? x.mul(drop) : x);
    const product = (a: Tensor, b: Tensor) => matmul(a, b).mul(spec.scale);
    let toDs: Tensor;
    let toP: Tensor;
    let [toQ, toK, toDy]: (Tensor | undefined)[] = [];
    if (spec.byKey) {
      const [uk, uv] = [part(ddx, 0, k.shape), part(ddx, k.size, v.shape)];
      toDs = product(q, transpose(uk));
      toQ = product(ds, uk);
      toP = toDs.mul(centred).add(dropped(matmul(dy, transpose(uv))));
      toDy = matmul(dropped(p), uv);
    } else {
      toDs = product(ddx, transpose(k));
      toK = product(transpose(ds), ddx);
      toP = toDs.mul(centred);
    }
    const toCentred = toDs.mul(p);
    const toScores = toP.mul(p);
    const toProduct = dropped(toCentred);
    const plus = (a: Tensor, b: Tensor | undefined) => (b ? a.add(b) : a);
    const rowSums = (x: Tensor) => reshape(sum(x, -1), [spec.heads * spec.rows]).neg();
    const results = [
      plus(product(toScores, k), toQ),
      plus(product(transpose(toScores), q), toK),
      matmul(transpose(toProduct), dy),
      plus(matmul(toProduct, v), toDy),
    ].map((x, i) => cast(x, node.inputs[i].dtype));
    const { mask } = extrasOf(spec, node.inputs.slice(5));
    const toLogTotal = rowSums(toScores);
    const toStats = concat([zeros(toLogTotal.shape), toLogTotal, rowSums(toCentred)]);
    return [...results, toStats, mask && unbroadcastMask(toScores, mask, spec), undefined];
  },
};

/** What the backward kernels compute for each pair of a query and a key, as matrices [heads, rows, keys]. */
function backwardTerms(inputs: readonly Tensor[], spec: AttentionSpec) {
  const { heads, rows } = spec;
  const [q, k, v, dy] = inputs.slice(0, 4).map((input) => cast(input, 'f32'));
  const { mask, draw } = extrasOf(spec, inputs.slice(5));
  const [largest, logTotal, inner] = [0, 1, 2].map((i) => part(inputs[4], i * heads * rows, [heads, rows, 1]));
  const p = scores(q, k, mask, spec).sub(largest).sub(logTotal).exp();
  const drop = draw && dropFactors(spec, draw);
  const product = matmul(dy, transpose(v));
  const centred = (drop ? product.mul(drop) : product).sub(inner);
  return { p, drop, centred, ds: p.mul(centred) };
}

/** scale·q·kᵀ + mask, −∞ where the causal mask is. */
function scores(q: Tensor, k: Tensor, mask: Tensor | undefined, spec: AttentionSpec): Tensor {
  let s = matmul(q, transpose(k)).mul(spec.scale);
  if (mask) s = s.add(reshape(broadcastTo(unsqueeze(unsqueeze(mask, 1), 0), maskedShape(spec)), s.shape));
  if (!spec.causal) return s;
  const query = iota([spec.heads, spec.rows / spec.queries, spec.queries, spec.keys], 2);
  return where(reshape(query, s.shape).ge(iota(s.shape, 2)), s, Number.NEGATIVE_INFINITY);
}

/** The scores with the heads split around those that masks tell apart. */
function maskedShape({ heads, rows, queries, keys, maskCount, maskDivide }: AttentionSpec): Shape {
  return [(heads * rows) / queries / maskCount / maskDivide, maskCount, maskDivide, queries, keys];
}

function unbroadcastMask(ds: Tensor, mask: Tensor, spec: AttentionSpec): Tensor {
  const split = reshape(ds, maskedShape(spec));
  const axes = [0, 2, ...[3, 4].filter((axis) => mask.shape[axis - 2] === 1)];
  return reshape(sum(split, axes, { keepDims: true }), mask.shape);
}

/** What dropout multiplies the weights with. The kernels draw the same bits: a block for eight keys. */
function dropFactors({ heads, rows, keys, keep }: AttentionSpec, draw: Draw): Tensor {
  const padded = Math.ceil(keys / 8) * 8;
  const kept = bernoulli([heads, rows, padded], keep / 65536, draw);
  return where(slice(kept, [null, null, [0, keys]]), 65536 / keep, 0);
}

/** The whole formula in other ops. */
function composed(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | undefined, spec: AttentionSpec, draw: Draw | undefined): Tensor {
  if (spec.keys === 0) return zeros([spec.heads, spec.rows, spec.valueDepth], q.dtype);
  const s = scores(cast(q, 'f32'), cast(k, 'f32'), mask, spec);
  const peak = stopGradient(max(s, -1, { keepDims: true }));
  const exponentials = s.sub(where(peak.gt(Number.NEGATIVE_INFINITY), peak, 0)).exp();
  const total = sum(exponentials, -1, { keepDims: true });
  const weights = exponentials.div(where(total.gt(0), total, 1));
  return matmul(cast(draw ? weights.mul(dropFactors(spec, draw)) : weights, v.dtype), v);
}

export interface AttentionOptions {
  /** Broadcast to [.., queries, keys]: false hides a key (bool), or a number is added to its score (float). */
  readonly attnMask?: Tensor;
  /** Hides from query i all keys after key i. */
  readonly isCausal?: boolean;
  /** Probability of dropping a weight, to the nearest 1/65,536. */
  readonly dropoutP?: number;
  /** Of the scores; 1 / √depth unless given. */
  readonly scale?: number;
  /** Allows fewer heads (dimension −3) of k and v than of q: each serves as many neighbouring heads of q. */
  readonly enableGqa?: boolean;
}

/**
 * Attention of each query to all keys (Vaswani et al., arXiv 1706.03762), without a matrix of queries × keys in memory (Dao et al.,
 * arXiv 2205.14135). A query whose scores are all −∞ gives 0. Head dimensions over 128 take the composed formula.
 *
 * @formula y = dropout(softmax(scale·q·kᵀ + mask))·v
 * @shapes q [.., queries, depth], k [.., keys, depth], v [.., keys, valueDepth] → [.., queries, valueDepth]; leading dimensions broadcast
 * @dtypes f32, f16
 * @torch torch.nn.functional.scaled_dot_product_attention
 * @throws ShapeError when shapes, heads or the dropout probability don't fit; DTypeError for other types, or a mask neither bool nor float
 */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  return attention(q, k, v, options, false);
}

/** The reference path of the tests: the formula in other ops at any depth. */
export function composedAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  return attention(q, k, v, options, true);
}

function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions, always: boolean): Tensor {
  const op = 'scaledDotProductAttention';
  const dtype = expectFloat(op, q, k, v);
  const { isCausal = false, dropoutP = 0, scale = 1 / Math.sqrt(Math.max(1, q.shape[q.rank - 1])), enableGqa = false } = options;
  const fits =
    Math.min(q.rank, k.rank, v.rank) >= 2 && q.shape[q.rank - 1] === k.shape[k.rank - 1] && k.shape[k.rank - 2] === v.shape[v.rank - 2];
  if (!fits) {
    throw new ShapeError(
      `${op}: expected q [.., queries, depth], k [.., keys, depth] and v [.., keys, valueDepth], got ${[q, k, v].map(({ shape }) => showShape(shape)).join(' and ')}`,
    );
  }
  if (!(dropoutP >= 0 && dropoutP <= 1)) throw new ShapeError(`${op}: expected dropoutP from 0 to 1, got ${dropoutP}`);
  const [queries, depth] = q.shape.slice(-2);
  const [keys, valueDepth] = v.shape.slice(-2);
  const { lead, shared } = leadingDimensions(q, k, v, enableGqa);
  const [n, heads] = [sizeOf(lead), sizeOf(shared)];
  const rows = heads === 0 ? 0 : (n / heads) * queries;
  const flat = (x: Tensor, leading: Shape, ...own: number[]) => reshape(broadcastTo(x, [...leading, ...x.shape.slice(-2)]), own);
  const inputs = [
    flat(q, lead, heads, rows, depth),
    flat(k, shared, heads, keys, depth),
    flat(v, shared, heads, keys, valueDepth),
  ] as const;
  const mask = options.attnMask && maskOf(options.attnMask, lead, queries, keys);
  const keep = Math.round((1 - dropoutP) * 65536);
  const shape = [...lead, queries, valueDepth];
  if (keep === 0 || sizeOf(shape) === 0) return zeros(shape, dtype);
  const draw = keep < 65536 ? nextDraw() : undefined;
  const spec: AttentionSpec = {
    heads,
    rows,
    queries,
    keys,
    depth,
    valueDepth,
    scale,
    causal: isCausal,
    masked: mask !== undefined,
    ...(mask?.places ?? { maskDivide: 1, maskCount: 1, maskHead: 0, maskRow: 0, maskColumn: 0 }),
    keep,
    stream: draw?.stream ?? -1,
  };
  if (always || Math.max(depth, valueDepth) > MAX_DEPTH || depth === 0 || keys === 0) {
    return reshape(composed(...inputs, mask?.values, spec, draw), shape);
  }
  const extras = [...(mask ? [mask.values] : []), ...(draw ? [draw.key] : [])];
  const packed = makeNode(attentionOp, [...inputs, ...extras], spec, [heads * rows * (valueDepth + 2)], 'f32');
  return cast(part(packed, 0, shape), dtype);
}

/** Leading dimensions of q and the output, and those of k and v. */
function leadingDimensions(q: Tensor, k: Tensor, v: Tensor, grouped: boolean): { lead: Shape; shared: Shape } {
  const op = 'scaledDotProductAttention';
  const leads = [q, k, v].map(({ shape }) => shape.slice(0, -2));
  if (!grouped) {
    const lead = broadcastShapes(op, ...leads);
    return { lead, shared: lead };
  }
  const [own, ofKeys, ofValues] = leads.map((lead) => lead[lead.length - 1] ?? 0);
  if (!(own > 0 && ofKeys === ofValues && own % ofKeys === 0)) {
    throw new ShapeError(
      `${op}: expected heads of k and v that divide those of q, got ${[q, k, v].map(({ shape }) => showShape(shape)).join(' and ')}`,
    );
  }
  const batch = broadcastShapes(op, ...leads.map((lead) => lead.slice(0, -1)));
  return { lead: [...batch, own], shared: [...batch, ofKeys] };
}

/** The mask as numbers to add, [masks, queries or 1, keys or 1], and where heads find theirs. Nothing is repeated that needn't be. */
function maskOf(mask: Tensor, lead: Shape, queries: number, keys: number) {
  const op = 'scaledDotProductAttention';
  const full = [...lead, queries, keys];
  if (mask.dtype !== 'bool') expectFloat(op, mask);
  if (mask.rank > full.length || !sameShape(broadcastShapes(op, mask.shape, full), full)) {
    throw new ShapeError(`${op}: expected a mask that broadcasts to ${showShape(full)}, got ${showShape(mask.shape)}`);
  }
  const added = mask.dtype === 'bool' ? where(mask, 0, Number.NEGATIVE_INFINITY) : cast(mask, 'f32');
  const shape = [...new Array<number>(full.length - mask.rank).fill(1), ...mask.shape];
  const [maskRows, maskColumns] = shape.slice(-2);
  const differs = lead.flatMap((dim, axis) => (shape[axis] === dim && dim !== 1 ? [axis] : []));
  const [first, last] = differs.length ? [differs[0], differs[differs.length - 1] + 1] : [lead.length, lead.length];
  const within = lead.slice(first, last);
  const values = expand(reshape(added, shape), [...shape.slice(0, first), ...within, ...shape.slice(last)]);
  const maskCount = sizeOf(within);
  return {
    values: reshape(values, [maskCount, maskRows, maskColumns]),
    places: {
      maskDivide: sizeOf(lead.slice(last)),
      maskCount,
      maskHead: maskRows * maskColumns,
      maskRow: maskRows === 1 ? 0 : maskColumns,
      maskColumn: maskColumns === 1 ? 0 : 1,
    },
  };
}
