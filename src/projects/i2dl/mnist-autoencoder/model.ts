import { nn, rand, State, type Statistics, type Tensor, transforms } from '../../../index.ts';
import { chain } from '../../shared/chain.ts';

export interface Sizes {
  readonly hidden: number;
  readonly latentSize: number;
}

const PIXELS = 28 * 28;
/** Width of the classifier's hidden layer. */
const HEAD = 64;
/** Widths from the pixels to the latent space. */
const widths = ({ hidden, latentSize }: Sizes) => [PIXELS, hidden, Math.ceil(hidden / 4), latentSize];

/** [n, 1, 28, 28], 0 … 1 → points of the latent space [n, latentSize]. */
const encoder = (sizes: Sizes) => new nn.Sequential(new nn.Flatten(), chain(widths(sizes)));

/** Says what it sees through a narrow place: encoder, latent space, and the encoder's widths backwards. [n, 1, 28, 28] → logits of the pixels, the same shape. */
export class Autoencoder extends nn.Module {
  readonly encoder: nn.Sequential;
  private readonly decoder: nn.Sequential;

  constructor(sizes: Sizes) {
    super();
    this.encoder = encoder(sizes);
    this.decoder = chain(widths(sizes).reverse());
  }

  override forward(x: Tensor): Tensor {
    return this.decoder.forward(this.encoder.forward(x)).reshape(x.shape);
  }

  /** The picture as it comes out, 0 … 1. */
  reconstruct(x: Tensor): Tensor {
    return this.forward(x).sigmoid();
  }
}

/** The encoder with a block of linear layers behind it, which sees each latent dimension in units of its own deviation: [n, 1, 28, 28] → logits [n, 10]. */
export class Classifier extends nn.Module {
  readonly encoder: nn.Sequential;
  readonly head: nn.Sequential;
  private readonly mean: State;
  private readonly deviation: State;

  constructor(sizes: Sizes) {
    super();
    this.encoder = encoder(sizes);
    this.head = chain([sizes.latentSize, HEAD, 10]);
    this.mean = new State('mean', [sizes.latentSize], 'f32');
    this.deviation = new State('deviation', [sizes.latentSize], 'f32', new Float32Array(sizes.latentSize).fill(1));
  }

  /** Takes these as mean and deviation of the latent dimensions; until then they are 0 and 1. */
  standardise({ mean, deviation }: Statistics): void {
    this.mean.set(Float32Array.from(mean));
    this.deviation.set(Float32Array.from(deviation));
  }

  override forward(x: Tensor): Tensor {
    return this.head.forward(this.encoder.forward(x).sub(this.mean).div(this.deviation));
  }
}

/** What a run leaves behind: the autoencoder as the pictures made it, and the classifier that began with its encoder. */
export class Transfer extends nn.Module {
  readonly autoencoder: Autoencoder;
  readonly classifier: Classifier;

  constructor(sizes: Sizes) {
    super();
    this.autoencoder = new Autoencoder(sizes);
    this.classifier = new Classifier(sizes);
  }

  /** [n, 1, 28, 28] → the pixels' logits, and the classes'. */
  override forward(x: Tensor): readonly [pixels: Tensor, classes: Tensor] {
    return [this.autoencoder.forward(x), this.classifier.forward(x)];
  }
}

/**
 * Pictures [n, 1, 28, 28] as a careless hand would give them: turned by up to 20°, sheared by up to 11°, moved by up to 2 pixels, scaled by up to 15 %, all
 * times `distortion`; and with holes, a share of `noise`. What comes out whole and upright of these must have been understood (Vincent et al.,
 * "Extracting and composing robust features with denoising autoencoders", 2008).
 */
export function disturbed(image: Tensor, { noise, distortion: d }: Readonly<Record<'noise' | 'distortion', number>>): Tensor {
  const bent = transforms.affine({ degrees: 20 * d, shear: 11 * d, translate: [0.07 * d, 0.07 * d], scale: [1 - 0.15 * d, 1 + 0.15 * d] });
  const moved = d === 0 ? image : transforms.onBatch([bent], { image }).image;
  return noise === 0 ? moved : moved.mul(rand(image.shape).ge(noise).cast('f32'));
}
