/** Exported by ops/index.ts, but no ops: their tests are those of states, random numbers and debug mode. `tensor` is in every row. */
export const NOT_OPS = ['tensor', 'hostValues', 'manualSeed', 'randomState', 'setRandomState', 'setDebug'];
