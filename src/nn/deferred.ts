// Starting values that are drawn only if something asks for them: a model whose weights come from a file never makes its own.

import { type Shape, sizeOf } from '../engine/graph/shape.ts';
import { generator } from '../engine/ops/random.ts';
import { Random } from '../random.ts';

/** Makes the starting values of a parameter of this shape. */
export type Initializer = (shape: Shape) => Float32Array;

type Later = (shape: Shape) => () => Float32Array;
const known = new WeakMap<Initializer, Later>();

/** An initialiser whose values can wait. `later` fixes at once all that they depend on. */
export function initializer(later: Later): Initializer {
  const made: Initializer = (shape) => later(shape)();
  known.set(made, later);
  return made;
}

/** One whose numbers come from a stream of their own under the global seed, which is fixed when it is called. */
export const drawing = (rule: (shape: Shape) => (source: Random) => number): Initializer =>
  initializer((shape) => {
    const next = rule(shape);
    const [seedLow, seedHigh, stepLow, stepHigh] = generator.next();
    return () => {
      const source = new Random(seedHigh * 2 ** 32 + seedLow, stepLow, stepHigh);
      const values = new Float32Array(sizeOf(shape));
      for (let i = 0; i < values.length; i++) values[i] = next(source);
      return values;
    };
  });

/** The starting values of a parameter of this shape: made when they are first needed, or at once by initialisers of the user's own. */
export const startOf = (from: Initializer, shape: Shape): Float32Array | (() => Float32Array) => known.get(from)?.(shape) ?? from(shape);
