import { models, nn, type Tensor, tensor } from '../../../index.ts';

/** Of ImageNet's training pixels, which the published networks' inputs are normalised by, those for CIFAR too. */
const [MEAN, DEVIATION] = [
  [0.485, 0.456, 0.406],
  [0.229, 0.224, 0.225],
].map((values) => tensor(values, [3, 1, 1]));

/** Colours 0 … 1, [n, 3, h, w], as a published network wants them. */
export const normalised = (pictures: Tensor): Tensor => pictures.sub(MEAN).div(DEVIATION);

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
