import { models, nn, type Tensor } from '../../../index.ts';

export interface Sizes {
  /** 1: pictures are looked at in grey. */
  readonly channels: 1 | 3;
  /** Channels at full resolution; each halving doubles them. */
  readonly width: number;
  /** Halvings of the resolution. */
  readonly depth: number;
  /** That the encoder learns to tell apart. */
  readonly classes: number;
}

/** Pictures [n, 1 or 3, h, w] in so many channels, each with mean 0 and deviation 1: those of a microscope then look to the encoder as photographs do. */
export function standardised(pictures: Tensor, channels: 1 | 3): Tensor {
  const x = channels < pictures.shape[1] ? pictures.mean(1, { keepDims: true }) : pictures;
  const apart = x.sub(x.mean([1, 2, 3], { keepDims: true }));
  return apart.div(apart.square().mean([1, 2, 3], { keepDims: true }).add(1e-3).sqrt());
}

/**
 * A U-Net (Ronneberger et al., arXiv 1505.04597) of so many levels whose encoder can be asked, too, of what class a picture is: by the mean of its coarsest map and
 * a linear layer. Pictures [n, channels, h, w] → logits of the pixels [n, 2, h, w], and of the classes [n, classes].
 */
export class TransferUnet extends nn.Module {
  private readonly inc: models.DoubleConv;
  private readonly downs: readonly models.Down[];
  private readonly ups: readonly models.Up[];
  private readonly outc: models.OutConv;
  readonly head: nn.Linear;
  private readonly channels: 1 | 3;

  constructor({ channels, width, depth, classes }: Sizes) {
    super();
    const widths = Array.from({ length: depth + 1 }, (_, level) => width * 2 ** level);
    this.channels = channels;
    this.inc = new models.DoubleConv(channels, width);
    this.downs = widths.slice(1).map((to) => new models.Down(to / 2, to));
    this.ups = widths.slice(0, -1).map((to) => new models.Up(2 * to, to, false));
    this.outc = new models.OutConv(width, 2);
    this.head = new nn.Linear(widths[depth], classes);
  }

  /** What halves the resolution: learned in stage 1, kept in stage 2, tuned in stage 3. */
  get encoder(): readonly nn.Module[] {
    return [this.inc, ...this.downs];
  }

  /** What goes back up: learned from stage 2 on. */
  get decoder(): readonly nn.Module[] {
    return [...this.ups, this.outc];
  }

  /** The encoder's maps, finest first. */
  private encode(pictures: Tensor): readonly Tensor[] {
    const maps = [this.inc.forward(standardised(pictures, this.channels))];
    for (const down of this.downs) maps.push(down.forward(maps.at(-1)!));
    return maps;
  }

  private pixels(maps: readonly Tensor[]): Tensor {
    return this.outc.forward(this.ups.reduceRight((coarse, up, level) => up.forward(coarse, maps[level]), maps.at(-1)!));
  }

  private classes(maps: readonly Tensor[]): Tensor {
    return this.head.forward(maps.at(-1)!.mean([2, 3]));
  }

  segment(pictures: Tensor): Tensor {
    return this.pixels(this.encode(pictures));
  }

  classify(pictures: Tensor): Tensor {
    return this.classes(this.encode(pictures));
  }

  override forward(pictures: Tensor): readonly [pixels: Tensor, classes: Tensor] {
    const maps = this.encode(pictures);
    return [this.pixels(maps), this.classes(maps)];
  }
}

export const parametersOf = (parts: readonly nn.Module[]): nn.Parameter[] => parts.flatMap((part) => part.parameters());

/** The weights and statistics of the encoder among all of a network's. */
export const encoderOf = (all: nn.StateDict): nn.StateDict =>
  Object.fromEntries(Object.entries(all).filter(([name]) => /^(inc|downs)\./.test(name)));
