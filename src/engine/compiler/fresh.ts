import { StaleTensorError } from '../graph/errors.ts';
import { ResidentLeaf, State, type Tensor } from '../graph/tensor.ts';
import { topologicalOrder } from './simplify.ts';

/**
 * Checks, when a graph is handed in to be run, that what it reads is still there. A tensor made before a state was written would read
 * the new value under the old formula.
 * @throws StaleTensorError naming the state.
 */
export function checkFresh(roots: readonly Tensor[]): void {
  for (const node of topologicalOrder(roots)) {
    for (const input of node.inputs) {
      if (input instanceof State && Math.max(input.writtenAt, input.arena?.writtenAt ?? 0) > node.epoch) {
        throw new StaleTensorError(
          `${node.op.name}: it reads ${input.name} as it was before an update that has run since; ` +
            'read such a value with data() before the update, keep() it, or compute it anew',
        );
      }
    }
    if (node instanceof ResidentLeaf && node.stale) throw new StaleTensorError(node.stale);
  }
}
