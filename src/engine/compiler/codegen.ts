// WGSL for element-wise work: one statement a node, movement ops turned into index arithmetic.
import { TilegradError } from '../graph/errors.ts';
import { type Shape, sizeOf, stridesOf } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { literal, wgslType } from '../ops/literal.ts';
import { type Coordinate, isKind, type Source } from '../ops/op.ts';
import { bufferOf } from './fuse.ts';

/** Reads one element of a buffer as a WGSL value. */
export type Load = (node: Tensor, index: Coordinate) => string;

/** Where an element stands in a value of some shape: its linear place, its coordinates, or both; each is derived when asked for. */
export class Index {
  private coordinates: (Coordinate | undefined)[];

  private constructor(
    readonly shape: Shape,
    private linearPlace: Coordinate | undefined,
    coordinates: readonly Coordinate[] | undefined,
  ) {
    this.coordinates = coordinates ? [...coordinates] : new Array<Coordinate | undefined>(shape.length).fill(undefined);
  }

  static linear(shape: Shape, place: Coordinate): Index {
    return new Index(shape, place, undefined);
  }

  static at(shape: Shape, coordinates: readonly Coordinate[]): Index {
    return new Index(shape, undefined, coordinates);
  }

  linear(writer: Writer): Coordinate {
    if (this.linearPlace === undefined) {
      const strides = stridesOf(this.shape);
      const terms = this.coordinates.flatMap((coordinate, axis) =>
        this.shape[axis] === 1 || coordinate === '0u' ? [] : [strides[axis] === 1 ? `${coordinate}` : `${coordinate} * ${strides[axis]}u`],
      );
      this.linearPlace =
        terms.length === 0 ? '0u' : terms.length === 1 && !terms[0].includes(' ') ? terms[0] : writer.define('u32', terms.join(' + '));
    }
    return this.linearPlace;
  }

  coordinate(axis: number, writer: Writer): Coordinate {
    const known = this.coordinates[axis];
    if (known !== undefined) return known;
    const place = this.linearPlace as Coordinate;
    // Where there are no elements nothing is read, but WGSL refuses the division by zero.
    const stride = Math.max(1, sizeOf(this.shape.slice(axis + 1)));
    const above = sizeOf(this.shape.slice(0, axis));
    let found = '0u';
    if (this.shape[axis] !== 1) {
      const divided = stride === 1 ? place : `${place} / ${stride}u`;
      const wrapped = above === 1 ? divided : `${stride === 1 ? place : `(${divided})`} % ${Math.max(1, this.shape[axis])}u`;
      found = wrapped === place ? place : writer.define('u32', wrapped);
    }
    this.coordinates[axis] = found;
    return found;
  }

  all(writer: Writer): Coordinate[] {
    return this.shape.map((_, axis) => this.coordinate(axis, writer));
  }
}

/** Collects statements; names each distinct expression once. */
export class Writer {
  readonly lines: string[] = [];
  readonly helpers: Set<string>;
  private readonly names: Map<string, string>;
  private readonly counter: { next: number };

  constructor(parent?: Writer) {
    this.helpers = parent?.helpers ?? new Set();
    // A nested block sees the names around it; what it defines is gone at its end.
    this.names = new Map(parent?.names);
    this.counter = parent?.counter ?? { next: 0 };
  }

  define(type: string, expression: string): string {
    const key = `${type} ${expression}`;
    const known = this.names.get(key);
    if (known) return known;
    const name = this.fresh();
    this.lines.push(`let ${name}: ${type} = ${expression};`);
    this.names.set(key, name);
    return name;
  }

  fresh(): string {
    return `t${this.counter.next++}`;
  }

  nested(): Writer {
    return new Writer(this);
  }
}

/** Writes what computes nodes from buffers. */
export class ValueCode {
  private readonly fixed = new Map<Tensor, string>();

  constructor(
    private readonly materialized: ReadonlySet<Tensor>,
    private readonly load: Load,
  ) {}

  /** From now on `node` is this WGSL value (the output of the core that the code runs in). */
  fix(node: Tensor, value: string): void {
    this.fixed.set(node, value);
  }

  /** The WGSL value of one element of `node`; statements go to `writer`. `isRoot`: compute it, even though it has a buffer. */
  value(node: Tensor, index: Index, writer: Writer, memo: Map<string, string>, isRoot = false): string {
    const fixed = this.fixed.get(node);
    if (fixed) return fixed;
    if (!isRoot && (this.materialized.has(node) || node.op.kind === 'leaf')) return this.loaded(node, index, writer);
    const key = `${node.id}@${index.linear(writer)}`;
    const known = memo.get(key);
    if (known) return known;
    const result = this.moved(node, index, writer, memo) ?? this.computed(node, index, writer, memo);
    memo.set(key, result);
    return result;
  }

  private loaded(node: Tensor, index: Index, writer: Writer): string {
    const value = this.load(bufferOf(node), index.linear(writer));
    const converted = node.dtype === 'bool' ? `${value} != 0u` : node.dtype === 'f16' ? `f32(${value})` : value;
    return writer.define(wgslType(node.dtype), converted);
  }

  private computed(node: Tensor, index: Index, writer: Writer, memo: Map<string, string>): string {
    if (!isKind(node, 'elementwise')) throw new TilegradError(`codegen: ${node.op.name} has no value of its own`);
    const { op } = node;
    const args = node.inputs.map((input) => this.value(input, index, writer, memo));
    for (const helper of op.helpers ?? []) writer.helpers.add(helper);
    return writer.define(
      wgslType(node.dtype),
      op.expression(args, node, (axis) => index.coordinate(axis, writer)),
    );
  }

  private moved(node: Tensor, index: Index, writer: Writer, memo: Map<string, string>): string | undefined {
    if (!isKind(node, 'movement')) return undefined;
    const [only] = node.inputs;
    if (!node.op.locate) return this.value(only, Index.linear(only.shape, index.linear(writer)), writer, memo);
    const sources = node.op.locate(index.all(writer), node);
    if (sources.length === 1 && !sources[0].inside) return this.value(only, Index.at(only.shape, sources[0].coordinates), writer, memo);
    return this.chosen(node, sources, node.op.fill?.(node) ?? 0, writer, memo);
  }

  private chosen(node: Tensor, sources: readonly Source[], fill: number, writer: Writer, memo: Map<string, string>): string {
    const result = writer.fresh();
    writer.lines.push(`var ${result}: ${wgslType(node.dtype)} = ${literal(fill, node.dtype)};`);
    let opened = '';
    for (const source of sources) {
      const inner = writer.nested();
      const input = node.inputs[source.input];
      const value = this.value(input, Index.at(input.shape, source.coordinates), inner, new Map(memo));
      writer.lines.push(`${opened}${source.inside ? `if (${source.inside}) ` : ''}{`, ...inner.lines, `${result} = ${value};`);
      opened = '} else ';
    }
    writer.lines.push('}');
    return result;
  }
}

/** WGSL to store a value of this type: bool becomes 0 or 1, f16 is rounded. */
export function stored(node: Tensor, value: string): string {
  if (node.dtype === 'bool') return `select(0u, 1u, ${value})`;
  return node.dtype === 'f16' ? `f16(${value})` : value;
}

/** The WGSL type of a value in a buffer. */
export function storageType(node: Tensor): string {
  return node.dtype === 'bool' ? 'u32' : node.dtype;
}

export const BITS_HELPER = 'fn bits_f32(bits: u32) -> f32 { return bitcast<f32>(bits); }';
