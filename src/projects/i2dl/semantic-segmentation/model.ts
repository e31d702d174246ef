import { concat, interpolate, models, nn, type Tensor } from '../../../index.ts';
import { normalised } from '../../shared/imagenet.ts';

/** A picture's side, the classes without void, and the steps in pixels between the places of the three maps that a decoder looks at. */
export const [SIDE, CLASSES, STRIDES] = [208, 23, [8, 16, 32]];

/** A convolution, each channel normalised by its batch, and ReLU. */
const block = (from: number, to: number, kernel: number, stride = 1) =>
  new nn.Sequential(
    new nn.Conv2d(from, to, kernel, { stride, padding: (kernel - 1) / 2, bias: false, weight: nn.init.kaimingNormal() }),
    new nn.BatchNorm2d(to),
    new nn.ReLU(),
  );

/** Layers, after which of them a map is taken, and the channels of the maps. */
const encoders = {
  /** All but the last convolution, which is made for classifying. */
  mobilenet: () => ({
    layers: models.mobilenetV2({ variant: 'gluon' }).features.modules.slice(0, 18),
    taps: [6, 13, 17],
    channels: [32, 96, 320],
  }),
  small: (width: number) => ({
    layers: [3, width, 2 * width, 4 * width, 8 * width].map((from, i) => block(from, width * Math.min(8, 2 ** i), 3, 2)),
    taps: [2, 3, 4],
    channels: [4 * width, 8 * width, 8 * width],
  }),
};

export interface Sizes {
  readonly encoder: 'pretrained' | 'mobilenet' | 'small';
  readonly width: number;
  readonly decoder: number;
  readonly dropout: number;
}

/**
 * What each pixel belongs to. An encoder makes maps of a picture at 1/8, 1/16 and 1/32 of its size; a decoder goes back from the coarsest to the finest,
 * each brought to the same number of channels and added to the one before, made larger (a feature pyramid, Lin et al., arXiv 1612.03144).
 * Pictures [n, 3, 208, 208] with colours 0 … 1, or their maps [n, numbers] as `encode` gives them → logits [n, 23, 26, 26].
 */
export class Segmenter extends nn.Module {
  readonly encoder: nn.Sequential;
  private readonly lateral: readonly nn.Sequential[];
  private readonly merged: readonly nn.Sequential[];
  private readonly around: nn.Sequential;
  private readonly head: nn.Sequential;
  private readonly taps: readonly number[];
  private readonly channels: readonly number[];

  constructor({ encoder, width, decoder, dropout }: Sizes) {
    super();
    const { layers, taps, channels } = encoder === 'small' ? encoders.small(width) : encoders.mobilenet();
    this.encoder = new nn.Sequential(...layers);
    [this.taps, this.channels] = [taps, channels];
    this.lateral = channels.map((from) => block(from, decoder, 1));
    this.merged = channels.map(() => block(decoder, decoder, 3));
    this.around = new nn.Sequential(new nn.Conv2d(channels[2], decoder, 1), new nn.ReLU());
    this.head = new nn.Sequential(new nn.Dropout(dropout), new nn.Conv2d(decoder, CLASSES, 1));
  }

  /** The maps, [n, channels, h, w] each, finest first. */
  private maps(x: Tensor): Tensor[] {
    if (x.rank === 4) {
      let y = normalised(x);
      const all = this.encoder.modules.map((layer) => {
        y = layer.forward(y) as Tensor;
        return y;
      });
      return this.taps.map((tap) => all[tap]);
    }
    let at = 0;
    return this.channels.map((channels, i) => {
      const side = Math.ceil(SIDE / STRIDES[i]);
      const start = at;
      at += channels * side ** 2;
      return x.slice([null, [start, at]]).reshape([-1, channels, side, side]);
    });
  }

  /** The maps in one row a picture, [n, numbers]: what a frozen encoder is asked for once. */
  encode(pictures: Tensor): Tensor {
    return concat(
      this.maps(pictures).map((map) => map.reshape([map.shape[0], -1])),
      1,
    );
  }

  /** @param mirror of these pictures, bool [n, 1, 1, 1], the maps are mirrored */
  override forward(x: Tensor, mirror?: Tensor): Tensor {
    const maps = this.maps(x).map((map) => (mirror ? map.flip(3).where(mirror, map) : map));
    const whole = this.around.forward(maps[2].mean([2, 3], { keepDims: true }));
    return this.head.forward(
      maps.reduceRight((coarse, map, i) => {
        const size = map.shape[2];
        const larger = coarse.shape[2] === 1 ? coarse : interpolate(coarse, { size, mode: 'bilinear' });
        return this.merged[i].forward(this.lateral[i].forward(map).add(larger));
      }, whole),
    );
  }
}
