import { type AttentionSpec, lowerAttention, lowerAttentionBackward } from '../../../src/engine/ops/lower/attention.ts';
import { philox4x32 } from '../../../src/random.ts';
import type { Case } from '../case.ts';
import { values } from './random.ts';

const KEY = Uint32Array.of(7, 8, 9, 10);
const STREAM = 2;

/** All that the kernels compute, pair by pair of query and key. */
function reference(spec: AttentionSpec, [q, k, v, dy, mask]: readonly Float32Array[]) {
  const { heads, rows, queries, keys, depth, valueDepth, scale } = spec;
  const y = new Float64Array(heads * rows * (valueDepth + 2));
  const dq = new Float64Array(heads * rows * depth);
  const dkv = new Float64Array(heads * keys * (depth + valueDepth));
  const stats = new Float64Array(3 * heads * rows);
  const block = new Uint32Array(4);
  for (let row = 0; row < heads * rows; row++) {
    const first = Math.floor(row / rows) * keys;
    const t = row % queries;
    const dot = (a: Float32Array, i: number, b: Float32Array, j: number, length: number) => {
      let sum = 0;
      for (let d = 0; d < length; d++) sum += a[i * length + d]! * b[j * length + d]!;
      return sum;
    };
    const masks = (Math.floor(Math.floor(row / queries) / spec.maskDivide) % spec.maskCount) * spec.maskHead + t * spec.maskRow;
    const scores = Array.from({ length: keys }, (_, s) => {
      if (spec.causal && s > t) return Number.NEGATIVE_INFINITY;
      return dot(q!, row, k!, first + s, depth) * scale + (spec.masked ? mask![masks + s * spec.maskColumn]! : 0);
    });
    const largest = Math.max(...scores);
    const logTotal = Math.log(scores.reduce((sum, score) => sum + Math.exp(score - largest), 0));
    const total = largest + logTotal;
    const inner = 2 * heads * rows + row;
    const drops = scores.map((_, s) => {
      if (spec.stream < 0) return 1;
      philox4x32([row * Math.ceil(keys / 8) + Math.floor(s / 8), spec.stream, KEY[2]!, KEY[3]!], [KEY[0]!, KEY[1]!], block);
      const drawn = (block[Math.floor(s / 2) % 4]! >>> (16 * (s % 2))) & 0xffff;
      return drawn < spec.keep ? 65536 / spec.keep : 0;
    });
    scores.forEach((score, s) => {
      const weight = Math.exp(score - total) * drops[s]!;
      for (let d = 0; d < valueDepth; d++) y[row * valueDepth + d]! += weight * v![(first + s) * valueDepth + d]!;
    });
    [largest, logTotal].forEach((value, i) => {
      y[heads * rows * (valueDepth + i) + row] = value;
      stats[i * heads * rows + row] = value;
    });
    for (let d = 0; d < valueDepth; d++) stats[inner]! += y[row * valueDepth + d]! * dy![row * valueDepth + d]!;
    scores.forEach((score, s) => {
      const p = Math.exp(score - total);
      const ds = scale * p * (dot(dy!, row, v!, first + s, valueDepth) * drops[s]! - stats[inner]!);
      for (let d = 0; d < depth; d++) {
        dq[row * depth + d]! += ds * k![(first + s) * depth + d]!;
        dkv[(first + s) * depth + d]! += ds * q![row * depth + d]!;
      }
      const at = heads * keys * depth + (first + s) * valueDepth;
      for (let d = 0; d < valueDepth; d++) dkv[at + d]! += p * drops[s]! * dy![row * valueDepth + d]!;
    });
  }
  return { y, dq, dkv, stats: Float32Array.from(stats) };
}

const plain = {
  causal: false,
  masked: false,
  maskDivide: 1,
  maskCount: 1,
  maskHead: 0,
  maskRow: 0,
  maskColumn: 0,
  keep: 65536,
  stream: -1,
};

const SPECS: Readonly<Record<string, AttentionSpec>> = {
  'odd shapes': { heads: 2, rows: 5, queries: 5, keys: 7, depth: 3, valueDepth: 2, scale: 0.5, ...plain },
  'several tiles': { heads: 2, rows: 70, queries: 70, keys: 45, depth: 33, valueDepth: 65, scale: 0.2, ...plain },
  'grouped, causal, masked, dropping': {
    ...plain,
    heads: 2,
    rows: 111,
    queries: 37,
    keys: 45,
    depth: 20,
    valueDepth: 9,
    scale: 0.3,
    causal: true,
    masked: true,
    maskDivide: 3,
    maskCount: 2,
    maskHead: 45,
    maskColumn: 1,
    keep: 45000,
    stream: STREAM,
  },
};

export function* attentionCases(): Generator<Case> {
  for (const [about, spec] of Object.entries(SPECS)) {
    const { heads, rows, keys, depth, valueDepth } = spec;
    const given = [heads * rows * depth, heads * keys * depth, heads * keys * valueDepth, heads * rows * valueDepth, 2 * keys].map(values);
    const [q, k, v, dy, mask] = given as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
    const extras = [...(spec.masked ? [mask] : []), ...(spec.stream < 0 ? [] : [KEY])];
    const expected = () => reference(spec, given);
    const backward = () => [q, k, v, dy, expected().stats, ...extras];
    yield {
      name: `attention ${about}`,
      launches: (traits) => lowerAttention(spec, traits),
      inputs: () => [q, k, v, ...extras],
      expected: () => expected().y,
    };
    yield {
      name: `attention ${about}, dq`,
      launches: (traits) => lowerAttentionBackward(spec, false, traits),
      inputs: backward,
      expected: () => expected().dq,
    };
    yield {
      name: `attention ${about}, dk and dv`,
      launches: (traits) => lowerAttentionBackward(spec, true, traits),
      inputs: backward,
      expected: () => expected().dkv,
    };
  }
}
