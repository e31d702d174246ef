// From a graph to a plan: simplify, fuse, order, generate code, place values in memory.
import { DTypeError, OutOfMemoryError, TilegradError } from '../graph/errors.ts';
import { topologicalOrder } from '../graph/order.ts';
import { showShape } from '../graph/shape.ts';
import { DataLeaf, HostLeaf, InputLeaf, ResidentLeaf, State, Tensor, Trace, withTrace } from '../graph/tensor.ts';
import { wgslType } from '../ops/create.ts';
import type { DeviceTraits, Launch, Operand, Scratch } from '../ops/kernel.ts';
import type { ElementwiseOp, KernelOp, ReduceOp } from '../ops/op.ts';
import { assemble, type ExtraBuffer, elementwiseShader, usesF16 } from './assemble.ts';
import { Index, type Load, storageType, stored, ValueCode, Writer } from './codegen.ts';
import { bufferOf, fuse, type Group } from './fuse.ts';
import { assignSlots, type Value } from './memory.ts';
import { type Binding, bytesOf, type Place, type Plan, type Step } from './plan.ts';
import { lowerReduce, reducedPlace } from './reduction.ts';
import { simplify } from './simplify.ts';

/** What a traced function computes: values to return, and new values of states. */
export interface Program {
  readonly outputs: readonly Tensor[];
  readonly assigned: ReadonlyMap<State, Tensor>;
  /** Bytes of the function's arguments. */
  readonly inputs: readonly number[];
}

/** Host-written values begin at multiples of this, the alignment that buffer offsets need. */
const HOST_ALIGNMENT = 256;

const copyOp: ElementwiseOp = { name: 'copy', kind: 'elementwise', cost: 0, expression: ([x]) => x };
const copyOf = (node: Tensor): Tensor => new Tensor(copyOp, [node], {}, node.shape, node.dtype);

interface DraftBinding {
  readonly binding: number;
  readonly value: Value;
  readonly access: 'read' | 'read_write';
}

type DraftStep = Omit<Step, 'bindings'> & { readonly bindings: readonly DraftBinding[] };

export function plan(program: Program, traits: DeviceTraits): Plan {
  // Rewriting makes nodes; a trace of its own keeps pending assignments out of them.
  return withTrace(new Trace(), () => new Planner(program, traits).plan());
}

class Planner {
  private readonly values = new Map<Tensor, Value>();
  private readonly steps: DraftStep[] = [];
  private readonly blocks: number[] = [];
  private readonly hosts: { leaf: HostLeaf; offset: number }[] = [];
  private hostBytes = 0;
  private constantBytes = 0;
  private materialized: ReadonlySet<Tensor> = new Set();

  constructor(
    private readonly program: Program,
    private readonly traits: DeviceTraits,
  ) {}

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
    for (const { state, value } of copies) this.emitCopy(value, this.stateValue(state));

    for (const step of this.steps) this.checkLimits(step);
    const slots = assignSlots(this.steps);
    const steps = this.steps.map((step): Step => ({ ...step, bindings: step.bindings.map((binding) => finish(binding)) }));
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
    const op = root.op as KernelOp;
    if (op.kind !== 'kernel' || !op.placesInputs) return;
    const block = placeOf(this.privateBlock(root)) as Extract<Place, { kind: 'private' }>;
    const offsets = root.attrs.offsets as readonly number[];
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
    const touches = (input: Tensor) =>
      input instanceof State && (input === state || (input.arena !== undefined && input.arena === (state.arena ?? state)));
    for (let i = at + 1; i < ordered.length; i++) if (this.reads(ordered[i].root).some(touches)) return false;
    const own = this.reads(value).filter(touches);
    return own.every((input) => input === state) && (own.length === 0 || this.readsOnlyOwnElement(value, state));
  }

  private readsOnlyOwnElement(root: Tensor, state: State): boolean {
    const seen = new Set<Tensor>();
    const walk = (node: Tensor): boolean =>
      node.inputs.every((input) => {
        if (input === state) return node.op.kind === 'elementwise' || node.op.name === 'reshape';
        if (seen.has(input) || input.op.kind === 'leaf' || this.materialized.has(input)) return true;
        seen.add(input);
        if (input.op.kind === 'elementwise' || input.op.name === 'reshape') return walk(input);
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
    if (!core) return this.emitElementwise(root, this.valueOf(root));
    if ((core.op as KernelOp).placesInputs) return this.emitPack(core);
    const target = inPlaceTarget(root);
    const output = target ? this.stateValue(target) : this.valueOf(root);
    if (target) this.values.set(root, output);
    const fused = core === root ? '' : fusedNames(root, core, this.materialized);
    if (core.op.kind === 'reduce') return this.emitReduce(core, root, output, fused);
    const op = core.op as KernelOp;
    const launches = op.lower(core, this.traits);
    this.emitLaunches(launches, core, output, (last) => (last && core !== root ? this.epilogue(root, core) : undefined), fused);
  }

  /** Copies in the inputs that their kernels could not write into place. */
  private emitPack(pack: Tensor): void {
    const block = placeOf(this.valueOf(pack)) as Extract<Place, { kind: 'private' }>;
    const offsets = pack.attrs.offsets as readonly number[];
    pack.inputs.forEach((input, i) => {
      const offset = block.offset + offsets[i] * 4;
      const { place } = this.valueOf(bufferOf(input));
      if (place?.kind === 'private' && place.block === block.block && place.offset === offset) return;
      this.emitCopy(input, { ...sizeOfValue(input), place: { kind: 'private', block: block.block, offset } });
    });
  }

  private emitElementwise(root: Tensor, output: Value): void {
    const extras: ExtraBuffer<Value>[] = [];
    const writer = new Writer();
    const own = output.place?.kind === 'state' ? output.place.state : undefined;
    const load: Load = (node, index) => (node === own ? `y[${index}]` : `${this.extra(extras, node)}[${index}]`);
    const value = new ValueCode(this.materialized, load).value(root, Index.linear(root.shape, 'i'), writer, new Map(), true);
    const shader = elementwiseShader(root, extras, writer, stored(root, value), this.traits);
    this.steps.push({
      label: fusedNames(root, undefined, this.materialized) || root.op.name,
      shader: 'fused',
      code: shader.code,
      preludeLines: 0,
      entry: 'forward',
      workgroups: shader.workgroups,
      bindings: [
        { binding: 0, value: output, access: 'read_write' },
        ...extras.map(({ value: from }, i) => ({ binding: i + 1, value: from, access: 'read' as const })),
      ],
      flops: root.size * Math.max(1, writer.lines.length),
    });
  }

  private emitCopy(value: Tensor, output: Value): void {
    const root = copyOf(value);
    if (root.size > 0) this.emitElementwise(root, output);
  }

  /** The name under which generated code reads a buffer. */
  private extra(extras: ExtraBuffer<Value>[], node: Tensor): string {
    const value = this.valueOf(node);
    const known = extras.find((extra) => extra.value === value);
    if (known) return known.name;
    const name = `extra_${extras.length}`;
    extras.push({ name, type: storageType(node), value });
    return name;
  }

  private emitReduce(core: Tensor, root: Tensor, output: Value, fused: string): void {
    const op = core.op as ReduceOp;
    const [x] = core.inputs;
    const type = storageType(core);
    const hooks = (extras: ExtraBuffer<Value>[], loads: boolean) => {
      const writer = new Writer();
      const lines = [`fn combine(a: Value, b: Value) -> Value { return ${op.combine(core.dtype)}; }`];
      if (loads) {
        const code = new ValueCode(this.materialized, (node, index) => `${this.extra(extras, node)}[${index}]`);
        const place = writer.define('u32', reducedPlace(x.shape, core.attrs.axes as readonly number[]));
        const value = code.value(x, Index.linear(x.shape, place), writer, new Map());
        lines.push(`fn load(o: u32, r: u32) -> Value {\n${writer.lines.join('\n')}\nreturn ${value};\n}`);
      } else {
        lines.push('fn load(o: u32, r: u32) -> Value { return Value(0); }');
      }
      return [...writer.helpers, ...lines];
    };
    const under = fusedNames(core, core, this.materialized);
    this.emitLaunches(
      lowerReduce(core, this.traits),
      core,
      output,
      (last) => (last && core !== root ? this.epilogue(root, core) : undefined),
      fused,
      { type, identity: op.identity(core.dtype), loaded: under, hooks: (launch, extras) => hooks(extras, !('partials' in launch.bind)) },
    );
  }

  /** Code that turns the core's value into the root's. */
  private epilogue(root: Tensor, core: Tensor): (extras: ExtraBuffer<Value>[]) => { helpers: readonly string[]; body: string } {
    return (extras) => {
      const writer = new Writer();
      const code = new ValueCode(this.materialized, (node, index) => `${this.extra(extras, node)}[${index}]`);
      code.fix(core, 'value');
      const value = code.value(root, Index.linear(root.shape, 'index'), writer, new Map(), true);
      return { helpers: [...writer.helpers], body: `${writer.lines.join('\n')}\nreturn ${value};` };
    };
  }

  private emitLaunches(
    launches: readonly Launch[],
    core: Tensor,
    output: Value,
    epilogueOf: (last: boolean) => ReturnType<Planner['epilogue']> | undefined,
    fused: string,
    reduce?: { type: string; identity: string; loaded: string; hooks: (launch: Launch, extras: ExtraBuffer<Value>[]) => string[] },
  ): void {
    const scratch = new Map<number, Value>();
    const valueFor = (operand: Operand): Value => {
      if (operand === 'output') return output;
      if ('input' in operand) return this.valueOf(bufferOf(core.inputs[operand.input]));
      return this.scratchValue(scratch, operand);
    };
    launches.forEach((launch, i) => {
      const last = i === launches.length - 1;
      const extras: ExtraBuffer<Value>[] = [];
      const hooks = reduce?.hooks(launch, extras) ?? [];
      const epilogue = epilogueOf(last)?.(extras);
      if (epilogue && !launch.epilogue) throw new TilegradError(`${core.op.name}: ${launch.shader.name}.${launch.entry} calls no epilogue`);
      const shader = assemble(launch, {
        ...(reduce ? { type: reduce.type, value: wgslType(core.dtype) } : elementTypes(launch, core)),
        constants: reduce ? [`fn identity() -> Value { return ${reduce.identity}; }`] : [],
        // The load and the epilogue may call the same helpers.
        hooks: [...new Set([...hooks, ...(epilogue?.helpers ?? [])])],
        ...(epilogue ? { epilogue: epilogue.body } : {}),
        extras,
      });
      const bindings = launch.shader.entries[launch.entry].bindings.map(({ name, binding, access }): DraftBinding => {
        const operand = launch.bind[name];
        if (operand === undefined)
          throw new TilegradError(`${core.op.name}: the launch of ${launch.shader.name}.${launch.entry} binds no "${name}"`);
        return { binding, value: valueFor(operand), access };
      });
      this.steps.push({
        label: label(launch, reduce && !('partials' in launch.bind) ? reduce.loaded : '', last ? fused : ''),
        shader: launch.shader.name,
        code: shader.code,
        preludeLines: shader.preludeLines,
        entry: launch.entry,
        workgroups: launch.workgroups,
        bindings: [...bindings, ...extras.map(({ value }, k) => ({ binding: shader.firstExtra + k, value, access: 'read' as const }))],
        flops: launch.flops ?? 0,
      });
    });
  }

  private scratchValue(scratch: Map<number, Value>, { scratch: key, bytes }: Scratch): Value {
    const known = scratch.get(key);
    if (known) return known;
    const value: Value = { bytes: Math.max(4, bytes), about: 'working memory', place: undefined };
    scratch.set(key, value);
    return value;
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

/** What `T` and `Value` stand for in a kernel's file. */
function elementTypes(launch: Launch, core: Tensor): { type: string; value: string } {
  const type = launch.type ?? ([core, ...core.inputs].some(({ dtype }) => dtype === 'f16') ? 'f16' : 'f32');
  return { type, value: wgslType(type) };
}

/** The state that a kernel updates in place, if it does. */
function inPlaceTarget(node: Tensor): State | undefined {
  const op = node.op as KernelOp;
  if (op.kind !== 'kernel' || op.inPlace === undefined) return undefined;
  const target = bufferOf(node.inputs[op.inPlace]);
  return target instanceof State ? target : inPlaceTarget(target);
}

/** How many nodes read the buffer of `holder`, through reshapes as well. */
function countUsers(holder: Tensor, roots: readonly Tensor[]): number {
  let count = roots.some((root) => bufferOf(root) === holder) ? 1 : 0;
  for (const node of topologicalOrder(roots)) {
    if (node.op.name === 'reshape') continue;
    if (node.inputs.some((input) => bufferOf(input) === holder)) count++;
  }
  return count;
}

/** Names of the element-wise ops computed along with a kernel. */
function fusedNames(root: Tensor, core: Tensor | undefined, materialized: ReadonlySet<Tensor>): string {
  const names: string[] = [];
  const seen = new Set<Tensor>();
  const walk = (node: Tensor): void => {
    if (seen.has(node) || (node === core && node !== root) || node.op.kind === 'leaf' || (node !== root && materialized.has(node))) return;
    seen.add(node);
    for (const input of node.inputs) walk(input);
    if (node.op.kind === 'elementwise' && node.op.name !== 'constant') names.push(node.op.name);
    else if (node === root && !core) names.push(node.op.name);
  };
  walk(root);
  return names.join(', ');
}

const label = ({ shader, entry }: Launch, ...fused: readonly string[]): string =>
  [`${shader.name}.${entry}`, ...fused.filter(Boolean)].join(' + ');

function placeOf(value: Value): Place {
  if (!value.place) throw new TilegradError('planner: a value without a place');
  return value.place;
}

function finish({ binding, value, access }: DraftBinding): Binding {
  return { binding, place: placeOf(value), bytes: value.bytes, access };
}
