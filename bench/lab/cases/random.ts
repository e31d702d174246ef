/** Repeatable values in (-1, 1) (mulberry32). */
export function values(length: number, seed: number): Float32Array {
  let state = seed * 7919 + 1;
  return Float32Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

/** Repeatable whole numbers below `limit`. */
export function indices(length: number, limit: number, seed: number): Uint32Array {
  return Uint32Array.from(values(length, seed), (value) => Math.min(limit - 1, Math.floor(((value + 1) / 2) * limit)));
}
