// Recurrent layers over whole sequences. The input's part of all gates is one product beforehand; one dispatch takes all steps
// (shaders/recurrent.wgsl); the gradients of the weights are products over all steps afterwards.
import { ShapeError } from '../graph/errors.ts';
import { sameShape, showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectIndices } from './check.ts';
import { iota, tensor, zeros } from './create.ts';
import { where } from './elementwise.ts';
import { CELLS, type CellName, lowerRecurrent, lowerRecurrentBackward } from './lower/recurrent.ts';
import { matmul } from './matmul.ts';
import { concat, reshape, slice, transpose } from './movement.ts';
import { type KernelOp, makeNode, type Node } from './op.ts';
import { checkRecurrent, linear, parts, type RecurrentWeights, unrolledBackward } from './recurrentSteps.ts';
import { sum } from './reduce.ts';

export interface RecurrentOptions {
  /** The state that all begins with, [batch, units]; zeros unless given. */
  readonly h0?: Tensor | undefined;
  /**
   * Steps of each sequence, [batch] (u32 or i32). Past its length a sequence keeps its state and its outputs are 0. A length of 0 gives h0
   * back; one past the last step counts as all of them.
   */
  readonly lengths?: Tensor | undefined;
  /** From each sequence's end to its start. */
  readonly reverse?: boolean;
}

export interface LstmOptions extends RecurrentOptions {
  /** The cell state that all begins with, [batch, units]; zeros unless given. */
  readonly c0?: Tensor | undefined;
}

interface RecurrentResult {
  /** h after each step, [steps, batch, units]. */
  readonly output: Tensor;
  /** h after a sequence's last step, [batch, units]. */
  readonly h: Tensor;
}

/**
 * A layer of simple recurrent units over sequences x [steps, batch, features].
 *
 * @formula h(t) = tanh(W_ih·x(t) + b_ih + W_hh·h(t−1) + b_hh), or relu in the place of tanh
 * @shapes x [steps, batch, features] → output [steps, batch, units], h [batch, units]
 * @torch torch.nn.RNN (one layer, one direction)
 * @throws ShapeError when the shapes of x, weights, states or lengths don't fit together.
 */
export function rnn(
  x: Tensor,
  weights: RecurrentWeights,
  { nonlinearity = 'tanh', ...options }: RecurrentOptions & { readonly nonlinearity?: 'tanh' | 'relu' } = {},
): RecurrentResult {
  const { output, state } = run('rnn', nonlinearity, x, weights, options);
  return { output, h: state };
}

/**
 * A layer of long short-term memory (Hochreiter & Schmidhuber, 1997) over sequences x [steps, batch, features].
 *
 * @formula i, f, g, o = W_ih·x(t) + b_ih + W_hh·h(t−1) + b_hh; c(t) = σ(f)·c(t−1) + σ(i)·tanh(g); h(t) = σ(o)·tanh(c(t))
 * @shapes x [steps, batch, features] → output [steps, batch, units], h [batch, units], c [batch, units]
 * @torch torch.nn.LSTM (one layer, one direction)
 * @throws ShapeError when the shapes of x, weights, states or lengths don't fit together.
 */
export function lstm(x: Tensor, weights: RecurrentWeights, options: LstmOptions = {}): RecurrentResult & { readonly c: Tensor } {
  const { output, state } = run('lstm', 'lstm', x, weights, options);
  const [h, c] = parts(state, 2);
  return { output, h, c };
}

/**
 * A layer of gated recurrent units (arXiv 1406.1078, with the reset gate behind the product) over sequences x [steps, batch, features].
 *
 * @formula r, z = σ(W·x(t) + b + W'·h(t−1) + b'); n = tanh(W·x(t) + b + r·(W'·h(t−1) + b')); h(t) = (1 − z)·n + z·h(t−1)
 * @shapes x [steps, batch, features] → output [steps, batch, units], h [batch, units]
 * @torch torch.nn.GRU (one layer, one direction)
 * @throws ShapeError when the shapes of x, weights, states or lengths don't fit together.
 */
export function gru(x: Tensor, weights: RecurrentWeights, options: RecurrentOptions = {}): RecurrentResult {
  const { output, state } = run('gru', 'gru', x, weights, options);
  return { output, h: state };
}

function run(
  op: string,
  cell: CellName,
  x: Tensor,
  weights: RecurrentWeights,
  { h0, c0, lengths, reverse = false }: LstmOptions,
): { output: Tensor; state: Tensor } {
  if (x.rank !== 3 || x.shape[0] === 0) throw new ShapeError(`${op}: expected x [steps ≥ 1, batch, features], got ${showShape(x.shape)}`);
  checkRecurrent(op, cell, x, weights, { h0, c0 });
  const { gates, states } = CELLS[cell];
  const [steps, batch] = x.shape;
  const { weightIh, weightHh, biasIh, biasHh } = weights;
  const units = weightHh.shape[1];
  if (lengths && !sameShape(lengths.shape, [batch])) {
    throw new ShapeError(`${op}: expected lengths [${batch}], got ${showShape(lengths.shape)}`);
  }
  const initial = states === 1 ? (h0 ?? zeros([batch, units])) : concat([h0 ?? zeros([batch, units]), c0 ?? zeros([batch, units])], 1);
  const counts = lengths ? expectIndices(op, lengths, steps + 1) : tensor(new Uint32Array(batch).fill(steps));
  const within = iota([steps, batch, 1], 0).lt(reshape(counts, [1, batch, 1]));
  // What stands past the end reaches no gradient, not even as NaN.
  const known = lengths ? where(within, x, 0) : x;
  const all = makeNode(
    scanOp,
    [linear(known, weightIh, biasIh), transpose(weightHh), biasHh ?? zeros([gates * units]), initial, counts],
    { cell, reverse },
    [steps + 1, batch, states * units],
    'f32',
  );
  const h = slice(slots(all, reverse ? 'first' : 'last'), [null, null, [0, units]]);
  const output = lengths ? where(within, h, 0) : h;
  return { output, state: reshape(slice(all, [reverse ? [0, 1] : [steps, steps + 1]]), [batch, states * units]) };
}

/** All slots but the one at the other end. */
function slots(all: Tensor, end: 'first' | 'last'): Tensor {
  const count = all.shape[0];
  return slice(all, [end === 'first' ? [0, count - 1] : [1, count]]);
}

interface ScanAttrs {
  readonly cell: CellName;
  readonly reverse: boolean;
}

function specOf({ attrs: { cell, reverse } }: Node<ScanAttrs>, states: Tensor) {
  const [slotCount, batch, width] = states.shape;
  return { cell, reverse, steps: slotCount - 1, batch, units: width / CELLS[cell].states };
}

/** Inputs as of lowerRecurrent. Output: the state that all begins with and that after each step, [steps + 1, batch, states · units]. */
const scanOp: KernelOp<ScanAttrs> = {
  name: 'recurrent',
  kind: 'kernel',
  lower: (node, traits) => lowerRecurrent(specOf(node, node), traits),
  multiplyAdds: (node) => {
    const { cell, steps, batch, units } = specOf(node, node);
    return steps * batch * CELLS[cell].gates * units * units;
  },
  derivative: (dstates, node) => {
    const { cell, reverse, steps, batch, units } = specOf(node, node);
    const { gates, states, slopes } = CELLS[cell];
    const [x, weight, bias, , lengths] = node.inputs;
    const before = reshape(slice(slots(node, reverse ? 'last' : 'first'), [null, null, [0, units]]), [steps * batch, units]);
    const gateParts = () => reshape(matmul(before, weight).add(bias), x.shape);
    const dsums = makeNode(
      scanBackwardOp,
      [node, dstates, transpose(weight), lengths, ...(gates > 1 ? [x, gateParts()] : [])],
      node.attrs,
      [steps + 1, batch, slopes * units],
      'f32',
    );
    const stepSums = slots(dsums, reverse ? 'first' : 'last');
    const drecurrent = reshape(slice(stepSums, [null, null, [0, gates * units]]), [steps * batch, gates * units]);
    const start = reverse ? steps : 0;
    const dinitial = reshape(slice(dsums, [[start, start + 1], null, [0, states * units]]), [batch, states * units]);
    return [inputSums(cell, stepSums), matmul(transpose(before), drecurrent), sum(drecurrent, 0), dinitial, undefined];
  },
};

/** The gradient of the gates' part from the input: a GRU's n has one of its own. */
function inputSums(cell: CellName, sums: Tensor): Tensor {
  if (cell !== 'gru') return sums;
  const [r, z, , n] = parts(sums, 4);
  return concat([r, z, n], sums.rank - 1);
}

/** Inputs as of lowerRecurrentBackward. Output: gradients of the gates' sums, and of the state that all begins with, [steps + 1, batch, slopes · units]. */
const scanBackwardOp: KernelOp<ScanAttrs> = {
  name: 'recurrentBackward',
  kind: 'kernel',
  lower: (node, traits) => lowerRecurrentBackward(specOf(node, node.inputs[0]), traits),
  formula: (inputs, node) => unrolledBackward(inputs, node.attrs),
};
