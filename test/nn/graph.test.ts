// Graph layers against their papers' formulas, node by node in float64; their gradients against differences of these.
import { describe, expect, it } from 'vitest';
import { compile, gradients, nn, type Tensor, tensor, zeros } from '../../src/index.ts';
import { checkOp, distinct, expectClose, random } from '../engine/check.ts';
import * as ref from '../engine/reference.ts';

const [NODES, IN, OUT] = [6, 3, 4];
/** Node 5 has no edges, node 2 a loop of its own; the rest go one way. */
const EDGES: readonly (readonly [from: number, to: number])[] = [
  [0, 1],
  [1, 0],
  [3, 1],
  [2, 2],
  [4, 0],
  [0, 4],
  [3, 0],
];
const edgeIndex = tensor(Uint32Array.from([...EDGES.map(([from]) => from), ...EDGES.map(([, to]) => to)]), [2, EDGES.length]);
const loops = Array.from({ length: NODES }, (_, i) => [i, i] as const);
const looped = [...EDGES.filter(([from, to]) => from !== to), ...loops];

/** x·Wᵀ, W as [out, in]. */
const linear = (x: ref.Values, w: ref.Values) =>
  ref.build([x.shape[0], w.shape[0]], ([i, o]) =>
    Array.from({ length: x.shape[1] }, (_, k) => ref.get(x, [i, k]) * ref.get(w, [o, k])).reduce((a, b) => a + b),
  );
const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** Puts tensors where the layer's parameters stand, so that rows move them too. */
function withWeights<M extends nn.Module>(layer: M, weights: Readonly<Record<string, Tensor>>): M {
  for (const [path, value] of Object.entries(weights)) {
    const names = path.split('.');
    const holder = names
      .slice(0, -1)
      .reduce((at, name) => at[name] as Record<string, unknown>, layer as unknown as Record<string, unknown>);
    holder[names.at(-1) as string] = value;
  }
  return layer;
}

describe('GCNConv', () => {
  const gcn =
    (edges: readonly (readonly [number, number])[], normalize: boolean) =>
    (x: ref.Values, w: ref.Values, b: ref.Values, weight: ref.Values = ref.build([edges.length], () => 1)) => {
      const h = linear(x, w);
      const into = (node: number) => total(edges.map(([, to], e) => (to === node ? weight.data[e] : 0)));
      const norm = ([from, to]: readonly [number, number]) => (normalize ? 1 / Math.sqrt(into(from) * into(to)) : 1);
      return ref.build(
        [NODES, OUT],
        ([i, o]) => b.data[o] + total(edges.map((edge, e) => (edge[1] === i ? weight.data[e] * norm(edge) * ref.get(h, [edge[0], o]) : 0))),
      );
    };
  const inputs = [random([NODES, IN]), random([OUT, IN]), random([OUT])];
  const apply = (options: object) => (x: Tensor, weight: Tensor, bias: Tensor, edgeWeight?: Tensor) =>
    withWeights(new nn.GCNConv(IN, OUT, options), { 'lin.weight': weight, bias }).forward(x, edgeIndex, edgeWeight);

  it('normalises by the roots of the degrees, each node among its own neighbours once', () =>
    checkOp({ op: 'GCNConv', inputs, apply: apply({}), reference: gcn(looped, true), second: true }));

  it('takes sums of weighted edges as they are', () =>
    checkOp({
      ...{ op: 'GCNConv', about: 'weighted', apply: apply({ normalize: false }), reference: gcn(EDGES, false), second: true },
      inputs: [...inputs, random([EDGES.length], 0.5, 2)],
    }));

  it('normalises by weights', () => {
    const weighed = (x: ref.Values, w: ref.Values, b: ref.Values, given: ref.Values) => {
      const own = EDGES.flatMap(([from, to], e) => (from === to ? [] : [given.data[e]]));
      return gcn(looped, true)(x, w, b, { shape: [looped.length], data: Float64Array.from([...own, ...loops.map(() => 1)]) });
    };
    return checkOp({
      ...{ op: 'GCNConv', about: 'weighted, with loops', apply: apply({}), reference: weighed, second: true },
      inputs: [...inputs, random([EDGES.length], 0.5, 2)],
    });
  });
});

describe('SAGEConv', () => {
  const received = (h: ref.Values, node: number, c: number) => EDGES.flatMap(([from, to]) => (to === node ? [ref.get(h, [from, c])] : []));
  const aggregates = {
    mean: (list: readonly number[]) => (list.length ? total(list) / list.length : 0),
    sum: total,
    max: (list: readonly number[]) => (list.length ? Math.max(...list) : 0),
  };
  const sage =
    (aggr: keyof typeof aggregates) => (sent: ref.Values, own: ref.Values, left: ref.Values, bias: ref.Values, right: ref.Values) => {
      const taken = ref.build([NODES, sent.shape[1]], ([i, c]) => aggregates[aggr](received(sent, i, c)));
      return ref.zip((a, b, c) => a + b + c, linear(taken, left), bias, linear(own, right));
    };
  const weights = (left: Tensor, bias: Tensor, right: Tensor) => ({ 'linL.weight': left, 'linL.bias': bias, 'linR.weight': right });

  it.each(['mean', 'max', 'sum'] as const)('takes the %s of the neighbours', (aggr) =>
    checkOp({
      op: 'SAGEConv',
      about: aggr,
      inputs: [distinct([NODES, IN]), random([OUT, IN]), random([OUT]), random([OUT, IN])],
      apply: (x, ...w) => withWeights(new nn.SAGEConv(IN, OUT, { aggr }), weights(w[0], w[1], w[2])).forward(x, edgeIndex),
      reference: (x, left, bias, right) => sage(aggr)(x, x, left, bias, right),
      second: true,
    }),
  );

  it('takes senders that are known by something else, and gives vectors of length 1', () =>
    checkOp({
      op: 'SAGEConv',
      about: 'a pair',
      inputs: [distinct([NODES, 2]), random([NODES, IN]), random([OUT, 2]), random([OUT]), random([OUT, IN])],
      apply: (sent, own, ...w) =>
        withWeights(new nn.SAGEConv([2, IN], OUT, { aggr: 'max', normalize: true }), weights(w[0], w[1], w[2])).forward(
          [sent, own],
          edgeIndex,
        ),
      reference: (...given) => {
        const y = sage('max')(given[0], given[1], given[2], given[3], given[4]);
        return ref.build([NODES, OUT], ([i, o]) => ref.get(y, [i, o]) / Math.hypot(...y.data.slice(i * OUT, (i + 1) * OUT)));
      },
      tolerance: 1e-4,
    }));
});

describe('GATConv', () => {
  const HEADS = 2;
  /** α [edges, heads] and h [nodes, heads·out]. */
  const attention = (x: ref.Values, w: ref.Values, src: ref.Values, dst: ref.Values) => {
    const h = linear(x, w);
    const part = (a: ref.Values, node: number, head: number) =>
      total(Array.from({ length: OUT }, (_, o) => a.data[head * OUT + o] * ref.get(h, [node, head * OUT + o])));
    const score = ([from, to]: readonly [number, number], head: number) => {
      const s = part(src, from, head) + part(dst, to, head);
      return s > 0 ? s : 0.2 * s;
    };
    const alpha = ref.build([looped.length, HEADS], ([e, head]) => {
      const rivals = looped.filter(([, to]) => to === looped[e][1]).map((edge) => score(edge, head));
      return Math.exp(score(looped[e], head) - ref.logSumExp(rivals));
    });
    return { h, alpha };
  };
  const gat = (concat: boolean) => (x: ref.Values, w: ref.Values, src: ref.Values, dst: ref.Values, bias: ref.Values) => {
    const { h, alpha } = attention(x, w, src, dst);
    const y = ref.build([NODES, HEADS * OUT], ([i, c]) =>
      total(looped.map(([from, to], e) => (to === i ? ref.get(alpha, [e, Math.floor(c / OUT)]) * ref.get(h, [from, c]) : 0))),
    );
    if (concat) return ref.zip((a, b) => a + b, y, bias);
    return ref.build([NODES, OUT], ([i, o]) => bias.data[o] + (ref.get(y, [i, o]) + ref.get(y, [i, OUT + o])) / HEADS);
  };
  const inputs = [random([NODES, IN]), random([HEADS * OUT, IN]), random([1, HEADS, OUT]), random([1, HEADS, OUT])];
  const layer = (options: object, weight: Tensor, attSrc: Tensor, attDst: Tensor) =>
    withWeights(new nn.GATConv(IN, OUT, { heads: HEADS, ...options }), { 'lin.weight': weight, attSrc, attDst });

  it.each([true, false])('attends to itself and its neighbours, heads side by side: %s', (concat) =>
    checkOp({
      op: 'GATConv',
      about: String(concat),
      inputs: [...inputs, random([concat ? HEADS * OUT : OUT])],
      apply: (x, w, src, dst, bias) => withWeights(layer({ concat }, w, src, dst), { bias }).forward(x, edgeIndex),
      reference: gat(concat),
      second: true,
      tolerance: 1e-4,
    }),
  );

  it('tells its attention: of every edge, then of every node to itself', async () => {
    const values = inputs.map(({ shape, data }) => ({ shape, data }));
    const [x, w, src, dst] = values.map(({ shape, data }) => tensor(Float32Array.from(data), [...shape]));
    const found = await layer({}, w, src, dst).attention(x, edgeIndex).data();
    const { alpha } = attention(values[0], values[1], values[2], values[3]);
    const own = EDGES.findIndex(([from, to]) => from === to);
    // The node's old loop counts nothing.
    expect([...found.slice(own * HEADS, (own + 1) * HEADS)]).toEqual([0, 0]);
    const others = [...found].filter((_, i) => Math.floor(i / HEADS) !== own);
    expectClose('attention', others, alpha.data, 1e-5);
  });

  it('drops attention in training alone', async () => {
    const layer = new nn.GATConv(IN, OUT, { dropout: 0.9 });
    const x = tensor(
      Float32Array.from({ length: NODES * IN }, (_, i) => Math.sin(i)),
      [NODES, IN],
    );
    const y = async () => [...(await layer.forward(x, edgeIndex).data())];
    layer.eval();
    expect(await y()).toEqual(await y());
    layer.train();
    expect(await y()).not.toEqual(await y());
  });
});

describe('sparse features', () => {
  const dense = Float32Array.from({ length: NODES * IN }, (_, i) => (i % 3 ? 0 : Math.cos(i)));
  const places = [...dense.keys()].filter((i) => dense[i] !== 0);
  const sparse = {
    shape: [NODES, IN] as const,
    rowIndices: tensor(Uint32Array.from(places, (i) => Math.floor(i / IN))),
    colIndices: tensor(Uint32Array.from(places, (i) => i % IN)),
    values: tensor(Float32Array.from(places, (i) => dense[i])),
  };

  it.each([
    ['GCNConv', new nn.GCNConv(IN, OUT)],
    ['SAGEConv', new nn.SAGEConv(IN, OUT)],
    ['SAGEConv of sums', new nn.SAGEConv(IN, OUT, { aggr: 'sum' })],
    ['GATConv', new nn.GATConv(IN, OUT, { heads: 2 })],
  ])('%s gives and learns the same as of dense ones', async (_name, layer) => {
    const of = async (x: nn.NodeFeatures) => {
      const result = compile(() => {
        const y = layer.forward(x, edgeIndex);
        return [y, ...gradients(y.square().sum(), layer.parameters())];
      })();
      return (await Promise.all(result.map((each) => each.data()))).flatMap((values) => [...values]);
    };
    expectClose('values and gradients', await of(sparse), await of(tensor(dense, [NODES, IN])), 1e-5);
  });

  it('have no largest', () =>
    expect(() => new nn.SAGEConv(IN, OUT, { aggr: 'max' }).forward(sparse, edgeIndex)).toThrow(
      'SAGEConv: expected a tensor of the senders, to take the largest of, got a sparse matrix',
    ));
});

it('states have the names of PyTorch Geometric', () => {
  const names = (layer: nn.Module) => layer.namedStates().map(([name, { shape }]) => `${name} ${shape.join('×')}`);
  expect(names(new nn.GCNConv(3, 4))).toEqual(['bias 4', 'lin.weight 4×3']);
  expect(names(new nn.SAGEConv([3, 2], 4))).toEqual(['lin_l.weight 4×3', 'lin_l.bias 4', 'lin_r.weight 4×2']);
  expect(names(new nn.GATConv(3, 4, { heads: 2 }))).toEqual(['att_src 1×2×4', 'att_dst 1×2×4', 'bias 8', 'lin.weight 8×3']);
});

it.each([
  ['GCNConv', new nn.GCNConv(3, 4)],
  ['SAGEConv', new nn.SAGEConv(3, 4)],
  ['GATConv', new nn.GATConv(3, 4)],
])('%s refuses what is no tensor', (name, layer) => {
  for (const wrong of ['x', undefined, null, {}, 3, Promise.resolve(zeros([2]))])
    expect(() => layer.forward(wrong as never, edgeIndex)).toThrow(`${name}: expected its input to be a tensor or a sparse matrix, got `);
  for (const wrong of ['x', undefined, null, {}, 3])
    expect(() => layer.forward(zeros([5, 3]), wrong as never)).toThrow(`${name}: expected edgeIndex to be a tensor, got `);
});

it('refuse graphs that do not fit', () => {
  const layer = new nn.GCNConv(3, 4);
  expect(() => layer.forward(zeros([5, 2]), edgeIndex)).toThrow('GCNConv: expected features [nodes, 3], got [5, 2]');
  expect(() => layer.forward([1, 2] as never, edgeIndex)).toThrow(
    'GCNConv: expected its input to be a tensor or a sparse matrix, got [1, 2]',
  );
  expect(() => layer.forward(zeros([5, 3]), zeros([3, 2], 'u32'))).toThrow('GCNConv: expected edgeIndex [2, edges], got [3, 2]');
  expect(() => layer.forward(zeros([5, 3]), zeros([2, 3]))).toThrow('GCNConv: expected edgeIndex of u32 or i32, got f32');
  expect(() => layer.forward(zeros([5, 3]), edgeIndex, zeros([2]))).toThrow('GCNConv: expected edgeWeight [7], got [2]');
  expect(() => new nn.SAGEConv([3, 2], 4).forward(zeros([5, 3]), edgeIndex)).toThrow('SAGEConv: expected features [nodes, 2], got [5, 3]');
});
