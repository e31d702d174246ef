import attention from '../../../../shaders/attention.wgsl';
import attentionLanes from '../../../../shaders/attentionLanes.wgsl';
import type { DeviceTraits, Launch, Operand } from '../kernel.ts';
import { grid, lanesOf, usesLanes } from './grid.ts';

/** Head dimensions up to which the kernels' tiles fit into workgroup memory. */
export const MAX_DEPTH = 128;

export interface AttentionSpec {
  /** Heads of k and v; q's that share one stand as further rows. */
  readonly heads: number;
  readonly rows: number;
  readonly queries: number;
  readonly keys: number;
  readonly depth: number;
  readonly valueDepth: number;
  readonly scale: number;
  readonly causal: boolean;
  readonly masked: boolean;
  /** Head h of q has mask (h / maskDivide) % maskCount. */
  readonly maskDivide: number;
  readonly maskCount: number;
  /** Elements between masks, and between their rows and columns; 0 repeats one. */
  readonly maskHead: number;
  readonly maskRow: number;
  readonly maskColumn: number;
  /** Probability of keeping a weight, in 65,536ths. */
  readonly keep: number;
  /** Number of the draw, if some are dropped; −1 otherwise. */
  readonly stream: number;
}

/** Inputs q, k, v, then the mask and the random key where there are any; the output is [y, max, log Σ exp(score − max)] (shaders/attention.wgsl). */
export function lowerAttention(spec: AttentionSpec, traits: DeviceTraits): Launch[] {
  const bind = { own: { input: 0 }, other: { input: 1 }, otherValue: { input: 2 }, ...extras(spec, 3) };
  const flops = 2 * spec.heads * spec.rows * spec.keys * (spec.depth + spec.valueDepth);
  return launch('forward', spec, false, bind, flops, traits);
}

/** Inputs q, k, v, dy, stats, then mask and key; the output is dq, or [dk, dv] with `byKey`. */
export function lowerAttentionBackward(spec: AttentionSpec, byKey: boolean, traits: DeviceTraits): Launch[] {
  const [q, k, v, dy] = [0, 1, 2, 3].map((input) => ({ input }));
  const sides = byKey ? { own: k, ownValue: v, other: q, otherValue: dy } : { own: q, ownValue: dy, other: k, otherValue: v };
  const products = byKey ? 2 * spec.depth + 2 * spec.valueDepth : 2 * spec.depth + spec.valueDepth;
  const flops = 2 * spec.heads * spec.rows * spec.keys * products;
  return launch('backward', spec, byKey, { ...sides, stats: { input: 4 }, ...extras(spec, 5) }, flops, traits);
}

/** What isn't there is never read; its binding takes q. */
function extras({ masked, stream }: AttentionSpec, next: number): Record<string, Operand> {
  return { mask: { input: masked ? next : 0 }, key: { input: stream < 0 ? 0 : next + (masked ? 1 : 0) } };
}

function launch(
  entry: string,
  spec: AttentionSpec,
  byKey: boolean,
  bind: Readonly<Record<string, Operand>>,
  flops: number,
  traits: DeviceTraits,
): Launch[] {
  const { causal, masked, stream, ...shape } = spec;
  const workgroups = grid(spec.heads * Math.ceil((byKey ? spec.keys : spec.rows) / 32), traits);
  const lanes = usesLanes(traits);
  return [
    {
      shader: lanes ? attentionLanes : attention,
      entry,
      params: { ...shape, stream: Math.max(0, stream), keptScale: 65536 / Math.max(1, spec.keep), gridX: workgroups[0] },
      constants: { BY_KEY: byKey, MASKED: masked, CAUSAL: causal, DROPOUT: stream >= 0, ...(lanes ? { LANES: lanesOf(traits) } : {}) },
      workgroups,
      bind: { ...bind, y: 'output' },
      flops: causal ? flops / 2 : flops,
    },
  ];
}
