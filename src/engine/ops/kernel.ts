// What an op's lowering hands to the planner: dispatches of WGSL entry points as plain data. Nothing here knows a GPU.

/** A `.wgsl` file as the build gives it: its text, and what wgsl_reflect read from it and the files that it stands with. */
export interface Shader {
  /** File name without its extension. */
  readonly name: string;
  readonly source: string;
  /** Files that it stands with (shaders/lib), in front of it. */
  readonly library?: readonly Shader[];
  /** Fields of the file's `struct Params`, in order. Values arrive as `const params = Params(…)` in the prelude. */
  readonly params: readonly { readonly name: string; readonly type: 'u32' | 'i32' | 'f32' }[];
  readonly entries: Readonly<Record<string, ShaderEntry>>;
}

export interface ShaderEntry {
  readonly bindings: readonly ShaderBinding[];
}

export interface ShaderBinding {
  readonly name: string;
  readonly binding: number;
  readonly access: 'read' | 'read_write';
}

/** What lowering may know of the adapter: enough to choose a variant and to stay inside its limits. */
export interface DeviceTraits {
  /** `cpu`: a software adapter, which vectorises across the invocations of a workgroup and pays for barriers. */
  readonly kind: 'gpu' | 'cpu';
  readonly subgroups: boolean;
  /** Lanes that every subgroup has at least; 1 without subgroups. */
  readonly subgroupSize: number;
  /** Whether shaders may compute with f16. */
  readonly f16: boolean;
  readonly maxInvocationsPerWorkgroup: number;
  readonly maxWorkgroupsPerDimension: number;
  readonly maxStorageBuffersPerStage: number;
  readonly maxBindingBytes: number;
}

/** Scratch memory of one lowering (split-K partial sums, say); the planner places it. */
export interface Scratch {
  readonly scratch: number;
  readonly bytes: number;
}

/** What a binding of a launch is attached to: input `i` of the op, its output, or scratch memory. */
export type Operand = { readonly input: number } | 'output' | Scratch;

/** One dispatch of a handwritten kernel. */
export interface Launch {
  readonly shader: Shader;
  /** Files of shaders/lib that stand in front of it for this launch, beside those that the shader always has. */
  readonly library?: readonly Shader[];
  readonly entry: string;
  /** What `T` stands for in the file. By default f16 where the op's output or an input is, else f32. */
  readonly type?: 'f32' | 'f16' | 'i32' | 'u32';
  /** Values of `struct Params`, every field exactly once. */
  readonly params?: Readonly<Record<string, number>>;
  /** Prelude constants: a whole number becomes `const NAME = 8u;`, a fraction f32, a boolean bool. */
  readonly constants?: Readonly<Record<string, number | boolean>>;
  readonly workgroups: readonly [number, number, number];
  /** Binding name in the shader → what is bound there; every binding of the entry exactly once. */
  readonly bind: Readonly<Record<string, Operand>>;
  /**
   * The shader calls `fn epilogue(value: Value, index: u32) -> Value` (`Value`: f32, but for files of whole numbers) on each finished output value (`index`: its place in the contiguous output).
   * The planner generates that function; it is the identity unless element-wise work was fused in.
   */
  readonly epilogue?: boolean;
  /** Floating-point operations, for the profile's GFLOP/s. */
  readonly flops?: number;
}
