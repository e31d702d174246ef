import { nn, type Tensor, tile } from '../../../index.ts';
import { CLASSES, standardised } from '../../shared/photographs.ts';
import { WideResNet, type WideShape } from './wide-resnet.ts';

/**
 * A wide residual network whose first layer takes M pictures and whose last one gives M answers: all that M members cost more than one (Havasi et al.,
 * "Training independent subnetworks for robust prediction", ICLR 2021).
 *
 * Pictures one behind the other along the channels [n, 3·members, 32, 32], 0 … 1 → logits [n, members, 10]
 */
export class Mimo extends nn.Module {
  readonly members: number;
  readonly network: WideResNet;

  constructor({ members, ...shape }: WideShape & { readonly members: number }) {
    super();
    this.members = members;
    this.network = new WideResNet(shape, { inChannels: 3 * members, outputs: CLASSES * members });
  }

  override forward(pictures: Tensor): Tensor {
    const each = standardised(pictures.reshape([-1, 3, 32, 32]));
    return this.network.forward(each.reshape(pictures.shape)).reshape([-1, this.members, CLASSES]);
  }

  /** What all members say of the same picture: [n, 3, 32, 32] → logits [n, members, 10]. */
  answers(picture: Tensor): Tensor {
    return this.forward(tile(picture, [1, this.members, 1, 1]));
  }
}
