// Debug mode: an index that points outside is an error instead of nothing.
import { IndexError, TilegradError } from '../graph/errors.ts';
import { topologicalOrder } from '../graph/order.ts';
import type { Tensor } from '../graph/tensor.ts';
import { guarded } from '../graph/watch.ts';

/** Something that an execution computes along, and that its results are worth nothing without. */
export interface IndexCheck {
  /** One element: the largest of the indices as u32, where negative ones are larger than any limit. */
  readonly largest: Tensor;
  /** The error if that is outside. */
  readonly failure: (largest: number) => Error | undefined;
}

let enabled = false;
const checks = new WeakMap<Tensor, IndexCheck>();

/**
 * Switches debug mode on or off. While it is on, every execution is checked for indices that point outside, which otherwise read 0 and
 * write nothing; reading its results then throws an IndexError that names the op, at the line that called it. Each execution waits for
 * the GPU, so it is slow.
 */
export function setDebug(on: boolean): void {
  enabled = on;
}

/** The same indices (u32; `signed`: cast from i32); in debug mode, executions that use them check them against `limit`. */
export function watchIndices(op: string, indices: Tensor, signed: boolean, limit: number): Tensor {
  if (!guarded(() => enabled) || indices.size === 0) return indices;
  // Made here, so that its stack shows the line that called the op.
  const call = new TilegradError('');
  const failureOf = (largest: number): Error | undefined => {
    if (largest < limit) return undefined;
    const failure = new IndexError(`${op}: expected indices below ${limit}, got ${signed ? largest | 0 : largest}`);
    failure.takeStack(call);
    return failure;
  };
  // A node of its own: the same indices may point into something else as well.
  const watched = indices.stopGradient();
  checks.set(watched, { largest: indices.max(), failure: failureOf });
  return watched;
}

/** The checks of all indices that computing `roots` uses. */
export function indexChecks(roots: readonly Tensor[]): IndexCheck[] {
  return topologicalOrder(roots).flatMap((node) => checks.get(node) ?? []);
}
