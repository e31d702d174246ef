import { DTypeError, ShapeError } from '../graph/errors.ts';
import { normalizeAxis, sameShape, showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { iota } from './create.ts';
import { cast } from './elementwise.ts';
import { lowerCrossEntropy, lowerCrossEntropyBackward } from './lower/crossEntropy.ts';
import { lowerSoftmax, lowerSoftmaxBackward } from './lower/softmax.ts';
import { expand, permute, unsqueeze } from './movement.ts';
import { type KernelOp, makeNode } from './op.ts';
import { sum } from './reduce.ts';

const rowsOf = (x: Tensor) => {
  const columns = x.shape[x.rank - 1];
  return { rows: columns === 0 ? 0 : x.size / columns, columns };
};

const softmaxOp: KernelOp = {
  name: 'softmax',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerSoftmax({ ...rowsOf(node), log: false }, traits),
  derivative: (dy, node) => [makeNode(softmaxBackwardOp, [node, dy], {}, node.shape, 'f32')],
};

/** dx = y·(dy − Σ y·dy). */
const softmaxBackwardOp: KernelOp = {
  name: 'softmaxBackward',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerSoftmaxBackward({ ...rowsOf(node), log: false }, traits),
  derivative: (ddx, { inputs: [y, dy] }) => {
    const inner = (a: Tensor, b: Tensor) => sum(a.mul(b), -1, { keepDims: true });
    return [ddx.mul(dy.sub(inner(y, dy))).sub(dy.mul(inner(ddx, y))), ddx.sub(inner(ddx, y)).mul(y)];
  },
};

const logSoftmaxOp: KernelOp = {
  name: 'logSoftmax',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerSoftmax({ ...rowsOf(node), log: true }, traits),
  derivative: (dy, node) => [makeNode(logSoftmaxBackwardOp, [node, dy], {}, node.shape, 'f32')],
};

/** dx = dy − exp(y)·Σ dy. */
const logSoftmaxBackwardOp: KernelOp = {
  name: 'logSoftmaxBackward',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerSoftmaxBackward({ ...rowsOf(node), log: true }, traits),
  derivative: (ddx, { inputs: [y, dy] }) => {
    const probability = y.exp();
    const weighted = sum(ddx.mul(probability), -1, { keepDims: true });
    return [
      ddx
        .mul(probability)
        .mul(sum(dy, -1, { keepDims: true }))
        .neg(),
      ddx.sub(weighted),
    ];
  },
};

function alongLast(op: KernelOp, x: Tensor, axis: number): Tensor {
  if (x.dtype !== 'f32') throw new DTypeError(`${op.name}: expected f32, got ${x.dtype}`);
  const at = normalizeAxis(op.name, axis, x.rank);
  if (at === x.rank - 1) return makeNode(op, [x], {}, x.shape, 'f32');
  const order = [...x.shape.keys()].filter((i) => i !== at).concat(at);
  const moved = alongLast(op, permute(x, order), -1);
  return permute(
    moved,
    order.map((_, i) => order.indexOf(i)),
  );
}

/** exp(x) / Σ exp(x) along an axis. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return alongLast(softmaxOp, x, axis);
}

/** log softmax(x) along an axis, computed without overflow. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return alongLast(logSoftmaxOp, x, axis);
}

const crossEntropyOp: KernelOp = {
  name: 'crossEntropy',
  kind: 'kernel',
  epilogue: true,
  lower: ({ inputs: [logits] }, traits) => lowerCrossEntropy({ rows: logits.shape[0], classes: logits.shape[1] }, traits),
  derivative: (dy, { inputs: [logits, labels] }) => [
    makeNode(crossEntropyBackwardOp, [logits, labels, dy], {}, logits.shape, 'f32'),
    undefined,
  ],
};

/** dlogits = (softmax(logits) − oneHot(labels))·dloss. */
const crossEntropyBackwardOp: KernelOp = {
  name: 'crossEntropyBackward',
  kind: 'kernel',
  epilogue: true,
  lower: ({ inputs: [logits] }, traits) => lowerCrossEntropyBackward({ rows: logits.shape[0], classes: logits.shape[1] }, traits),
  derivative: (ddx, { inputs: [logits, labels, dy] }, [wantLogits, , wantDy]) => {
    const probability = softmax(logits);
    const scaled = ddx.mul(expand(unsqueeze(dy, 1), ddx.shape));
    return [
      wantLogits ? makeNode(softmaxBackwardOp, [probability, scaled], {}, logits.shape, 'f32') : undefined,
      undefined,
      wantDy ? sum(ddx.mul(probability.sub(oneHot(labels, logits.shape[1]))), 1) : undefined,
    ];
  },
};

/**
 * −log softmax(logits)[label] for each row: logits [n, classes] f32, labels [n] u32 → [n].
 * @throws ShapeError, DTypeError when they don't fit.
 */
export function crossEntropyRows(logits: Tensor, labels: Tensor): Tensor {
  if (logits.rank !== 2 || !sameShape(labels.shape, [logits.shape[0]])) {
    throw new ShapeError(
      `crossEntropy: expected logits [n, classes] and labels [n], got ${showShape(logits.shape)} and ${showShape(labels.shape)}`,
    );
  }
  if (logits.dtype !== 'f32' || (labels.dtype !== 'u32' && labels.dtype !== 'i32')) {
    throw new DTypeError(`crossEntropy: expected f32 logits and u32 or i32 labels, got ${logits.dtype} and ${labels.dtype}`);
  }
  return makeNode(crossEntropyOp, [logits, cast(labels, 'u32')], {}, labels.shape, 'f32');
}

/** 1 in the column that the label names, 0 elsewhere: [..] → [.., classes]. */
export function oneHot(labels: Tensor, classes: number): Tensor {
  const shape = [...labels.shape, classes];
  return cast(expand(unsqueeze(cast(labels, 'u32'), labels.rank), shape).eq(iota(shape, labels.rank)), 'f32');
}
