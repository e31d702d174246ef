// Wide residual networks for pictures of 32×32 (Zagoruyko & Komodakis, arXiv 1605.07146).
import { nn, type Tensor, TilegradError } from '../../../index.ts';

/** The first convolution's channels, and those of the three stages, which `width` widens. */
const [STEM, STAGES] = [16, [16, 32, 64]];

const conv = (from: number, to: number, kernel: number, stride = 1) =>
  new nn.Conv2d(from, to, kernel, { stride, padding: (kernel - 1) / 2, bias: false, weight: nn.init.kaimingNormal() });

/** x + two 3×3 convolutions of it, norm and ReLU before each; where the shape changes x is projected. */
class WideBlock extends nn.Module {
  readonly bn1: nn.BatchNorm2d;
  readonly conv1: nn.Conv2d;
  readonly bn2: nn.BatchNorm2d;
  readonly conv2: nn.Conv2d;
  readonly shortcut: nn.Conv2d | undefined;

  constructor(from: number, to: number, stride: number) {
    super();
    this.bn1 = new nn.BatchNorm2d(from);
    this.conv1 = conv(from, to, 3, stride);
    this.bn2 = new nn.BatchNorm2d(to);
    this.conv2 = conv(to, to, 3);
    this.shortcut = stride === 1 && from === to ? undefined : conv(from, to, 1, stride);
  }

  override forward(x: Tensor): Tensor {
    const before = this.bn1.forward(x).relu();
    const y = this.conv2.forward(this.bn2.forward(this.conv1.forward(before)).relu());
    return y.add(this.shortcut?.forward(before) ?? x);
  }
}

export interface WideShape {
  /** 6n + 4: n blocks in each of three stages. */
  readonly depth: number;
  readonly width: number;
  /** Of the first convolution; the paper's is 1. */
  readonly stride: number;
}

/** Pictures of so many channels [n, inChannels, h, w] → scores [n, outputs]. */
export class WideResNet extends nn.Module {
  readonly stem: nn.Conv2d;
  readonly blocks: nn.Sequential;
  readonly norm: nn.BatchNorm2d;
  readonly fc: nn.Linear;

  constructor({ depth, width, stride }: WideShape, { inChannels, outputs }: { readonly inChannels: number; readonly outputs: number }) {
    super();
    if (depth % 6 !== 4) throw new TilegradError(`depth: expected 6n + 4 (10, 16, 22, 28 …), got ${depth}`);
    const channels = STAGES.map((count) => count * width);
    const blocks = channels.flatMap((to, stage) =>
      Array.from(
        { length: (depth - 4) / 6 },
        (_, i) => new WideBlock(i > 0 ? to : (channels[stage - 1] ?? STEM), to, i === 0 && stage > 0 ? 2 : 1),
      ),
    );
    this.stem = conv(inChannels, STEM, 3, stride);
    this.blocks = new nn.Sequential(...blocks);
    this.norm = new nn.BatchNorm2d(channels[2]);
    this.fc = new nn.Linear(channels[2], outputs);
  }

  override forward(x: Tensor): Tensor {
    const features = this.norm.forward(this.blocks.forward(this.stem.forward(x))).relu();
    return this.fc.forward(features.mean([2, 3]));
  }
}
