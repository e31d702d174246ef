import { positive } from '../engine/graph/arguments.ts';
import { ShapeError } from '../engine/graph/errors.ts';
import { showShape } from '../engine/graph/shape.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { concat } from '../engine/ops/movement.ts';
import { GELU } from '../nn/activations.ts';
import { MultiheadAttention } from '../nn/attention.ts';
import { expectCall } from '../nn/check.ts';
import { Conv2d } from '../nn/conv.ts';
import { startOf } from '../nn/deferred.ts';
import * as init from '../nn/init.ts';
import { Dropout, Linear, Sequential } from '../nn/layers.ts';
import type { LoadOptions, LoadReport, StateDict } from '../nn/load.ts';
import { Module, Parameter } from '../nn/module.ts';
import { LayerNorm } from '../nn/norm.ts';
import { type ClassifierOptions, kinds, renamed } from './common.ts';

export class EncoderBlock extends Module {
  static override readonly statePaths = { ln1: 'ln_1', selfAttention: 'self_attention', ln2: 'ln_2' };
  readonly ln1: LayerNorm;
  readonly selfAttention: MultiheadAttention;
  readonly ln2: LayerNorm;
  readonly mlp: Sequential;

  constructor(hiddenDim: number, heads: number, mlpDim: number, dropout: number) {
    super();
    this.ln1 = new LayerNorm(hiddenDim, { eps: 1e-6 });
    this.selfAttention = new MultiheadAttention(hiddenDim, heads);
    this.ln2 = new LayerNorm(hiddenDim, { eps: 1e-6 });
    const linear = (from: number, to: number) => new Linear(from, to, { weight: init.xavierUniform() });
    this.mlp = new Sequential(linear(hiddenDim, mlpDim), new GELU(), new Dropout(dropout), linear(mlpDim, hiddenDim), new Dropout(dropout));
  }

  override forward(x: Tensor): Tensor {
    const y = x.add(this.selfAttention.forward(this.ln1.forward(x)));
    return y.add(this.mlp.forward(this.ln2.forward(y)));
  }
}

export class Encoder extends Module {
  static override readonly statePaths = { posEmbedding: 'pos_embedding' };
  readonly posEmbedding: Parameter;
  readonly layers: Readonly<Record<string, EncoderBlock>>;
  readonly ln: LayerNorm;

  constructor(length: number, { hiddenDim, numLayers, numHeads, mlpDim, dropout = 0 }: ViTShape) {
    super();
    const shape = [1, length, hiddenDim];
    this.posEmbedding = new Parameter('posEmbedding', shape, 'f32', startOf(init.normal(0, 0.02), shape));
    this.layers = Object.fromEntries(
      Array.from({ length: numLayers }, (_, i) => [`encoder_layer_${i}`, new EncoderBlock(hiddenDim, numHeads, mlpDim, dropout)]),
    );
    this.ln = new LayerNorm(hiddenDim, { eps: 1e-6 });
  }

  override forward(x: Tensor): Tensor {
    const blocks = Object.values(this.layers);
    return this.ln.forward(blocks.reduce((y, block) => block.forward(y), x.add(this.posEmbedding)));
  }
}

/** The sizes that make a vision transformer: ViT-B/16 has patches of 16, 12 layers, 12 heads, 768 features and 3072 within a layer. */
export interface ViTShape extends ClassifierOptions {
  readonly imageSize: number;
  readonly patchSize: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly hiddenDim: number;
  readonly mlpDim: number;
  /** Default 0. */
  readonly dropout?: number;
}

/**
 * Images [n, 3, size, size] → logits [n, classes] (Dosovitskiy et al., arXiv 2010.11929). The names are those of torchvision.models.vision_transformer.
 */
export class VisionTransformer extends Module {
  static override readonly statePaths = { convProj: 'conv_proj', classToken: 'class_token' };
  readonly classToken: Parameter;
  readonly convProj: Conv2d;
  readonly encoder: Encoder;
  readonly heads: { readonly head: Linear };
  private readonly side: number;

  constructor(shape: ViTShape) {
    super();
    expectCall('VisionTransformer', [shape], {
      shape: {
        imageSize: positive,
        patchSize: positive,
        numLayers: positive,
        numHeads: positive,
        hiddenDim: positive,
        mlpDim: positive,
        numClasses: kinds.numClasses,
        dropout: kinds.dropout,
      },
    });
    const { imageSize, patchSize, hiddenDim, numClasses = 1000 } = shape;
    if (imageSize % patchSize !== 0) {
      throw new ShapeError(`VisionTransformer: expected patches that divide the image of ${imageSize}, got ${patchSize}`);
    }
    this.side = imageSize / patchSize;
    this.classToken = new Parameter('classToken', [1, 1, hiddenDim], 'f32');
    const patch = init.normal(0, Math.sqrt(1 / (3 * patchSize * patchSize)));
    this.convProj = new Conv2d(3, hiddenDim, patchSize, { stride: patchSize, weight: patch });
    this.encoder = new Encoder(this.side ** 2 + 1, shape);
    this.heads = { head: new Linear(hiddenDim, numClasses, { weight: init.zeros }) };
  }

  /** [n, 1 + patches, features] after the last layer: the class token first. @throws ShapeError for images of another size. */
  tokens(x: Tensor): Tensor {
    const patches = this.convProj.forward(x);
    const [n, width, h, w] = patches.shape;
    if (h !== this.side || w !== this.side) {
      const size = this.side * (this.convProj.weight.shape[2] as number);
      throw new ShapeError(`VisionTransformer: expected [n, 3, ${size}, ${size}], got ${showShape(x.shape)}`);
    }
    const rows = patches.reshape([n, width, h * w]).permute([0, 2, 1]);
    return this.encoder.forward(concat([this.classToken.expand([n, 1, width]), rows], 1));
  }

  override forward(x: Tensor): Tensor {
    const tokens = this.tokens(x);
    return this.heads.head.forward(tokens.slice([null, [0, 1]]).reshape([x.shape[0], tokens.shape[2]]));
  }

  /** Takes files of torchvision's before 0.13 as well (`linear_1`, `linear_2`). */
  override loadStateDict(dict: StateDict, options: LoadOptions = {}): LoadReport {
    return super.loadStateDict(
      dict,
      renamed(options, (name) => name.replace('.mlp.linear_1.', '.mlp.0.').replace('.mlp.linear_2.', '.mlp.3.')),
    );
  }
}

type ViTOptions = ClassifierOptions & Pick<Partial<ViTShape>, 'imageSize' | 'dropout'>;
const BASE = { imageSize: 224, numLayers: 12, numHeads: 12, hiddenDim: 768, mlpDim: 3072 };
export const vitB16 = (options: ViTOptions = {}): VisionTransformer => new VisionTransformer({ ...BASE, patchSize: 16, ...options });
export const vitB32 = (options: ViTOptions = {}): VisionTransformer => new VisionTransformer({ ...BASE, patchSize: 32, ...options });
