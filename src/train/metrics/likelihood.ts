// Metrics of probabilities: what the labels cost, and how far a model's sureness can be trusted. And the mean of anything.
import { aFunction, expectKind, positive } from '../../engine/graph/arguments.ts';
import { ShapeError } from '../../engine/graph/errors.ts';
import { showShape } from '../../engine/graph/shape.ts';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { iota } from '../../engine/ops/create.ts';
import { bceWithLogits } from '../../nn/losses/binary.ts';
import { crossEntropy } from '../../nn/losses/classes.ts';
import {
  expectMetricOptions,
  type Labelled,
  type LabelOptions,
  type Lists,
  labelled,
  type Metric,
  type Numbers,
  type Of,
  samplesIn,
  totalOf,
} from './metric.ts';

/**
 * Means of whatever a function makes of a batch, by its names: it gives the batch's means, one number each, and larger batches count more.
 * @throws ShapeError for a tensor of several: {@link means} takes those
 */
export function mean<B, N extends string>(of: (batch: B) => Readonly<Record<N, Tensor>>): Metric<B, Readonly<Record<N, number>>> {
  const one = (name: string, value: Tensor) => {
    if (value.size === 1) return value;
    throw new ShapeError(`mean: expected one number '${name}' of a batch, got ${showShape(value.shape)}; metrics.means takes several`);
  };
  return averaged('mean', of, one, (sums) => sums[0]!);
}

/** As {@link mean}, of several numbers each: of classes, of pixels. */
export function means<B, N extends string>(
  of: (batch: B) => Readonly<Record<N, Tensor>>,
): Metric<B, Readonly<Record<N, readonly number[]>>> {
  const any = (_: string, value: Tensor) => value;
  return averaged('means', of, any, (sums) => sums);
}

function averaged<B, N extends string, V extends number | readonly number[]>(
  kind: string,
  of: (batch: B) => Readonly<Record<N, Tensor>>,
  check: (name: string, value: Tensor) => Tensor,
  result: (means: readonly number[]) => V,
): Metric<B, Readonly<Record<N, V>>> {
  expectKind(kind, 'its argument', of, aFunction);
  return {
    sums(batch) {
      const samples = samplesIn(batch);
      const found = Object.entries<Tensor>(of(batch));
      return Object.fromEntries(found.map(([name, value]) => [name, check(name, value).cast('f32').mul(samples)]));
    },
    value(found, samples) {
      const each = Object.entries(found).map(([name, sums]) => [name, result(Array.from(sums, (sum) => sum / samples))] as const);
      return Object.fromEntries(each) as Record<N, V>;
    },
  };
}

/** Nats that the labels which count cost, summed; [] f32. */
function natsOf({ scores, binary, labels, kept, classes }: Labelled): Tensor {
  if (!binary) return crossEntropy(scores, labels.cast('i32'), { ignoreIndex: classes, reduction: 'sum' });
  const costs = bceWithLogits(scores, labels.eq(1).cast('f32'), { reduction: 'none' });
  return costs.where(kept, 0).sum();
}

function fromNats<B, N extends string>(
  name: N,
  scores: Of<B>,
  labels: Of<B>,
  options: LabelOptions,
  value: (nats: number) => number,
): Metric<B, Numbers<N>> {
  expectMetricOptions(name, options);
  return {
    sums(batch) {
      const all = labelled(name, scores(batch), labels(batch), options);
      return { nats: natsOf(all), ...all.counts };
    },
    value: (found) => ({ [name]: value(found.nats![0]! / totalOf(name, found)) }) as Numbers<N>,
  };
}

/** Negative log-likelihood of the labels in nats, the mean of all samples or pixels: `nll`. Logits as for `metrics.accuracy`. */
export function nll<B>(scores: Of<B>, labels: Of<B>, options: LabelOptions = {}): Metric<B, Numbers<'nll'>> {
  return fromNats('nll', scores, labels, options, (nats) => nats);
}

/** e to the mean negative log-likelihood of all tokens: `perplexity`. Logits [n, vocabulary, length], tokens [n, length]; give `ignoreIndex` for padding. */
export function perplexity<B>(scores: Of<B>, labels: Of<B>, options: LabelOptions = {}): Metric<B, Numbers<'perplexity'>> {
  return fromNats('perplexity', scores, labels, options, Math.exp);
}

/** Bits that one dimension (pixel, sample value) costs on average: `bitsPerDimension`, from the nats of each sample [n]. */
export function bitsPerDimension<B>(nats: Of<B>, dimensions: number): Metric<B, Numbers<'bitsPerDimension'>> {
  expectKind('bitsPerDimension', 'dimensions', dimensions, positive);
  return {
    sums(batch) {
      const each = nats(batch);
      if (each.rank !== 1 || each.size !== samplesIn(batch)) {
        throw new ShapeError(`bitsPerDimension: expected nats of ${samplesIn(batch)} samples, got ${showShape(each.shape)}`);
      }
      return { nats: each.cast('f32').sum() };
    },
    value: ({ nats }, samples) => ({ bitsPerDimension: nats![0]! / samples / dimensions / Math.LN2 }),
  };
}

/** Brier score (1950): squared distance of the probabilities from the label's 1 and the others' 0, the mean of all samples: `brier`, 0 … 2; of two classes with one logit 0 … 1. */
export function brier<B>(scores: Of<B>, labels: Of<B>, options: LabelOptions = {}): Metric<B, Numbers<'brier'>> {
  expectMetricOptions('brier', options);
  return {
    sums(batch) {
      const all = labelled('brier', scores(batch), labels(batch), options);
      const { scores: logits, binary } = all;
      const truth = binary ? all.labels.eq(1) : iota(logits.shape, 1).eq(all.labels.unsqueeze(1).expand(logits.shape));
      const squares = (binary ? logits.sigmoid() : logits.softmax(1)).sub(truth.cast('f32')).square();
      return { squares: (binary ? squares : squares.sum(1)).where(all.kept, 0).sum(), ...all.counts };
    },
    value: (found) => ({ brier: found.squares![0]! / totalOf('brier', found) }),
  };
}

export interface CalibrationOptions extends LabelOptions {
  /** Bins of equal width that the highest probabilities are put into. Default 15. */
  readonly bins?: number;
}

/**
 * Expected calibration error (Guo et al., arXiv 1706.04599): how far sureness and accuracy are apart, the mean over bins by sureness: `ece`.
 * With what a reliability diagram shows of each bin: `sureness` and `accuracyBySureness` (NaN in an empty one) and `samplesBySureness`.
 */
export function ece<B>(
  scores: Of<B>,
  labels: Of<B>,
  options: CalibrationOptions = {},
): Metric<B, Numbers<'ece'> & Lists<'sureness' | 'accuracyBySureness' | 'samplesBySureness'>> {
  expectMetricOptions('ece', options, { bins: positive });
  const { bins = 15, ...rest } = options;
  return {
    sums(batch) {
      const all = labelled('ece', scores(batch), labels(batch), rest);
      const { scores: logits, binary, kept } = all;
      const decided = (binary ? logits.gt(0) : logits.argMax(1)).cast('u32');
      const sure = binary ? logits.abs().sigmoid() : logits.softmax(1).max(1);
      // Bins are closed above, as in the paper.
      const bin = sure
        .mul(bins)
        .ceil()
        .sub(1)
        .clamp(0, bins - 1)
        .cast('u32')
        .where(kept, bins);
      const inBin = bin
        .unsqueeze(1)
        .expand([bin.size, bins])
        .eq(iota([bin.size, bins], 1));
      const each = (values: Tensor) => values.unsqueeze(1).expand(inBin.shape);
      return {
        samples: inBin.countNonzero(0),
        right: inBin.logicalAnd(each(decided.eq(all.labels))).countNonzero(0),
        sureness: each(sure).where(inBin, 0).sum(0),
        ...all.counts,
      };
    },
    value(found) {
      const total = totalOf('ece', found);
      const samples = Array.from(found.samples!);
      const per = (sums: Float64Array) => samples.map((count, i) => (count > 0 ? sums[i]! / count : Number.NaN));
      const ece = samples.reduce((sum, _, i) => sum + Math.abs(found.sureness![i]! - found.right![i]!) / total, 0);
      return { ece, sureness: per(found.sureness!), accuracyBySureness: per(found.right!), samplesBySureness: samples };
    },
  };
}
