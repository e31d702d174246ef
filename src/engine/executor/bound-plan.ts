// A plan bound to a device: pipelines and bind groups made once, then replayed.

import { type Binding, bytesOf, type Place, type Plan } from '../compiler/plan.ts';
import type { Device, Pipeline } from '../gpu/device.ts';
import { TilegradError } from '../graph/errors.ts';
import { DataLeaf, type HostLeaf, ResidentLeaf, type State, type Storage, Table, type Tensor } from '../graph/tensor.ts';
import type { Profiler } from './profile.ts';
import type { Runtime } from './runtime.ts';

/** Bytes of a plan's own that an argument is copied to: none for a table. */
export const inputBytes = (value: Tensor): number => (value instanceof Table ? 0 : bytesOf(value));

export class BoundPlan {
  private pipelines: Pipeline[] = [];
  private groups: GPUBindGroup[] = [];
  private generation = -1;
  private readonly blocks: GPUBuffer[];
  /** The plan's own, but for tables. */
  private readonly inputs: (GPUBuffer | undefined)[];
  private readonly constants = new Map<Tensor, GPUBuffer>();
  private readonly hostBuffer: GPUBuffer | undefined;
  private readonly hostValues: Float32Array<ArrayBuffer>;
  private readonly states: readonly State[];

  private constructor(
    readonly plan: Plan,
    private readonly runtime: Runtime,
    private readonly device: Device,
  ) {
    this.blocks = plan.blocks.map((bytes) => device.buffer(bytes));
    this.inputs = plan.inputs.map((bytes) => (bytes > 0 ? device.buffer(bytes) : undefined));
    this.hostBuffer = plan.hostBytes > 0 ? device.buffer(plan.hostBytes) : undefined;
    this.hostValues = new Float32Array(plan.hostBytes / 4);
    const places = plan.steps.flatMap(({ bindings }) => bindings.map(({ place }) => place));
    this.states = [...new Set(places.flatMap((place) => (place.kind === 'state' ? [place.state] : [])))];
    for (const place of places) if (place.kind === 'constant') this.uploadConstant(place.leaf);
  }

  /** Compiles every kernel of the plan, side by side. `name` is for whoever listens to it. */
  static async bind(name: string, plan: Plan, runtime: Runtime, device: Device): Promise<BoundPlan> {
    const bound = new BoundPlan(plan, runtime, device);
    const compiling: Promise<Pipeline>[] = [];
    const pipelines = plan.steps.map((step) => {
      const isNew = !device.isCompiled(step);
      const pipeline = device.pipeline(step);
      if (isNew) compiling.push(pipeline);
      return pipeline;
    });
    const kernels = compiling.length;
    let done = 0;
    if (kernels > 0) runtime.reportCompiling({ name, kernels, done });
    const report = () => runtime.reportCompiling({ name, kernels, done: ++done });
    await Promise.all(compiling.map((pipeline) => pipeline.then(report, report)));
    try {
      bound.pipelines = await Promise.all(pipelines);
    } catch (error) {
      bound.release();
      throw error;
    }
    return bound;
  }

  private uploadConstant(leaf: Tensor): void {
    if (!(leaf instanceof DataLeaf) || this.constants.has(leaf)) return;
    const buffer = this.device.buffer(bytesOf(leaf));
    if (leaf.size > 0) this.runtime.write(this.device, buffer, 0, leaf.array, leaf.dtype);
    this.constants.set(leaf, buffer);
  }

  /** One execution: write what changes, encode every dispatch. `values` are the function's arguments, `drawn` what the host gives. */
  run(values: readonly Tensor[], drawn: ReadonlyMap<HostLeaf, ArrayLike<number>>, profiler?: Profiler): void {
    const { runtime, device } = this;
    this.bindTables(values);
    this.rebind();
    runtime.flush();
    values.forEach((value, i) => this.writeInput(i, value));
    this.writeHostValues(drawn);
    if (profiler) return profiler.encode(this.plan, this.pipelines, this.groups);
    const pass = runtime.computePass(device);
    let current: GPUComputePipeline | undefined;
    this.plan.steps.forEach(({ workgroups }, i) => {
      const { pipeline } = this.pipelines[i];
      if (pipeline !== current) pass.setPipeline(pipeline);
      current = pipeline;
      pass.setBindGroup(0, this.groups[i]);
      pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
    });
  }

  /** Another table than last time stands in another buffer. */
  private bindTables(values: readonly Tensor[]): void {
    values.forEach((value, i) => {
      if (!(value instanceof Table)) return;
      const buffer = this.runtime.stateStorage(this.device, value).buffer as GPUBuffer;
      if (buffer !== this.inputs[i]) this.generation = -1;
      this.inputs[i] = buffer;
    });
  }

  private writeInput(index: number, value: Tensor): void {
    const { runtime, device } = this;
    if (value.size === 0 || value instanceof Table) return;
    const own = this.inputs[index] as GPUBuffer;
    if (value instanceof DataLeaf) {
      runtime.write(device, own, 0, value.array, value.dtype);
      return;
    }
    if (!(value instanceof ResidentLeaf) || !value.storage) throw new TilegradError('run: an argument was never computed');
    runtime.commands(device).copyBufferToBuffer(value.storage.buffer as GPUBuffer, value.storage.offset, own, 0, bytesOf(value));
  }

  private writeHostValues(drawn: ReadonlyMap<HostLeaf, ArrayLike<number>>): void {
    if (!this.hostBuffer) return;
    const whole = new Uint32Array(this.hostValues.buffer);
    for (const { leaf, offset } of this.plan.hosts) {
      const values = drawn.get(leaf) as ArrayLike<number>;
      for (let i = 0; i < leaf.size; i++) {
        if (leaf.dtype === 'f32') this.hostValues[offset / 4 + i] = values[i];
        else whole[offset / 4 + i] = values[i];
      }
    }
    this.runtime.write(this.device, this.hostBuffer, 0, this.hostValues, 'f32');
  }

  /** Makes the bind groups, and makes them anew after a buffer was replaced. */
  private rebind(): void {
    const { runtime, device } = this;
    for (const state of this.states) runtime.stateStorage(device, state);
    if (this.generation === runtime.generation) return;
    const slots = runtime.workspace.reserve(device, this.plan.slots, () => {
      runtime.flush();
      runtime.generation++;
    });
    this.generation = runtime.generation;
    this.groups = this.plan.steps.map(({ bindings }, i) =>
      device.gpu.createBindGroup({
        layout: this.pipelines[i].layout,
        entries: bindings.map((binding) => ({ binding: binding.binding, resource: this.resource(binding, slots) })),
      }),
    );
  }

  private resource({ place, bytes }: Binding, slots: readonly GPUBuffer[]): GPUBufferBinding {
    const { buffer, offset } = this.locate(place, slots);
    return { buffer: buffer as GPUBuffer, offset, size: bytes };
  }

  private locate(place: Place, slots: readonly GPUBuffer[]): Storage {
    switch (place.kind) {
      case 'slot':
        return { buffer: slots[place.slot], offset: 0 };
      case 'private':
        return { buffer: this.blocks[place.block], offset: place.offset };
      case 'input':
        return { buffer: this.inputs[place.index] as GPUBuffer, offset: 0 };
      case 'host':
        return { buffer: this.hostBuffer as GPUBuffer, offset: place.offset };
      case 'state':
        return this.runtime.stateStorage(this.device, place.state);
      case 'constant': {
        if (place.leaf instanceof ResidentLeaf && place.leaf.storage) return place.leaf.storage;
        return { buffer: this.constants.get(place.leaf) as GPUBuffer, offset: 0 };
      }
    }
  }

  /** Where output `i` stands after a run. */
  output(i: number): Storage {
    return this.locate(this.plan.outputs[i].place, []);
  }

  /** Gives up this plan's own memory, and its kernels. */
  release(): void {
    this.runtime.flush();
    const inputs = this.inputs.flatMap((buffer, i) => (buffer && this.plan.inputs[i]! > 0 ? [buffer] : []));
    for (const buffer of [...this.blocks, ...inputs, ...this.constants.values()]) this.device.release(buffer);
    if (this.hostBuffer) this.device.release(this.hostBuffer);
    for (const step of this.plan.steps) this.device.releasePipeline(step);
  }
}
