import type { nn } from '../../index.ts';

/** Values of `before`, and how many of them have other bits in `after`: of what is frozen, none. */
export function differing(before: nn.StateDict, after: nn.StateDict): { readonly values: number; readonly changed: number } {
  let [values, changed] = [0, 0];
  for (const [name, { data }] of Object.entries(before)) {
    const [old, now] = [data, after[name].data].map((of) => new Uint32Array(Float32Array.from(of).buffer));
    values += old.length;
    changed += old.filter((bits, i) => bits !== now[i]).length;
  }
  return { values, changed };
}
