// Tokens put before one block of a frozen image tower (Jia et al., "Visual Prompt Tuning", arXiv 2203.12119), and a frame on its pixels.
import { concat, type models, nn, type Tensor } from '../../../index.ts';
import { type Architecture, clipOf, clipPixels, similarity } from '../../shared/clip/model.ts';
import { Padding } from '../../shared/clip/prompts.ts';

/** Learned tokens that a block gets beside those of the picture: [n, t, width] → [n, t + count, width]. They begin as in the paper, Xavier's uniform. */
export class DeepPrompt extends nn.Module {
  readonly tokens: nn.Parameter;

  constructor(
    readonly block: number,
    readonly count: number,
    { visual }: models.Clip,
  ) {
    super();
    const [width, colours, patch] = visual.conv1.weight.shape;
    const most = Math.sqrt(6 / (colours * patch ** 2 + width));
    this.tokens = new nn.Parameter('tokens', [1, count, width], 'f32', nn.init.uniform(-most, most)([1, count, width]));
  }

  /** Their order means nothing to a block; the class token stays the first. */
  override forward(tokens: Tensor): Tensor {
    const [n, , width] = tokens.shape;
    return concat([tokens, this.tokens.expand([n, this.count, width])], 1);
  }
}

export type Prompt = DeepPrompt | Padding;

export interface PromptSizes extends Architecture {
  readonly tokens: number;
  readonly frame: number;
}

/** A frozen CLIP, what it makes of the classes' names, and prompts for it: tokens before each block, and a frame. One at a time is used. */
export class PromptedClip extends nn.Module {
  readonly clip: models.Clip;
  /** Unit vectors [classes, embed]. */
  readonly texts: nn.Parameter;
  readonly deep: readonly DeepPrompt[];
  readonly padding: Padding;

  constructor(sizes: PromptSizes, classes: number) {
    super();
    this.clip = clipOf(sizes);
    const { conv1, positionalEmbedding, proj, transformer } = this.clip.visual;
    this.texts = new nn.Parameter('texts', [classes, proj.shape[1]], 'f32');
    this.requiresGrad(false);
    this.deep = transformer.resblocks.map((_, block) => new DeepPrompt(block, sizes.tokens, this.clip));
    this.padding = new Padding(conv1.weight.shape[2] * Math.sqrt(positionalEmbedding.shape[0] - 1), sizes.frame);
  }

  /** Pictures [n, 3, h, w], 0 … 1 → logits [n, classes], with a prompt or without: zero-shot. */
  logits(pictures: Tensor, prompt?: Prompt): Tensor {
    const { clip, texts } = this;
    const { visual } = clip;
    const seen = clipPixels(clip, pictures);
    let tokens = visual.embed(prompt instanceof Padding ? prompt.forward(seen) : seen);
    for (const [i, block] of visual.transformer.resblocks.entries()) {
      tokens = block.forward(prompt instanceof DeepPrompt && prompt.block === i ? prompt.forward(tokens) : tokens);
    }
    return similarity(clip, visual.project(tokens), texts);
  }

  /** Logits zero-shot, with the frame, and with tokens before each block. */
  override forward(pictures: Tensor): readonly Tensor[] {
    return [undefined, this.padding, ...this.deep].map((prompt) => this.logits(pictures, prompt));
  }
}
