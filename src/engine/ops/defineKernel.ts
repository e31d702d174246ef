// Ops of a user's own, written in WGSL. They go through planner, compiler and gradients as the library's kernels do.
import { aFunction, aString, aTensor, expectKind, expectOptions, listOf, recordOf } from '../graph/arguments.ts';
import { type DType, isFloat } from '../graph/dtype.ts';
import { DTypeError, KernelError, ShapeError } from '../graph/errors.ts';
import { type Shape, sameShape, showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { DeviceTraits, Shader, ShaderBinding } from './kernel.ts';
import { type KernelOp, makeNode } from './op.ts';

export interface KernelDefinition {
  /** For errors, plans and profiles: `snake` is shown as snake.wgsl. */
  readonly name: string;
  /**
   * A WGSL module. Each buffer is a `var<storage> name: array<…>` with a binding number of its own in group 0; several kernels can share
   * one text. Where the module declares a `struct Params` of u32, i32 and f32, its values come as the constant `params`.
   * `T` stands for f32, or for f16 where a tensor is of that type.
   */
  readonly wgsl: string;
  /** A function marked `@compute`. */
  readonly entry: string;
  /** The buffers that `entry` reads, in the order of the op's arguments. */
  readonly inputs: readonly string[];
  /** The buffer that it writes. Its memory holds anything at first: every element must be written. */
  readonly output: string;
  /** Called for every use with the arguments themselves; looks at their shapes. */
  readonly launch: (...inputs: Tensor[]) => KernelLaunch;
  /**
   * Gradients of the inputs, made of other ops or of kernels: `dy` is that of the result `y`. An input without one gets `undefined`.
   * Without this function nothing can be differentiated through the op.
   */
  readonly derivative?: (dy: Tensor, inputs: readonly Tensor[], y: Tensor) => readonly (Tensor | undefined)[];
}

export interface KernelLaunch {
  /** Of the result. */
  readonly shape: Shape;
  /** How many along x, or along x, y and z. */
  readonly workgroups: number | readonly [x: number, y: number, z: number];
  /** A value for every field of `struct Params`. A plan keeps them: what changes from step to step goes in as a tensor. */
  readonly params?: Readonly<Record<string, number>>;
}

const REQUIRED = { name: aString, wgsl: aString, entry: aString, inputs: listOf(aString), output: aString, launch: aFunction };

interface DefinedAttrs {
  readonly kernel: number;
  readonly workgroups: readonly [number, number, number];
  /** In the order of the fields. */
  readonly params: readonly number[];
}

let defined = 0;

/**
 * Makes an op of a kernel in WGSL: a function from tensors to a tensor, for eager use, compiled functions and gradients alike.
 *
 * @throws TilegradError for a definition that isn't one. KernelError when the text lacks what the definition names; a text that the driver refuses, once it is compiled, with line and column.
 */
export function defineKernel(definition: KernelDefinition): (...inputs: Tensor[]) => Tensor {
  expectKind('defineKernel', 'definition', definition, recordOf(REQUIRED));
  expectOptions<KernelDefinition>('defineKernel', definition, { ...REQUIRED, derivative: aFunction });
  const { name, entry, inputs, output, launch, derivative } = definition;
  const { shader, types } = readShader(definition);
  const bind = Object.fromEntries([...inputs.map((buffer, input) => [buffer, { input }] as const), [output, 'output'] as const]);
  const fields = shader.params.map((field) => field.name);
  // Plans are kept by an op's name and attributes: two definitions of one name must not be taken for each other.
  const id = ++defined;

  const op: KernelOp<DefinedAttrs> = {
    name,
    kind: 'kernel',
    lower({ size, attrs }, traits) {
      if (size === 0) return [];
      const workgroups = checkWorkgroups(name, attrs.workgroups, traits);
      const params = Object.fromEntries(fields.map((field, i) => [field, attrs.params[i]]));
      return [{ shader, entry, params, workgroups, bind }];
    },
    ...(derivative && {
      derivative: (dy, node) => checkGradients(name, derivative(dy, node.inputs, node), node.inputs),
    }),
  };

  return (...given) => {
    if (given.length !== inputs.length) {
      throw new ShapeError(`${name}: expected ${inputs.length} tensors (${inputs.join(', ')}), got ${given.length}`);
    }
    given.forEach((x, i) => expectKind(name, inputs[i], x, aTensor));
    const float = given.find(({ dtype }) => isFloat(dtype))?.dtype ?? 'f32';
    given.forEach(({ dtype }, i) => {
      const expected = types[inputs[i]] === 'T' ? float : types[inputs[i]];
      if (dtype !== expected && !(dtype === 'bool' && expected === 'u32')) {
        throw new DTypeError(`${name}: expected ${expected} for ${inputs[i]}, as its buffer is declared, got ${dtype}`);
      }
    });
    const { shape, workgroups, params = {} } = launch(...given);
    const odd = [...Object.keys(params).filter((key) => !fields.includes(key)), ...fields.filter((field) => params[field] === undefined)];
    if (odd.length > 0) {
      throw new KernelError(
        `${name}: expected params for the fields of struct Params [${fields.join(', ')}] and no others; see [${odd.join(', ')}]`,
      );
    }
    const attrs: DefinedAttrs = {
      kernel: id,
      workgroups: typeof workgroups === 'number' ? [workgroups, 1, 1] : workgroups,
      params: fields.map((field) => params[field]),
    };
    return makeNode(op, given, attrs, shape, types[output] === 'T' ? float : (types[output] as DType));
  };
}

function checkWorkgroups(name: string, workgroups: readonly [number, number, number], { maxWorkgroupsPerDimension: most }: DeviceTraits) {
  if (workgroups.some((count) => !Number.isInteger(count) || count < 1 || count > most)) {
    throw new KernelError(`${name}: expected 1 to ${most} workgroups along each axis, got [${workgroups}]; use a second axis for more`);
  }
  return workgroups;
}

function checkGradients(name: string, gradients: readonly (Tensor | undefined)[], inputs: readonly Tensor[]) {
  inputs.forEach((input, i) => {
    const dx = gradients[i];
    if (dx && !sameShape(dx.shape, input.shape)) {
      throw new ShapeError(`${name}: expected its derivative to give ${showShape(input.shape)} for input ${i}, got ${showShape(dx.shape)}`);
    }
  });
  return gradients;
}

/** Comments as blanks, so that places in the text stay. */
const withoutComments = (wgsl: string) => wgsl.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '));

const BUFFER = /((?:@\w+\s*\([^)]*\)\s*)+)var\s*<\s*storage\s*(?:,\s*(\w+)\s*)?>\s*(\w+)\s*:\s*([^;]+);/g;

type Element = DType | 'T';

/**
 * What the planner must know of the module: a few declarations, which are read here so that the library needs no parser of WGSL. All else
 * is the driver's to judge.
 */
function readShader({ name, wgsl, entry, inputs, output }: KernelDefinition): { shader: Shader; types: Readonly<Record<string, Element>> } {
  const text = withoutComments(wgsl);
  const fail = (message: string, index = 0): never => {
    throw new KernelError(`defineKernel: ${name}.wgsl:${text.slice(0, index).split('\n').length}: ${message}`);
  };
  const found = new Map<string, ShaderBinding & { readonly element: string; readonly index: number }>();
  for (const { 1: attributes, 2: access = 'read', 3: buffer, 4: type, index } of text.matchAll(BUFFER)) {
    const number = (attribute: string) => attributes.match(new RegExp(`@${attribute}\\s*\\(\\s*(\\d+)[iu]?\\s*\\)`))?.[1];
    if (number('group') !== '0' || number('binding') === undefined) fail(`expected @group(0) @binding(number) for ${buffer}`, index);
    const element = type.match(/^array\s*<\s*([\w<>]+?)\s*(?:,[^>]*)?>\s*$/)?.[1] ?? '';
    found.set(buffer, {
      name: buffer,
      binding: Number(number('binding')),
      access: access === 'read' ? 'read' : 'read_write',
      element,
      index,
    });
  }

  const types: Record<string, Element> = {};
  const bindings = [...inputs, output].map((buffer, i): ShaderBinding => {
    const declared =
      found.get(buffer) ?? fail(`expected a buffer var<storage> ${buffer}: array<…>; there is [${[...found.keys()].join(', ')}]`);
    const { binding, access, element, index } = declared;
    const wanted = i < inputs.length ? 'read' : 'read_write';
    if (access !== wanted)
      fail(`expected var<storage, ${wanted}> for ${buffer}: ${wanted === 'read' ? 'inputs are only read' : 'it is the output'}`, index);
    types[buffer] = elementType(element) ?? fail(`expected an array of f32, f16, i32, u32, T or vectors of them for ${buffer}`, index);
    return { name: buffer, binding, access };
  });
  const repeated = bindings.find(({ binding }, i) => bindings.findIndex((other) => other.binding === binding) !== i);
  if (repeated) fail(`expected a binding number of its own for each buffer; ${repeated.name} shares ${repeated.binding}`);
  if (!new RegExp(`@compute\\b[^;{}]*\\bfn\\s+${entry}\\s*\\(`).test(text)) fail(`expected a function ${entry} marked @compute`);
  return { shader: { name, source: wgsl, params: readParams(text, fail), entries: { [entry]: { bindings } } }, types };
}

function elementType(element: string): Element | undefined {
  const [, long, short, alone] = element.match(/^(?:vec[234]\s*<\s*(\w+)\s*>|vec[234]([fhiu])|(\w+))$/) ?? [];
  const letters: Readonly<Record<string, Element>> = { f: 'f32', h: 'f16', i: 'i32', u: 'u32' };
  const type = short ? letters[short] : (long ?? alone);
  return type === 'T' || type === 'f32' || type === 'f16' || type === 'i32' || type === 'u32' ? type : undefined;
}

function readParams(text: string, fail: (message: string, index?: number) => never): Shader['params'] {
  const struct = text.match(/\bstruct\s+Params\s*\{([^}]*)\}/);
  if (!struct) return [];
  return struct[1]
    .split(',')
    .filter((field) => field.trim())
    .map((field) => {
      const [, name, type] = field.match(/^\s*(\w+)\s*:\s*(u32|i32|f32)\s*$/) ?? [];
      if (!name) fail(`expected u32, i32 or f32 for the fields of struct Params, got "${field.trim()}"`, struct.index);
      return { name, type: type as 'u32' | 'i32' | 'f32' };
    });
}
