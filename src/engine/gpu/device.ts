// One GPU device: limits, buffers that are counted, pipelines that are kept, errors in the user's terms.

import type { AdapterChoice } from '../../platform.ts';
import { DeviceLostError, KernelError, OutOfMemoryError } from '../graph/errors.ts';
import type { DeviceTraits } from '../ops/kernel.ts';
import type { GPUBindGroupLayout, GPUBuffer, GPUComputePipeline, GPUDevice } from './webgpu.ts';

/** What is asked of an adapter when it has it. */
const WANTED_FEATURES = ['timestamp-query', 'subgroups', 'shader-f16'] as const;
const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupsPerDimension',
] as const;

// The usage flags by number: the spec fixes them, and a platform's globals are out of reach here.
export const USAGE = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, storage: 0x80, queryResolve: 0x200 } as const;
const STORAGE = USAGE.storage | USAGE.copySource | USAGE.copyTarget;
const COMPUTE_STAGE = 0x4;

export interface KernelSource {
  readonly shader: string;
  readonly code: string;
  readonly preludeLines: number;
  readonly entry: string;
  readonly bindings: readonly { readonly binding: number; readonly access: 'read' | 'read_write' }[];
}

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** A pipeline, and how many steps of plans use it. */
interface KeptPipeline {
  readonly made: Promise<Pipeline>;
  users: number;
}

/** Pipelines kept that no plan uses any more: as many as a network takes. Each holds up to a MiB of a software adapter's machine code. */
const MOST_IDLE_PIPELINES = 384;

/** Of whoever goes on with a device that was closed. */
export const wasClosed = (): DeviceLostError => new DeviceLostError('the GPU device was closed: no op can run on it any more');

/** Of a device, which others may have used before. */
interface Compiled {
  readonly pipelines: Map<string, KeptPipeline>;
  readonly layouts: Map<string, GPUBindGroupLayout>;
}
const compiledOn = new WeakMap<GPUDevice, Compiled>();

export class Device {
  readonly traits: DeviceTraits;
  readonly name: string;
  readonly reason: string;
  readonly hasTimestamps: boolean;
  /** Of all live buffers. */
  bytes = 0;
  private readonly live = new Set<GPUBuffer>();
  private closed = false;
  private failure: Error | undefined;
  private readonly compiled: Compiled;

  private constructor(
    readonly gpu: GPUDevice,
    private readonly choice: AdapterChoice,
  ) {
    this.compiled = compiledOn.get(gpu) ?? { pipelines: new Map(), layouts: new Map() };
    compiledOn.set(gpu, this.compiled);
    const { limits } = gpu;
    this.name = choice.name;
    this.reason = choice.reason;
    this.hasTimestamps = gpu.features.has('timestamp-query');
    this.traits = {
      kind: choice.kind,
      subgroups: gpu.features.has('subgroups'),
      subgroupSize: gpu.features.has('subgroups') ? (gpu.adapterInfo.subgroupMinSize ?? 4) : 1,
      f16: gpu.features.has('shader-f16'),
      maxInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxStorageBuffersPerStage: limits.maxStorageBuffersPerShaderStage,
      maxBindingBytes: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
      ...choice.traits,
    };
    gpu.onuncapturederror = ({ error }) => this.fail(error);
    void gpu.lost.then(({ message }) => {
      this.failure ??= new DeviceLostError(`the GPU device was lost${message ? `: ${message.replace(/[.\s]+$/, '')}` : ''}`);
    });
  }

  static async open(choice: AdapterChoice): Promise<Device> {
    const { adapter, device } = choice;
    if (device) return new Device(device, choice);
    const requiredLimits: Record<string, number> = {};
    for (const limit of WANTED_LIMITS) requiredLimits[limit] = adapter.limits[limit];
    const gpu = await adapter.requestDevice({
      requiredFeatures: WANTED_FEATURES.filter((feature) => adapter.features.has(feature)),
      requiredLimits,
    });
    return new Device(gpu, choice);
  }

  private fail(error: GPUError): void {
    this.failure ??= new KernelError(`the GPU refused a command: ${error.message}`);
  }

  /** Throws what went wrong on the device since it was opened, if anything did. */
  check(): void {
    if (this.failure) throw this.failure;
  }

  /** Waits until a loss of the device that made something fail is known as such, and {@link check} throws it. */
  async settle(): Promise<void> {
    const idle = this.gpu.queue.onSubmittedWorkDone().catch(() => {});
    await Promise.race([this.gpu.lost, idle]);
  }

  close(): void {
    const { gpu, choice, failure } = this;
    this.failure ??= wasClosed();
    for (const buffer of this.live) this.release(buffer);
    this.closed = true;
    if (failure || !choice.keep) {
      this.compiled.pipelines.clear();
      this.compiled.layouts.clear();
      gpu.destroy();
      return;
    }
    // Plans that are done with will not say so here any more.
    for (const kept of this.compiled.pipelines.values()) kept.users = 0;
    this.forgetIdlePipelines(MOST_IDLE_PIPELINES);
    choice.keep(gpu);
  }

  get buffers(): number {
    return this.live.size;
  }

  buffer(bytes: number, usage: number = STORAGE): GPUBuffer {
    const size = Math.max(4, Math.ceil(bytes / 4) * 4);
    if (size > this.gpu.limits.maxBufferSize) {
      throw new OutOfMemoryError(`a buffer of ${size} bytes exceeds the adapter's limit of ${this.gpu.limits.maxBufferSize} bytes`);
    }
    const inUse = this.bytes;
    this.bytes += size;
    this.gpu.pushErrorScope('out-of-memory');
    const buffer = this.gpu.createBuffer({ size, usage });
    this.live.add(buffer);
    this.gpu.popErrorScope().then(
      (error) => {
        if (error) this.failure ??= outOfMemory(size, inUse);
      },
      // A lost device has no scopes; it is known as lost.
      () => {},
    );
    return buffer;
  }

  release(buffer: GPUBuffer): void {
    // All went with the device.
    if (this.closed) return;
    this.live.delete(buffer);
    this.bytes -= buffer.size;
    buffer.destroy();
  }

  /**
   * The compiled kernel, made once, and the caller's until {@link releasePipeline}. Compilation runs beside the caller.
   * @throws KernelError naming file, line and column.
   */
  pipeline(source: KernelSource): Promise<Pipeline> {
    const { key, layoutKey } = keysOf(source);
    const { pipelines } = this.compiled;
    let kept = pipelines.get(key);
    if (!kept) {
      kept = { made: this.compile(source, this.layout(layoutKey, source)), users: 0 };
      // Whoever asks next may have more memory.
      kept.made.catch(() => pipelines.delete(key));
    }
    kept.users++;
    pipelines.set(key, kept);
    return kept.made;
  }

  get kernels(): number {
    return this.closed ? 0 : this.compiled.pipelines.size;
  }

  /** Whether {@link pipeline} has the kernel, or is compiling it. */
  isCompiled(source: KernelSource): boolean {
    return this.compiled.pipelines.has(keysOf(source).key);
  }

  /** The caller is done with a kernel that it asked for. Of those that nobody uses, the latest stay for a while. */
  releasePipeline(source: KernelSource): void {
    const { pipelines } = this.compiled;
    const { key } = keysOf(source);
    const kept = pipelines.get(key);
    if (this.closed || !kept) return;
    kept.users--;
    // To the end: the order is that of the last use.
    pipelines.delete(key);
    pipelines.set(key, kept);
    this.forgetIdlePipelines(MOST_IDLE_PIPELINES);
  }

  /** Gives up the oldest pipelines that no plan uses, but for `most` of them. */
  forgetIdlePipelines(most = 0): void {
    const { pipelines } = this.compiled;
    const idle = [...pipelines].filter(([, { users }]) => users === 0);
    for (const [key] of idle.slice(0, Math.max(0, idle.length - most))) pipelines.delete(key);
  }

  private layout(key: string, { bindings }: KernelSource): GPUBindGroupLayout {
    const { layouts } = this.compiled;
    let layout = layouts.get(key);
    if (!layout) {
      layout = this.gpu.createBindGroupLayout({
        entries: bindings.map(({ binding, access }) => ({
          binding,
          visibility: COMPUTE_STAGE,
          buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' },
        })),
      });
      layouts.set(key, layout);
    }
    return layout;
  }

  private async compile(source: KernelSource, layout: GPUBindGroupLayout): Promise<Pipeline> {
    this.gpu.pushErrorScope('validation');
    const module = this.gpu.createShaderModule({ code: source.code });
    const invalid = this.gpu.popErrorScope();
    const pipeline = this.gpu.createComputePipelineAsync({
      layout: this.gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: source.entry },
    });
    try {
      const made = await pipeline;
      await invalid;
      return { pipeline: made, layout };
    } catch (error) {
      await this.settle();
      this.check();
      throw await kernelError(source, module, error);
    }
  }
}

function keysOf({ entry, code, bindings }: KernelSource): { key: string; layoutKey: string } {
  const layoutKey = bindings.map(({ binding, access }) => `${binding}${access === 'read' ? 'r' : 'w'}`).join();
  return { key: `${entry}\n${layoutKey}\n${code}`, layoutKey };
}

function outOfMemory(size: number, inUse: number): OutOfMemoryError {
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return new OutOfMemoryError(
    `the GPU has no memory left: a buffer of ${megabytes(size)} does not fit beside the ${megabytes(inUse)} in use; use a smaller batch or model`,
  );
}

async function kernelError(source: KernelSource, module: GPUShaderModule, cause: unknown): Promise<KernelError> {
  const { messages } = await module.getCompilationInfo();
  const lines = source.code.split('\n');
  const found = messages
    .filter(({ type }) => type === 'error')
    .map(({ message, lineNum, linePos }) => {
      const own = lineNum - source.preludeLines;
      const place =
        source.shader === 'fused' || own < 1
          ? `generated code for ${source.shader}, line ${lineNum}`
          : `${source.shader}.wgsl:${own}:${linePos}`;
      return `${place}: ${message}\n    ${lines[lineNum - 1] ?? ''}`;
    });
  const detail = found.length ? found.join('\n') : cause instanceof Error ? cause.message : String(cause);
  return new KernelError(`${source.shader}.${source.entry} does not compile on this adapter:\n${detail}`);
}
