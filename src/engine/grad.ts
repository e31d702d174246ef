// Reverse-mode differentiation, graph to graph: derivatives are tensors like any other and can be differentiated again.
import { aTensor, expectKind, listOf } from './graph/arguments.ts';
import { isFloat } from './graph/dtype.ts';
import { ShapeError, TilegradError } from './graph/errors.ts';
import { topologicalOrder } from './graph/order.ts';
import { sameShape, showShape } from './graph/shape.ts';
import { resolve, State, Tensor } from './graph/tensor.ts';
import { full, zeros } from './ops/create.ts';
import { reshapeOp } from './ops/movement.ts';
import { type Derivative, type Formula, isKind, makeNode, opOf } from './ops/op.ts';

/**
 * Gradients in the order of {@link wrt}: an array that knows what each is the gradient of, so that an optimiser takes them by parameter.
 * What `map` makes of them knows it too, as long as each keeps its shape (`map((dw) => dw.clamp(-1, 1))`); other copies are plain arrays.
 */
export class Gradients extends Array<Tensor> {
  readonly #wrt: readonly Tensor[];
  readonly #missed: ReadonlySet<Tensor>;
  /** What was differentiated, where {@link gradients} made them. */
  readonly loss: Tensor | undefined;

  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** @throws ShapeError unless there is one gradient for each of `wrt`, of its shape. */
  constructor(wrt: readonly Tensor[], gradients: readonly Tensor[], loss?: Tensor, missed: ReadonlySet<Tensor> = new Set()) {
    expectKind('Gradients', 'wrt', wrt, tensors);
    expectKind('Gradients', 'gradients', gradients, tensors);
    if (wrt.length !== gradients.length) throw new ShapeError(`Gradients: expected ${wrt.length} gradients, got ${gradients.length}`);
    wrt.forEach((target, i) => {
      if (sameShape(target.shape, gradients[i].shape)) return;
      throw new ShapeError(`Gradients: expected ${showShape(target.shape)} as gradient ${i}, got ${showShape(gradients[i].shape)}`);
    });
    super();
    this.push(...gradients);
    this.#wrt = [...wrt];
    this.loss = loss;
    this.#missed = missed;
  }

  /** What of {@link wrt} the loss doesn't depend on. */
  get missed(): ReadonlySet<Tensor> {
    return this.#missed;
  }

  /** What they are the gradients of. */
  get wrt(): readonly Tensor[] {
    return this.#wrt;
  }

  /** The gradient with respect to one of {@link wrt}. */
  get(target: Tensor): Tensor | undefined {
    return this[this.#wrt.indexOf(target)];
  }

  override map(change: (gradient: Tensor, i: number, all: Tensor[]) => Tensor, self?: unknown): Gradients;
  override map<U>(change: (gradient: Tensor, i: number, all: Tensor[]) => U, self?: unknown): U[];
  override map<U>(change: (gradient: Tensor, i: number, all: Tensor[]) => U, self?: unknown): U[] {
    const changed: unknown[] = super.map(change, self);
    const alike = changed.every((item, i) => item instanceof Tensor && sameShape(item.shape, this[i].shape));
    return (alike ? new Gradients(this.#wrt, changed as Tensor[], this.loss, this.missed) : changed) as U[];
  }
}

const tensors = listOf(aTensor);

/** What the tensors that {@link gradients} gave are gradients of. One can be that of several. */
const origins = new WeakMap<Tensor, Set<Tensor>>();

/** What this tensor is known to be the gradient of. */
export const originsOf = (gradient: Tensor): ReadonlySet<Tensor> | undefined => origins.get(gradient);

/**
 * Gradients of a scalar with respect to tensors or states, in their order; zeros where `loss` doesn't depend on one, and for frozen parameters. `seed` is the gradient of
 * what `loss` goes on to, of its shape: then it needn't be a scalar.
 * @throws ShapeError when `loss` isn't a scalar. TilegradError when an op on the way has no derivative.
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[], seed?: Tensor): Gradients {
  expectKind('gradients', 'loss', loss, aTensor);
  expectKind('gradients', 'wrt', wrt, tensors);
  if (seed !== undefined) {
    expectKind('gradients', 'seed', seed, aTensor);
    if (!sameShape(seed.shape, loss.shape)) {
      throw new ShapeError(`gradients: expected a seed ${showShape(loss.shape)}, got ${showShape(seed.shape)}`);
    }
  } else if (loss.size !== 1) {
    throw new ShapeError(`gradients: expected a loss of one element, got ${showShape(loss.shape)}; sum() or mean() it, or give a seed`);
  }
  // Nothing is built for what is frozen.
  const trained = wrt.filter((target) => !(target instanceof State) || target.requiresGrad);
  const ofTrained = cotangentsOf(loss, trained, seed);
  const known = wrt.map((target) => ofTrained[trained.indexOf(target)]);
  const found = known.map((gradient, i) => gradient ?? zeros(wrt[i].shape, wrt[i].dtype));
  found.forEach((gradient, i) => {
    origins.set(gradient, (origins.get(gradient) ?? new Set()).add(wrt[i]));
  });
  return new Gradients(wrt, found, loss, new Set(wrt.filter((_, i) => !known[i])));
}

const differentiate = (loss: Tensor, wrt: readonly Tensor[], seed: Tensor): Tensor[] =>
  cotangentsOf(loss, wrt, seed).map((cotangent, i) => cotangent ?? zeros(wrt[i].shape, wrt[i].dtype));

/** The gradient with respect to each; none where nothing flows to it. */
function cotangentsOf(loss: Tensor, wrt: readonly Tensor[], seed?: Tensor): (Tensor | undefined)[] {
  // A state that was assigned stands for its new value, if the loss was made from that one.
  const within = new Set(topologicalOrder([loss]));
  const targets = wrt.map((target) => (within.has(resolve(target)) ? resolve(target) : target));
  const order = pathsBetween(loss, new Set(targets));
  const cotangents = new Map<Tensor, Tensor>([[loss, seed ?? full(loss.shape, 1, loss.dtype)]]);
  const onPath = new Set(order);
  for (const node of order.reverse()) {
    const dy = cotangents.get(node);
    if (!dy || node.inputs.length === 0) continue;
    if (endsGradients(node)) continue;
    const wanted = node.inputs.map((input) => onPath.has(input));
    const op = opOf(node);
    const derivative = op.derivative ?? (op.formula && throughFormula(op.formula));
    if (!derivative) throw new TilegradError(`gradients: ${op.name} has no derivative; use stopGradient() if none should flow through it`);
    derivative(dy, node, wanted).forEach((dx, i) => {
      if (!dx || !wanted[i]) return;
      const input = node.inputs[i];
      const sum = cotangents.get(input);
      cotangents.set(input, sum ? sum.add(dx) : dx);
    });
  }
  return targets.map((target) => cotangents.get(target));
}

/** The derivative of an op's formula. Inputs may be made of one another: each stands behind a node of its own, at which its gradient ends. */
const throughFormula =
  (formula: Formula): Derivative =>
  (dy, node) => {
    const ends = node.inputs.map((input) => makeNode(reshapeOp, [input], {}, input.shape, input.dtype));
    return differentiate(formula(ends, node), ends, dy);
  };

/** Whether nothing flows on from here to the inputs: an optimiser's update is no part of the formula, and whole numbers have no gradient. */
function endsGradients(node: Tensor): boolean {
  if (!isFloat(node.dtype)) return true;
  return isKind(node, 'elementwise') ? node.op.endsGradient === true : isKind(node, 'kernel') && node.op.inPlace !== undefined;
}

/** States that a gradient of `loss` reaches. */
export function statesBehind(loss: Tensor): State[] {
  const reached = new Set([loss]);
  // What is added on the way comes up later.
  for (const node of reached) if (!endsGradients(node)) for (const input of node.inputs) reached.add(input);
  return [...reached].filter((node) => node instanceof State);
}

/** Nodes from which `wrt` can be reached by gradients, inputs before users. */
function pathsBetween(loss: Tensor, wrt: ReadonlySet<Tensor>): Tensor[] {
  const reaches = new Map<Tensor, boolean>();
  const order: Tensor[] = [];
  // An explicit stack: graphs of thousands of steps are deeper than the call stack.
  const stack: { node: Tensor; next: number }[] = [{ node: loss, next: 0 }];
  reaches.set(loss, wrt.has(loss));
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    if (top.next < top.node.inputs.length && !endsGradients(top.node)) {
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
