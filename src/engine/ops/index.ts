// The ops that users call, and what each takes. Each has a row in the tables of test/engine/cases/, and a line in docs/ops.md.
import {
  aBoolean,
  aDtype,
  aFunction,
  aNumber,
  aState,
  aString,
  aTensor,
  checked,
  either,
  kind,
  listOf,
  notNegative,
  oneOf,
  optional,
  recordOf,
  tensorLike,
} from '../graph/arguments.ts';
import * as activation from './activation.ts';
import * as arrange from './arrange.ts';
import * as attention from './attention.ts';
import * as boxes from './boxes.ts';
import * as conv from './conv.ts';
import * as create from './create.ts';
import * as debug from './debug.ts';
import * as drop from './dropout.ts';
import * as summation from './einsum.ts';
import * as elementwise from './elementwise.ts';
import * as grid from './gridSample.ts';
import * as indexing from './indexing.ts';
import * as linalg from './linalg.ts';
import * as response from './localResponseNorm.ts';
import * as products from './matmul.ts';
import * as movement from './movement.ts';
import * as norm from './norm.ts';
import * as pool from './pool.ts';
import * as quantized from './quantized.ts';
import * as random from './random.ts';
import * as recurrent from './recurrent.ts';
import * as cells from './recurrentSteps.ts';
import * as resize from './resize.ts';
import * as roi from './roiAlign.ts';
import * as sampling from './sampling.ts';
import * as segment from './segment.ts';
import * as shuffle from './shuffle.ts';
import * as soft from './softmax.ts';
import * as sorting from './sort.ts';
import * as sparse from './sparse.ts';
import * as windows from './unfold.ts';
import * as unpool from './unpool.ts';

export type { AttentionOptions } from './attention.ts';
export type { Int4Weight, Int8Weight } from './quantized.ts';
export type { LstmOptions, RecurrentOptions } from './recurrent.ts';
export type { RecurrentWeights } from './recurrentSteps.ts';
export type { CooMatrix, CsrMatrix, SparseMatrix } from './sparse.ts';

const tensors = listOf(aTensor);
const maybeTensor = optional(aTensor);
const maybeNumber = optional(aNumber);
const maybeDtype = optional(aDtype);
const numbers = listOf(aNumber);
const givenValues = kind(
  'numbers, nested arrays of them or a typed array',
  (value) => ['number', 'boolean'].includes(typeof value) || Array.isArray(value) || ArrayBuffer.isView(value),
);
/** One number for all axes, or one for each. */
const sizes = either(aNumber, numbers);

export const glu = checked('glu', activation.glu, { x: aTensor, axis: maybeNumber });
export const lerp = checked('lerp', activation.lerp, { a: aTensor, b: tensorLike, weight: tensorLike });
export const maxout = checked('maxout', activation.maxout, { x: aTensor, pieces: aNumber, axis: maybeNumber });
export const prelu = checked('prelu', activation.prelu, { x: aTensor, weight: aTensor });

export const chunk = checked('chunk', arrange.chunk, { x: aTensor, count: aNumber, axis: maybeNumber });
export const diagEmbed = checked('diagEmbed', arrange.diagEmbed, { x: aTensor, offset: maybeNumber });
export const diagonal = checked('diagonal', arrange.diagonal, { x: aTensor, offset: maybeNumber, axes: optional(listOf(aNumber, 2)) });
export const meshgrid = checked('meshgrid', arrange.meshgrid, { vectors: tensors });
export const moveAxis = checked('moveAxis', arrange.moveAxis, { x: aTensor, from: aNumber, to: aNumber });
export const repeatInterleave = checked('repeatInterleave', arrange.repeatInterleave, { x: aTensor, count: aNumber, axis: aNumber });
export const roll = checked('roll', arrange.roll, { x: aTensor, shifts: sizes, axes: sizes });
export const split = checked('split', arrange.split, { x: aTensor, sizes, axis: maybeNumber });
export const tile = checked('tile', arrange.tile, { x: aTensor, counts: numbers });
export const tril = checked('tril', arrange.tril, { x: aTensor, diagonal: maybeNumber });
export const triu = checked('triu', arrange.triu, { x: aTensor, diagonal: maybeNumber });
export const unbind = checked('unbind', arrange.unbind, { x: aTensor, axis: maybeNumber });

export const scaledDotProductAttention = checked('scaledDotProductAttention', attention.scaledDotProductAttention, {
  q: aTensor,
  k: aTensor,
  v: aTensor,
  options: { attnMask: aTensor, isCausal: aBoolean, dropoutP: aNumber, scale: aNumber, enableGqa: aBoolean },
});

export const boxIou = checked('boxIou', boxes.boxIou, { a: aTensor, b: aTensor });
export const nms = checked('nms', boxes.nms, { boxes: aTensor, scores: aTensor, iouThreshold: aNumber });
export const batchedNms = checked('batchedNms', boxes.batchedNms, {
  boxes: aTensor,
  scores: aTensor,
  classes: aTensor,
  iouThreshold: aNumber,
});

const convOptions = {
  stride: sizes,
  padding: either(sizes, oneOf('same', 'valid')),
  dilation: sizes,
  groups: aNumber,
  bias: aTensor,
};
const convTransposeOptions = { stride: sizes, padding: sizes, outputPadding: sizes, dilation: sizes, groups: aNumber, bias: aTensor };
export const conv1d = checked('conv1d', conv.conv1d, { x: aTensor, w: aTensor, options: convOptions });
export const conv2d = checked('conv2d', conv.conv2d, { x: aTensor, w: aTensor, options: convOptions });
export const conv3d = checked('conv3d', conv.conv3d, { x: aTensor, w: aTensor, options: convOptions });
export const convTranspose1d = checked('convTranspose1d', conv.convTranspose1d, { x: aTensor, w: aTensor, options: convTransposeOptions });
export const convTranspose2d = checked('convTranspose2d', conv.convTranspose2d, { x: aTensor, w: aTensor, options: convTransposeOptions });
export const convTranspose3d = checked('convTranspose3d', conv.convTranspose3d, { x: aTensor, w: aTensor, options: convTransposeOptions });

export const arange = checked('arange', create.arange, { count: aNumber, options: { start: aNumber, step: aNumber, dtype: aDtype } });
export const full = checked('full', create.full, { shape: numbers, value: aNumber, dtype: maybeDtype });
export const hostValues = checked('hostValues', create.hostValues, { next: aFunction, shape: numbers, dtype: maybeDtype });
export const iota = checked('iota', create.iota, { shape: numbers, axis: aNumber, dtype: maybeDtype });
export const ones = checked('ones', create.ones, { shape: numbers, dtype: maybeDtype });
export const tensor = checked('tensor', create.tensor, { values: givenValues, shape: optional(numbers), dtype: maybeDtype });
export const zeros = checked('zeros', create.zeros, { shape: numbers, dtype: maybeDtype });

export const setDebug = checked('setDebug', debug.setDebug, { on: aBoolean });

export const alphaDropout = checked('alphaDropout', drop.alphaDropout, { x: aTensor, p: aNumber });
export const dropout = checked('dropout', drop.dropout, { x: aTensor, p: aNumber });
export const dropout2d = checked('dropout2d', drop.dropout2d, { x: aTensor, p: aNumber });

export const einsum = checked('einsum', summation.einsum, { formula: aString, '...operands': aTensor });
export const where = checked('where', elementwise.where, { condition: aTensor, a: tensorLike, b: tensorLike });

export const affineGrid = checked('affineGrid', grid.affineGrid, { theta: aTensor, size: numbers, options: { alignCorners: aBoolean } });
export const gridSample = checked('gridSample', grid.gridSample, {
  x: aTensor,
  grid: aTensor,
  options: { mode: oneOf('bilinear', 'nearest'), paddingMode: oneOf('zeros', 'border', 'reflection'), alignCorners: aBoolean },
});

export const embedding = checked('embedding', indexing.embedding, { table: aTensor, indices: aTensor, options: { paddingIdx: aNumber } });
export const gather = checked('gather', indexing.gather, { x: aTensor, axis: aNumber, index: aTensor });
export const indexAdd = checked('indexAdd', indexing.indexAdd, { x: aTensor, axis: aNumber, indices: aTensor, source: aTensor });
export const indexSelect = checked('indexSelect', indexing.indexSelect, { x: aTensor, axis: aNumber, indices: aTensor });
export const maskedFill = checked('maskedFill', indexing.maskedFill, { x: aTensor, mask: aTensor, value: aNumber });
export const scatter = checked('scatter', indexing.scatter, { x: aTensor, axis: aNumber, index: aTensor, source: tensorLike });
export const scatterAdd = checked('scatterAdd', indexing.scatterAdd, { x: aTensor, axis: aNumber, index: aTensor, source: tensorLike });

export const cholesky = checked('cholesky', linalg.cholesky, { x: aTensor });
export const choleskySolve = checked('choleskySolve', linalg.choleskySolve, { b: aTensor, l: aTensor });
export const det = checked('det', linalg.det, { x: aTensor });
export const inverse = checked('inverse', linalg.inverse, { x: aTensor });
export const logDet = checked('logDet', linalg.logDet, { x: aTensor });
export const outer = checked('outer', linalg.outer, { a: aTensor, b: aTensor });
export const slogdet = checked('slogdet', linalg.slogdet, { x: aTensor });
export const solve = checked('solve', linalg.solve, { a: aTensor, b: aTensor });
export const solveTriangular = checked('solveTriangular', linalg.solveTriangular, {
  a: aTensor,
  b: aTensor,
  options: { upper: aBoolean, unitriangular: aBoolean },
});
export const trace = checked('trace', linalg.trace, { x: aTensor });

export const localResponseNorm = checked('localResponseNorm', response.localResponseNorm, {
  x: aTensor,
  size: aNumber,
  options: { alpha: aNumber, beta: aNumber, k: aNumber },
});
export const matmul = checked('matmul', products.matmul, { a: aTensor, b: aTensor });
export const concat = checked('concat', movement.concat, { tensors, axis: maybeNumber });
export const stack = checked('stack', movement.stack, { tensors, axis: maybeNumber });

const affine = { weight: aTensor, bias: aTensor, eps: notNegative };
export const batchNorm = checked('batchNorm', norm.batchNorm, {
  x: aTensor,
  options: { ...affine, runningMean: aState, runningVar: aState, momentum: aNumber, training: aBoolean },
});
export const groupNorm = checked('groupNorm', norm.groupNorm, { x: aTensor, groups: aNumber, options: affine });
export const instanceNorm = checked('instanceNorm', norm.instanceNorm, { x: aTensor, options: affine });
export const layerNorm = checked('layerNorm', norm.layerNorm, { x: aTensor, shape: numbers, options: affine });
export const rmsNorm = checked('rmsNorm', norm.rmsNorm, { x: aTensor, shape: numbers, options: { weight: aTensor, eps: notNegative } });

const lpOptions = { stride: sizes, ceilMode: aBoolean };
const avgOptions = { ...lpOptions, padding: sizes, countIncludePad: aBoolean };
const maxOptions = { ...lpOptions, padding: sizes, dilation: sizes };
export const adaptiveAvgPool1d = checked('adaptiveAvgPool1d', pool.adaptiveAvgPool1d, { x: aTensor, outputSize: aNumber });
export const adaptiveAvgPool2d = checked('adaptiveAvgPool2d', pool.adaptiveAvgPool2d, { x: aTensor, outputSize: sizes });
export const adaptiveMaxPool1d = checked('adaptiveMaxPool1d', pool.adaptiveMaxPool1d, { x: aTensor, outputSize: aNumber });
export const adaptiveMaxPool2d = checked('adaptiveMaxPool2d', pool.adaptiveMaxPool2d, { x: aTensor, outputSize: sizes });
export const avgPool1d = checked('avgPool1d', pool.avgPool1d, { x: aTensor, window: aNumber, options: avgOptions });
export const avgPool2d = checked('avgPool2d', pool.avgPool2d, { x: aTensor, window: sizes, options: avgOptions });
export const avgPool3d = checked('avgPool3d', pool.avgPool3d, { x: aTensor, window: sizes, options: avgOptions });
export const lpPool1d = checked('lpPool1d', pool.lpPool1d, { x: aTensor, p: aNumber, window: aNumber, options: lpOptions });
export const lpPool2d = checked('lpPool2d', pool.lpPool2d, { x: aTensor, p: aNumber, window: sizes, options: lpOptions });
export const maxPool1d = checked('maxPool1d', pool.maxPool1d, { x: aTensor, window: aNumber, options: maxOptions });
export const maxPool2d = checked('maxPool2d', pool.maxPool2d, { x: aTensor, window: sizes, options: maxOptions });
export const maxPool2dWithIndices = checked('maxPool2dWithIndices', pool.maxPool2dWithIndices, {
  x: aTensor,
  window: sizes,
  options: maxOptions,
});
export const maxPool3d = checked('maxPool3d', pool.maxPool3d, { x: aTensor, window: sizes, options: maxOptions });

const int8Weight = recordOf({ words: aTensor, scale: aTensor });
const int4Weight = recordOf({ words: aTensor, scale: aTensor, zero: aTensor });
export const dequantizeInt4 = checked('dequantizeInt4', quantized.dequantizeInt4, { weight: int4Weight });
export const dequantizeInt8 = checked('dequantizeInt8', quantized.dequantizeInt8, { weight: int8Weight, k: aNumber });
export const int4Matmul = checked('int4Matmul', quantized.int4Matmul, { x: aTensor, weight: int4Weight });
export const int8Matmul = checked('int8Matmul', quantized.int8Matmul, { x: aTensor, weight: int8Weight });
export const packBits = checked('packBits', quantized.packBits, { x: aTensor });
export const quantizeInt4 = checked('quantizeInt4', quantized.quantizeInt4, { weight: aTensor, options: { groupSize: aNumber } });
export const quantizeInt8 = checked('quantizeInt8', quantized.quantizeInt8, { weight: aTensor });
export const unpackBits = checked('unpackBits', quantized.unpackBits, { words: aTensor, k: aNumber });
export const xnorMatmul = checked('xnorMatmul', quantized.xnorMatmul, { a: aTensor, b: aTensor, k: aNumber });

const draw = optional(recordOf({ key: aTensor, stream: aNumber }));
export const bernoulli = checked('bernoulli', random.bernoulli, { shape: numbers, p: aNumber, draw });
export const manualSeed = checked('manualSeed', random.manualSeed, { seed: aNumber });
export const rand = checked('rand', random.rand, { shape: numbers, options: { low: aNumber, high: aNumber } });
export const randn = checked('randn', random.randn, { shape: numbers, options: { mean: aNumber, std: aNumber } });
export const randomBits = checked('randomBits', random.randomBits, { count: aNumber, draw });
export const randomState = checked('randomState', random.randomState, {});
export const setRandomState = checked('setRandomState', random.setRandomState, { state: recordOf({ seed: aNumber, step: aNumber }) });

const weights = recordOf({ weightIh: aTensor, weightHh: aTensor, biasIh: maybeTensor, biasHh: maybeTensor });
const steps = { h0: aTensor, lengths: aTensor, reverse: aBoolean };
const nonlinearity = oneOf('tanh', 'relu');
export const gru = checked('gru', recurrent.gru, { x: aTensor, weights, options: steps });
export const lstm = checked('lstm', recurrent.lstm, { x: aTensor, weights, options: { ...steps, c0: aTensor } });
export const rnn = checked('rnn', recurrent.rnn, { x: aTensor, weights, options: { ...steps, nonlinearity } });
export const gruCell = checked('gruCell', cells.gruCell, { x: aTensor, h: aTensor, weights });
export const lstmCell = checked('lstmCell', cells.lstmCell, { x: aTensor, h: aTensor, c: aTensor, weights });
export const rnnCell = checked('rnnCell', cells.rnnCell, { x: aTensor, h: aTensor, weights, nonlinearity: optional(nonlinearity) });

export const interpolate = checked('interpolate', resize.interpolate, {
  x: aTensor,
  options: { size: sizes, scaleFactor: sizes, mode: oneOf(...Object.keys(resize.RANKS)), alignCorners: aBoolean },
});
export const roiAlign = checked('roiAlign', roi.roiAlign, {
  x: aTensor,
  boxes: aTensor,
  options: { outputSize: sizes, spatialScale: aNumber, samplingRatio: aNumber, aligned: aBoolean },
});

export const categorical = checked('categorical', sampling.categorical, { logits: aTensor });
export const exponential = checked('exponential', sampling.exponential, { shape: numbers, options: { rate: aNumber } });
export const gumbel = checked('gumbel', sampling.gumbel, { shape: numbers });
export const multinomial = checked('multinomial', sampling.multinomial, {
  weights: aTensor,
  count: aNumber,
  options: { replacement: aBoolean },
});
export const randint = checked('randint', sampling.randint, { shape: numbers, low: aNumber, high: aNumber });
export const randperm = checked('randperm', sampling.randperm, { n: aNumber });
export const truncNormal = checked('truncNormal', sampling.truncNormal, {
  shape: numbers,
  options: { mean: aNumber, std: aNumber, low: aNumber, high: aNumber },
});

export const degree = checked('degree', segment.degree, { ids: aTensor, segments: aNumber });
export const segmentMax = checked('segmentMax', segment.segmentMax, { x: aTensor, ids: aTensor, segments: aNumber });
export const segmentMean = checked('segmentMean', segment.segmentMean, { x: aTensor, ids: aTensor, segments: aNumber });
export const segmentMin = checked('segmentMin', segment.segmentMin, { x: aTensor, ids: aTensor, segments: aNumber });
export const segmentSoftmax = checked('segmentSoftmax', segment.segmentSoftmax, { x: aTensor, ids: aTensor, segments: aNumber });
export const segmentSum = checked('segmentSum', segment.segmentSum, { x: aTensor, ids: aTensor, segments: aNumber });

export const channelShuffle = checked('channelShuffle', shuffle.channelShuffle, { x: aTensor, groups: aNumber });
export const pixelShuffle = checked('pixelShuffle', shuffle.pixelShuffle, { x: aTensor, factor: aNumber });
export const pixelUnshuffle = checked('pixelUnshuffle', shuffle.pixelUnshuffle, { x: aTensor, factor: aNumber });

export const logSoftmax = checked('logSoftmax', soft.logSoftmax, { x: aTensor, axis: maybeNumber });
export const oneHot = checked('oneHot', soft.oneHot, { labels: aTensor, classes: aNumber });
export const softmax = checked('softmax', soft.softmax, { x: aTensor, axis: maybeNumber });
export const softmin = checked('softmin', soft.softmin, { x: aTensor, axis: maybeNumber });

const sortOptions = { axis: aNumber, descending: aBoolean };
export const argSort = checked('argSort', sorting.argSort, { x: aTensor, options: sortOptions });
export const bucketize = checked('bucketize', sorting.bucketize, { x: aTensor, boundaries: aTensor, options: { right: aBoolean } });
export const searchSorted = checked('searchSorted', sorting.searchSorted, {
  sorted: aTensor,
  values: aTensor,
  options: { right: aBoolean },
});
export const sort = checked('sort', sorting.sort, { x: aTensor, options: sortOptions });
export const topK = checked('topK', sorting.topK, { x: aTensor, k: aNumber, options: { axis: aNumber, largest: aBoolean } });

const columns = { shape: listOf(aNumber, 2), colIndices: aTensor, values: aTensor };
const coo = recordOf({ ...columns, rowIndices: aTensor });
const matrix = either(aTensor, coo, recordOf({ ...columns, crowIndices: aTensor }));
export const cooToCsr = checked('cooToCsr', sparse.cooToCsr, { matrix: coo });
export const sampledMatmul = checked('sampledMatmul', sparse.sampledMatmul, { a: aTensor, b: aTensor, rows: aTensor, columns: aTensor });
export const sparseMatmul = checked('sparseMatmul', sparse.sparseMatmul, { a: matrix, b: matrix });

const windowOptions = { stride: sizes, padding: sizes, dilation: sizes };
export const fold = checked('fold', windows.fold, { x: aTensor, outputSize: sizes, kernelSize: sizes, options: windowOptions });
export const unfold = checked('unfold', windows.unfold, { x: aTensor, kernelSize: sizes, options: windowOptions });
export const maxUnpool2d = checked('maxUnpool2d', unpool.maxUnpool2d, {
  x: aTensor,
  indices: aTensor,
  window: sizes,
  options: { stride: sizes, padding: sizes, outputSize: sizes },
});
