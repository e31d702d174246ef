// Reverse-mode differentiation, graph to graph: derivatives are tensors like any other and can be differentiated again.
import { isFloat } from './graph/dtype.ts';
import { ShapeError, TilegradError } from './graph/errors.ts';
import { topologicalOrder } from './graph/order.ts';
import { showShape } from './graph/shape.ts';
import { resolve, type Tensor } from './graph/tensor.ts';
import { full, zeros } from './ops/create.ts';
import { reshapeOp } from './ops/movement.ts';
import { type Derivative, type Formula, makeNode, type Op } from './ops/op.ts';

/**
 * Gradients of a scalar with respect to tensors or states, in their order; zeros where `loss` doesn't depend on one.
 * @throws ShapeError when `loss` isn't a scalar. TilegradError when an op on the way has no derivative.
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[], seed?: Tensor): Tensor[] {
  if (!seed && loss.size !== 1) {
    throw new ShapeError(`gradients: expected a loss of one element, got ${showShape(loss.shape)}; sum() or mean() it, or give a seed`);
  }
  // A state that was assigned stands for its new value, if the loss was made from that one.
  const within = new Set(topologicalOrder([loss]));
  const targets = wrt.map((target) => (within.has(resolve(target)) ? resolve(target) : target));
  const order = pathsBetween(loss, new Set(targets));
  const cotangents = new Map<Tensor, Tensor>([[loss, seed ?? full(loss.shape, 1, loss.dtype)]]);
  const onPath = new Set(order);
  for (const node of order.reverse()) {
    const dy = cotangents.get(node);
    if (!dy || node.inputs.length === 0) continue;
    const op = node.op as Op;
    const wanted = node.inputs.map((input) => onPath.has(input));
    // An optimiser's update is no part of the formula.
    const isUpdate = op.kind === 'kernel' && op.inPlace !== undefined;
    if (op.name === 'stopGradient' || isUpdate || !isFloat(node.dtype)) continue;
    const derivative = op.derivative ?? (op.formula && throughFormula(op.formula));
    if (!derivative) throw new TilegradError(`gradients: ${op.name} has no derivative; use stopGradient() if none should flow through it`);
    derivative(dy, node, wanted).forEach((dx, i) => {
      if (!dx || !wanted[i]) return;
      const input = node.inputs[i];
      const sum = cotangents.get(input);
      cotangents.set(input, sum ? sum.add(dx) : dx);
    });
  }
  return targets.map((target) => cotangents.get(target) ?? zeros(target.shape, target.dtype));
}

/** The derivative of an op's formula. Inputs may be made of one another: each stands behind a node of its own, at which its gradient ends. */
const throughFormula =
  (formula: Formula): Derivative =>
  (dy, node) => {
    const ends = node.inputs.map((input) => makeNode(reshapeOp, [input], {}, input.shape, input.dtype));
    return gradients(formula(ends, node), ends, dy);
  };

/** Nodes from which `wrt` can be reached, inputs before users. */
function pathsBetween(loss: Tensor, wrt: ReadonlySet<Tensor>): Tensor[] {
  const reaches = new Map<Tensor, boolean>();
  const order: Tensor[] = [];
  // An explicit stack: graphs of thousands of steps are deeper than the call stack.
  const stack: { node: Tensor; next: number }[] = [{ node: loss, next: 0 }];
  reaches.set(loss, wrt.has(loss));
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    if (top.next < top.node.inputs.length) {
      const input = top.node.inputs[top.next++];
      if (!reaches.has(input)) {
        reaches.set(input, wrt.has(input));
        stack.push({ node: input, next: 0 });
      }
      continue;
    }
    stack.pop();
    const reached = reaches.get(top.node) || top.node.inputs.some((input) => reaches.get(input));
    reaches.set(top.node, reached);
    if (reached) order.push(top.node);
  }
  return order;
}
