import { categorical, type Field, iota, losses, moveAxis, nn, randn, type Tensor } from '../../../index.ts';

export interface VaeShape {
  readonly latentSize: number;
  readonly filters: number;
  readonly bits: number;
}

/** What the model takes: grey levels of fewer bits, as u32. */
export const quantised = (bits: number) => (field: Field) => ({
  data: (field.data as Uint8Array).map((value) => value >> (8 - bits)),
  shape: [28, 28],
  dtype: 'u32' as const,
});

/**
 * Convolutional variational autoencoder of 28×28 images (Kingma & Welling, arXiv 1312.6114; network of the UvA deep learning course).
 * The encoder gives q(z | x) = N(mean, exp(logStd)²); the decoder a categorical distribution over the grey levels for each pixel, which is
 * a Bernoulli distribution where there are two. What comes last in either begins at zero: q is N(0, I) then, and every level equally likely.
 */
export class Vae extends nn.Module {
  private readonly encoder: nn.Sequential;
  private readonly mean: nn.Linear;
  private readonly logStd: nn.Linear;
  private readonly decoder: nn.Sequential;
  private readonly levels: number;

  constructor({ latentSize, filters: c, bits }: VaeShape) {
    super();
    this.levels = 2 ** bits;
    const features = 2 * c * 4 * 4;
    // He et al.'s starting values keep the signal through ten layers; each output of a transposed convolution sums a quarter of the taps.
    const weight = nn.init.kaimingNormal();
    const same = { padding: 1, weight };
    const half = { stride: 2, padding: 1, weight };
    const twice = { stride: 2, padding: 1, weight: nn.init.normal(0, Math.sqrt(2 / (2 * c * (9 / 4)))) };
    this.encoder = new nn.Sequential(
      ...[new nn.Conv2d(1, c, 3, half), new nn.GELU()], // 14×14
      ...[new nn.Conv2d(c, c, 3, same), new nn.GELU()],
      ...[new nn.Conv2d(c, 2 * c, 3, half), new nn.GELU()], // 7×7
      ...[new nn.Conv2d(2 * c, 2 * c, 3, same), new nn.GELU()],
      ...[new nn.Conv2d(2 * c, 2 * c, 3, half), new nn.GELU()], // 4×4
      new nn.Flatten(),
    );
    this.mean = zeroed(new nn.Linear(features, latentSize));
    this.logStd = zeroed(new nn.Linear(features, latentSize));
    this.decoder = new nn.Sequential(
      ...[new nn.Linear(latentSize, features, { weight }), new nn.GELU(), new nn.Lambda((h) => h.reshape([-1, 2 * c, 4, 4]))],
      ...[new nn.ConvTranspose2d(2 * c, 2 * c, 3, twice), new nn.GELU()], // 7×7
      ...[new nn.Conv2d(2 * c, 2 * c, 3, same), new nn.GELU()],
      ...[new nn.ConvTranspose2d(2 * c, c, 3, { ...twice, outputPadding: 1 }), new nn.GELU()], // 14×14
      ...[new nn.Conv2d(c, c, 3, same), new nn.GELU()],
      zeroed(new nn.ConvTranspose2d(c, this.levels, 3, { stride: 2, padding: 1, outputPadding: 1 })), // 28×28
    );
  }

  /** u32 levels [n, 28, 28] → q(z | x), mean and logStd each [n, latentSize]. */
  encode(x: Tensor): { readonly mean: Tensor; readonly logStd: Tensor } {
    const centred = x
      .cast('f32')
      .mul(2 / (this.levels - 1))
      .sub(1);
    const features = this.encoder.forward(centred.unsqueeze(1));
    return { mean: this.mean.forward(features), logStd: this.logStd.forward(features) };
  }

  /** u32 levels [n, 28, 28] → KL(q(z | x) ‖ N(0, I)) by latent dimension, [n, latentSize], in nats. */
  divergence(x: Tensor): Tensor {
    const { mean, logStd } = this.encode(x);
    return klToStandardNormal(mean, logStd);
  }

  /** Latent points [n, latentSize] → logits [n, levels, 28, 28]. */
  decode(z: Tensor): Tensor {
    return this.decoder.forward(z);
  }

  /** Latent points [n, latentSize] → expected intensity of every pixel, 0 … 1: [n, 28, 28]. */
  expected(z: Tensor): Tensor {
    const probability = this.decode(z).softmax(1);
    return probability
      .mul(iota([this.levels, 1, 1], 0, 'f32'))
      .sum(1)
      .mul(1 / (this.levels - 1));
  }

  /** Latent points [n, latentSize] → one image each, every pixel drawn from its distribution, 0 … 1: [n, 28, 28]. */
  drawn(z: Tensor): Tensor {
    return categorical(moveAxis(this.decode(z), 1, -1))
      .cast('f32')
      .mul(1 / (this.levels - 1));
  }

  /**
   * u32 levels [n, 28, 28] → the two parts of −ELBO in nats, whose sum bounds −log p(x) from above.
   * `reconstruction` [n] is −log p(x | z) for one z drawn from q; `kl` [n, latentSize] is KL(q(z | x) ‖ N(0, I)), by latent dimension.
   */
  override forward(x: Tensor): readonly [reconstruction: Tensor, kl: Tensor] {
    const { mean, logStd } = this.encode(x);
    // The reparameterisation trick: drawn so, z has a derivative by mean and logStd.
    const z = mean.add(logStd.exp().mul(randn(mean.shape)));
    const reconstruction = losses.crossEntropy(this.decode(z), x, { reduction: 'none' }).sum([1, 2]);
    return [reconstruction, klToStandardNormal(mean, logStd)];
  }
}

/** The two latent dimensions that carry most, by their KL, the lower one first. */
export function busiestPlane(kl: readonly number[]): number[] {
  const byKl = kl.map((_, i) => i).sort((i, j) => kl[j] - kl[i]);
  return byKl.slice(0, 2).sort((i, j) => i - j);
}

/** KL(N(mean, exp(logStd)²) ‖ N(0, 1)) of each element, in nats: ½·(exp(2·logStd) + mean² − 1) − logStd. */
export function klToStandardNormal(mean: Tensor, logStd: Tensor): Tensor {
  return logStd.mul(2).exp().add(mean.square()).sub(1).mul(0.5).sub(logStd);
}

function zeroed<M extends nn.Module>(module: M): M {
  for (const [, state] of module.namedStates()) state.set(new Float32Array(state.size));
  return module;
}
