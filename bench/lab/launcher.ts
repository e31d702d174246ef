// Runs the launches of one lowering on a device: what the planner and the executor do, without planning. For kernel checks and timing only.
import { libraryOf } from '../../src/engine/compiler/assemble.ts';
import { USAGE } from '../../src/engine/gpu/device.ts';
import type { DeviceTraits, Launch, Operand } from '../../src/engine/ops/kernel.ts';

export type Input = Float32Array | Uint32Array;

const IDENTITY_EPILOGUE = 'fn epilogue(value: Value, index: u32) -> Value { return value; }';

/** The WGSL of one launch: directives, then the prelude, then the file. */
export function launchSource(launch: Launch, epilogue = IDENTITY_EPILOGUE): string {
  const { shader, params, constants, type = 'f32' } = launch;
  const library = libraryOf(launch);
  const lines = shader.source.split('\n');
  const isDirective = (line: string) => /^\s*enable\b/.test(line);
  const prelude = [...lines.filter(isDirective), `alias T = ${type};`, `alias Value = ${type};`];
  for (const [name, value] of Object.entries(constants ?? {})) prelude.push(`const ${name} = ${constant(value)};`);
  for (const name of Object.keys(params ?? {})) {
    if (!shader.params.some((field) => field.name === name)) throw new Error(`${shader.name}: no parameter ${name}`);
  }
  const fields = shader.params.map(({ name, type }) => {
    const value = params?.[name];
    if (value === undefined) throw new Error(`${shader.name}: parameter ${name} has no value`);
    return type === 'f32' ? `f32(${value})` : `${type}(${value})`;
  });
  if (fields.length > 0) prelude.push(`const params = Params(${fields.join(', ')});`);
  if ([shader, ...library].some(({ source }) => /\bepilogue\(/.test(source))) prelude.push(epilogue);
  prelude.push(...library.map(({ source }) => source));
  return [...prelude, ...lines.map((line) => (isDirective(line) ? '' : line))].join('\n');
}

function constant(value: number | boolean): string {
  if (typeof value === 'boolean') return String(value);
  return Number.isInteger(value) ? `${value}u` : `f32(${value})`;
}

export interface Bound {
  /** Encodes and submits the launches `times` times in one command buffer, and waits for the end. Milliseconds. */
  run(times?: number): Promise<number>;
  /** `words`: the output holds u32. */
  read(words?: boolean): Promise<Float32Array | Uint32Array>;
  destroy(): void;
}

/** Compiles and binds the launches of one lowering over the given inputs. */
export async function bindLaunches(
  device: GPUDevice,
  launches: readonly Launch[],
  inputs: readonly Input[],
  outputLength: number,
  epilogue?: string,
): Promise<Bound> {
  const usage = USAGE.storage | USAGE.copySource | USAGE.copyTarget;
  const make = (bytes: number) => device.createBuffer({ size: Math.max(16, Math.ceil(bytes / 4) * 4), usage });
  const inputBuffers = inputs.map((data) => {
    const buffer = make(data.byteLength);
    device.queue.writeBuffer(buffer, 0, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    return buffer;
  });
  const output = make(outputLength * 4);
  // What a kernel fails to write must show.
  device.queue.writeBuffer(output, 0, new Float32Array(outputLength).fill(Number.NaN));
  const scratch = new Map<number, GPUBuffer>();
  const resolve = (operand: Operand): GPUBuffer => {
    if (operand === 'output') return output;
    if ('input' in operand) return inputBuffers[operand.input]!;
    const known = scratch.get(operand.scratch) ?? make(operand.bytes);
    scratch.set(operand.scratch, known);
    return known;
  };
  const steps: { pipeline: GPUComputePipeline; group: GPUBindGroup; workgroups: readonly [number, number, number] }[] = [];
  for (const launch of launches) {
    device.pushErrorScope('validation');
    const module = device.createShaderModule({
      code: launchSource(launch, launch.epilogue ? epilogue : undefined),
      label: launch.shader.name,
    });
    const info = await module.getCompilationInfo();
    await device.popErrorScope();
    const error = info.messages.find((message) => message.type === 'error');
    if (error) throw new Error(`${launch.shader.name}.${launch.entry}: ${error.lineNum}:${error.linePos} ${error.message}`);
    const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: launch.entry } });
    const bindings = launch.shader.entries[launch.entry]!.bindings;
    for (const name of Object.keys(launch.bind)) {
      if (!bindings.some((binding) => binding.name === name)) throw new Error(`${launch.shader.name}.${launch.entry}: no binding ${name}`);
    }
    const entries = bindings.map(({ name, binding }) => {
      const operand = launch.bind[name];
      if (operand === undefined) throw new Error(`${launch.shader.name}.${launch.entry}: ${name} is not bound`);
      return { binding, resource: { buffer: resolve(operand) } };
    });
    steps.push({
      pipeline,
      group: device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }),
      workgroups: launch.workgroups,
    });
  }
  return {
    async run(times = 1) {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (let i = 0; i < times; i++) {
        for (const { pipeline, group, workgroups } of steps) {
          if (workgroups.some((count) => count > 65_535)) throw new Error(`too many workgroups: ${workgroups.join('×')}`);
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, group);
          pass.dispatchWorkgroups(...workgroups);
        }
      }
      pass.end();
      const start = performance.now();
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
      return performance.now() - start;
    },
    async read(words = false) {
      const bytes = Math.max(16, outputLength * 4);
      const staging = device.createBuffer({ size: bytes, usage: USAGE.mapRead | USAGE.copyTarget });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(output, 0, staging, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(1);
      const copy = staging.getMappedRange().slice(0, outputLength * 4);
      const values = words ? new Uint32Array(copy) : new Float32Array(copy);
      staging.destroy();
      return values;
    },
    destroy() {
      for (const buffer of [...inputBuffers, output, ...scratch.values()]) buffer.destroy();
    },
  };
}

/** Traits of a device for lowering; `kind` is given, so that GPU variants can be checked on a software adapter. */
export function traitsOf(device: GPUDevice, kind: DeviceTraits['kind'], subgroups = device.features.has('subgroups')): DeviceTraits {
  return {
    kind,
    subgroups,
    subgroupSize: subgroups ? (device.adapterInfo?.subgroupMinSize ?? 4) : 1,
    f16: device.features.has('shader-f16'),
    maxInvocationsPerWorkgroup: device.limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupsPerDimension: device.limits.maxComputeWorkgroupsPerDimension,
    maxStorageBuffersPerStage: device.limits.maxStorageBuffersPerShaderStage,
    maxBindingBytes: device.limits.maxStorageBufferBindingSize,
  };
}
