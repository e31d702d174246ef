// Metrics: sums made on the GPU, and a formula on the host. `evaluate` takes them over a whole part of the data.
export { type BoxOptions, boxPrecision, type Detections } from './boxes.ts';
export { accuracy, confusion, dice, type FScoreOptions, fScore, meanIou, topK } from './classes.ts';
export { ensemble, mutualInformation, predictiveEntropy } from './ensemble.ts';
export { bitsPerDimension, brier, type CalibrationOptions, ece, mean, means, nll, perplexity } from './likelihood.ts';
export { type Found, type FoundBy, type LabelOptions, type Lists, type Metric, type Numbers, named, type Of } from './metric.ts';
export { auc, averagePrecision, precisionRecallCurve, rocCurve } from './ranking.ts';
