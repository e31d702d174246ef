// The ops that users call. Each has a row in the tables of test/engine/cases/, and a line in docs/ops.md.

export { glu, lerp, maxout, prelu } from './activation.ts';
export { chunk, diagEmbed, diagonal, meshgrid, moveAxis, repeatInterleave, roll, split, tile, tril, triu, unbind } from './arrange.ts';
export { type AttentionOptions, scaledDotProductAttention } from './attention.ts';
export { batchedNms, boxIou, nms } from './boxes.ts';
export { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d } from './conv.ts';
export { arange, full, hostValues, iota, ones, tensor, zeros } from './create.ts';
export { setDebug } from './debug.ts';
export { alphaDropout, dropout, dropout2d } from './dropout.ts';
export { einsum } from './einsum.ts';
export { where } from './elementwise.ts';
export { affineGrid, gridSample } from './gridSample.ts';
export { embedding, gather, indexAdd, indexSelect, maskedFill, scatter, scatterAdd } from './indexing.ts';
export { cholesky, choleskySolve, det, inverse, logDet, outer, slogdet, solve, solveTriangular, trace } from './linalg.ts';
export { localResponseNorm } from './localResponseNorm.ts';
export { matmul } from './matmul.ts';
export { concat, stack } from './movement.ts';
export { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from './norm.ts';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  lpPool1d,
  lpPool2d,
  maxPool1d,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
} from './pool.ts';
export {
  dequantizeInt4,
  dequantizeInt8,
  type Int4Weight,
  type Int8Weight,
  int4Matmul,
  int8Matmul,
  packBits,
  quantizeInt4,
  quantizeInt8,
  unpackBits,
  xnorMatmul,
} from './quantized.ts';
export { bernoulli, manualSeed, rand, randn, randomBits, randomState, setRandomState } from './random.ts';
export { gru, type LstmOptions, lstm, type RecurrentOptions, rnn } from './recurrent.ts';
export { gruCell, lstmCell, type RecurrentWeights, rnnCell } from './recurrentSteps.ts';
export { interpolate } from './resize.ts';
export { roiAlign } from './roiAlign.ts';
export { categorical, exponential, gumbel, multinomial, randint, randperm, truncNormal } from './sampling.ts';
export { degree, segmentMax, segmentMean, segmentMin, segmentSoftmax, segmentSum } from './segment.ts';
export { channelShuffle, pixelShuffle, pixelUnshuffle } from './shuffle.ts';
export { logSoftmax, oneHot, softmax, softmin } from './softmax.ts';
export { argSort, bucketize, searchSorted, sort, topK } from './sort.ts';
export { type CooMatrix, type CsrMatrix, cooToCsr, type SparseMatrix, sampledMatmul, sparseMatmul } from './sparse.ts';
export { fold, unfold } from './unfold.ts';
export { maxUnpool2d } from './unpool.ts';
