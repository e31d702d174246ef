import { type Tensor, tensor } from '../../index.ts';

/** Of ImageNet's training pixels, which the published networks' inputs are normalised by, those for CIFAR too. */
const [IMAGENET_MEAN, IMAGENET_DEVIATION] = [
  [0.485, 0.456, 0.406],
  [0.229, 0.224, 0.225],
].map((values) => tensor(values, [3, 1, 1]));

/** Colours 0 … 1, [n, 3, h, w], as a published network wants them. */
export const normalised = (pictures: Tensor): Tensor => pictures.sub(IMAGENET_MEAN).div(IMAGENET_DEVIATION);
