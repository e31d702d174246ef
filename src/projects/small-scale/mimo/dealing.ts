import { concat, indexSelect, losses, randperm, type Tensor } from '../../../index.ts';

export interface Dealing {
  readonly members: number;
  /** How often each picture of a batch is among the inputs of each member. */
  readonly batchRepetition: number;
  /** Share of the rows in which all members get the same picture. */
  readonly inputRepetition: number;
}

/**
 * Which pictures of a batch of n each member gets, row by row: the batch several times over, in an order of its own for each member, but for the share of
 * rows in which all get the same (Havasi et al., appendix). u32 [n · batchRepetition] for each member
 */
export function places(n: number, { members, batchRepetition, inputRepetition }: Dealing): Tensor[] {
  const rows = n * batchRepetition;
  const all = randperm(rows).remainder(n);
  const apart = Math.floor(rows * (1 - inputRepetition));
  if (apart === 0) return new Array<Tensor>(members).fill(all);
  const [mixed, same] = [all.slice([[0, apart]]), all.slice([[apart, rows]])];
  return Array.from({ length: members }, () => concat([indexSelect(mixed, 0, randperm(apart)), ...(apart < rows ? [same] : [])]));
}

/** Pictures [n, 3, h, w] of these places behind each other along the channels: [rows, 3·members, h, w]. */
export const dealt = (pictures: Tensor, of: readonly Tensor[]): Tensor =>
  concat(
    of.map((indices) => indexSelect(pictures, 0, indices)),
    1,
  );

/** Each member's cross-entropy with the label of its own picture, the sum of all members: logits [rows, members, classes], labels [n]. */
export function memberLoss(logits: Tensor, labels: Tensor, of: readonly Tensor[]): Tensor {
  const each = of.map((indices, m) => {
    const own = logits.slice([null, [m, m + 1]]).reshape([logits.shape[0], -1]);
    return losses.crossEntropy(own, indexSelect(labels, 0, indices));
  });
  return each.reduce((sum, loss) => sum.add(loss));
}
