// Two records side by side.
import type { OptionRecord, OptionValue } from '../../run/options.ts';

export interface Pair {
  readonly name: string;
  readonly values: readonly [OptionValue | undefined, OptionValue | undefined];
}

/** Every name of either record, those of the first one first. */
export function pairs(a: OptionRecord, b: OptionRecord): Pair[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].map((name) => ({ name, values: [a[name], b[name]] }));
}
