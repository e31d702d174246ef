import { isFloat } from '../graph/dtype.ts';
import { DTypeError } from '../graph/errors.ts';
import { normalizeAxis } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectFloat } from './check.ts';
import { iota } from './create.ts';
import { cast, where } from './elementwise.ts';
import { lowerCrossEntropy, lowerCrossEntropyBackward } from './lower/crossEntropy.ts';
import { rowsAlong } from './lower/rows.ts';
import { lowerSoftmax, lowerSoftmaxBackward } from './lower/softmax.ts';
import { expand, unsqueeze } from './movement.ts';
import { type KernelOp, makeNode, type Node } from './op.ts';
import { sum } from './reduce.ts';

interface Along {
  readonly axis: number;
}

const softmaxSpec = ({ shape, attrs }: Node<Along>, log: boolean) => ({ ...rowsAlong(shape, attrs.axis), log });

const softmaxOp: KernelOp<Along> = {
  name: 'softmax',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerSoftmax(softmaxSpec(node, false), traits),
  derivative: (dy, node) => [makeNode(softmaxBackwardOp, [node, dy], node.attrs, node.shape, node.dtype)],
};

/** dx = y·(dy − Σ y·dy). */
const softmaxBackwardOp: KernelOp<Along> = {
  name: 'softmaxBackward',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerSoftmaxBackward(softmaxSpec(node, false), traits),
  derivative: (ddx, node) => {
    const [y, dy] = node.inputs;
    const inner = (a: Tensor, b: Tensor) => sum(a.mul(b), node.attrs.axis, { keepDims: true });
    return [ddx.mul(dy.sub(inner(y, dy))).sub(dy.mul(inner(ddx, y))), ddx.sub(inner(ddx, y)).mul(y)];
  },
};

const logSoftmaxOp: KernelOp<Along> = {
  name: 'logSoftmax',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerSoftmax(softmaxSpec(node, true), traits),
  derivative: (dy, node) => [makeNode(logSoftmaxBackwardOp, [node, dy], node.attrs, node.shape, node.dtype)],
};

/** dx = dy − exp(y)·Σ dy. */
const logSoftmaxBackwardOp: KernelOp<Along> = {
  name: 'logSoftmaxBackward',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerSoftmaxBackward(softmaxSpec(node, true), traits),
  derivative: (ddx, node) => {
    const [y, dy] = node.inputs;
    const probability = y.exp();
    const total = (values: Tensor) => sum(values, node.attrs.axis, { keepDims: true });
    return [ddx.mul(probability).mul(total(dy)).neg(), ddx.sub(total(ddx.mul(probability)))];
  },
};

function along(op: KernelOp<Along>, x: Tensor, axis: number): Tensor {
  const dtype = expectFloat(op.name, x);
  return makeNode(op, [x], { axis: normalizeAxis(op.name, axis, x.rank) }, x.shape, dtype);
}

/**
 * Probabilities that grow with the exponential of x: they sum to 1 along the axis. −∞ gives 0; a line of nothing but −∞ gives NaN.
 *
 * @formula y = exp(x) / Σ exp(x)
 * @shapes x [..] → [..]
 * @dtypes f32, f16
 * @torch torch.softmax
 * @throws ShapeError when the axis is outside the rank
 */
export function softmax(x: Tensor, axis = -1): Tensor {
  return along(softmaxOp, x, axis);
}

/**
 * The logarithm of softmax, without overflow.
 *
 * @formula y = x − log Σ exp(x)
 * @shapes x [..] → [..]
 * @dtypes f32, f16
 * @torch torch.log_softmax
 * @throws ShapeError when the axis is outside the rank
 */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return along(logSoftmaxOp, x, axis);
}

/**
 * The softmax of −x: small values get the large probabilities.
 *
 * @formula y = exp(−x) / Σ exp(−x)
 * @shapes x [..] → [..]
 * @dtypes f32, f16
 * @torch torch.nn.functional.softmin
 * @throws ShapeError when the axis is outside the rank
 */
export function softmin(x: Tensor, axis = -1): Tensor {
  return softmax(x.neg(), axis);
}

interface Smoothed {
  readonly smoothing: number;
}

const crossEntropySpec = ({ inputs: [logits], attrs }: Node<Smoothed>) => ({ ...rowsAlong(logits.shape, 1), ...attrs });

const crossEntropyOp: KernelOp<Smoothed> = {
  name: 'crossEntropy',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerCrossEntropy(crossEntropySpec(node), traits),
  derivative: (dy, { inputs: [logits, labels], attrs }) => [
    makeNode(crossEntropyBackwardOp, [logits, labels, dy], attrs, logits.shape, logits.dtype),
    undefined,
  ],
};

/** dlogits = (softmax(logits) − target)·dloss, where target is 1 − ε at the label and ε / classes more everywhere. */
const crossEntropyBackwardOp: KernelOp<Smoothed> = {
  name: 'crossEntropyBackward',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerCrossEntropyBackward(crossEntropySpec(node), traits),
  derivative: (ddx, { inputs: [logits, labels, dy], attrs: { smoothing } }, [wantLogits, , wantDy]) => {
    const classes = logits.shape[1];
    const spread = (row: Tensor) => expand(unsqueeze(row, 1), logits.shape);
    const counts = labels.lt(classes);
    const probability = softmax(logits, 1);
    const target = () => where(spread(labels).eq(iota(logits.shape, 1)), 1 - smoothing, 0).add(smoothing / classes);
    const scaled = () => where(spread(counts), ddx.mul(spread(dy)), 0);
    return [
      wantLogits ? makeNode(softmaxBackwardOp, [probability, scaled()], { axis: 1 }, logits.shape, logits.dtype) : undefined,
      undefined,
      wantDy ? where(counts, sum(ddx.mul(probability.sub(cast(target(), ddx.dtype))), 1), 0) : undefined,
    ];
  },
};

/**
 * Cross-entropy of logits [n, classes, ..] with u32 labels [n, ..] → [n, ..]; a label that is no class loses 0 and has no gradient.
 * `losses.crossEntropy` has the options.
 */
export function crossEntropyRows(logits: Tensor, labels: Tensor, smoothing = 0): Tensor {
  return makeNode(crossEntropyOp, [logits, labels], { smoothing }, labels.shape, expectFloat('crossEntropy', logits));
}

/**
 * 1 in the column that the label names, 0 elsewhere; a row of zeros for a label outside.
 *
 * @formula y[.., c] = 1 if labels[..] = c, else 0
 * @shapes labels [..] → [.., classes]
 * @torch torch.nn.functional.one_hot
 * @throws DTypeError for labels that aren't whole numbers
 */
export function oneHot(labels: Tensor, classes: number): Tensor {
  if (isFloat(labels.dtype)) throw new DTypeError(`oneHot: expected labels of whole numbers, got ${labels.dtype}`);
  const shape = [...labels.shape, classes];
  return cast(expand(unsqueeze(cast(labels, 'u32'), labels.rank), shape).eq(iota(shape, labels.rank)), 'f32');
}
