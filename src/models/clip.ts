// CLIP (Radford et al., arXiv 2103.00020): images and texts in one space. The names are OpenAI's; Hugging Face's are understood as well.
import { positive } from '../engine/graph/arguments.ts';
import { ShapeError } from '../engine/graph/errors.ts';
import { showShape } from '../engine/graph/shape.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { iota } from '../engine/ops/create.ts';
import { concat } from '../engine/ops/movement.ts';
import { MultiheadAttention } from '../nn/attention.ts';
import { expectCall } from '../nn/check.ts';
import { Conv2d } from '../nn/conv.ts';
import { startOf } from '../nn/deferred.ts';
import * as init from '../nn/init.ts';
import { Embedding, Linear } from '../nn/layers.ts';
import type { LoadOptions, LoadReport, StateDict } from '../nn/load.ts';
import { Module, Parameter } from '../nn/module.ts';
import { LayerNorm } from '../nn/norm.ts';
import { fromHuggingFace } from './clip-names.ts';
import { renamed } from './common.ts';

/** Sizes, under the names that OpenAI's own constructor has. Defaults: ViT-B/32. */
export interface ClipShape {
  /** Of the space that both towers end in. Default 512. */
  readonly embedDim?: number;
  /** Default 224. */
  readonly imageResolution?: number;
  readonly visionLayers?: number;
  readonly visionWidth?: number;
  readonly visionHeads?: number;
  readonly visionPatchSize?: number;
  /** Tokens of a text. Default 77. */
  readonly contextLength?: number;
  /** Default 49408. */
  readonly vocabSize?: number;
  readonly transformerWidth?: number;
  readonly transformerHeads?: number;
  readonly transformerLayers?: number;
}

const VIT_B_32 = {
  embedDim: 512,
  imageResolution: 224,
  visionLayers: 12,
  visionWidth: 768,
  visionHeads: 12,
  visionPatchSize: 32,
  contextLength: 77,
  vocabSize: 49408,
  transformerWidth: 512,
  transformerHeads: 8,
  transformerLayers: 12,
};
type Shape = typeof VIT_B_32;
const SHAPE = Object.fromEntries(Object.keys(VIT_B_32).map((name) => [name, positive]));

const quickGelu = (x: Tensor): Tensor => x.mul(x.mul(1.702).sigmoid());
const parameter = (name: string, shape: readonly number[], std: number): Parameter =>
  new Parameter(name, shape, 'f32', startOf(init.normal(0, std), shape));

/** One residual block: attention, then two linear layers. */
export class ClipBlock extends Module {
  static override readonly statePaths = { ln1: 'ln_1', ln2: 'ln_2' };
  readonly attn: MultiheadAttention;
  readonly ln1: LayerNorm;
  readonly mlp: { readonly c_fc: Linear; readonly c_proj: Linear };
  readonly ln2: LayerNorm;

  constructor(width: number, heads: number, isCausal: boolean) {
    super();
    this.attn = new MultiheadAttention(width, heads, { isCausal });
    this.ln1 = new LayerNorm(width);
    this.mlp = { c_fc: new Linear(width, 4 * width), c_proj: new Linear(4 * width, width) };
    this.ln2 = new LayerNorm(width);
  }

  override forward(x: Tensor): Tensor {
    const y = x.add(this.attn.forward(this.ln1.forward(x)));
    return y.add(this.mlp.c_proj.forward(quickGelu(this.mlp.c_fc.forward(this.ln2.forward(y)))));
  }
}

export class ClipTransformer extends Module {
  /** One after another; to put tokens between them, call them one by one. */
  readonly resblocks: readonly ClipBlock[];

  constructor(width: number, layers: number, heads: number, isCausal: boolean) {
    super();
    this.resblocks = Array.from({ length: layers }, () => new ClipBlock(width, heads, isCausal));
  }

  override forward(x: Tensor): Tensor {
    return this.resblocks.reduce((y, block) => block.forward(y), x);
  }
}

/** Images [n, 3, size, size] → [n, embed]. */
export class ClipVision extends Module {
  static override readonly statePaths = {
    classEmbedding: 'class_embedding',
    positionalEmbedding: 'positional_embedding',
    lnPre: 'ln_pre',
    lnPost: 'ln_post',
  };
  readonly classEmbedding: Parameter;
  readonly positionalEmbedding: Parameter;
  readonly proj: Parameter;
  readonly conv1: Conv2d;
  readonly lnPre: LayerNorm;
  readonly transformer: ClipTransformer;
  readonly lnPost: LayerNorm;
  private readonly side: number;

  constructor({ imageResolution, visionPatchSize, visionWidth, visionLayers, visionHeads, embedDim }: Shape) {
    super();
    if (imageResolution % visionPatchSize !== 0) {
      throw new ShapeError(`Clip: expected patches that divide the image of ${imageResolution}, got ${visionPatchSize}`);
    }
    this.side = imageResolution / visionPatchSize;
    const scale = visionWidth ** -0.5;
    this.classEmbedding = parameter('classEmbedding', [visionWidth], scale);
    this.positionalEmbedding = parameter('positionalEmbedding', [this.side ** 2 + 1, visionWidth], scale);
    this.proj = parameter('proj', [visionWidth, embedDim], scale);
    this.conv1 = new Conv2d(3, visionWidth, visionPatchSize, { stride: visionPatchSize, bias: false });
    this.lnPre = new LayerNorm(visionWidth);
    this.transformer = new ClipTransformer(visionWidth, visionLayers, visionHeads, false);
    this.lnPost = new LayerNorm(visionWidth);
  }

  /** What the blocks begin with: [n, 1 + patches, width], the class token first. @throws ShapeError for images of another size. */
  embed(x: Tensor): Tensor {
    const patches = this.conv1.forward(x);
    const [n, width, h, w] = patches.shape;
    if (h !== this.side || w !== this.side) {
      const size = this.side * this.conv1.weight.shape[2];
      throw new ShapeError(`Clip: expected images [n, 3, ${size}, ${size}], got ${showShape(x.shape)}`);
    }
    const rows = patches.reshape([n, width, h * w]).permute([0, 2, 1]);
    const tokens = concat([this.classEmbedding.reshape([1, 1, width]).expand([n, 1, width]), rows], 1);
    return this.lnPre.forward(tokens.add(this.positionalEmbedding));
  }

  /** Of what the blocks end with, the first token in the common space. */
  project(tokens: Tensor): Tensor {
    const [n, , width] = tokens.shape;
    return this.lnPost.forward(tokens.slice([null, [0, 1]]).reshape([n, width])).matmul(this.proj);
  }

  override forward(x: Tensor): Tensor {
    return this.project(this.transformer.forward(this.embed(x)));
  }
}

export class Clip extends Module {
  static override readonly statePaths = {
    positionalEmbedding: 'positional_embedding',
    textProjection: 'text_projection',
    logitScale: 'logit_scale',
    tokenEmbedding: 'token_embedding',
    lnFinal: 'ln_final',
  };
  readonly positionalEmbedding: Parameter;
  readonly textProjection: Parameter;
  /** ln of what similarities are multiplied by. */
  readonly logitScale = new Parameter('logitScale', [], 'f32', Float32Array.of(Math.log(1 / 0.07)));
  readonly visual: ClipVision;
  readonly transformer: ClipTransformer;
  readonly tokenEmbedding: Embedding;
  readonly lnFinal: LayerNorm;

  constructor(shape: ClipShape = {}) {
    super();
    expectCall('Clip', [shape], { shape: SHAPE });
    const all: Shape = { ...VIT_B_32, ...shape };
    const { contextLength, transformerWidth: width, transformerLayers, transformerHeads, vocabSize, embedDim } = all;
    this.positionalEmbedding = parameter('positionalEmbedding', [contextLength, width], 0.01);
    this.textProjection = parameter('textProjection', [width, embedDim], width ** -0.5);
    this.visual = new ClipVision(all);
    this.transformer = new ClipTransformer(width, transformerLayers, transformerHeads, true);
    this.tokenEmbedding = new Embedding(vocabSize, width, { weight: init.normal(0, 0.02) });
    this.lnFinal = new LayerNorm(width);
  }

  /** Images [n, 3, size, size], normalised as CLIP's → [n, embed]. */
  encodeImage(images: Tensor): Tensor {
    return this.visual.forward(images);
  }

  /**
   * Token ids [n, length], each text ended by the vocabulary's last token → [n, embed]. Texts may be shorter than the context.
   * @throws ShapeError for longer ones.
   */
  encodeText(ids: Tensor): Tensor {
    const [n, length] = ids.shape;
    const most = this.positionalEmbedding.shape[0];
    if (ids.rank !== 2 || length > most) throw new ShapeError(`Clip: expected ids [n, length ≤ ${most}], got ${showShape(ids.shape)}`);
    const start = this.tokenEmbedding.forward(ids).add(this.positionalEmbedding.slice([[0, length]]));
    const y = this.lnFinal.forward(this.transformer.forward(start));
    // The end is the largest id; its place picks one row of each text.
    const end = ids.argMax(1).reshape([n, 1]);
    const here = iota([n, length], 1).eq(end.cast('u32')).cast('f32').reshape([n, 1, length]);
    return here.matmul(y).reshape([n, y.shape[2]]).matmul(this.textProjection);
  }

  /** Similarities of images and texts, scaled: [images, texts]. */
  override forward(images: Tensor, ids: Tensor): Tensor {
    const unit = (x: Tensor) => x.div(x.square().sum(-1, { keepDims: true }).sqrt());
    const product = unit(this.encodeImage(images)).matmul(unit(this.encodeText(ids)).transpose());
    return product.mul(this.logitScale.exp());
  }

  /** Takes OpenAI's names, and Hugging Face's (`openai/clip-vit-base-patch32`). Sizes that OpenAI's files hold as well are left out. */
  override loadStateDict(dict: StateDict, options: LoadOptions = {}): LoadReport {
    const other = typeof dict === 'object' && dict !== null && Object.keys(dict).some((name) => name.includes('vision_model.'));
    const sizes = /^(input_resolution|context_length|vocab_size)$/;
    return super.loadStateDict(
      other ? fromHuggingFace(dict) : dict,
      renamed(options, (name) => (sizes.test(name) ? undefined : name)),
    );
  }
}
