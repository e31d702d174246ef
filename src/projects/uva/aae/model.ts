import { full, losses, nn, type Tensor } from '../../../index.ts';
import { chain } from '../../shared/chain.ts';

const SIDE = 28;
/** Slope of the discriminator's leaky ReLUs below 0: what it says stays steep where codes are far from the prior. */
const SLOPE = 0.2;

/**
 * Adversarial autoencoder (Makhzani et al., arXiv 1511.05644): an autoencoder, and a discriminator that tries to tell its codes from draws of a
 * prior. All three networks have two hidden layers, as in the paper's appendix.
 */
export class AdversarialAutoencoder extends nn.Module {
  readonly encoder: nn.Sequential;
  readonly decoder: nn.Sequential;
  readonly discriminator: nn.Sequential;

  constructor({ hidden, latentSize }: Readonly<Record<'hidden' | 'latentSize', number>>) {
    super();
    this.encoder = chain([SIDE ** 2, hidden, hidden, latentSize]);
    this.decoder = chain([latentSize, hidden, hidden, SIDE ** 2]);
    this.discriminator = chain([latentSize, hidden, hidden, 1], () => new nn.LeakyReLU(SLOPE), SLOPE);
  }

  /** Images [n, 1, 28, 28], 0 … 1 → codes [n, latentSize]. */
  encode(x: Tensor): Tensor {
    return this.encoder.forward(x.reshape([-1, SIDE ** 2]));
  }

  /** Codes [n, latentSize] → logits of the pixels, [n, 28, 28]. */
  decode(z: Tensor): Tensor {
    return this.decoder.forward(z).reshape([-1, SIDE, SIDE]);
  }

  /** Codes [n, latentSize] → images [n, 28, 28], 0 … 1. */
  expected(z: Tensor): Tensor {
    return this.decode(z).sigmoid();
  }

  override forward(x: Tensor): readonly [pixels: Tensor, odds: Tensor] {
    const z = this.encode(x);
    return [this.decode(z), this.discriminator.forward(z)];
  }

  /**
   * The losses of a step, for images [n, 1, 28, 28] and as many draws of the prior: `reconstruction` in nats a pixel; in nats a point `discriminator`,
   * ln 2 where it can tell nothing apart, and `generator`, −ln D(z), what the encoder pays for codes that are recognised.
   */
  losses(x: Tensor, prior: Tensor) {
    const z = this.encode(x);
    const judged = (points: Tensor, real: number) => losses.bceWithLogits(this.discriminator.forward(points), full([x.shape[0], 1], real));
    const reconstruction = losses.bceWithLogits(this.decode(z), x.squeeze(1));
    // The codes as they are: what it learns is no business of the encoder.
    const discriminator = judged(prior, 1).add(judged(z.stopGradient(), 0)).mul(0.5);
    return { reconstruction, discriminator, generator: judged(z, 1) };
  }
}
