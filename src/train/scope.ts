// Places in a run, by their names.

/** The seed of a place in the run, 53 bits: FNV-1a over its path in two lanes, begun with the run's seed. */
export function seedOf(seed: number, path: string): number {
  let low = (0x811c9dc5 ^ seed) >>> 0;
  let high = (0x9747b28c ^ Math.floor(seed / 2 ** 32)) >>> 0;
  for (let i = 0; i < path.length; i++) {
    low = Math.imul(low ^ path.charCodeAt(i), 0x01000193) >>> 0;
    high = Math.imul(high ^ low ^ (low >>> 15), 0x85ebca6b) >>> 0;
  }
  return (high >>> 11) * 2 ** 32 + low;
}

/** A place in the run, for a person: `run/2/training` is `run 2 › training`. */
export const phaseOf = (path: string): string => path.replace(/\/(\d+)(?=\/|$)/g, ' $1').replaceAll('/', ' › ');
