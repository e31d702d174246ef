// Writes the dispatches of one kernel after another: a generated element-wise kernel, a reduction, or the launches of a handwritten one,
// with what is fused into each.
import { TilegradError } from '../graph/errors.ts';
import { Tensor } from '../graph/tensor.ts';
import type { DeviceTraits, Launch, Operand, Scratch } from '../ops/kernel.ts';
import { wgslType } from '../ops/literal.ts';
import { type ElementwiseOp, isKind, type NodeOfKind } from '../ops/op.ts';
import { assemble, type ExtraBuffer, elementwiseShader } from './assemble.ts';
import { Index, type Load, storageType, stored, ValueCode, Writer } from './codegen.ts';
import { bufferOf } from './fuse.ts';
import type { Value } from './memory.ts';
import type { Step } from './plan.ts';
import { lowerReduce, reducedPlace } from './reduction.ts';

const copyOp: ElementwiseOp = { name: 'copy', kind: 'elementwise', cost: 0, expression: ([x]) => x };
export const copyOf = (node: Tensor): Tensor => new Tensor(copyOp, [node], {}, node.shape, node.dtype);

export interface DraftBinding {
  readonly binding: number;
  readonly value: Value;
  readonly access: 'read' | 'read_write';
}

/** A dispatch whose values have no places yet. */
export type DraftStep = Omit<Step, 'bindings'> & { readonly bindings: readonly DraftBinding[] };

/** Code that turns a core's value into the root's. */
interface Epilogue {
  readonly helpers: readonly string[];
  readonly body: string;
}

export class Emitter {
  readonly steps: DraftStep[] = [];
  /** Nodes that stand in buffers; all others are computed where they are read. */
  materialized: ReadonlySet<Tensor> = new Set();

  constructor(
    private readonly traits: DeviceTraits,
    /** Where a materialised node or a leaf stands. */
    private readonly lookUp: (node: Tensor) => Value,
  ) {}

  /** A kernel of its own for element-wise work. */
  elementwise(root: Tensor, output: Value): void {
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

  copy(value: Tensor, output: Value): void {
    const root = copyOf(value);
    if (root.size > 0) this.elementwise(root, output);
  }

  /** A handwritten kernel, computed into `root`: `core` itself or element-wise work on it. */
  kernel(core: NodeOfKind<'kernel'>, root: Tensor, output: Value): void {
    this.launches(core.op.lower(core, this.traits), core, root, output);
  }

  /** The name under which generated code reads a buffer. */
  private extra(extras: ExtraBuffer<Value>[], node: Tensor): string {
    const value = this.lookUp(node);
    const known = extras.find((extra) => extra.value === value);
    if (known) return known.name;
    const name = `extra_${extras.length}`;
    extras.push({ name, type: storageType(node), value });
    return name;
  }

  /** A reduction, computed into `root`: `core` itself or element-wise work on it. */
  reduce(core: NodeOfKind<'reduce'>, root: Tensor, output: Value): void {
    const { op, attrs } = core;
    const [x] = core.inputs;
    const type = storageType(core);
    const hooks = (extras: ExtraBuffer<Value>[], loads: boolean) => {
      const writer = new Writer();
      const lines = [`fn combine(a: Total, b: Total) -> Total { return ${op.combine(core.dtype)}; }`];
      if (loads) {
        const code = new ValueCode(this.materialized, (node, index) => `${this.extra(extras, node)}[${index}]`);
        const place = writer.define('u32', reducedPlace(x.shape, attrs.axes));
        const value = code.value(x, Index.linear(x.shape, place), writer, new Map());
        lines.push(`fn load(o: u32, r: u32) -> Total {\n${writer.lines.join('\n')}\nreturn ${op.total ? `totalOf(${value})` : value};\n}`);
      } else {
        lines.push('fn load(o: u32, r: u32) -> Total { return identity(); }');
      }
      return [...writer.helpers, ...lines];
    };
    const under = fusedNames(core, core, this.materialized);
    this.launches(lowerReduce(core, this.traits), core, root, output, {
      type,
      constants: [
        `alias Total = ${op.total?.type ?? 'Value'};`,
        `fn identity() -> Total { return ${op.identity(core.dtype)}; }`,
        op.total?.code ?? 'fn result(total: Total) -> Value { return total; }',
      ],
      loaded: under,
      hooks: (launch, extras) => hooks(extras, !('partials' in launch.bind)),
    });
  }

  private epilogue(root: Tensor, core: Tensor, extras: ExtraBuffer<Value>[]): Epilogue {
    const writer = new Writer();
    const code = new ValueCode(this.materialized, (node, index) => `${this.extra(extras, node)}[${index}]`);
    code.fix(core, 'value');
    const value = code.value(root, Index.linear(root.shape, 'index'), writer, new Map(), true);
    return { helpers: [...writer.helpers], body: `${writer.lines.join('\n')}\nreturn ${value};` };
  }

  private launches(
    launches: readonly Launch[],
    core: Tensor,
    root: Tensor,
    output: Value,
    reduce?: {
      type: string;
      constants: readonly string[];
      loaded: string;
      hooks: (launch: Launch, extras: ExtraBuffer<Value>[]) => string[];
    },
  ): void {
    const fused = core === root ? '' : fusedNames(root, core, this.materialized);
    const scratch = new Map<number, Value>();
    const valueFor = (operand: Operand): Value => {
      if (operand === 'output') return output;
      if ('input' in operand) return this.lookUp(bufferOf(core.inputs[operand.input]));
      return this.scratchValue(scratch, operand);
    };
    launches.forEach((launch, i) => {
      const last = i === launches.length - 1;
      const extras: ExtraBuffer<Value>[] = [];
      const hooks = reduce?.hooks(launch, extras) ?? [];
      const epilogue = last && core !== root ? this.epilogue(root, core, extras) : undefined;
      if (epilogue && !launch.epilogue) throw new TilegradError(`${core.op.name}: ${launch.shader.name}.${launch.entry} calls no epilogue`);
      const shader = assemble(launch, {
        ...(reduce ? { type: reduce.type, value: wgslType(core.dtype) } : elementTypes(launch, core)),
        constants: reduce?.constants ?? [],
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
}

/** What `T` and `Value` stand for in a kernel's file. */
function elementTypes(launch: Launch, core: Tensor): { type: string; value: string } {
  const type = launch.type ?? ([core, ...core.inputs].some(({ dtype }) => dtype === 'f16') ? 'f16' : 'f32');
  return { type, value: wgslType(type) };
}

/** Names of the element-wise ops computed along with a kernel. */
function fusedNames(root: Tensor, core: Tensor | undefined, materialized: ReadonlySet<Tensor>): string {
  const names: string[] = [];
  const seen = new Set<Tensor>();
  const walk = (node: Tensor): void => {
    if (seen.has(node) || (node === core && node !== root) || node.op.kind === 'leaf' || (node !== root && materialized.has(node))) return;
    seen.add(node);
    for (const input of node.inputs) walk(input);
    if (isKind(node, 'elementwise') && !node.op.unsaid) names.push(node.op.name);
    else if (node === root && !core) names.push(node.op.name);
  };
  walk(root);
  return names.join(', ');
}

const label = ({ shader, entry }: Launch, ...fused: readonly string[]): string =>
  [`${shader.name}.${entry}`, ...fused.filter(Boolean)].join(' + ');
