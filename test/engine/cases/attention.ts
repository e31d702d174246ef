import { composedAttention } from '../../../src/engine/ops/attention.ts';
import { type AttentionOptions, gradients, scaledDotProductAttention, type Tensor } from '../../../src/index.ts';
import type { ShaderCase } from '../all-cases.ts';
import { type Input, type OpCase, random, values } from '../check.ts';
import { f32 } from '../plan-of.ts';
import * as ref from '../reference.ts';

type Shape = readonly number[];

interface Options {
  readonly isCausal?: boolean;
  readonly scale?: number;
  readonly enableGqa?: boolean;
}

/** softmax(scale·q·kᵀ + mask)·v, row by row; 0 where all is masked. */
function reference(q: ref.Values, k: ref.Values, v: ref.Values, mask: ref.Values | undefined, options: Options): ref.Values {
  const [queries, depth] = q.shape.slice(-2);
  const [keys, valueDepth] = v.shape.slice(-2);
  const { isCausal = false, scale = 1 / Math.sqrt(depth), enableGqa = false } = options;
  const lead = q.shape.slice(0, -2);
  /** Where the matrix of a head begins. */
  const matrix = (x: ref.Values, head: readonly number[]): number => {
    const own = x.shape.slice(0, -2);
    const at = own.map((dim, axis) => {
      const i = head[head.length - own.length + axis];
      const share = enableGqa && axis === own.length - 1 ? lead[lead.length - 1] / dim : 1;
      return dim === 1 ? 0 : Math.floor(i / share);
    });
    return ref.place(own, at) * ref.size(x.shape.slice(-2));
  };
  const data: number[] = [];
  ref.everywhere(lead, (head) => {
    const [qs, ks, vs, ms] = [q, k, v, mask].map((x) => (x ? matrix(x, head) : 0));
    const [maskRows, maskColumns] = mask?.shape.slice(-2) ?? [1, 1];
    for (let t = 0; t < queries; t++) {
      const added = (s: number) => mask?.data[ms + (maskRows === 1 ? 0 : t) * maskColumns + (maskColumns === 1 ? 0 : s)] ?? 0;
      // Subtracted from all, lest differences of scores be lost beside it.
      const shift = Math.max(-Number.MAX_VALUE, ...Array.from({ length: isCausal ? Math.min(t + 1, keys) : keys }, (_, s) => added(s)));
      const scores = Array.from({ length: keys }, (_, s) => {
        if (isCausal && s > t) return Number.NEGATIVE_INFINITY;
        let dot = 0;
        for (let d = 0; d < depth; d++) dot += q.data[qs + t * depth + d] * k.data[ks + s * depth + d];
        return dot * scale + (added(s) - shift);
      });
      const total = ref.logSumExp(scores);
      for (let c = 0; c < valueDepth; c++) {
        const hidden = total === Number.NEGATIVE_INFINITY;
        data.push(hidden ? 0 : scores.reduce((y, score, s) => y + Math.exp(score - total) * v.data[vs + s * valueDepth + c], 0));
      }
    }
  });
  return { shape: [...lead, queries, valueDepth], data: Float64Array.from(data) };
}

interface Row extends Options {
  readonly q: Shape | Input;
  readonly k: Shape | Input;
  readonly v: Shape;
  readonly mask?: Input;
  readonly wrt?: readonly number[];
  readonly second?: boolean;
  readonly f16?: boolean;
  readonly everyKernel?: boolean;
}

const inf = Number.POSITIVE_INFINITY;
/** Row 1 is hidden whole. */
const holes = values([1, 0, 1, 0, 0, 0, 0, 1, 1], [3, 3], 'bool');

const ROWS: Readonly<Record<string, Row>> = {
  'odd shapes': { q: [2, 5, 3], k: [2, 7, 3], v: [2, 7, 2], f16: true },
  'a mask of bools, one row all hidden': { q: [2, 3, 4], k: [2, 3, 4], v: [2, 3, 4], mask: holes },
  'grouped heads': {
    q: [2, 4, 5, 3],
    k: [2, 2, 6, 3],
    v: [2, 2, 6, 3],
    enableGqa: true,
    isCausal: true,
    mask: random([2, 1, 1, 6]),
    second: true,
  },
  'grouped heads, several tiles': {
    q: [6, 37, 5],
    k: [2, 37, 5],
    v: [2, 37, 5],
    enableGqa: true,
    isCausal: true,
    mask: random([6, 1, 37]),
  },
  'of one': { q: [1, 1], k: [1, 1], v: [1, 1] },
  'a scale': { q: [3, 4], k: [5, 4], v: [5, 4], scale: 0.7 },
  'a causal mask': { q: [2, 1, 9, 5], k: [2, 1, 9, 5], v: [2, 1, 9, 5], isCausal: true },
  'a causal mask, more keys': { q: [6, 5], k: [11, 5], v: [11, 3], isCausal: true },
  'several tiles': { q: [2, 35, 17], k: [2, 37, 17], v: [2, 37, 9] },
  'a mask a batch': { q: [2, 3, 4, 5], k: [2, 3, 6, 5], v: [2, 3, 6, 5], mask: random([2, 1, 1, 6]) },
  'a mask a head': { q: [2, 3, 4, 5], k: [2, 3, 6, 5], v: [2, 3, 6, 5], mask: random([3, 4, 6]) },
  'a mask of dimensions 0 and 2': { q: [2, 2, 2, 3, 2], k: [2, 2, 2, 3, 2], v: [2, 2, 2, 3, 2], mask: random([2, 1, 2, 3, 1]) },
  'one k and v for all': { q: [2, 5, 3], k: [6, 3], v: [6, 3] },
  'heads too deep for the kernels': { q: [3, 130], k: [5, 130], v: [5, 4], isCausal: true },
  'no keys': { q: [2, 3], k: [0, 3], v: [0, 4] },
  'no queries': { q: [0, 3], k: [2, 3], v: [2, 4] },
};

const QUERIES = 5;
const KEYS = 17;
/** What programs hide keys with: a head for each. */
const MASKED = [-1e4, -1e9, -3.4028234663852886e38, -inf];

/**
 * Queries of which the first sees only masked keys, the second half of them, the third all but one, the others none. The first is 0: beside a
 * large mask nothing of a score would be left.
 */
function hidden(depth: number, { second = false, everyKernel = false, ...options }: Partial<Row> = {}): Row {
  const heads = MASKED.length;
  const q = random([heads, QUERIES, depth]).with((data) => data.map((x, i) => (i % (QUERIES * depth) < depth ? 0 : x)));
  const isMasked = (query: number, key: number) => query === 0 || (query === 1 && key % 2 === 1) || (query === 2 && key !== 1);
  const mask = MASKED.flatMap((masked) =>
    Array.from({ length: QUERIES * KEYS }, (_, i) => (isMasked(Math.floor(i / KEYS), i % KEYS) ? masked : 0)),
  );
  const k = [options.enableGqa ? 2 : heads, KEYS, depth];
  return { q, k, v: k, mask: values(mask, [heads, QUERIES, KEYS]), second, everyKernel, ...options };
}

const LARGE = 2 ** 21;
/** One large number and a small one a row, all exact in f32 however they are added up. */
const besideLarge = (rows: number, large: number): Input =>
  values(
    Array.from({ length: 2 * rows }, (_, i) => (i % 2 ? ((i * 7) % 5) - 2 : large)),
    [rows, 2],
  );

const EXTREMES: Readonly<Record<string, Row>> = {
  'masks of all sizes': hidden(3, { second: true, everyKernel: true }),
  'masks of all sizes, causal, grouped heads': hidden(16, { isCausal: true, enableGqa: true, everyKernel: true }),
  'masks of all sizes, the largest depth': hidden(128),
  'masks of all sizes, too deep for the kernels': hidden(130),
  'scores near 2e6 by q': { q: besideLarge(9, LARGE), k: besideLarge(7, 1), v: [7, 3], scale: 1, wrt: [0, 2], everyKernel: true },
  'scores near 2e6 by k': { q: besideLarge(9, 1), k: besideLarge(7, LARGE), v: [7, 3], scale: 1, wrt: [1, 2], everyKernel: true },
  'scores near −2e6': { q: besideLarge(9, -LARGE), k: besideLarge(7, 1), v: [7, 3], scale: 1, wrt: [0, 2], everyKernel: true },
};

const row = (
  about: string,
  { q, k, v, mask, wrt, second = false, f16 = false, everyKernel = false, ...options }: Row,
  apply: typeof scaledDotProductAttention,
): OpCase => ({
  op: 'scaledDotProductAttention',
  about,
  inputs: [...[q, k, v].map((x) => ('data' in x ? x : random(x))), ...(mask ? [mask] : [])],
  // Differences of a mask's infinities are no numbers.
  wrt: wrt ?? (mask?.data.includes(-inf) || mask?.dtype === 'bool' ? [0, 1, 2] : undefined),
  apply: (...xs) => apply(xs[0], xs[1], xs[2], { ...options, ...(mask ? { attnMask: xs[3] } : {}) }),
  reference: (...xs) => {
    const added = mask?.dtype === 'bool' ? ref.map(xs[3], (bit) => (bit ? 0 : -inf)) : xs[3];
    return reference(xs[0], xs[1], xs[2], added, options);
  },
  second,
  f16,
  everyKernel,
  tolerance: 3e-5,
});

export const attentionCases: readonly OpCase[] = [
  ...Object.entries({ ...ROWS, ...EXTREMES }).map(([about, shapes]) => row(about, shapes, scaledDotProductAttention)),
  ...['odd shapes', 'a mask of bools, one row all hidden', 'grouped heads'].map((about) =>
    row(`composed, ${about}`, ROWS[about], composedAttention),
  ),
];

const trained =
  (options: AttentionOptions) =>
  (q: Tensor, k: Tensor, v: Tensor, ...masks: Tensor[]): Tensor[] => {
    const y = scaledDotProductAttention(q, k, v, { ...options, ...(masks.length ? { attnMask: masks[0] } : {}) });
    return [y, ...gradients(y.square().sum(), [q, k, v])];
  };

export const attentionShaderCases: readonly ShaderCase[] = [
  ['attention', trained({}), [f32(4, 8, 512, 64), f32(4, 8, 512, 64), f32(4, 8, 512, 64)]],
  [
    'attention, everything',
    trained({ isCausal: true, dropoutP: 0.1, enableGqa: true }),
    [f32(4, 33, 128), f32(2, 50, 128), f32(2, 50, 127), f32(33, 50)],
  ],
];
