import { concat, interpolate, models, nn, type Tensor } from '../../../index.ts';
import { normalised } from '../../shared/imagenet.ts';
import { type Way, ways } from './mining.ts';

/** Classes that the sets have, a folder each. */
export const classes = { leaves: 4, diseases: 6 } as const;

/** What pictures are scaled to: the published network knows things at the size at which they fill 224 pixels. The document's ResNet-18 has 64. */
const sides = { mobilenetv2: 192, resnet18: 64, small: 32 };

/** Pictures [n, 3, side, side] → maps [n, channels, h, w]. */
const bodies = {
  mobilenetv2: () => models.mobilenetV2({ variant: 'gluon' }).features,
  resnet18(width: number) {
    const { conv1, bn1, layer1, layer2, layer3, layer4 } = models.resnet18({ width });
    const pool = new nn.MaxPool2d(3, { stride: 2, padding: 1 });
    return new nn.Sequential(conv1, bn1, new nn.ReLU(), pool, layer1, layer2, layer3, layer4);
  },
  /** For two CPU cores. */
  small(width: number) {
    const block = (from: number, to: number) => [
      new nn.Conv2d(from, to, 3, { stride: 2, padding: 1, bias: false, weight: nn.init.kaimingNormal() }),
      new nn.BatchNorm2d(to),
      new nn.ReLU(),
    ];
    return new nn.Sequential(...block(3, width), ...block(width, 2 * width), ...block(2 * width, 4 * width));
  },
};

interface Sizes {
  readonly network: keyof typeof bodies;
  readonly width: number;
  readonly hidden: number;
  readonly plants: keyof typeof classes;
}

/**
 * One body, a head for the class, and a head into the plane for each way to choose triplets, which begin with the same weights. Pictures [n, 3, 96, 96]
 * with colours 0 … 1, or features [n, channels] that the body has made of them → logits [n, classes], and points [n, 2] by each way.
 */
export class Plants extends nn.Module {
  readonly body: nn.Sequential;
  private readonly side: number;
  private readonly views: number;
  private readonly norm: nn.Sequential;
  private readonly kinds: nn.Sequential;
  private readonly places: nn.ModuleDict<nn.Sequential>;

  constructor({ network, width, hidden, plants }: Sizes) {
    super();
    this.body = bodies[network](width);
    this.side = sides[network];
    this.views = network === 'mobilenetv2' ? 2 : 1;
    const channels = { mobilenetv2: 1280, resnet18: 8 * width, small: 4 * width }[network];
    // Of 1,280 features made for other things many hardly differ: so much eps leaves them small. And they are more than so few pictures can fill.
    const [eps, dropped] = network === 'mobilenetv2' ? [0.2, 0.5] : [1e-5, 0];
    this.norm = new nn.Sequential(new nn.BatchNorm1d(channels, { affine: false, eps }), new nn.Dropout(dropped));
    const head = (width: number) => [new nn.Linear(channels, width), new nn.ReLU()];
    this.kinds = new nn.Sequential(...head(4 * hidden), new nn.Dropout(dropped), new nn.Linear(4 * hidden, classes[plants]));
    const place = new nn.Sequential(...head(hidden), new nn.Linear(hidden, 2));
    this.places = new nn.ModuleDict(Object.fromEntries(ways.map((way) => [way, place.clone()])));
  }

  /** Pictures [n, 3, h, w] → [n, channels]. MobileNetV2, which isn't trained on them, sees each and its mirror image: the mean of both tells more. */
  features(pictures: Tensor): Tensor {
    const mode = this.side > pictures.shape[2] ? 'bilinear' : 'area';
    const seen = interpolate(normalised(pictures), { size: this.side, mode });
    const maps = this.body.forward(this.views === 2 ? concat([seen, seen.flip(3)], 0) : seen);
    return maps.reshape([this.views, pictures.shape[0], maps.shape[1], -1]).mean([0, 3]);
  }

  override forward(x: Tensor): Tensor[] {
    const seen = this.norm.forward(x.rank === 4 ? this.features(x) : x);
    // What is known to collapse must not draw the body along.
    const place = (way: Way) => this.places.get(way).forward(way === 'hardest' ? seen.stopGradient() : seen);
    return [this.kinds.forward(seen), ...ways.map(place)];
  }
}
