import { StaleTensorError } from '../graph/errors.ts';
import { topologicalOrder } from '../graph/order.ts';
import { ResidentLeaf, State, type Tensor } from '../graph/tensor.ts';

/** Epoch of the last write to a state, or to the arena that it stands in. */
export function lastWrite({ writtenAt, arena }: State): number {
  return Math.max(writtenAt, arena?.writtenAt ?? 0);
}

/**
 * Checks, when a graph is handed in to be run, that what it reads is still there. A tensor made before a state was written would read
 * the new value under the old formula.
 * @throws StaleTensorError naming the state.
 */
export function checkFresh(roots: readonly Tensor[]): void {
  for (const node of topologicalOrder(roots)) {
    for (const input of node.inputs) {
      if (input instanceof State && lastWrite(input) > node.epoch) {
        throw new StaleTensorError(
          `${node.op.name}: it reads ${input.name} as it was before an update that has run since; ` +
            'read such a value with data() before the update, keep() it, or compute it anew',
        );
      }
    }
    if (node instanceof ResidentLeaf && node.stale) throw new StaleTensorError(node.stale);
  }
}
