import { concat, gradients, iota, nn, rand, type Tensor } from '../../../index.ts';

/** Places on the way from nothing to a review's words at which gradients are taken. */
const PLACES = 8;

export const cells = ['RNN', 'LSTM', 'GRU'] as const;
export type Cell = (typeof cells)[number];

export interface NetworkShape {
  /** Rows of the embedding. */
  readonly vocabulary: number;
  readonly embeddingSize: number;
  readonly hidden: number;
  readonly readout: 'mean' | 'last';
  readonly wordDropout: number;
}

/**
 * The exercise's network: an embedding of words, a recurrent layer, a linear layer. That one sees the state behind the last word, or the mean of
 * the states behind all words.
 *
 * tokens i32 [n, steps], words in each u32 [n] → log-odds that a review is for its film [n]
 */
export class SentimentNetwork extends nn.Module {
  readonly embedding: nn.Embedding;
  private readonly recurrent: nn.RNN | nn.LSTM | nn.GRU;
  private readonly head: nn.Linear;

  constructor(
    cell: Cell,
    private readonly shape: NetworkShape,
  ) {
    super();
    const { vocabulary, embeddingSize, hidden } = shape;
    this.embedding = new nn.Embedding(vocabulary, embeddingSize, { weight: nn.init.normal(0, 0.1) });
    this.recurrent = new { RNN: nn.RNN, LSTM: nn.LSTM, GRU: nn.GRU }[cell](embeddingSize, hidden);
    this.head = new nn.Linear(hidden, 1);
  }

  override forward(tokens: Tensor, words: Tensor): Tensor {
    return this.decide(this.embed(tokens), words);
  }

  /** The log-odds as they stand after each word, [n, steps]: after so many words what `forward` says of them alone. */
  course(tokens: Tensor, words: Tensor): Tensor {
    const { output } = this.read(this.embed(tokens), words);
    const [n, steps] = tokens.shape;
    const counts = iota([steps, 1, 1], 0, 'f32').add(1);
    const seen = this.shape.readout === 'last' ? output : output.cumSum(0).div(counts);
    return this.head.forward(seen).reshape([steps, n]).transpose();
  }

  /**
   * Each word's share in the log-odds, [n, steps], by integrated gradients (arXiv 1703.01365): from a review of dropped words, all of whose embeddings
   * are 0, to this one. They add up to the difference that the words make, nearly.
   */
  evidence(tokens: Tensor, words: Tensor): Tensor {
    const x = this.embed(tokens);
    const places = Array.from({ length: PLACES }, (_, i) => x.mul((i + 0.5) / PLACES));
    const logOdds = this.decide(concat(places, 1), concat(places.map(() => words)));
    const slopes = gradients(logOdds.sum(), places).reduce((sum: Tensor, slope) => sum.add(slope));
    return slopes
      .mul(x)
      .sum(2)
      .mul(1 / PLACES)
      .transpose();
  }

  /** ‖∂ log-odds of the last state / ∂ embedding of each word‖, [n, steps]: how much of a word is left when the review has been read. */
  memory(tokens: Tensor, words: Tensor): Tensor {
    const x = this.embed(tokens);
    const { last } = this.read(x, words);
    const [dx] = gradients(this.head.forward(last).sum(), [x]);
    return dx.mul(dx).sum(2).sqrt().transpose();
  }

  /** Embeddings [steps, n, embeddingSize] → log-odds [n]. */
  private decide(x: Tensor, words: Tensor): Tensor {
    const { output, last } = this.read(x, words);
    // Behind a review's end the outputs are 0.
    const seen = this.shape.readout === 'last' ? last : output.sum(0).div(words.cast('f32').unsqueeze(1));
    return this.head.forward(seen).reshape([-1]);
  }

  /** [n, steps] → [steps, n, embeddingSize]; in training whole words are dropped, as if they weren't there. */
  private embed(tokens: Tensor): Tensor {
    const x = this.embedding.forward(tokens.transpose());
    const p = this.shape.wordDropout;
    if (!this.training || p === 0) return x;
    const kept = rand([...x.shape.slice(0, 2), 1]).ge(p);
    return x.mul(kept.cast('f32').mul(1 / (1 - p)));
  }

  /** States behind each word [steps, n, hidden], 0 behind the end, and behind the last one [n, hidden]. */
  private read(x: Tensor, words: Tensor): { readonly output: Tensor; readonly last: Tensor } {
    const { recurrent } = this;
    const [output, last] =
      recurrent instanceof nn.LSTM ? recurrent.forward(x, undefined, undefined, words) : recurrent.forward(x, undefined, words);
    return { output, last: last.reshape([-1, this.shape.hidden]) };
  }
}

/** Those that are compared, in one module: so the page has all of them. */
export class Contenders extends nn.Module {
  readonly networks: readonly SentimentNetwork[];

  constructor(kinds: readonly Cell[], shape: NetworkShape) {
    super();
    this.networks = kinds.map((cell) => new SentimentNetwork(cell, shape));
  }

  /** Log-odds of each, [networks, n]. */
  override forward(tokens: Tensor, words: Tensor): readonly Tensor[] {
    return this.networks.map((network) => network.forward(tokens, words));
  }
}
