// Puts WGSL together: a generated prelude in front of a handwritten file, or a whole generated element-wise kernel.
import { TilegradError } from '../graph/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { DeviceTraits, Launch, Shader } from '../ops/kernel.ts';
import { grid } from '../ops/lower/grid.ts';
import { BITS_HELPER, storageType, type Writer } from './codegen.ts';

/** A buffer that fused code reads, beside those that the shader file declares. */
export interface ExtraBuffer<V> {
  readonly name: string;
  readonly type: string;
  readonly value: V;
}

export interface Prelude {
  /** What `T` stands for: the type of elements in buffers. */
  readonly type: string;
  /** What `Value` stands for: the type that they are computed with. */
  readonly value: string;
  readonly constants: readonly string[];
  /** Functions that the file calls and the planner writes. */
  readonly hooks: readonly string[];
  /** Body of `epilogue(value, index)`; the identity unless given. */
  readonly epilogue?: string;
  readonly extras: readonly ExtraBuffer<unknown>[];
}

/** All files of shaders/lib that stand in front of a launch's own. */
export const libraryOf = ({ shader, library = [] }: Launch): readonly Shader[] => [...(shader.library ?? []), ...library];

const DIRECTIVE = /^\s*(enable|requires|diagnostic)\b[^;]*;/gm;

/** The text of a launch's shader module. `firstExtra`: the binding number of the first extra buffer. */
export function assemble(launch: Launch, prelude: Prelude): { code: string; preludeLines: number; firstExtra: number } {
  const { shader } = launch;
  const firstExtra = 1 + Math.max(-1, ...Object.values(shader.entries).flatMap(({ bindings }) => bindings.map(({ binding }) => binding)));
  const lines = [
    `alias T = ${prelude.type};`,
    `alias Value = ${prelude.value};`,
    ...paramsConstant(launch),
    ...Object.entries(launch.constants ?? {}).map(([name, value]) => `const ${name} = ${constantLiteral(value)};`),
    ...prelude.constants,
    ...prelude.extras.map(({ name, type }, i) => bufferDeclaration(firstExtra + i, name, type, 'read')),
    ...prelude.hooks,
    `fn epilogue(value: Value, index: u32) -> Value {\n${prelude.epilogue ?? 'return value;'}\n}`,
    ...libraryOf(launch).map(({ source }) => source),
  ];
  // Directives come before everything else in a module; an empty line stays where they stood.
  const directives = shader.source.match(DIRECTIVE)?.join('\n') ?? '';
  const text = `${enables(prelude.type, prelude.extras)}${directives}\n${withHelpers(lines.join('\n'))}`;
  return { code: `${text}\n${shader.source.replace(DIRECTIVE, '')}`, preludeLines: text.split('\n').length, firstExtra };
}

function paramsConstant({ shader, entry, params = {} }: Launch): string[] {
  const unknown = Object.keys(params).filter((name) => !shader.params.some((field) => field.name === name));
  const missing = shader.params.filter(({ name }) => params[name] === undefined).map(({ name }) => name);
  if (unknown.length || missing.length) {
    throw new TilegradError(
      `shaders/${shader.name}.wgsl ${entry}: Params lack [${missing.join(', ')}] and have unknown [${unknown.join(', ')}]`,
    );
  }
  if (shader.params.length === 0) return [];
  const values = shader.params.map(({ name, type }) => {
    const value = params[name];
    if (type === 'f32') return constantLiteral(value, true);
    return `${Math.trunc(value)}${type === 'u32' ? 'u' : 'i'}`;
  });
  return [`const params = Params(${values.join(', ')});`];
}

function constantLiteral(value: number | boolean, float = false): string {
  if (typeof value === 'boolean') return String(value);
  if (Number.isInteger(value) && !float) return value < 0 ? `${value}i` : `${value}u`;
  const text = String(Math.fround(value));
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}

function bufferDeclaration(binding: number, name: string, type: string, access: 'read' | 'read_write'): string {
  return `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${type}>;`;
}

/** Whether a module's text needs the adapter's feature shader-f16. */
export const usesF16 = (code: string): boolean => code.startsWith('enable f16;');

const enables = (type: string, extras: readonly ExtraBuffer<unknown>[], code = ''): string =>
  type === 'f16' || extras.some((extra) => extra.type === 'f16') || /\bf16\b/.test(code) ? 'enable f16;\n' : '';

const withHelpers = (text: string): string => (text.includes('bits_f32(') ? `${BITS_HELPER}\n${text}` : text);

const WORKGROUP = 64;

/** Elements of one invocation: CPU adapters pay for every workgroup they start, GPUs want all the invocations they can get. */
function elementsEach(size: number, traits: DeviceTraits): number {
  return traits.kind === 'cpu' ? Math.min(16, Math.max(1, Math.floor(size / (WORKGROUP * 16)))) : 1;
}

/** The whole kernel of an element-wise group. */
export function elementwiseShader(
  root: Tensor,
  extras: readonly ExtraBuffer<unknown>[],
  writer: Writer,
  value: string,
  traits: DeviceTraits,
): { code: string; workgroups: readonly [number, number, number] } {
  const each = elementsEach(root.size, traits);
  const body = [`if (i >= ${root.size}u) { return; }`, ...writer.lines, `y[i] = ${value};`];
  // group.z is 0, which compilers can't know: they mustn't unroll the loop, with all of the chain in it, into many times the code to compile.
  const first = `(group.x + group.y * groups.x) * ${WORKGROUP * each}u + local`;
  const code = [
    bufferDeclaration(0, 'y', storageType(root), 'read_write'),
    ...extras.map(({ name, type }, i) => bufferDeclaration(i + 1, name, type, 'read')),
    ...writer.helpers,
    `@compute @workgroup_size(${WORKGROUP})`,
    'fn forward(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {',
    ...(each === 1
      ? [`let i = ${first};`, ...body]
      : [`let first = ${first};`, `for (var k = group.z; k < ${each}u; k++) {`, `let i = first + k * ${WORKGROUP}u;`, ...body, '}']),
    '}',
  ].join('\n');
  return {
    code: enables(storageType(root), extras, code) + withHelpers(code),
    workgroups: grid(Math.ceil(root.size / (WORKGROUP * each)), traits),
  };
}
