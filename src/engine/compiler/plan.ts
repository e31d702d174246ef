// A plan: everything one execution does, as plain data. It can be printed, counted and tested with no GPU.
import { byteLength } from '../graph/dtype.ts';
import { showShape } from '../graph/shape.ts';
import type { HostLeaf, State, Tensor } from '../graph/tensor.ts';

/** Where a value of a plan lives. */
export type Place =
  /** Shared working memory, reused by values whose lifetimes don't overlap. */
  | { readonly kind: 'slot'; readonly slot: number }
  /** Memory of this plan alone, zero at first: results, and blocks with gaps that must stay zero. */
  | { readonly kind: 'private'; readonly block: number; readonly offset: number }
  | { readonly kind: 'input'; readonly index: number }
  /** Values that are uploaded once. */
  | { readonly kind: 'constant'; readonly leaf: Tensor }
  /** Values that the host writes before every execution; `offset` is their place in one buffer. */
  | { readonly kind: 'host'; readonly offset: number }
  | { readonly kind: 'state'; readonly state: State };

export interface Binding {
  readonly binding: number;
  readonly place: Place;
  readonly bytes: number;
  readonly access: 'read' | 'read_write';
}

/** One dispatch. */
export interface Step {
  /** `matmul.forward + add, relu`. */
  readonly label: string;
  /** The shader file, or `fused` for generated code. */
  readonly shader: string;
  readonly code: string;
  /** Generated lines in front of the file's own. */
  readonly preludeLines: number;
  readonly entry: string;
  readonly workgroups: readonly [number, number, number];
  readonly bindings: readonly Binding[];
  readonly flops: number;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** Bytes of each shared slot. */
  readonly slots: readonly number[];
  /** Bytes of each block of this plan's own. */
  readonly blocks: readonly number[];
  /** Bytes of each input, in the order of the function's arguments; 0 for one that is read where it lies. */
  readonly inputs: readonly number[];
  readonly hosts: readonly { readonly leaf: HostLeaf; readonly offset: number }[];
  readonly hostBytes: number;
  readonly outputs: readonly { readonly place: Place; readonly tensor: Tensor }[];
  /** States that an execution changes. */
  readonly written: readonly State[];
  readonly constantBytes: number;
}

export const bytesOf = ({ dtype, size }: Tensor): number => byteLength(dtype, size);

/** Bytes that a step reads and writes, counting each binding once. */
export function trafficOf(step: Step): number {
  return step.bindings.reduce((total, { bytes }) => total + bytes, 0);
}

/** A plan as text: its dispatches with what was fused into each, and its memory. */
export function describe(plan: Plan): string {
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`;
  const total = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size, 0);
  const place = (at: Place): string => {
    if (at.kind === 'slot') return `slot ${at.slot}`;
    if (at.kind === 'private') return `block ${at.block}${at.offset ? `+${at.offset}` : ''}`;
    if (at.kind === 'state') return at.state.name;
    return at.kind === 'input' ? `input ${at.index}` : at.kind;
  };
  const lines = plan.steps.map((step, i) => {
    const writes = step.bindings.filter(({ access }) => access === 'read_write').map(({ place: at }) => place(at));
    const reads = step.bindings.filter(({ access }) => access === 'read').map(({ place: at }) => place(at));
    return `${String(i).padStart(4)}  ${step.label}  ${step.workgroups.join('×')}  ${reads.join(', ') || '–'} → ${writes.join(', ')}`;
  });
  const unfused = plan.steps.reduce((sum, step) => sum + step.label.split(/[+,]/).length, 0);
  return [
    `${plan.steps.length} dispatches (${unfused} operations), ${plan.slots.length} shared buffers of ${kib(total(plan.slots))}, ` +
      `${plan.blocks.length} own of ${kib(total(plan.blocks))}, constants ${kib(plan.constantBytes)}, ${plan.written.length} states written`,
    ...lines,
    ...plan.outputs.map(({ tensor, place: at }, i) => `output ${i}: ${tensor.dtype} ${showShape(tensor.shape)} in ${place(at)}`),
  ].join('\n');
}
