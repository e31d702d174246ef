// From a graph to a plan: simplify, fuse, order, have kernels written (emit.ts), place values in memory.
import { DTypeError, OutOfMemoryError, TilegradError } from '../graph/errors.ts';
import { topologicalOrder } from '../graph/order.ts';
import { showShape } from '../graph/shape.ts';
import { DataLeaf, HostLeaf, InputLeaf, ResidentLeaf, State, type Tensor, Trace, withTrace } from '../graph/tensor.ts';
import type { DeviceTraits } from '../ops/kernel.ts';
import { isKind, keepsOrder } from '../ops/op.ts';
import { usesF16 } from './assemble.ts';
import { copyOf, type DraftBinding, type DraftStep, Emitter } from './emit.ts';
import { bufferOf, fuse, type Group } from './fuse.ts';
import { assignSlots, type Value } from './memory.ts';
import { type Binding, bytesOf, type Place, type Plan, type Step } from './plan.ts';
import { simplify } from './simplify.ts';

/** What a traced function computes: values to return, and new values of states. */
export interface Program {
  readonly outputs: readonly Tensor[];
  readonly assigned: ReadonlyMap<State, Tensor>;
  /** Bytes of the function's arguments; 0 for those that are read where they lie. */
  readonly inputs: readonly number[];
}

/** Host-written values begin at multiples of this, the alignment that buffer offsets need. */
const HOST_ALIGNMENT = 256;

export function plan(program: Program, traits: DeviceTraits): Plan {
  // Rewriting makes nodes; a trace of its own keeps pending assignments out of them.
  return withTrace(new Trace(), () => new Planner(program, traits).plan());
}

class Planner {
  private readonly values = new Map<Tensor, Value>();
  private readonly blocks: number[] = [];
  private readonly hosts: { leaf: HostLeaf; offset: number }[] = [];
  private hostBytes = 0;
  private constantBytes = 0;
  private materialized: ReadonlySet<Tensor> = new Set();
  private readonly emitter: Emitter;

  constructor(
    private readonly program: Program,
    private readonly traits: DeviceTraits,
  ) {
    this.emitter = new Emitter(traits, (node) => this.valueOf(node));
  }

  plan(): Plan {
    const assigned = [...this.program.assigned];
    const simplified = simplify([...this.program.outputs, ...assigned.map(([, value]) => value)]);
    const outputs = simplified
      .slice(0, this.program.outputs.length)
      .map((node) => (bufferOf(node).op.kind === 'leaf' ? copyOf(node) : node));
    const updates = assigned.map(([state], i) => {
      const value = simplified[outputs.length + i];
      const holder = bufferOf(value);
      const inPlace = inPlaceTarget(holder) === state;
      return { state, inPlace, value: holder.op.kind === 'leaf' || (!inPlace && inPlaceTarget(holder)) ? copyOf(value) : value };
    });
    const roots = [...outputs, ...updates.map(({ value }) => value)];
    const { groups, materialized } = fuse(roots, this.traits.maxStorageBuffersPerStage);
    this.materialized = materialized;
    this.emitter.materialized = materialized;
    const ordered = this.order(groups);

    for (const output of outputs) this.privateBlock(bufferOf(output));
    for (const { root } of ordered) this.placePackedInputs(root, roots);
    const copies: { state: State; value: Tensor }[] = [];
    for (const { state, value, inPlace } of updates) {
      if (inPlace) continue;
      if (this.canWriteDirectly(state, bufferOf(value), ordered)) this.values.set(bufferOf(value), this.stateValue(state));
      else copies.push({ state, value });
    }
    for (const group of ordered) this.emit(group);
    for (const { state, value } of copies) this.emitter.copy(value, this.stateValue(state));

    for (const step of this.emitter.steps) this.checkLimits(step);
    const slots = assignSlots(this.emitter.steps);
    const steps = this.emitter.steps.map((step): Step => ({ ...step, bindings: step.bindings.map((binding) => finish(binding)) }));
    return {
      steps,
      slots,
      blocks: this.blocks,
      inputs: this.program.inputs,
      hosts: this.hosts,
      hostBytes: this.hostBytes,
      outputs: outputs.map((tensor) => ({ tensor, place: placeOf(this.valueOf(bufferOf(tensor))) })),
      written: updates.map(({ state }) => state),
      constantBytes: this.constantBytes,
    };
  }

  /** In-place updates go last, after everything that reads the old value. */
  private order(groups: readonly Group[]): Group[] {
    const late = new Set<Tensor>();
    const targets = new Set<State>();
    for (const { root } of groups) {
      const target = inPlaceTarget(root);
      if (target) targets.add(target);
      const reads = this.reads(root);
      if (target || reads.some((input) => late.has(input))) late.add(root);
      if (!target && late.has(root)) {
        const old = reads.find((input) => input instanceof State && (targets.has(input) || (input.arena && targets.has(input.arena))));
        if (old) {
          throw new TilegradError(
            `compile: ${(old as State).name} is read as it was before an optimiser's update together with a value from after it; ` +
              'compute the first in a function of its own and keep() it',
          );
        }
      }
    }
    return [...groups.filter(({ root }) => !late.has(root)), ...groups.filter(({ root }) => late.has(root))];
  }

  /** Buffers that the kernel of `root` reads. */
  private reads(root: Tensor): Tensor[] {
    const found = new Set<Tensor>();
    const seen = new Set<Tensor>();
    const walk = (node: Tensor): void => {
      for (const input of node.inputs) {
        const holder = bufferOf(input);
        if (seen.has(holder)) continue;
        seen.add(holder);
        if (this.materialized.has(holder) || holder.op.kind === 'leaf') found.add(holder);
        else walk(holder);
      }
    };
    walk(root);
    return [...found];
  }

  private privateBlock(node: Tensor): Value {
    const known = this.values.get(node);
    if (known) return known;
    const value: Value = { ...sizeOfValue(node), place: { kind: 'private', block: this.blocks.length, offset: 0 } };
    this.blocks.push(value.bytes);
    this.values.set(node, value);
    return value;
  }

  /** The kernels of a pack's inputs write straight into it, unless something else reads them too. */
  private placePackedInputs(root: Tensor, roots: readonly Tensor[]): void {
    if (!isKind(root, 'kernel') || !root.op.offsets) return;
    const block = placeOf(this.privateBlock(root)) as Extract<Place, { kind: 'private' }>;
    const offsets = root.op.offsets(root);
    root.inputs.forEach((input, i) => {
      const holder = bufferOf(input);
      if (!this.materialized.has(holder) || this.values.has(holder) || inPlaceTarget(holder)) return;
      if (countUsers(holder, roots) !== 1 || root.inputs.filter((other) => bufferOf(other) === holder).length !== 1) return;
      this.values.set(holder, {
        ...sizeOfValue(holder),
        place: { kind: 'private', block: block.block, offset: block.offset + offsets[i] * 4 },
      });
    });
  }

  /**
   * Whether the kernel of `value` may write the state itself: nothing later reads the old value, and the kernel reads it, if at all,
   * only at the element it writes.
   */
  private canWriteDirectly(state: State, value: Tensor, ordered: readonly Group[]): boolean {
    if (this.values.has(value) || value.size !== state.size) return false;
    const at = ordered.findIndex(({ root }) => root === value);
    if (at < 0 || ordered[at].core) return false;
    const touches = (input: Tensor) => {
      // An update in place stands where its state does.
      const place = inPlaceTarget(input) ?? input;
      return place instanceof State && (place === state || (place.arena ?? place) === (state.arena ?? state));
    };
    for (let i = at + 1; i < ordered.length; i++) if (this.reads(ordered[i].root).some(touches)) return false;
    const own = this.reads(value).filter(touches);
    return own.every((input) => input === state) && (own.length === 0 || this.readsOnlyOwnElement(value, state));
  }

  private readsOnlyOwnElement(root: Tensor, state: State): boolean {
    const seen = new Set<Tensor>();
    const walk = (node: Tensor): boolean =>
      node.inputs.every((input) => {
        if (input === state) return node.op.kind === 'elementwise' || keepsOrder(node);
        if (seen.has(input) || input.op.kind === 'leaf' || this.materialized.has(input)) return true;
        seen.add(input);
        if (input.op.kind === 'elementwise' || keepsOrder(input)) return walk(input);
        return !topologicalOrder([input]).includes(state);
      });
    return walk(root);
  }

  private stateValue(state: State): Value {
    const known = this.values.get(state);
    if (known) return known;
    const value: Value = { ...sizeOfValue(state), place: { kind: 'state', state } };
    this.values.set(state, value);
    return value;
  }

  /** Where a materialised node or a leaf stands. */
  private valueOf(node: Tensor): Value {
    const known = this.values.get(node);
    if (known) return known;
    const value: Value = { ...sizeOfValue(node), place: this.leafPlace(node) };
    this.values.set(node, value);
    return value;
  }

  private leafPlace(node: Tensor): Place | undefined {
    if (node instanceof State) return { kind: 'state', state: node };
    if (node instanceof InputLeaf) return { kind: 'input', index: node.index };
    if (node instanceof HostLeaf) {
      const offset = this.hostBytes;
      this.hosts.push({ leaf: node, offset });
      this.hostBytes += Math.ceil(bytesOf(node) / HOST_ALIGNMENT) * HOST_ALIGNMENT;
      return { kind: 'host', offset };
    }
    if (node instanceof DataLeaf || node instanceof ResidentLeaf) {
      this.constantBytes += bytesOf(node);
      return { kind: 'constant', leaf: node };
    }
    return undefined;
  }

  private emit({ root, core }: Group): void {
    if (root.size === 0) return;
    if (!core) return this.emitter.elementwise(root, this.valueOf(root));
    if (isKind(core, 'kernel') && core.op.offsets) return this.emitPack(core, core.op.offsets(core));
    const target = inPlaceTarget(root);
    const output = target ? this.stateValue(target) : this.valueOf(root);
    if (target) this.values.set(root, output);
    if (isKind(core, 'reduce')) this.emitter.reduce(core, root, output);
    else if (isKind(core, 'kernel')) this.emitter.kernel(core, root, output);
  }

  /** Copies in the inputs that their kernels could not write into place. */
  private emitPack(pack: Tensor, offsets: readonly number[]): void {
    const block = placeOf(this.valueOf(pack)) as Extract<Place, { kind: 'private' }>;
    pack.inputs.forEach((input, i) => {
      const offset = block.offset + offsets[i] * 4;
      const { place } = this.valueOf(bufferOf(input));
      if (place?.kind === 'private' && place.block === block.block && place.offset === offset) return;
      this.emitter.copy(input, { ...sizeOfValue(input), place: { kind: 'private', block: block.block, offset } });
    });
  }

  private checkLimits(step: DraftStep): void {
    if (!this.traits.f16 && usesF16(step.code)) {
      throw new DTypeError(`${step.label}: f16 needs an adapter with shader-f16, which this one lacks; cast() to f32`);
    }
    const large = step.bindings.find(({ value }) => value.bytes > this.traits.maxBindingBytes);
    if (large) {
      throw new OutOfMemoryError(
        `${step.label}: expected at most ${this.traits.maxBindingBytes} bytes in one buffer, the adapter's limit, got ${large.value.about} of ` +
          `${large.value.bytes} bytes; ` +
          'use a smaller batch, or split the tensor',
      );
    }
    if (step.workgroups.some((count) => count > this.traits.maxWorkgroupsPerDimension)) {
      throw new TilegradError(
        `${step.label}: ${step.workgroups.join('×')} workgroups exceed the adapter's ${this.traits.maxWorkgroupsPerDimension}`,
      );
    }
  }
}

const sizeOfValue = (node: Tensor) => ({ bytes: bytesOf(node), about: `${node.dtype} ${showShape(node.shape)}` });

/** The state that a kernel updates in place, if it does. */
function inPlaceTarget(node: Tensor): State | undefined {
  if (!isKind(node, 'kernel') || node.op.inPlace === undefined) return undefined;
  const target = bufferOf(node.inputs[node.op.inPlace]);
  return target instanceof State ? target : inPlaceTarget(target);
}

/** How many nodes read the buffer of `holder`, through reshapes as well. */
function countUsers(holder: Tensor, roots: readonly Tensor[]): number {
  let count = roots.some((root) => bufferOf(root) === holder) ? 1 : 0;
  for (const node of topologicalOrder(roots)) {
    if (keepsOrder(node)) continue;
    if (node.inputs.some((input) => bufferOf(input) === holder)) count++;
  }
  return count;
}

function placeOf(value: Value): Place {
  if (!value.place) throw new TilegradError('planner: a value without a place');
  return value.place;
}

function finish({ binding, value, access }: DraftBinding): Binding {
  return { binding, place: placeOf(value), bytes: value.bytes, access };
}
