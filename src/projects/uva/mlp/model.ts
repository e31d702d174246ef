import { nn, type Tensor } from '../../../index.ts';
import { CLASSES, PIXELS, standardised } from '../../shared/photographs.ts';

/** The network as the engine has it: linear layers with ELUs between them; it derives by itself. [n, 3, 32, 32], 0 … 1 → logits [n, 10] */
export class Mlp extends nn.Module {
  readonly linear: readonly nn.Linear[];

  constructor(hidden: readonly number[]) {
    super();
    const widths = [PIXELS, ...hidden, CLASSES];
    // He et al.'s values, arXiv 1502.01852; the first layer gets pixels, of which no activation has taken half of the variance.
    this.linear = widths.slice(1).map((to, i) => new nn.Linear(widths[i], to, { weight: nn.init.kaimingNormal(i === 0 ? 1 : 0) }));
  }

  override forward(images: Tensor): Tensor {
    const [first, ...rest] = this.linear;
    return rest.reduce((x, layer) => layer.forward(x.elu()), first.forward(standardised(images)));
  }
}
