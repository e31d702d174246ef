import { compile, concat, metrics, nn, type Tensor, transforms } from '../../../index.ts';

/** Of MNIST's training pixels, scaled to 0 … 1. */
const [MEAN, DEVIATION] = [0.1307, 0.3081];

/**
 * The document's network for 28×28 digits: four blocks of 3×3 convolution and ReLU with 4, 8, 16 and 32 channels (times `width`), halved by
 * max-pooling after the first three, dropout after each block; then one linear layer. Pixels are normalised on the way in.
 *
 * [n, 1, 28, 28], 0 … 1 → logits [n, 10]
 */
export class DropoutCnn extends nn.Module {
  private readonly layers: nn.Sequential;

  constructor({ width, firstDropout, dropout }: { readonly width: number; readonly firstDropout: number; readonly dropout: number }) {
    super();
    const channels = [4, 8, 16, 32].map((count) => count * width);
    const blocks = channels.flatMap((count, i) => [
      new nn.Conv2d(channels[i - 1] ?? 1, count, 3, { padding: 1, weight: nn.init.kaimingNormal() }),
      new nn.ReLU(),
      ...(i < 3 ? [new nn.MaxPool2d(2)] : []),
      new nn.Dropout(i === 0 ? firstDropout : dropout),
    ]);
    this.layers = new nn.Sequential(...blocks, new nn.Flatten(), new nn.Linear(9 * channels[3], 10));
  }

  override forward(x: Tensor): Tensor {
    return this.layers.forward(x.sub(MEAN).mul(1 / DEVIATION));
  }

  /** Class probabilities of so many passes, each with dropout of its own when the model is in training mode: [n, 1, 28, 28] → [count, n, 10]. */
  passes(x: Tensor, count: number): Tensor {
    const copies = x
      .unsqueeze(0)
      .expand([count, ...x.shape])
      .reshape([-1, ...x.shape.slice(1)]);
    return this.forward(copies).softmax().reshape([count, x.shape[0], 10]);
  }
}

/** A picture [1, 1, height, width] turned anticlockwise by each of these angles in degrees: [angles, 1, height, width]. */
export function turned(image: Tensor, angles: readonly number[]): Tensor {
  return concat(angles.map((angle) => transforms.onBatch([transforms.rotate({ degrees: [angle, angle] })], { image }).image));
}

/** What several passes say about each of some pictures. */
export interface Answer {
  /** Class probabilities [passes, pictures, 10]. */
  readonly passes: ArrayLike<number>;
  /** Predictive entropy and mutual information by picture, in nats. */
  readonly entropy: ArrayLike<number>;
  readonly information: ArrayLike<number>;
}

/** Has so many passes look at pictures [n, 1, 28, 28]. */
export function asking(model: DropoutCnn, count: number): (image: Tensor) => Promise<Answer> {
  const ask = compile((image: Tensor) => {
    const passes = model.passes(image, count);
    return [passes, metrics.predictiveEntropy(passes), metrics.mutualInformation(passes)];
  });
  return async (image) => {
    const [passes, entropy, information] = await Promise.all(ask(image).map((found) => found.data()));
    return { passes, entropy, information };
  };
}
