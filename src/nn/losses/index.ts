// Losses: a scalar from predictions and targets, or with `reduction: 'none'` one value for each element or row. Names and options are PyTorch's.
export { bce, bceWithLogits, dice, focal } from './binary.ts';
export { capsuleMargin, crossEntropy, multiMargin, nll } from './classes.ts';
export { type CtcOptions, ctc } from './ctc.ts';
export { contrastive, cosineEmbedding, hingeEmbedding, infoNce, marginRanking, tripletMargin } from './distances.ts';
export type { LossOptions } from './options.ts';
export { gaussianNll, huber, klDiv, l1, mse, poissonNll, smoothL1 } from './regression.ts';
