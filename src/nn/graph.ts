// Layers of graph networks by message passing, under the names of PyTorch Geometric. Edges are a list: edgeIndex [2, edges] (u32 or i32) has the
// nodes that send in row 0 and those that receive in row 1, so that an undirected graph has each edge twice.
import { aBoolean, aTensor, expectKind, finite, kind, oneOf, positive, unitInterval } from '../engine/graph/arguments.ts';
import { DTypeError, ShapeError, TilegradError } from '../engine/graph/errors.ts';
import { showShape } from '../engine/graph/shape.ts';
import { Tensor } from '../engine/graph/tensor.ts';
import { iota, ones } from '../engine/ops/create.ts';
import { dropout } from '../engine/ops/dropout.ts';
import { where } from '../engine/ops/elementwise.ts';
import { indexSelect } from '../engine/ops/indexing.ts';
import { concat } from '../engine/ops/movement.ts';
import { degree, segmentMax, segmentSoftmax, segmentSum } from '../engine/ops/segment.ts';
import { type SparseMatrix, sparseMatmul } from '../engine/ops/sparse.ts';
import { expectCall, sizesOf } from './check.ts';
import { startOf } from './deferred.ts';
import * as init from './init.ts';
import { Linear } from './layers.ts';
import { Module, Parameter } from './module.ts';

/** What the nodes are known by: [nodes, channels]. Of bags of words a sparse matrix saves nearly all of the first layer's work. */
export type NodeFeatures = Tensor | SparseMatrix;

const someFeatures = kind(
  'a tensor or a sparse matrix',
  (value) => value instanceof Tensor || (typeof value === 'object' && value !== null && 'shape' in value && 'values' in value),
);

function expectFeatures(name: string, x: NodeFeatures, channels: number): void {
  expectKind(name, 'its input', x, someFeatures);
  if (x.shape.length !== 2 || x.shape[1] !== channels) {
    throw new ShapeError(`${name}: expected features [nodes, ${channels}], got ${showShape(x.shape)}`);
  }
}

interface Edges {
  /** u32 [edges] */
  readonly from: Tensor;
  readonly to: Tensor;
}

function edgesOf(name: string, edgeIndex: Tensor): Edges {
  expectKind(name, 'edgeIndex', edgeIndex, aTensor);
  const { shape, dtype } = edgeIndex;
  if (shape.length !== 2 || shape[0] !== 2) throw new ShapeError(`${name}: expected edgeIndex [2, edges], got ${showShape(shape)}`);
  if (dtype !== 'u32' && dtype !== 'i32') throw new DTypeError(`${name}: expected edgeIndex of u32 or i32, got ${dtype}`);
  const row = (i: number) =>
    edgeIndex
      .slice([[i, i + 1]])
      .reshape([shape[1]])
      .cast('u32');
  return { from: row(0), to: row(1) };
}

/** The edges and behind them one from each node to itself. Those that were there already are to count nothing. */
function withLoops({ from, to }: Edges, nodes: number): Edges & { readonly alien: Tensor } {
  const own = iota([nodes], 0);
  return { from: concat([from, own]), to: concat([to, own]), alien: from.ne(to) };
}

/** A linear layer of either kind of features. */
function project(x: NodeFeatures, linear: Linear): Tensor {
  if (x instanceof Tensor) return linear.forward(x);
  const product = sparseMatmul(x, linear.weight.transpose());
  return linear.bias ? product.add(linear.bias) : product;
}

/** Σ values[e]·h[from[e]] over the edges e that end in each of so many nodes. */
const gathered = (h: Tensor, { from, to }: Edges, nodes: number, values: Tensor): Tensor =>
  sparseMatmul({ shape: [nodes, h.shape[0]], rowIndices: to, colIndices: from, values }, h);

/**
 * Graph convolution (Kipf & Welling, arXiv 1609.02907): y = D^−½·(A + I)·D^−½·x·Wᵀ + b, where D has the sums of the rows of A + I. x [nodes,
 * inChannels], edgeIndex [2, edges], edgeWeight [edges] (default: ones) → [nodes, outChannels].
 *
 * torch_geometric.nn.GCNConv, with its parameters `lin.weight` and `bias`. Different: with `addSelfLoops` each node's loop has weight 1, also where
 * the edges give it another.
 */
export class GCNConv extends Module {
  readonly lin: Linear;
  readonly bias: Parameter | undefined;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    private readonly options: { readonly addSelfLoops?: boolean; readonly normalize?: boolean; readonly bias?: boolean } = {},
    ...more: never[]
  ) {
    super();
    const kinds = { addSelfLoops: aBoolean, normalize: aBoolean, bias: aBoolean };
    expectCall('GCNConv', [inChannels, outChannels, options, ...more], { inChannels: positive, outChannels: positive, options: kinds });
    this.lin = new Linear(inChannels, outChannels, { bias: false, weight: init.xavierUniform() });
    this.bias = (options.bias ?? true) ? new Parameter('bias', [outChannels], 'f32') : undefined;
  }

  override forward(x: NodeFeatures, edgeIndex: Tensor, edgeWeight?: Tensor): Tensor {
    expectFeatures('GCNConv', x, this.inChannels);
    const given = edgesOf('GCNConv', edgeIndex);
    const nodes = x.shape[0];
    const weight = edgeWeight ?? ones([given.from.size]);
    if (weight.rank !== 1 || weight.size !== given.from.size) {
      throw new ShapeError(`GCNConv: expected edgeWeight [${given.from.size}], got ${showShape(weight.shape)}`);
    }
    const { normalize = true, addSelfLoops = normalize } = this.options;
    const { alien, ...looped } = withLoops(given, nodes);
    const [edges, a] = addSelfLoops ? [looped, concat([where(alien, weight, 0), ones([nodes])])] : [given, weight];
    const sums = segmentSum(a, edges.to, nodes);
    const scale = where(sums.gt(0), sums.rsqrt(), 0);
    const values = normalize
      ? indexSelect(scale, 0, edges.from)
          .mul(a)
          .mul(indexSelect(scale, 0, edges.to))
      : a;
    const y = gathered(project(x, this.lin), edges, nodes, values);
    return this.bias ? y.add(this.bias) : y;
  }
}

/**
 * GraphSAGE (Hamilton et al., arXiv 1706.02216): y = W_l·aggregate(x of the neighbours) + b + W_r·x. What a node is sent, as mean, largest or sum, has
 * weights of its own; a node without neighbours is sent 0. x [nodes, inChannels], edgeIndex [2, edges] → [nodes, outChannels]. Where senders
 * are known by something else than receivers, `x` and `inChannels` are pairs of [senders, receivers].
 *
 * torch_geometric.nn.SAGEConv, with its parameters `lin_l.weight`, `lin_l.bias` and `lin_r.weight`.
 */
export class SAGEConv extends Module {
  static override readonly statePaths = { linL: 'lin_l', linR: 'lin_r' };

  readonly linL: Linear;
  readonly linR: Linear | undefined;

  constructor(
    readonly inChannels: number | readonly [from: number, to: number],
    readonly outChannels: number,
    private readonly options: {
      readonly aggr?: 'mean' | 'max' | 'sum';
      readonly normalize?: boolean;
      readonly rootWeight?: boolean;
      readonly bias?: boolean;
    } = {},
    ...more: never[]
  ) {
    super();
    const kinds = { aggr: oneOf('mean', 'max', 'sum'), normalize: aBoolean, rootWeight: aBoolean, bias: aBoolean };
    expectCall('SAGEConv', [inChannels, outChannels, options, ...more], { inChannels: sizesOf(2), outChannels: positive, options: kinds });
    const [from, to] = pair<number>(inChannels);
    this.linL = new Linear(from, outChannels, { bias: options.bias ?? true });
    this.linR = (options.rootWeight ?? true) ? new Linear(to, outChannels, { bias: false }) : undefined;
  }

  override forward(x: NodeFeatures | readonly [from: NodeFeatures, to: NodeFeatures], edgeIndex: Tensor): Tensor {
    const { aggr = 'mean', normalize = false } = this.options;
    const [sent, own] = pair<NodeFeatures>(x);
    pair<number>(this.inChannels).forEach((channels, i) => {
      expectFeatures('SAGEConv', [sent, own][i], channels);
    });
    const edges = edgesOf('SAGEConv', edgeIndex);
    const nodes = own.shape[0];
    let y: Tensor;
    if (aggr === 'max') {
      if (!(sent instanceof Tensor))
        throw new TilegradError('SAGEConv: expected a tensor of the senders, to take the largest of, got a sparse matrix');
      y = this.linL.forward(segmentMax(indexSelect(sent, 0, edges.from), edges.to, nodes));
    } else {
      const sum = (h: Tensor) => gathered(h, edges, nodes, ones([edges.from.size], h.dtype));
      const share = aggr === 'mean' ? degree(edges.to, nodes).maximum(1).cast('f32').reciprocal().reshape([nodes, 1]) : 1;
      const { weight, bias } = this.linL;
      // The mean of the products is the product of the mean, and of sparse features far less to send.
      if (sent instanceof Tensor) y = this.linL.forward(sum(sent).mul(share));
      else
        y = sum(sparseMatmul(sent, weight.transpose()))
          .mul(share)
          .add(bias ?? 0);
    }
    if (this.linR) y = y.add(project(own, this.linR));
    return normalize ? y.div(y.norm(2, -1, { keepDims: true }).maximum(1e-12)) : y;
  }
}

/**
 * Graph attention (Veličković et al., arXiv 1710.10903): h = W·x for each head; a node takes the sum of α·h over itself and its neighbours, with α =
 * softmax over them of leakyRelu(a_src·h of the sender + a_dst·h of its own). x [nodes, inChannels], edgeIndex [2, edges] → [nodes, heads·outChannels]:
 * the heads one behind the other, or their mean [nodes, outChannels] with `concat: false`. `dropout` drops α in training.
 *
 * torch_geometric.nn.GATConv, with its parameters `att_src`, `att_dst` [1, heads, outChannels], `bias` and `lin.weight`.
 */
export class GATConv extends Module {
  static override readonly statePaths = { attSrc: 'att_src', attDst: 'att_dst' };

  readonly attSrc: Parameter;
  readonly attDst: Parameter;
  readonly bias: Parameter | undefined;
  readonly lin: Linear;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    private readonly options: {
      readonly heads?: number;
      readonly concat?: boolean;
      readonly negativeSlope?: number;
      readonly dropout?: number;
      readonly addSelfLoops?: boolean;
      readonly bias?: boolean;
    } = {},
    ...more: never[]
  ) {
    super();
    const flags = { concat: aBoolean, addSelfLoops: aBoolean, bias: aBoolean };
    const kinds = { heads: positive, negativeSlope: finite, dropout: unitInterval, ...flags };
    expectCall('GATConv', [inChannels, outChannels, options, ...more], { inChannels: positive, outChannels: positive, options: kinds });
    const { heads = 1, concat = true, bias = true } = options;
    const shape = [1, heads, outChannels];
    const bound = Math.sqrt(6 / (heads + outChannels));
    this.attSrc = new Parameter('attSrc', shape, 'f32', startOf(init.uniform(-bound, bound), shape));
    this.attDst = new Parameter('attDst', shape, 'f32', startOf(init.uniform(-bound, bound), shape));
    this.bias = bias ? new Parameter('bias', [concat ? heads * outChannels : outChannels], 'f32') : undefined;
    this.lin = new Linear(inChannels, heads * outChannels, { bias: false, weight: init.xavierUniform() });
  }

  /** How much of each edge's sender its receiver takes: α [edges + nodes, heads], with the nodes' own behind the edges (without `addSelfLoops` [edges, heads]). */
  attention(x: NodeFeatures, edgeIndex: Tensor): Tensor {
    return this.weighed(x, edgeIndex).alpha;
  }

  override forward(x: NodeFeatures, edgeIndex: Tensor): Tensor {
    const { concat: joined = true, dropout: p = 0 } = this.options;
    const { h, edges, alpha } = this.weighed(x, edgeIndex);
    const [nodes, heads, width] = h.shape;
    const kept = this.training ? dropout(alpha, p) : alpha;
    const sent = indexSelect(h, 0, edges.from).mul(kept.unsqueeze(2));
    const y = segmentSum(sent, edges.to, nodes);
    const all = joined ? y.reshape([nodes, heads * width]) : y.mean(1);
    return this.bias ? all.add(this.bias) : all;
  }

  private weighed(x: NodeFeatures, edgeIndex: Tensor): { readonly h: Tensor; readonly edges: Edges; readonly alpha: Tensor } {
    const { heads = 1, negativeSlope = 0.2, addSelfLoops = true } = this.options;
    expectFeatures('GATConv', x, this.inChannels);
    const given = edgesOf('GATConv', edgeIndex);
    const nodes = x.shape[0];
    const h = project(x, this.lin).reshape([nodes, heads, this.outChannels]);
    const { alien, ...looped } = withLoops(given, nodes);
    const edges = addSelfLoops ? looped : given;
    const [sends, receives] = [this.attSrc, this.attDst].map((a) => h.mul(a).sum(2));
    const score = indexSelect(sends, 0, edges.from)
      .add(indexSelect(receives, 0, edges.to))
      .leakyRelu(negativeSlope);
    const counts = addSelfLoops ? concat([alien, ones([nodes]).gt(0)]).unsqueeze(1) : undefined;
    return { h, edges, alpha: segmentSoftmax(counts ? where(counts, score, Number.NEGATIVE_INFINITY) : score, edges.to, nodes) };
  }
}

const pair = <T>(value: T | readonly [T, T]): readonly [T, T] =>
  Array.isArray(value) ? (value as unknown as readonly [T, T]) : [value as T, value as T];
