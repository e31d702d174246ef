import { StaleTensorError } from '../graph/errors.ts';
import { topologicalOrder } from '../graph/order.ts';
import { InputLeaf, ResidentLeaf, State, type Tensor } from '../graph/tensor.ts';

/** Epoch of the last write to a state, to the arena that it stands in, or to a part of it. */
export function lastWrite({ writtenAt, arena, members }: State): number {
  return members.reduce((latest, member) => Math.max(latest, member.writtenAt), Math.max(writtenAt, arena?.writtenAt ?? 0));
}

/**
 * Checks, when a graph is handed in to be run, that what it reads is still there. A tensor made before a state was written would read
 * the new value under the old formula, and one made of a compiled function's arguments means nothing outside of it: `own` are those
 * of the function that is handed in.
 * @throws StaleTensorError naming the state.
 */
export function checkFresh(roots: readonly Tensor[], own: readonly Tensor[] = []): void {
  for (const node of topologicalOrder(roots)) {
    for (const input of node.inputs) {
      if (input instanceof State && lastWrite(input) > node.epoch) {
        throw new StaleTensorError(
          `${node.op.name}: it reads ${input.name} as it was before an update that has run since; ` +
            'read such a value with data() before the update, keep() it, or compute it anew',
        );
      }
    }
    if (node instanceof InputLeaf && !own.includes(node)) {
      throw new StaleTensorError(
        'a tensor that was made of the arguments of a compiled function is used outside of it, where it has no value; return it from the function',
      );
    }
    if (node instanceof ResidentLeaf && node.stale) throw new StaleTensorError(node.stale);
  }
}
