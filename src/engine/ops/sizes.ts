// Sizes as users give them: one number for all axes, or one for each.
import { ShapeError } from '../graph/errors.ts';

export type Pair = number | readonly [number, number];
export type Triple = number | readonly [number, number, number];

/**
 * `value` as `count` numbers.
 * @throws ShapeError unless all are whole and at least `least`.
 */
export function wholes(op: string, what: string, value: number | readonly number[], count: number, least: number): readonly number[] {
  const list = typeof value === 'number' ? new Array<number>(count).fill(value) : value;
  if (!Array.isArray(list) || list.length !== count || !list.every((number) => Number.isInteger(number) && number >= least)) {
    throw new ShapeError(`${op}: expected a whole ${what} ≥ ${least}${count > 1 ? `, or ${count} of them` : ''}, got ${value}`);
  }
  return list;
}
