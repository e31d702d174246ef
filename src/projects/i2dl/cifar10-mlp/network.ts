import { nn, type Tensor, tensor } from '../../../index.ts';
import { affine, relu, sigmoid, softmaxCrossEntropy } from './layers.ts';

export const activations = { relu, sigmoid };

export interface NetworkShape {
  readonly hidden: number;
  readonly layers: number;
  readonly activation: keyof typeof activations;
}

export const [PIXELS, CLASSES] = [3 * 32 * 32, 10];
/** Of CIFAR-10's training pixels, 0 … 1: red, green and blue. */
const [MEAN, DEVIATION] = [
  [0.4914, 0.4822, 0.4465],
  [0.247, 0.2435, 0.2616],
];

/**
 * The exercise's network of N layers: `layers` hidden ones, affine and activation, and an affine one for the logits of ten classes.
 * [n, 3, 32, 32], 0 … 1 → logits [n, 10]
 */
export class Network extends nn.Module {
  /** [in, out] of each affine layer, and [out]. */
  readonly weights: readonly nn.Parameter[];
  readonly biases: readonly nn.Parameter[];
  private readonly activation: keyof typeof activations;

  constructor({ hidden, layers, activation }: NetworkShape) {
    super();
    this.activation = activation;
    const widths = [PIXELS, ...new Array<number>(layers).fill(hidden), CLASSES];
    // A ReLU lets half of the variance through (He et al., arXiv 1502.01852), a sigmoid a sixteenth at most.
    const gain = activation === 'relu' ? 2 : 16;
    this.weights = widths.slice(1).map((to, i) => {
      const start = nn.init.normal(0, Math.sqrt((i < layers ? gain : 1) / widths[i]));
      return new nn.Parameter('weight', [widths[i], to], 'f32', start([widths[i], to]));
    });
    this.biases = widths.slice(1).map((to) => new nn.Parameter('bias', [to], 'f32'));
  }

  /** What comes out, and what each layer remembers. */
  private pass(images: Tensor) {
    const centred = images.sub(tensor(MEAN, [3, 1, 1])).div(tensor(DEVIATION, [3, 1, 1]));
    const [first, ...rest] = this.weights.map((w, i) => [w, this.biases[i]] as const);
    let into = affine.forward(centred.reshape([-1, PIXELS]), ...first);
    const caches = [];
    for (const [w, b] of rest) {
      const active = activations[this.activation].forward(into.out);
      caches.push({ affine: into.cache, active: active.cache });
      into = affine.forward(active.out, w, b);
    }
    return { logits: into.out, last: into.cache, caches };
  }

  override forward(images: Tensor): Tensor {
    return this.pass(images).logits;
  }

  /**
   * Loss, logits and the gradient of every parameter, in the order of `parameters()`: by the layers' own backward passes. Weights are pulled towards 0 by
   * `weightDecay` times themselves, biases aren't.
   */
  learn(
    images: Tensor,
    labels: Tensor,
    weightDecay = 0,
  ): { readonly loss: Tensor; readonly logits: Tensor; readonly gradients: readonly Tensor[] } {
    const { logits, last, caches } = this.pass(images);
    const { out: loss, cache } = softmaxCrossEntropy.forward(logits, labels);
    const found = [affine.backward(softmaxCrossEntropy.backward(cache), last)];
    for (const { affine: into, active } of caches.toReversed()) {
      found.unshift(affine.backward(activations[this.activation].backward(found[0].dx, active), into));
    }
    const dws = found.map(({ dw }, i) => (weightDecay === 0 ? dw : dw.add(this.weights[i].mul(weightDecay))));
    return { loss, logits, gradients: [...dws, ...found.map(({ db }) => db)] };
  }
}
