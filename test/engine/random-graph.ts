// Random graphs: any op on the results of any others, each with its float64 value, so that a planner can be tried on what nobody thought of.

import { isFloat } from '../../src/engine/graph/dtype.ts';
import { topologicalOrder } from '../../src/engine/graph/order.ts';
import { concat, gradients, State, stack, type Tensor, where } from '../../src/index.ts';
import { Random } from '../../src/random.ts';
import { allCases } from './all-cases.ts';
import type { OpCase } from './check.ts';
import type { Values } from './reference.ts';
import * as ref from './reference.ts';

/** A value of a graph, and the same in float64, given the graph's inputs. */
export interface RandomNode {
  readonly tensor: Tensor;
  readonly value: (inputs: readonly Values[]) => Values;
}

type Rule = (from: Source) => RandomNode;
type Range = readonly [number, number];

const MOST_ELEMENTS = 300;

/** Reference values are remembered for the inputs they were last computed from: graphs share nodes. */
function node(tensor: Tensor, compute: (inputs: readonly Values[]) => Values): RandomNode {
  let known: { readonly inputs: readonly Values[]; readonly value: Values } | undefined;
  return {
    tensor,
    value: (inputs) => {
      if (known?.inputs !== inputs) known = { inputs, value: compute(inputs) };
      return known.value;
    },
  };
}

const apply = (tensor: Tensor, from: readonly RandomNode[], f: (...values: Values[]) => Values): RandomNode =>
  node(tensor, (inputs) => f(...from.map(({ value }) => value(inputs))));

/** Draws, and the nodes made so far. All values stay within ±2 or so, so that rounding does not grow. */
class Source {
  readonly nodes: RandomNode[];
  constructor(
    readonly random: Random,
    leaves: readonly RandomNode[],
  ) {
    this.nodes = [...leaves];
  }

  pick<T>(list: readonly T[]): T {
    return list[this.random.integer(list.length)];
  }

  /** Recent nodes more often than old ones: graphs grow deep. */
  any(): RandomNode {
    const back = this.random.integer(2) ? 1 + this.random.integer(4) : 1 + this.random.integer(this.nodes.length);
    return this.nodes[Math.max(0, this.nodes.length - back)];
  }

  /** The first elements of a node, or zeros behind them, in another shape. */
  shaped(shape: readonly number[], from = this.any()): RandomNode {
    const [have, want] = [from.tensor.size, ref.size(shape)];
    const fit = (range: Range): Range => [0, Math.max(0, want - range[1])];
    let flat = from.tensor.reshape([have]);
    flat = have > want ? flat.slice([[0, want]]) : flat.pad([fit([0, have])]);
    return apply(flat.reshape(shape), [from], ({ data }) => ({
      shape,
      data: Float64Array.from({ length: want }, (_, i) => data[i] ?? 0),
    }));
  }
}

const UNARY: readonly (readonly [(x: Tensor) => Tensor, (x: number) => number])[] = [
  [(x) => x.tanh(), Math.tanh],
  [(x) => x.sin(), Math.sin],
  [(x) => x.cos(), Math.cos],
  [(x) => x.sigmoid(), (x) => 1 / (1 + Math.exp(-x))],
  [(x) => x.relu(), (x) => Math.max(x, 0)],
  [(x) => x.abs(), Math.abs],
  [(x) => x.neg(), (x) => -x],
  [(x) => x.square().mul(0.5), (x) => (x * x) / 2],
  [(x) => x.exp().mul(0.25), (x) => Math.exp(x) / 4],
  [(x) => x.square().add(1).log(), (x) => Math.log(x * x + 1)],
  [(x) => x.square().add(1).rsqrt(), (x) => 1 / Math.sqrt(x * x + 1)],
  [(x) => x.mul(0.75).add(0.1).sub(0), (x) => 0.75 * x + 0.1],
  [(x) => x.cast('f32').mul(1), (x) => x],
];
const BINARY: readonly (readonly [(a: Tensor, b: Tensor) => Tensor, (a: number, b: number) => number])[] = [
  [(a, b) => a.add(b).mul(0.5), (a, b) => (a + b) / 2],
  [(a, b) => a.sub(b).mul(0.5), (a, b) => (a - b) / 2],
  [(a, b) => a.mul(b).mul(0.5), (a, b) => (a * b) / 2],
  [(a, b) => a.div(b.abs().add(1)), (a, b) => a / (Math.abs(b) + 1)],
  [(a, b) => a.maximum(b), Math.max],
  [(a, b) => a.minimum(b), Math.min],
  [(a, b) => where(a.gt(b), a, b), Math.max],
  [(a, b) => a.lt(b).cast('f32').mul(a.sub(b).mul(0.5)), (a, b) => Math.min(a - b, 0) / 2],
];

const unary: Rule = (from) => {
  const x = from.any();
  const [f, g] = from.pick(UNARY);
  return apply(f(x.tensor), [x], (v) => ref.map(v, g));
};
const binary: Rule = (from) => {
  const a = from.any();
  const { shape } = a.tensor;
  const b = from.shaped(shape.slice(from.random.integer(shape.length + 1)).map((dim) => (from.random.integer(3) ? dim : 1)));
  const [f, g] = from.pick(BINARY);
  const flipped = from.random.integer(2) === 1;
  const order = flipped ? [b, a] : [a, b];
  return apply(f(order[0].tensor, order[1].tensor), order, (x, y) => ref.zip(g, x, y));
};
/** Shapes of up to three dimensions that have `elements` elements, or fewer. */
function shapeOf(random: Random, elements: number): number[] {
  const rank = 1 + random.integer(3);
  const shape: number[] = [];
  let left = Math.max(1, elements);
  for (let i = 1; i < rank; i++) {
    const dim = 1 + random.integer(Math.min(left, 5));
    shape.push(dim);
    left = Math.max(1, Math.floor(left / dim));
  }
  return [...shape, left];
}
const reshape: Rule = (from) => {
  const x = from.any();
  return from.shaped(shapeOf(from.random, x.tensor.size), x);
};
const permute: Rule = (from) => {
  const x = from.any();
  const axes = [...x.tensor.shape.keys()];
  from.random.shuffle(axes);
  return apply(x.tensor.permute(axes), [x], (v) => ref.permute(v, axes));
};
const flip: Rule = (from) => {
  const x = from.any();
  const axes = [...x.tensor.shape.keys()].filter(() => from.random.integer(2));
  return apply(x.tensor.flip(axes), [x], (v) => ref.flip(v, axes));
};
const slice: Rule = (from) => {
  const x = from.any();
  const ranges = x.tensor.shape.map((dim): [number, number, number] => {
    const start = from.random.integer(dim);
    return [start, start + 1 + from.random.integer(dim - start), 1 + from.random.integer(2)];
  });
  return apply(x.tensor.slice(ranges), [x], (v) => ref.slice(v, ranges));
};
const pad: Rule = (from) => {
  const x = from.any();
  const widths = x.tensor.shape.map((): Range => [from.random.integer(2), from.random.integer(3)]);
  return apply(x.tensor.pad(widths), [x], (v) => ref.pad(v, widths));
};
const expand: Rule = (from) => {
  const { random } = from;
  const x = from.shaped(shapeOf(random, 12).map((dim) => (random.integer(2) ? dim : 1)));
  const shape = x.tensor.shape.map((dim) => (dim === 1 ? 1 + random.integer(5) : dim));
  return apply(x.tensor.expand(shape), [x], (v) => ref.expand(v, shape));
};
const join: Rule = (from) => {
  const shape = shapeOf(from.random, 2 + from.random.integer(6));
  const many = from.random.integer(4) === 0 ? 5 + from.random.integer(30) : 2 + from.random.integer(4);
  const parts = Array.from({ length: many }, () => from.shaped(shape));
  const tensors = parts.map(({ tensor }) => tensor);
  const axis = from.random.integer(shape.length);
  if (from.random.integer(2)) return apply(concat(tensors, axis), parts, (...all) => ref.concat(all, axis));
  const one = [...shape.slice(0, axis), 1, ...shape.slice(axis)];
  return apply(stack(tensors, axis), parts, (...all) =>
    ref.concat(
      all.map((v) => ref.reshape(v, one)),
      axis,
    ),
  );
};
const reduce: Rule = (from) => {
  const x = from.any();
  const axes = [...x.tensor.shape.keys()].filter(() => from.random.integer(2));
  const [f, g] = from.pick<readonly [(t: Tensor) => Tensor, (values: number[]) => number]>([
    [(t) => t.mean(axes, { keepDims: true }), ref.average],
    [(t) => t.mul(1 / Math.max(1, t.size)).sum(axes, { keepDims: true }), (values) => ref.total(values) / Math.max(1, x.tensor.size)],
    [(t) => t.max(axes, { keepDims: true }), (values) => Math.max(...values)],
    [(t) => t.min(axes, { keepDims: true }), (values) => Math.min(...values)],
  ]);
  return apply(f(x.tensor), [x], (v) => ref.fold(v, axes, g));
};
const matmul: Rule = (from) => {
  const [m, k, n] = [0, 0, 0].map(() => 1 + from.random.integer(6));
  const [a, b] = [from.shaped([m, k]), from.shaped([k, n])];
  return apply(a.tensor.matmul(b.tensor).mul(1 / k), [a, b], (x, y) => ref.map(ref.matmul(x, y), (value) => value / k));
};
const softmax: Rule = (from) => {
  const x = from.any();
  if (x.tensor.rank === 0) return unary(from);
  const axis = from.random.integer(x.tensor.rank);
  return apply(x.tensor.softmax(axis), [x], (v) => {
    const exps = ref.map(v, Math.exp);
    return ref.zip((e, sum) => e / sum, exps, ref.fold(exps, [axis], ref.total));
  });
};
const scan: Rule = (from) => {
  const x = from.any();
  if (x.tensor.rank === 0) return unary(from);
  const axis = from.random.integer(x.tensor.rank);
  const scale = 1 / x.tensor.shape[axis];
  return apply(x.tensor.cumSum(axis).mul(scale), [x], (v) => ref.alongAxis(v, axis, (line, i) => scale * ref.total(line.slice(0, i + 1))));
};
/** A loop whose steps read the one before, and all of whose results are put together: LSTMs, ensembles, butterflies. */
const loop: Rule = (from) => {
  const x = from.shaped([4]);
  const others = Array.from({ length: 1 + from.random.integer(12) }, () => from.shaped([4]));
  const [f, g] = from.pick(BINARY);
  const [h, k] = from.pick(UNARY);
  const moves = from.random.integer(2) === 1;
  const states: RandomNode[] = [x];
  for (const other of others) {
    const last = states[states.length - 1];
    const turned = moves ? apply(last.tensor.flip(0), [last], (v) => ref.flip(v, [0])) : other;
    const mixed = apply(f(last.tensor, turned.tensor), [last, turned], (a, b) => ref.zip(g, a, b));
    states.push(apply(h(mixed.tensor), [mixed], (v) => ref.map(v, k)));
  }
  return apply(stack(states.map(({ tensor }) => tensor)), states, (...all) =>
    ref.concat(
      all.map((v) => ref.reshape(v, [1, 4])),
      0,
    ),
  );
};

const RULES: readonly Rule[] = [
  unary,
  unary,
  binary,
  binary,
  binary,
  reshape,
  permute,
  flip,
  slice,
  pad,
  expand,
  join,
  join,
  reduce,
  reduce,
  matmul,
  softmax,
  scan,
  loop,
];

/** A row of an op's table on nodes of the graph, whatever they hold: for planning alone. */
const anyRow: Rule = (from) => {
  const row = from.pick(allCases);
  const y = row.apply(...row.inputs.map(({ shape, dtype }) => from.shaped(shape).tensor.cast(dtype)));
  const hasGradient = !row.wrt && row.inputs.some(({ dtype }) => isFloat(dtype));
  return node((hasGradient ? y : y.stopGradient()).cast('f32'), () => {
    throw new Error('not for reading');
  });
};

const rowsToRun: readonly OpCase[] = allCases.filter(
  ({ inputs, tolerance, reference }) =>
    tolerance === undefined &&
    inputs.length > 0 &&
    inputs.every(({ data }) => data.length <= MOST_ELEMENTS) &&
    reference(...inputs).data.every(Number.isFinite),
);

/** A row of an op's table on inputs of its own, as `inputs` from number `first` on. */
const rowOnItsInputs = (row: OpCase, leaves: readonly Tensor[], first: number): RandomNode =>
  node(
    row
      .apply(...leaves)
      .cast('f32')
      .tanh(),
    (inputs) => ref.map(row.reference(...inputs.slice(first, first + leaves.length)), Math.tanh),
  );

export interface RandomGraph {
  readonly inputs: OpCase['inputs'];
  /** How many of the inputs, from the first on, are the graph's own. The others are those of rows. */
  readonly own: number;
  /** Makes the graph on these inputs. */
  readonly make: (...leaves: Tensor[]) => RandomNode[];
}

/**
 * The graph of a seed; some of its nodes are its results. `planned`: with rows of every op on other results, gradients and an assigned
 * state, for which there are no float64 values.
 */
export function randomGraph(seed: number, steps: number, planned: boolean): RandomGraph {
  const random = new Random(seed);
  const leaf = (shape: readonly number[]) => ({
    shape,
    dtype: 'f32' as const,
    data: Float64Array.from({ length: ref.size(shape) }, () => Math.fround(random.uniform(-2, 2))),
  });
  const own = Array.from({ length: 1 + random.integer(20) }, () => leaf(shapeOf(random, 1 + random.integer(24))));
  const rows = planned ? [] : Array.from({ length: 2 }, () => rowsToRun[random.integer(rowsToRun.length)]);
  const draws = random.uint32();
  return {
    inputs: [...own, ...rows.flatMap(({ inputs }) => inputs)],
    own: own.length,
    make: (...leaves) => {
      const from = new Source(
        new Random(draws),
        own.map((_, i) => node(leaves[i], (inputs) => inputs[i])),
      );
      let first = own.length;
      for (const row of rows) {
        from.nodes.push(rowOnItsInputs(row, leaves.slice(first, first + row.inputs.length), first));
        first += row.inputs.length;
      }
      for (let i = 0; i < steps; i++) {
        const made = (planned && from.random.integer(6) === 0 ? anyRow : from.pick(RULES))(from);
        const { size } = made.tensor;
        from.nodes.push(size === 0 || size > MOST_ELEMENTS ? from.shaped([Math.max(3, Math.min(size, MOST_ELEMENTS))], made) : made);
      }
      const results = Array.from({ length: 1 + from.random.integer(5) }, () => from.any());
      if (!planned) return results;
      const loss = results.map(({ tensor }) => tensor.sum()).reduce((a, b) => a.add(b));
      const slopes = from.random.integer(2) ? gradients(loss, leaves.slice(0, own.length)) : [];
      if (from.random.integer(3) === 0) {
        const state = new State('state', [4], 'f32');
        state.assign(from.shaped([4]).tensor.add(from.random.integer(2) ? state : state.flip(0)));
      }
      return [...results, ...slopes.map((tensor) => node(tensor, () => ref.build([], () => 0)))];
    },
  };
}

/** A graph as text, a line a node. */
export function showGraph(roots: readonly Tensor[]): string {
  const numbers = new Map<Tensor, number>();
  const lines = topologicalOrder(roots).map((at) => {
    numbers.set(at, numbers.size);
    const attrs = Object.keys(at.attrs).length ? ` ${JSON.stringify(at.attrs)}` : '';
    return `${numbers.size - 1} = ${at.op.name}(${at.inputs.map((input) => numbers.get(input))})${attrs} ${at.dtype} [${at.shape}]`;
  });
  return [...lines, `results: ${roots.map((root) => numbers.get(root))}`].join('\n');
}
