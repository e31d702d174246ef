// The one place where plans meet the GPU: actions run in the order they were asked for, as soon as the device is there.

import type { AdapterChoice } from '../../platform.ts';
import { Device, wasClosed } from '../gpu/device.ts';
import type { GPUBuffer, GPUCommandEncoder, GPUComputePassEncoder } from '../gpu/webgpu.ts';
import { allocate, byteLength, type DType, type TypedArray } from '../graph/dtype.ts';
import { StaleTensorError } from '../graph/errors.ts';
import { halfBits, halfToNumber } from '../graph/half.ts';
import type { State, Storage } from '../graph/tensor.ts';
import { Staging } from './staging.ts';
import { Workspace } from './workspace.ts';

type Action = (device: Device) => void | Promise<void>;

interface Queued {
  readonly run: Action;
  readonly fail: (error: unknown) => void;
}

/** What the GPU holds at one moment. */
export interface MemoryUse {
  /** Buffers that are alive, and their bytes. */
  readonly buffers: number;
  readonly bytes: number;
  /** Of these bytes, what is kept for plans and reads to come; `freeMemory()` gives it back. */
  readonly spareBytes: number;
  /** Compiled kernels, each of which takes memory of the driver's: those of plans, and some that plans used before. */
  readonly kernels: number;
}

/** How far the kernels of a new plan are compiled; the last report of a plan has `done` equal to `kernels`. */
export interface CompileProgress {
  /** The compiled function that needs them, or `data`. */
  readonly name: string;
  readonly kernels: number;
  readonly done: number;
}
export type CompileListener = (progress: CompileProgress) => void;

/** Something on the GPU that goes with its owner. */
interface Releasable {
  release(): void;
}

export class HeldBuffer implements Releasable {
  constructor(
    private readonly device: Device,
    private readonly buffer: GPUBuffer,
  ) {}

  release(): void {
    this.device.release(this.buffer);
  }
}

export class Runtime {
  private device: Device | undefined;
  private opening: Promise<Device> | undefined;
  private failure: Error | undefined;
  private readonly actions: Queued[] = [];
  private blocked = false;
  private encoder: GPUCommandEncoder | undefined;
  private pass: GPUComputePassEncoder | undefined;
  private flushQueued = false;
  private readonly staging = new Staging();
  readonly workspace = new Workspace();
  /** Changes whenever a buffer that bind groups may hold was replaced. */
  generation = 0;

  private readonly collected = new FinalizationRegistry<Releasable>((resource) => {
    // What was encoded may still use it.
    this.flush();
    resource.release();
  });

  /** Releases `resource` once nothing refers to `owner` any more. An object, not a function: a closure would keep its owner alive. */
  releaseAfter(owner: object, resource: Releasable, token: object = resource): void {
    this.collected.register(owner, resource, token);
  }

  /** Calls {@link releaseAfter} off: what `token` stands for is released already. */
  keepReleased(token: object): void {
    this.collected.unregister(token);
  }

  constructor(
    private readonly requestAdapter: () => Promise<AdapterChoice>,
    private readonly compileListeners: ReadonlySet<CompileListener>,
  ) {}

  reportCompiling(progress: CompileProgress): void {
    for (const listener of this.compileListeners) listener(progress);
  }

  /** The device, opened at the first call. */
  open(): Promise<Device> {
    this.opening ??= this.requestAdapter()
      .then((choice) => Device.open(choice))
      .then((device) => {
        this.device = device;
        return device;
      });
    return this.opening;
  }

  async close(): Promise<void> {
    if (!this.opening) return;
    const device = await this.opening;
    await new Promise<void>((resolve) =>
      this.enqueue(
        () => resolve(),
        () => resolve(),
      ),
    );
    this.flush();
    await device.settle();
    this.staging.clear(device);
    this.workspace.clear(device);
    this.failure = wasClosed();
    device.close();
  }

  memory(): MemoryUse {
    const { buffers = 0, bytes = 0, kernels = 0 } = this.device ?? {};
    return { buffers, bytes, spareBytes: this.workspace.bytes + this.staging.bytes, kernels };
  }

  /** After all that was asked for so far: gives up what is kept only for what may come. */
  free(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.enqueue((device) => {
        this.flush();
        this.staging.clear(device);
        this.workspace.clear(device);
        this.generation++;
        device.forgetIdlePipelines();
        resolve();
      }, reject);
    });
  }

  /**
   * Runs an action after all earlier ones, now if none is waiting. If it fails, `fail` hears of it; an action that nobody
   * answers for stops the runtime, and {@link check} throws its error.
   */
  enqueue(run: Action, fail?: (error: Error) => void): void {
    this.actions.push({
      run,
      fail: (cause) => {
        const error = cause instanceof Error ? cause : new Error(String(cause));
        if (fail) fail(error);
        else this.failure ??= error;
      },
    });
    this.pump();
  }

  /** Whether every action has run. */
  get idle(): boolean {
    return !this.blocked && this.actions.length === 0;
  }

  /** Throws the error that stopped the queue, if one did. */
  check(): void {
    if (this.failure) throw this.failure;
    this.device?.check();
  }

  private pump(): void {
    if (this.blocked) return;
    if (!this.device) {
      this.blocked = true;
      this.open().then(
        () => this.unblock(),
        (error) => {
          // Without a device nothing waits any more; a later call may try again.
          this.opening = undefined;
          for (const { fail } of this.actions.splice(0)) fail(error);
          this.blocked = false;
        },
      );
      return;
    }
    while (this.actions.length > 0) {
      const { run, fail } = this.actions.shift() as Queued;
      try {
        this.check();
        const later = run(this.device);
        if (later) {
          this.blocked = true;
          void later.catch(fail).then(() => this.unblock());
          return;
        }
      } catch (error) {
        fail(error);
      }
    }
  }

  private unblock(): void {
    this.blocked = false;
    this.pump();
  }

  /** The compute pass that commands are being written to; submitted by {@link flush}, at the latest when the running code yields. */
  computePass(device: Device): GPUComputePassEncoder {
    this.pass ??= this.commands(device).beginComputePass();
    return this.pass;
  }

  /** The encoder, outside of any pass. */
  commands(device: Device): GPUCommandEncoder {
    this.pass?.end();
    this.pass = undefined;
    this.encoder ??= device.gpu.createCommandEncoder();
    if (!this.flushQueued) {
      this.flushQueued = true;
      void Promise.resolve().then(() => {
        this.flushQueued = false;
        this.flush();
      });
    }
    return this.encoder;
  }

  /** Submits what was encoded. Needed before anything is written to a buffer that encoded commands use. */
  flush(): void {
    if (!this.encoder || !this.device) return;
    this.pass?.end();
    const commands = this.encoder.finish();
    this.pass = undefined;
    this.encoder = undefined;
    this.device.gpu.queue.submit([commands]);
  }

  /** Writes host values to a buffer, after everything encoded so far. */
  write(device: Device, buffer: GPUBuffer, offset: number, values: TypedArray, dtype: DType): void {
    this.flush();
    const { buffer: bytes, byteOffset, byteLength } = dtype === 'f16' ? halfWords(values) : values;
    device.gpu.queue.writeBuffer(buffer, offset, bytes as ArrayBuffer, byteOffset, byteLength);
  }

  /** Copies values back to the host, without holding up what comes after. */
  read(locate: () => Storage | TypedArray | undefined, size: number, dtype: DType): Promise<TypedArray> {
    return new Promise((resolve, reject) => {
      this.enqueue((device) => {
        const from = locate();
        if (!from) throw new StaleTensorError('data: this tensor was never computed');
        if (!('buffer' in from && 'offset' in from)) return resolve((from as TypedArray).slice());
        this.copyOut(device, from as Storage, size, dtype).then(resolve, reject);
      }, reject);
    });
  }

  /** What stands in a buffer after everything encoded so far. */
  async copyOut(device: Device, from: Storage, size: number, dtype: DType): Promise<TypedArray> {
    const bytes = size === 0 ? 0 : byteLength(dtype, size);
    const target = this.staging.take(device, bytes);
    if (bytes > 0) this.commands(device).copyBufferToBuffer(from.buffer as GPUBuffer, from.offset, target, 0, bytes);
    this.flush();
    try {
      await target.mapAsync(1);
      const range = target.getMappedRange(0, bytes);
      const values = allocate(dtype, size);
      for (let at = 0; at < bytes; at += PIECE) {
        // Who reads much leaves the thread to others in between.
        if (at > 0) await new Promise<void>((resolve) => setTimeout(resolve, 0));
        decode(range, values, dtype, at, Math.min(bytes, at + PIECE));
      }
      target.unmap();
      this.staging.put(device, target);
      device.check();
      return values;
    } catch (error) {
      device.release(target);
      await device.settle();
      device.check();
      throw error;
    }
  }

  /** Where a state stands on the GPU; its first values are uploaded on the way. */
  stateStorage(device: Device, state: State): Storage {
    if (state.arena) {
      const arena = this.stateStorage(device, state.arena);
      return { buffer: arena.buffer, offset: arena.offset + state.arenaOffset * 4 };
    }
    if (!state.storage) {
      const buffer = device.buffer(byteLength(state.dtype, state.size));
      state.storage = { buffer, offset: 0 };
      this.releaseAfter(state, new HeldBuffer(device, buffer), buffer);
      this.generation++;
      if (state.host && state.size > 0) this.write(device, buffer, 0, state.host, state.dtype);
      state.host = undefined;
      this.gatherMembers(device, state);
    }
    return state.storage;
  }

  /** States that moved into an arena bring their values along. */
  private gatherMembers(device: Device, arena: State): void {
    for (const member of arena.members) {
      const offset = member.arenaOffset * 4;
      if (member.storage) {
        const from = member.storage.buffer as GPUBuffer;
        this.commands(device).copyBufferToBuffer(from, member.storage.offset, arena.storage?.buffer as GPUBuffer, offset, member.size * 4);
        this.flush();
        this.keepReleased(from);
        device.release(from);
      } else if (member.host) {
        this.write(device, arena.storage?.buffer as GPUBuffer, offset, member.host, member.dtype);
      }
      member.storage = undefined;
      member.host = undefined;
    }
  }
}

/** f32 values as halves, padded to whole words. */
function halfWords(values: TypedArray): Uint16Array {
  const halves = new Uint16Array(Math.ceil(values.length / 2) * 2);
  for (let i = 0; i < values.length; i++) halves[i] = halfBits(values[i]);
  return halves;
}

/** Bytes that are copied at once: some milliseconds' worth. */
const PIECE = 2 ** 23;

/** The values in these bytes of a mapped range, copied out. */
function decode(range: ArrayBuffer, values: TypedArray, dtype: DType, from: number, to: number): void {
  if (dtype === 'f16') {
    const [first, last] = [from / 2, Math.min(values.length, to / 2)];
    new Uint16Array(range, from, last - first).forEach((bits, i) => (values[first + i] = halfToNumber(bits)));
  } else new Uint8Array(values.buffer).set(new Uint8Array(range, from, to - from), from);
}
