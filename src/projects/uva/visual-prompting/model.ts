// What is trained and what isn't: prompts on the pixels, and the CLIP behind them.
import { type models, namesIn, nn, numbersIn, type Tensor } from '../../../index.ts';
import { type ClipSizes, clipOf, clipPixels, sideOf, similarity } from '../../shared/clip/model.ts';
import { type PixelPrompt, type PixelPromptKind, pixelPrompts } from '../../shared/clip/prompts.ts';

/** The paper's frame: 30 of 224 pixels. */
const PAPER = 30 / 224;

export interface PromptName {
  readonly name: string;
  readonly kind: PixelPromptKind;
  readonly size: number;
}

type Chosen = Readonly<Record<'prompts' | 'sizes', string>>;

/** The prompts that are compared: `padding 4`. */
export function promptsIn({ prompts, sizes }: Chosen): readonly PromptName[] {
  const kinds = namesIn('prompts', prompts, Object.keys(pixelPrompts)) as readonly PixelPromptKind[];
  const widths = numbersIn('sizes', sizes, { min: 1, integer: true });
  return kinds.flatMap((kind) => widths.map((size) => ({ name: `${kind} ${size}`, kind, size })));
}

/** Of each kind the prompt whose width is nearest to the paper's, of pictures so wide; a frame comes first. */
export function mainOf(prompts: readonly PromptName[], side: number): readonly PromptName[] {
  const nearest = prompts.toSorted((a, b) => Math.abs(a.size - PAPER * side) - Math.abs(b.size - PAPER * side));
  const each = [...new Set(prompts.map(({ kind }) => kind))].map((kind) => nearest.find((prompt) => prompt.kind === kind)!);
  return each.sort((a, b) => Number(b.kind === 'padding') - Number(a.kind === 'padding'));
}

/** CLIP, frozen, and the prompts that are put on its pictures, by name. */
export class Prompted extends nn.Module {
  readonly clip: models.Clip;
  readonly prompts: Readonly<Record<string, PixelPrompt>>;

  constructor(options: ClipSizes & Chosen) {
    super();
    this.clip = clipOf(options).requiresGrad(false).eval();
    const side = sideOf(this.clip);
    this.prompts = Object.fromEntries(promptsIn(options).map(({ name, kind, size }) => [name, new pixelPrompts[kind](side, size)]));
  }

  /** Pictures [n, 3, h, w], 0 … 1, as the network gets them, with a prompt on them or with none. */
  pixels(pictures: Tensor, prompt?: PixelPrompt): Tensor {
    const pixels = clipPixels(this.clip, pictures);
    return prompt ? prompt.forward(pixels) : pixels;
  }

  /** [n, embed] */
  features(pictures: Tensor, prompt?: PixelPrompt): Tensor {
    return this.clip.encodeImage(this.pixels(pictures, prompt));
  }

  /** How well each of the texts fits, unit vectors [texts, embed]: logits [n, texts]. */
  logits(pictures: Tensor, texts: Tensor, prompt?: PixelPrompt): Tensor {
    return similarity(this.clip, this.features(pictures, prompt), texts);
  }

  /** Features under the last of the prompts. */
  override forward(pictures: Tensor): Tensor {
    return this.features(pictures, Object.values(this.prompts).at(-1));
  }
}
