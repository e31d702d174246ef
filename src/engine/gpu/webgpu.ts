// The types of WebGPU, as the program that uses this package has them: from TypeScript 6's own DOM library, from @webgpu/types, or not at all.
// Whatever the package's public types reach names them from here, so that they bring in neither, and clash with neither.

/** Of the class of that name. */
type Global<Name extends string> =
  typeof globalThis extends Readonly<Record<Name, { readonly prototype: infer Instance }>> ? Instance : unknown;

export type GPUAdapter = Global<'GPUAdapter'>;
export type GPUBindGroup = Global<'GPUBindGroup'>;
export type GPUBindGroupLayout = Global<'GPUBindGroupLayout'>;
export type GPUBuffer = Global<'GPUBuffer'>;
export type GPUCommandEncoder = Global<'GPUCommandEncoder'>;
export type GPUComputePassEncoder = Global<'GPUComputePassEncoder'>;
export type GPUComputePipeline = Global<'GPUComputePipeline'>;
export type GPUDevice = Global<'GPUDevice'>;
