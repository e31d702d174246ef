// Prompts on the pixels (Bahng et al., "Exploring Visual Prompts for Adapting Large-Scale Models", arXiv 2203.17274): what is added to every picture
// before a frozen network sees it. Alone they are trained. Names of states are those of the paper's code.
import { concat, iota, nn, rand, ShapeError, type Tensor, zeros } from '../../../index.ts';

/** Colours of some pixels; at first they change nothing. */
const values = (height: number, width: number) =>
  new nn.Parameter('prompt', [1, 3, height, width], 'f32', new Float32Array(3 * height * width));

/** Pictures [n, 3, side, side], normalised as the network's → the same with the prompt on them. */
export abstract class PixelPrompt extends nn.Module {
  /** What is added to each of n pictures: [n, 3, side, side], or [1, 3, side, side] where it is the same for all. */
  abstract laid(n: number): Tensor;

  override forward(pictures: Tensor): Tensor {
    return pictures.add(this.laid(pictures.shape[0]));
  }
}

/** A square in the upper left corner. */
export class FixedPatch extends PixelPrompt {
  readonly patch: nn.Parameter;

  /** @throws ShapeError for a square that is larger than the picture. */
  constructor(
    protected readonly side: number,
    protected readonly size: number,
  ) {
    super();
    if (size < 1 || size > side) throw new ShapeError(`prompt: expected a patch of 1 to ${side} pixels, got ${size}`);
    this.patch = values(size, size);
  }

  override laid(_n: number): Tensor {
    const rest = [0, this.side - this.size] as const;
    return this.patch.pad([[0, 0], [0, 0], rest, rest]);
  }
}

/** A square at a place that is drawn for each picture every time it is seen, in tests too. */
export class RandomPatch extends FixedPatch {
  override laid(n: number): Tensor {
    const { side, size } = this;
    const from = () => rand([n, 1, 1, 1], { high: side - size + 1 }).floor();
    // [n, 1, side, size], 1 where a line of the picture is a line of the patch.
    const [line, own] = [2, 3].map((axis) => iota([1, 1, side, size], axis).cast('f32'));
    const [rows, columns] = [from(), from()].map((start) => line.sub(own).eq(start).cast('f32'));
    return rows.matmul(this.patch).matmul(columns.transpose());
  }
}

/** A frame of `size` pixels along all four edges. */
export class Padding extends PixelPrompt {
  static override readonly statePaths = { up: 'pad_up', down: 'pad_down', left: 'pad_left', right: 'pad_right' };
  readonly up: nn.Parameter;
  readonly down: nn.Parameter;
  readonly left: nn.Parameter;
  readonly right: nn.Parameter;
  private readonly inner: number;

  /** @throws ShapeError for a frame that leaves nothing of the picture. */
  constructor(side: number, size: number) {
    super();
    this.inner = side - 2 * size;
    if (size < 1 || this.inner < 1) throw new ShapeError(`prompt: expected a frame of 1 to ${Math.ceil(side / 2) - 1} pixels, got ${size}`);
    this.up = values(size, side);
    this.down = values(size, side);
    this.left = values(this.inner, size);
    this.right = values(this.inner, size);
  }

  override laid(_n: number): Tensor {
    const { up, down, left, right, inner } = this;
    return concat([up, concat([left, zeros([1, 3, inner, inner]), right], 3), down], 2);
  }
}

/** By name. */
export const pixelPrompts = { 'fixed patch': FixedPatch, 'random patch': RandomPatch, padding: Padding } as const;
export type PixelPromptKind = keyof typeof pixelPrompts;
