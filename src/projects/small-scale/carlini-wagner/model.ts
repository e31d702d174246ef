import { models, nn, type Tensor } from '../../../index.ts';
import { normalised } from '../../shared/imagenet.ts';

export const CLASSES = 10;

const networks = {
  resnet20: () => models.cifarResnet20(),
  resnet32: () => models.cifarResnet32(),
  /** Three convolutions and a linear layer: what two CPU cores train in a minute. */
  small: () => {
    const block = (from: number, to: number) => [
      new nn.Conv2d(from, to, 3, { padding: 1, weight: nn.init.kaimingNormal() }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
    ];
    return new nn.Sequential(...block(3, 16), ...block(16, 32), ...block(32, 64), new nn.Flatten(), new nn.Linear(1024, CLASSES));
  },
};

/** The network under attack. Pictures [n, 3, 32, 32], 0 … 1 → logits [n, 10]. */
export class Victim extends nn.Module {
  readonly network: nn.Module;

  constructor({ network }: { readonly network: keyof typeof networks }) {
    super();
    this.network = networks[network]();
  }

  override forward(pictures: Tensor): Tensor {
    return this.network.forward(normalised(pictures)) as Tensor;
  }
}
