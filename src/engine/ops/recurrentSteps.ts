// Single steps of recurrent layers in other ops: the cells, and the backward pass of a whole layer, unrolled, for its own derivative.
import { ShapeError } from '../graph/errors.ts';
import { sameShape, showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectF32 } from './check.ts';
import { zeros } from './create.ts';
import { where } from './elementwise.ts';
import { CELLS, type CellName } from './lower/recurrent.ts';
import { matmul } from './matmul.ts';
import { concat, reshape, slice, stack, transpose } from './movement.ts';

/** One layer, one direction, in PyTorch's layout: gates i, f, g, o of an LSTM and r, z, n of a GRU one below the other. */
export interface RecurrentWeights {
  /** [gates · units, features]. */
  readonly weightIh: Tensor;
  /** [gates · units, units]. */
  readonly weightHh: Tensor;
  /** [gates · units], both. */
  readonly biasIh?: Tensor | undefined;
  readonly biasHh?: Tensor | undefined;
}

/** Equal parts along the last axis. */
export function parts(x: Tensor, count: number): Tensor[] {
  const width = x.shape[x.rank - 1] / count;
  const whole = x.shape.slice(1).map(() => null);
  return Array.from({ length: count }, (_, i) => slice(x, [...whole, [i * width, (i + 1) * width]]));
}

/** x·weightᵀ + bias. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
  const product = matmul(x, transpose(weight));
  return bias ? product.add(bias) : product;
}

/** What the cells and the layers ask of their arguments; `lead` are the dimensions before the features. */
export function checkRecurrent(
  op: string,
  cell: CellName,
  x: Tensor,
  weights: RecurrentWeights,
  states: Readonly<Record<string, Tensor | undefined>>,
): void {
  const { gates } = CELLS[cell];
  const { weightIh, weightHh, biasIh, biasHh } = weights;
  const units = weightHh.shape[1];
  if (weightHh.rank !== 2 || units === 0) {
    throw new ShapeError(`${op}: expected weightHh [${gates} · units, units], got ${showShape(weightHh.shape)}`);
  }
  const [batch, features] = x.shape.slice(-2);
  const state = [batch, units];
  const expected: Readonly<Record<string, readonly [Tensor | undefined, readonly number[]]>> = {
    weightHh: [weightHh, [gates * units, units]],
    weightIh: [weightIh, [gates * units, features]],
    biasIh: [biasIh, [gates * units]],
    biasHh: [biasHh, [gates * units]],
    ...Object.fromEntries(Object.entries(states).map(([name, value]) => [name, [value, state]])),
  };
  for (const [name, [value, shape]] of Object.entries(expected)) {
    if (value && !sameShape(value.shape, shape)) {
      throw new ShapeError(`${op}: expected ${name} ${showShape(shape)}, got ${showShape(value.shape)}`);
    }
  }
  const all = [x, ...Object.values(weights), ...Object.values(states)] as readonly (Tensor | undefined)[];
  expectF32(op, ...all.filter((value) => value !== undefined));
}

function checkCell(op: string, cell: CellName, x: Tensor, weights: RecurrentWeights, states: Readonly<Record<string, Tensor>>): void {
  if (x.rank !== 2) throw new ShapeError(`${op}: expected x [batch, features], got ${showShape(x.shape)}`);
  checkRecurrent(op, cell, x, weights, states);
}

/**
 * One step of simple recurrent units.
 *
 * @formula h' = tanh(W_ih·x + b_ih + W_hh·h + b_hh), or relu in the place of tanh
 * @shapes x [batch, features], h [batch, units] → h' [batch, units]
 * @torch torch.nn.RNNCell
 * @throws ShapeError when the shapes of x, h and weights don't fit together.
 */
export function rnnCell(x: Tensor, h: Tensor, weights: RecurrentWeights, nonlinearity: 'tanh' | 'relu' = 'tanh'): Tensor {
  checkCell('rnnCell', nonlinearity, x, weights, { h });
  const sums = linear(x, weights.weightIh, weights.biasIh).add(linear(h, weights.weightHh, weights.biasHh));
  return nonlinearity === 'tanh' ? sums.tanh() : sums.relu();
}

/**
 * One step of long short-term memory (Hochreiter & Schmidhuber, 1997).
 *
 * @formula i, f, g, o = W_ih·x + b_ih + W_hh·h + b_hh; c' = σ(f)·c + σ(i)·tanh(g); h' = σ(o)·tanh(c')
 * @shapes x [batch, features], h and c [batch, units] → h' and c' [batch, units]
 * @torch torch.nn.LSTMCell
 * @throws ShapeError when the shapes of x, h, c and weights don't fit together.
 */
export function lstmCell(x: Tensor, h: Tensor, c: Tensor, weights: RecurrentWeights): { readonly h: Tensor; readonly c: Tensor } {
  checkCell('lstmCell', 'lstm', x, weights, { h, c });
  const sums = linear(x, weights.weightIh, weights.biasIh).add(linear(h, weights.weightHh, weights.biasHh));
  const [i, f, g, o] = parts(sums, 4);
  const next = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
  return { h: o.sigmoid().mul(next.tanh()), c: next };
}

/**
 * One step of gated recurrent units (arXiv 1406.1078, with the reset gate behind the product).
 *
 * @formula r, z = σ(W·x + b + W'·h + b'); n = tanh(W·x + b + r·(W'·h + b')); h' = (1 − z)·n + z·h
 * @shapes x [batch, features], h [batch, units] → h' [batch, units]
 * @torch torch.nn.GRUCell
 * @throws ShapeError when the shapes of x, h and weights don't fit together.
 */
export function gruCell(x: Tensor, h: Tensor, weights: RecurrentWeights): Tensor {
  checkCell('gruCell', 'gru', x, weights, { h });
  const input = parts(linear(x, weights.weightIh, weights.biasIh), 3);
  const hidden = parts(linear(h, weights.weightHh, weights.biasHh), 3);
  const [r, z] = [0, 1].map((gate) => input[gate].add(hidden[gate]).sigmoid());
  const n = input[2].add(r.mul(hidden[2])).tanh();
  return n.add(z.mul(h.sub(n)));
}

/** σ' and tanh' from the value. */
const slope = { sigmoid: (y: Tensor) => y.mul(y.neg().add(1)), tanh: (y: Tensor) => y.square().neg().add(1) };

/** As `retreat` in shaders/recurrent.wgsl, for a batch. */
function retreat(
  cell: CellName,
  input: Tensor,
  hidden: Tensor,
  before: Tensor,
  after: Tensor,
  d: Tensor,
): { sums: Tensor; before: Tensor } {
  switch (cell) {
    case 'tanh':
      return { sums: d.mul(slope.tanh(after)), before: zeros(d.shape) };
    case 'relu':
      return { sums: where(after.gt(0), d, 0), before: zeros(d.shape) };
    case 'lstm': {
      const [inputSum, forgetSum, cellSum, outputSum] = parts(input.add(hidden), 4);
      const [i, f, g, o] = [inputSum.sigmoid(), forgetSum.sigmoid(), cellSum.tanh(), outputSum.sigmoid()];
      const [dh, dcAfter] = parts(d, 2);
      const c = parts(after, 2)[1].tanh();
      const dc = dcAfter.add(dh.mul(o).mul(slope.tanh(c)));
      const [di, df] = [dc.mul(g).mul(slope.sigmoid(i)), dc.mul(parts(before, 2)[1]).mul(slope.sigmoid(f))];
      const sums = concat([di, df, dc.mul(i).mul(slope.tanh(g)), dh.mul(c).mul(slope.sigmoid(o))], 1);
      return { sums, before: concat([zeros(dh.shape), dc.mul(f)], 1) };
    }
    case 'gru': {
      const [inputs, hiddens] = [parts(input, 3), parts(hidden, 3)];
      const [r, z] = [0, 1].map((gate) => inputs[gate].add(hiddens[gate]).sigmoid());
      const n = inputs[2].add(r.mul(hiddens[2])).tanh();
      const dn = d.mul(z.neg().add(1)).mul(slope.tanh(n));
      const sums = concat([dn.mul(hiddens[2]).mul(slope.sigmoid(r)), d.mul(before.sub(n)).mul(slope.sigmoid(z)), dn.mul(r), dn], 1);
      return { sums, before: d.mul(z) };
    }
  }
}

/** What lowerRecurrentBackward's kernels compute, from the same inputs. */
export function unrolledBackward(
  [states, dstates, weight, lengths, x, hidden]: readonly Tensor[],
  { cell, reverse }: { readonly cell: CellName; readonly reverse: boolean },
): Tensor {
  const { gates, states: stateCount, slopes } = CELLS[cell];
  const [slotCount, batch, width] = states.shape;
  const [steps, units] = [slotCount - 1, width / stateCount];
  const at = (all: Tensor, i: number) => reshape(slice(all, [[i, i + 1]]), all.shape.slice(1));
  const padded = (values: Tensor, columns: number) =>
    values.shape[1] === columns ? values : concat([values, zeros([batch, columns - values.shape[1]])], 1);
  const dsums = new Array<Tensor>(slotCount);
  let carry = zeros([batch, width]);
  for (let s = 0; s < steps; s++) {
    const t = reverse ? s : steps - 1 - s;
    const [from, to] = reverse ? [t + 1, t] : [t, t + 1];
    const d = carry.add(at(dstates, to));
    // A cell with one gate has neither x nor the part from the state among the inputs.
    const [input, recurrent] = gates > 1 ? [at(x, t), at(hidden, t)] : [d, d];
    const { sums, before } = retreat(cell, input, recurrent, at(states, from), at(states, to), d);
    const running = reshape(lengths, [batch, 1]).gt(t);
    dsums[to] = where(running, sums, 0);
    const dh = matmul(slice(dsums[to], [null, [0, gates * units]]), weight);
    carry = where(running, before, d).add(padded(dh, width));
  }
  const start = reverse ? steps : 0;
  dsums[start] = padded(carry.add(at(dstates, start)), slopes * units);
  return stack(dsums);
}
