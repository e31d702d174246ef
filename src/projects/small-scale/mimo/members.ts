// Members of an ensemble that see the same pictures: how good they are together and each alone, and how much they disagree.
import { metrics, type Tensor } from '../../../index.ts';
import type { Photos } from '../../shared/photographs.ts';

export type Quality = Readonly<Record<'accuracy' | 'nll' | 'ece', number>>;
const BINS = 10;

/** Logits of the members' mean [n, classes]: their softmax is the mean of the members'. Logits [n, members, classes] */
export const together = (members: Tensor): Tensor => members.logSoftmax(2).logSumExp(1).sub(Math.log(members.shape[1]));

/** Of pairs of members, from logits [n, members, classes]: how often they decide differently, and the divergence of the first from the second in nats: [members, members]. */
export function pairs(members: Tensor) {
  const [decided, log] = [members.argMax(2), members.logSoftmax(2)];
  const differ = decided.unsqueeze(1).ne(decided.unsqueeze(2)).cast('f32').mean(0);
  const divergence = log
    .exp()
    .unsqueeze(2)
    .mul(log.unsqueeze(2).sub(log.unsqueeze(1)))
    .sum(3)
    .mean(0);
  return { differ, divergence };
}

/** The mean of a matrix [m, m] beside its diagonal; 0 for a single member. */
export function besideDiagonal(matrix: readonly number[]): number {
  const m = Math.sqrt(matrix.length);
  return m === 1 ? 0 : matrix.reduce((sum, value, i) => sum + (i % (m + 1) === 0 ? 0 : value), 0) / (m * (m - 1));
}

const label = ({ label }: Photos) => label;
const quality = (logits: (batch: Photos) => Tensor) =>
  [metrics.accuracy(logits, label), metrics.nll(logits, label), metrics.ece(logits, label, { bins: BINS })] as const;

/** Metrics that ask for one batch's answers several times get the same ones: drawn anew they would be others. */
function once(answers: (batch: Photos) => Tensor) {
  const known = new WeakMap<Photos, Tensor>();
  return (batch: Photos) => {
    const found = known.get(batch) ?? answers(batch);
    known.set(batch, found);
    return found;
  };
}

/** What is found out about members: they together, and how unsure (predictive entropy, nats). Logits [n, members, classes] */
export function togetherMeasures(answers: (batch: Photos) => Tensor) {
  const all = once(answers);
  const entropy = (batch: Photos) => metrics.predictiveEntropy(all(batch).softmax(2).permute([1, 0, 2])).mean();
  return [...quality((batch) => together(all(batch))), metrics.mean((batch: Photos) => ({ entropy: entropy(batch) }))] as const;
}

/** Also pair by pair, and each of so many by itself: `1 accuracy` … */
export function memberMeasures(answers: (batch: Photos) => Tensor, count: number) {
  const all = once(answers);
  const alone = Array.from({ length: count }, (_, m) => {
    const own = (batch: Photos) =>
      all(batch)
        .slice([null, [m, m + 1]])
        .squeeze(1);
    const [accuracy, nll, ece] = quality(own);
    const name = String(m + 1);
    return [metrics.named(name, accuracy), metrics.named(name, nll), metrics.named(name, ece)];
  });
  return [...togetherMeasures(all), metrics.means((batch: Photos) => pairs(all(batch))), ...alone.flat()] as const;
}

/** The qualities of each member alone, out of what {@link memberMeasures} found. */
export const aloneOf = (found: object, count: number): Quality[] =>
  Array.from({ length: count }, (_, m) => {
    const own = found as Readonly<Record<string, number>>;
    return { accuracy: own[`${m + 1} accuracy`], nll: own[`${m + 1} nll`], ece: own[`${m + 1} ece`] };
  });
