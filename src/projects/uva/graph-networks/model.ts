// Networks over a graph of papers, two layers each unless told otherwise; they differ in what a layer takes from a paper's neighbours.
import { nn, sparseMatmul, Tensor } from '../../../index.ts';

/** `mlp` looks at a paper's own words alone: what the graph is worth shows against it. */
export const titles = {
  mlp: 'MLP',
  gcn: 'GCN',
  'sage-mean': 'GraphSAGE, mean',
  'sage-max': 'GraphSAGE, max',
  gat: 'GAT',
} as const;
export type Kind = keyof typeof titles;
export const kinds = Object.keys(titles) as readonly Kind[];

export interface NetworkShape {
  readonly kind: Kind;
  readonly words: number;
  readonly classes: number;
  readonly hidden: number;
  /** Of a GAT's layers but the last; they share the hidden width. */
  readonly heads: number;
  readonly layers: number;
  readonly dropout: number;
  /** Whether a hidden layer adds what it was given to what it makes of it (Kipf & Welling, appendix B). */
  readonly residual?: boolean;
}

const linear = (layer: nn.Linear, x: nn.NodeFeatures): Tensor =>
  x instanceof Tensor ? layer.forward(x) : sparseMatmul(x, layer.weight.transpose()).add(layer.bias ?? 0);

/** A linear layer that gets edges and doesn't look at them. */
class OwnWords extends nn.Module {
  readonly lin: nn.Linear;

  constructor(from: number, to: number) {
    super();
    this.lin = new nn.Linear(from, to);
  }

  override forward(x: nn.NodeFeatures): Tensor {
    return linear(this.lin, x);
  }
}

/** GraphSAGE's pooling aggregator (equation 3 of arXiv 1706.02216): the largest of relu(W_pool·x + b) over the neighbours. */
class PoolingSage extends nn.Module {
  readonly pool: nn.Linear;
  readonly conv: nn.SAGEConv;

  constructor(from: number, pooled: number, to: number) {
    super();
    this.pool = new nn.Linear(from, pooled);
    this.conv = new nn.SAGEConv([pooled, from], to, { aggr: 'max' });
  }

  override forward(x: nn.NodeFeatures, edgeIndex: Tensor): Tensor {
    return this.conv.forward([linear(this.pool, x).relu(), x], edgeIndex);
  }
}

function layer({ kind, hidden, heads, dropout }: NetworkShape, from: number, to: number, last: boolean): nn.Module {
  if (kind === 'mlp') return new OwnWords(from, to);
  if (kind === 'gcn') return new nn.GCNConv(from, to);
  if (kind === 'sage-mean') return new nn.SAGEConv(from, to);
  if (kind === 'sage-max') return new PoolingSage(from, hidden, to);
  return new nn.GATConv(from, last ? to : to / heads, last ? { dropout, concat: false } : { heads, dropout });
}

/**
 * Features [papers, words] and edges [2, edges] → logits [papers, classes]. Dropout before each layer, ReLU behind each but the last (ELU, as its paper
 * has it, in a GAT).
 */
export class GraphNetwork extends nn.Module {
  readonly convs: readonly nn.Module[];
  private readonly drop: nn.Dropout;

  constructor(readonly shape: NetworkShape) {
    super();
    const { words, classes, hidden, layers, dropout } = shape;
    const widths = [words, ...new Array<number>(layers - 1).fill(hidden), classes];
    this.convs = widths.slice(1).map((to, i) => layer(shape, widths[i], to, i === layers - 1));
    this.drop = new nn.Dropout(dropout);
  }

  override forward(x: nn.NodeFeatures, edgeIndex: Tensor): Tensor {
    return this.apply(this.convs.length - 1, this.hidden(x, edgeIndex), edgeIndex);
  }

  /** What the last layer gets: [papers, hidden]. */
  hidden(x: nn.NodeFeatures, edgeIndex: Tensor): Tensor {
    let h = x;
    for (let i = 0; i < this.convs.length - 1; i++) {
      const y = this.apply(i, h, edgeIndex);
      const made = this.shape.kind === 'gat' ? y.elu() : y.relu();
      h = this.shape.residual && h instanceof Tensor ? made.add(h) : made;
    }
    return h as Tensor;
  }

  /** How much a GAT's hidden layer takes of each edge's sender, then of each paper itself: [edges + papers, heads]. */
  attention(x: nn.NodeFeatures, edgeIndex: Tensor): Tensor | undefined {
    const [first] = this.convs;
    return first instanceof nn.GATConv ? first.attention(x, edgeIndex) : undefined;
  }

  private apply(i: number, x: nn.NodeFeatures, edgeIndex: Tensor): Tensor {
    // Of a sparse matrix only what isn't 0 can be dropped.
    const dropped = x instanceof Tensor ? this.drop.forward(x) : { ...x, values: this.drop.forward(x.values) };
    return (this.convs[i] as nn.GCNConv).forward(dropped, edgeIndex);
  }
}
