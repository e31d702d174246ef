// BERT (Devlin et al., arXiv 1810.04805). The names are those of Hugging Face's transformers, `bert-base-uncased` and its kin.
import { aBoolean, positive } from '../engine/graph/arguments.ts';
import { ShapeError } from '../engine/graph/errors.ts';
import { showShape } from '../engine/graph/shape.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { scaledDotProductAttention } from '../engine/ops/attention.ts';
import { dropout as drop } from '../engine/ops/dropout.ts';
import { expectCall } from '../nn/check.ts';
import * as init from '../nn/init.ts';
import { Embedding, Linear } from '../nn/layers.ts';
import type { LoadOptions, LoadReport, StateDict } from '../nn/load.ts';
import { Module, Parameter } from '../nn/module.ts';
import { LayerNorm } from '../nn/norm.ts';
import { kinds, renamed } from './common.ts';

export interface BertShape {
  /** Tokens of the vocabulary. Default 30522. */
  readonly vocabSize?: number;
  /** Default 768. */
  readonly hiddenSize?: number;
  /** Default 12. */
  readonly numLayers?: number;
  /** Default 12. */
  readonly numHeads?: number;
  /** Features within a layer. Default 3072. */
  readonly intermediateSize?: number;
  /** Longest text. Default 512. */
  readonly maxLength?: number;
  /** Kinds of segments. Default 2. */
  readonly typeVocabSize?: number;
  /** Of embeddings, attention and layers. Default 0.1. */
  readonly dropout?: number;
}

const BASE = {
  vocabSize: 30522,
  hiddenSize: 768,
  numLayers: 12,
  numHeads: 12,
  intermediateSize: 3072,
  maxLength: 512,
  typeVocabSize: 2,
  dropout: 0.1,
};
type Shape = typeof BASE;
const SHAPE = { ...Object.fromEntries(Object.keys(BASE).map((name) => [name, positive])), dropout: kinds.dropout };

const weight = init.normal(0, 0.02);
const EPS = 1e-12;

function linear(from: number, to: number): Linear {
  const layer = new Linear(from, to, { weight });
  layer.bias?.set(new Float32Array(to));
  return layer;
}

/** A linear layer, dropped, added to what it belongs to, and normalised. */
export class BertOutput extends Module {
  static override readonly statePaths = { layerNorm: 'LayerNorm' };
  readonly dense: Linear;
  readonly layerNorm: LayerNorm;

  constructor(
    from: number,
    { hiddenSize }: Shape,
    private readonly p: number,
  ) {
    super();
    this.dense = linear(from, hiddenSize);
    this.layerNorm = new LayerNorm(hiddenSize, { eps: EPS });
  }

  override forward(x: Tensor, residual: Tensor): Tensor {
    const y = this.dense.forward(x);
    return this.layerNorm.forward((this.training ? drop(y, this.p) : y).add(residual));
  }
}

export class BertSelfAttention extends Module {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  private readonly heads: number;
  private readonly p: number;

  constructor({ hiddenSize, numHeads, dropout }: Shape) {
    super();
    this.heads = numHeads;
    this.p = dropout;
    this.query = linear(hiddenSize, hiddenSize);
    this.key = linear(hiddenSize, hiddenSize);
    this.value = linear(hiddenSize, hiddenSize);
  }

  override forward(x: Tensor, mask?: Tensor): Tensor {
    const [n, length, width] = x.shape;
    const [q, k, v] = [this.query, this.key, this.value].map((layer) =>
      layer
        .forward(x)
        .reshape([n, length, this.heads, width / this.heads])
        .permute([0, 2, 1, 3]),
    );
    const y = scaledDotProductAttention(q, k, v, { dropoutP: this.training ? this.p : 0, ...(mask && { attnMask: mask }) });
    return y.permute([0, 2, 1, 3]).reshape(x.shape);
  }
}

export class BertAttention extends Module {
  readonly self: BertSelfAttention;
  readonly output: BertOutput;

  constructor(shape: Shape) {
    super();
    this.self = new BertSelfAttention(shape);
    this.output = new BertOutput(shape.hiddenSize, shape, shape.dropout);
  }

  override forward(x: Tensor, mask?: Tensor): Tensor {
    return this.output.forward(mask ? this.self.forward(x, mask) : this.self.forward(x), x);
  }
}

export class BertLayer extends Module {
  readonly attention: BertAttention;
  readonly intermediate: { readonly dense: Linear };
  readonly output: BertOutput;

  constructor(shape: Shape) {
    super();
    this.attention = new BertAttention(shape);
    this.intermediate = { dense: linear(shape.hiddenSize, shape.intermediateSize) };
    this.output = new BertOutput(shape.intermediateSize, shape, shape.dropout);
  }

  override forward(x: Tensor, mask?: Tensor): Tensor {
    const y = mask ? this.attention.forward(x, mask) : this.attention.forward(x);
    return this.output.forward(this.intermediate.dense.forward(y).gelu(), y);
  }
}

export class BertEmbeddings extends Module {
  static override readonly statePaths = {
    wordEmbeddings: 'word_embeddings',
    positionEmbeddings: 'position_embeddings',
    tokenTypeEmbeddings: 'token_type_embeddings',
    layerNorm: 'LayerNorm',
  };
  readonly wordEmbeddings: Embedding;
  readonly positionEmbeddings: Embedding;
  readonly tokenTypeEmbeddings: Embedding;
  readonly layerNorm: LayerNorm;
  private readonly p: number;

  constructor({ vocabSize, hiddenSize, maxLength, typeVocabSize, dropout }: Shape) {
    super();
    this.wordEmbeddings = new Embedding(vocabSize, hiddenSize, { weight, paddingIdx: 0 });
    this.positionEmbeddings = new Embedding(maxLength, hiddenSize, { weight });
    this.tokenTypeEmbeddings = new Embedding(typeVocabSize, hiddenSize, { weight });
    this.layerNorm = new LayerNorm(hiddenSize, { eps: EPS });
    this.p = dropout;
  }

  override forward(ids: Tensor, types?: Tensor): Tensor {
    const { weight: positions } = this.positionEmbeddings;
    const [length, most] = [ids.shape[1], positions.shape[0]];
    if (ids.rank !== 2 || length > most) throw new ShapeError(`Bert: expected ids [n, length ≤ ${most}], got ${showShape(ids.shape)}`);
    const segments = types ? this.tokenTypeEmbeddings.forward(types) : this.tokenTypeEmbeddings.weight.slice([[0, 1]]);
    const sum = this.wordEmbeddings
      .forward(ids)
      .add(segments)
      .add(positions.slice([[0, length]]));
    const y = this.layerNorm.forward(sum);
    return this.training ? drop(y, this.p) : y;
  }
}

/** Files from before 2019 name the norms' parameters gamma and beta; the positions' numbers, which some hold, are none of the parameters. */
const present = (name: string): string | undefined =>
  name.endsWith('position_ids')
    ? undefined
    : name.replace(/LayerNorm\.gamma$/, 'LayerNorm.weight').replace(/LayerNorm\.beta$/, 'LayerNorm.bias');

/**
 * Token ids [n, length] → features [n, length, hidden]: the encoder (BertModel). Files of a model with a head hold it behind `bert.`:
 * `loadStateDict(dict, { prefix: 'bert.' })`.
 */
export class Bert extends Module {
  readonly embeddings: BertEmbeddings;
  readonly encoder: { readonly layer: readonly BertLayer[] };
  /** Of the first token, for classifiers. */
  readonly pooler: { readonly dense: Linear } | undefined;

  constructor(shape: BertShape = {}, options: { readonly pooler?: boolean } = {}) {
    super();
    expectCall('Bert', [shape, options], { shape: SHAPE, options: { pooler: aBoolean } });
    const all: Shape = { ...BASE, ...shape };
    if (all.hiddenSize % all.numHeads !== 0) {
      throw new ShapeError(`Bert: expected heads that divide ${all.hiddenSize} features, got ${all.numHeads}`);
    }
    this.embeddings = new BertEmbeddings(all);
    this.encoder = { layer: Array.from({ length: all.numLayers }, () => new BertLayer(all)) };
    this.pooler = (options.pooler ?? true) ? { dense: linear(all.hiddenSize, all.hiddenSize) } : undefined;
  }

  /**
   * `attentionMask` [n, length]: 0 or false hides a token from all (padding). `tokenTypes` [n, length]: the segment of each.
   * @throws ShapeError for texts that are too long.
   */
  override forward(ids: Tensor, attentionMask?: Tensor, tokenTypes?: Tensor): Tensor {
    const [n, length] = ids.shape;
    const mask = attentionMask?.reshape([n, 1, 1, length]).cast('bool');
    const start = tokenTypes ? this.embeddings.forward(ids, tokenTypes) : this.embeddings.forward(ids);
    return this.encoder.layer.reduce((x, layer) => (mask ? layer.forward(x, mask) : layer.forward(x)), start);
  }

  /** tanh(W·first token + b) of features: [n, length, hidden] → [n, hidden]. @throws ShapeError when the model has no pooler. */
  pooled(features: Tensor): Tensor {
    const [n, , hidden] = features.shape;
    if (!this.pooler) throw new ShapeError('Bert: expected a model with a pooler, got one without');
    return this.pooler.dense.forward(features.slice([null, [0, 1]]).reshape([n, hidden])).tanh();
  }

  override loadStateDict(dict: StateDict, options: LoadOptions = {}): LoadReport {
    return super.loadStateDict(dict, renamed(options, present));
  }
}

export class BertPredictions extends Module {
  readonly bias: Parameter;
  readonly transform: { readonly dense: Linear; readonly LayerNorm: LayerNorm };
  /** Tied to the words' embeddings, and its bias to this one's. */
  readonly decoder: { readonly weight: Parameter; readonly bias: Parameter };

  constructor({ weight: words }: Embedding) {
    super();
    const [vocabSize, hidden] = words.shape;
    this.bias = new Parameter('bias', [vocabSize], 'f32');
    this.transform = { dense: linear(hidden, hidden), LayerNorm: new LayerNorm(hidden, { eps: EPS }) };
    this.decoder = { weight: words, bias: this.bias };
  }

  override forward(x: Tensor): Tensor {
    const y = this.transform.LayerNorm.forward(this.transform.dense.forward(x).gelu());
    return y.matmul(this.decoder.weight.transpose()).add(this.bias);
  }
}

/** Token ids [n, length] → logits [n, length, vocabulary] of what stands behind each mask (BertForMaskedLM). */
export class BertForMaskedLM extends Module {
  readonly bert: Bert;
  readonly cls: { readonly predictions: BertPredictions };

  constructor(shape: BertShape = {}) {
    super();
    this.bert = new Bert(shape, { pooler: false });
    this.cls = { predictions: new BertPredictions(this.bert.embeddings.wordEmbeddings) };
  }

  override forward(ids: Tensor, attentionMask?: Tensor, tokenTypes?: Tensor): Tensor {
    return this.cls.predictions.forward(this.bert.forward(ids, attentionMask, tokenTypes));
  }

  /** What pretraining had beside this, the pooler and the head for pairs of sentences, is left out. */
  override loadStateDict(dict: StateDict, options: LoadOptions = {}): LoadReport {
    return super.loadStateDict(
      dict,
      renamed(options, (name) => (/^bert\.pooler\.|^cls\.seq_relationship\./.test(name) ? undefined : present(name))),
    );
  }
}
