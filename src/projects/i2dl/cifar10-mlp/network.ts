import { iota, nn, type Tensor } from '../../../index.ts';
import { type ActivationName, forward, learn } from '../../shared/by-hand/layers.ts';
import { CLASSES, PIXELS, standardised } from '../../shared/photographs.ts';

export interface NetworkShape {
  readonly hidden: number;
  readonly layers: number;
  readonly activation: ActivationName;
}

/**
 * The exercise's network of N layers: `layers` hidden ones, affine and activation, and an affine one for the logits of ten classes.
 * [n, 3, 32, 32], 0 … 1 → logits [n, 10]
 */
export class Network extends nn.Module {
  /** [in, out] of each affine layer, and [out]. */
  readonly weights: readonly nn.Parameter[];
  readonly biases: readonly nn.Parameter[];
  readonly activation: ActivationName;

  constructor({ hidden, layers, activation }: NetworkShape) {
    super();
    this.activation = activation;
    const widths = [PIXELS, ...new Array<number>(layers).fill(hidden), CLASSES];
    // A ReLU lets half of the variance through (He et al., arXiv 1502.01852), a sigmoid a sixteenth at most.
    const gain = activation === 'sigmoid' ? 16 : 2;
    this.weights = widths.slice(1).map((to, i) => {
      const start = nn.init.normal(0, Math.sqrt((i < layers ? gain : 1) / widths[i]));
      return new nn.Parameter('weight', [widths[i], to], 'f32', start([widths[i], to]));
    });
    this.biases = widths.slice(1).map((to) => new nn.Parameter('bias', [to], 'f32'));
  }

  override forward(images: Tensor): Tensor {
    return forward<Tensor>(standardised(images), this).logits;
  }

  /**
   * Loss, logits and the gradient of every parameter, in the order of `parameters()`: by the layers' own backward passes. Weights are pulled towards 0 by
   * `weightDecay` times themselves, biases aren't.
   */
  learn(images: Tensor, labels: Tensor, weightDecay = 0) {
    const [n] = labels.shape;
    const truth = iota([n, CLASSES], 1, 'i32').eq(labels.unsqueeze(1)).cast('f32');
    const { loss, logits, dws, dbs } = learn<Tensor>(standardised(images), truth, n, this);
    const pulled = dws.map((dw, i) => (weightDecay === 0 ? dw : dw.add(this.weights[i].mul(weightDecay))));
    return { loss, logits, gradients: [...pulled, ...dbs] };
  }
}
