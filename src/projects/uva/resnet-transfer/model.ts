import { interpolate, models, nn, type Tensor } from '../../../index.ts';
import { differing } from '../../shared/frozen.ts';
import { normalised } from '../../shared/imagenet.ts';

/** Of the option `weights`. */
export const NONE = 'none';
/** The weights that come with the project. */
export const SMALL = 'small';
/** Where a network begins that is trained as a whole. */
export const ways = ['fine-tuned', 'from scratch'] as const;

export interface Sizes {
  readonly weights: string;
  readonly width: number;
  readonly stride: number;
  readonly side: number;
}

/** Of the network whose weights come with the project. */
const SMALL_SIZES = { width: 8, stride: 2, side: 32 } as const;
/** What counts of the options: the weights that come with the project are those of one network. */
export const sizesOf = ({ weights, width, stride, side }: Sizes) => (weights === SMALL ? SMALL_SIZES : { width, stride, side });

/**
 * ResNet-18 under torchvision's names; unless it begins with a published file, its first layer is that for small pictures: 3×3, no pooling.
 * [n, 3, h, w], 0 … 1 → logits [n, classes]
 */
export class Classifier extends models.ResNet {
  private readonly side: number;

  constructor(sizes: Sizes, numClasses: number) {
    const { weights } = sizes;
    const { width, stride, side } = sizesOf(sizes);
    const stem = weights === NONE || weights === SMALL ? { kernel: 3, stride, pool: false } : {};
    super('resnet18', models.BasicBlock, [2, 2, 2, 2], { numClasses, width, stem });
    this.side = side;
  }

  /** What the last layer gets: [n, 8 · width]. */
  pooled(pictures: Tensor): Tensor {
    const { side } = this;
    const from = pictures.shape[2];
    const scaled = from === side ? pictures : interpolate(pictures, { size: side, mode: from > side ? 'area' : 'bilinear' });
    return this.features(normalised(scaled))[3].mean([2, 3]);
  }

  override forward(pictures: Tensor): Tensor {
    return this.fc.forward(this.pooled(pictures));
  }

  /** Takes all weights of a file or another network but the last layer's, which stays as it is. */
  async takeBody(weights: nn.StateDict): Promise<void> {
    const own = Object.entries(await this.stateDict()).filter(([name]) => isLast(name));
    this.loadStateDict({ ...weights, ...Object.fromEntries(own) });
  }
}

/** Of weights that another run left behind, those of its network that was pretrained, in which the last layer alone has learned since. */
export const pretrainedIn = (weights: nn.StateDict): nn.StateDict =>
  Object.fromEntries(
    Object.entries(weights).flatMap(([name, value]) => (name.startsWith('frozen.') ? [[name.slice('frozen.'.length), value]] : [])),
  );

const isLast = (name: string) => name.startsWith('fc.');

/** How many of the weights and statistics before the last layer aren't bit for bit the same. */
export const changedIn = (before: nn.StateDict, after: nn.StateDict): number =>
  differing(Object.fromEntries(Object.entries(before).filter(([name]) => !isLast(name))), after).changed;

/** What a run leaves behind: the network whose last layer alone has learned, and the one that has learned as a whole. */
export class Transfer extends nn.Module {
  readonly frozen: Classifier;
  readonly tuned: Classifier;

  constructor(sizes: Sizes, numClasses: number) {
    super();
    this.frozen = new Classifier(sizes, numClasses);
    this.tuned = new Classifier(sizes, numClasses);
  }

  /** Pictures → logits of both, [n, classes] each. */
  override forward(pictures: Tensor): readonly [frozen: Tensor, tuned: Tensor] {
    return [this.frozen.forward(pictures), this.tuned.forward(pictures)];
  }
}
