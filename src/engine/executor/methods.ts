// Reading and writing values: the methods of Tensor and State that have something run.
import { bytesOf } from '../compiler/plan.ts';
import { expectArguments } from '../graph/arguments.ts';
import type { TypedArray } from '../graph/dtype.ts';
import { DTypeError, ShapeError, TilegradError } from '../graph/errors.ts';
import { sameShape, showShape, stridesOf } from '../graph/shape.ts';
import { advanceEpoch, currentTrace, type DataLeaf, isTracing, ResidentLeaf, resolve, State, Tensor } from '../graph/tensor.ts';
import { tensor as fromValues, type NestedNumbers } from '../ops/create.ts';
import { evaluate, expectFresh, flushAssignments, readValues } from './evaluate.ts';
import { HeldBuffer } from './runtime.ts';
import { currentRuntime, isIdle } from './session.ts';

declare module '../graph/tensor.ts' {
  interface Tensor {
    /** The values in row-major order; bool as 0 and 1. Never stalls the GPU: several reads can be under way. */
    data(): Promise<TypedArray>;
    /** The one value of a tensor of one element. @throws ShapeError otherwise. */
    item(): Promise<number>;
    /** The values as nested arrays. */
    toArray(): Promise<NestedNumbers>;
    /** Where the values aren't 0: their coordinates as u32 [count, rank], in row-major order (torch.nonzero). Found on the host. */
    nonzero(): Promise<Tensor>;
    /** A copy on the GPU that later executions don't touch; its memory goes when nothing refers to it any more. */
    keep(): Tensor;
  }
  interface State {
    /**
     * Gives the state a new value. In a traced function this takes place in every execution; outside, with the next thing that runs.
     * @throws ShapeError or DTypeError when the value doesn't fit. StaleTensorError when it reads what has been overwritten.
     */
    assign(value: Tensor): void;
    /**
     * Replaces the values from the host: after everything that was asked for before, and before all that is asked for later.
     * @throws ShapeError when their number is wrong. TilegradError in a traced function.
     */
    set(values: TypedArray): void;
  }
}

const reading = {
  data(this: Tensor) {
    return readValues(this);
  },
  async item(this: Tensor) {
    if (this.size !== 1) throw new ShapeError(`item: expected a tensor of one element, got ${showShape(this.shape)}`);
    return (await readValues(this))[0];
  },
  async toArray(this: Tensor) {
    const values = await readValues(this);
    const nest = (depth: number, offset: number): NestedNumbers => {
      if (depth === this.rank) return values[offset];
      const stride = this.shape.slice(depth + 1).reduce((product, dim) => product * dim, 1);
      return Array.from({ length: this.shape[depth] }, (_, i) => nest(depth + 1, offset + i * stride));
    };
    return nest(0, 0);
  },
  async nonzero(this: Tensor) {
    const values = await readValues(this);
    const found = Uint32Array.from(values.keys()).filter((i) => values[i] !== 0);
    const coordinates = new Uint32Array(found.length * this.rank);
    const strides = stridesOf(this.shape);
    found.forEach((place, i) => {
      for (let axis = 0; axis < this.rank; axis++) coordinates[i * this.rank + axis] = Math.floor(place / strides[axis]) % this.shape[axis];
    });
    return fromValues(coordinates, [found.length, this.rank]);
  },
  keep(this: Tensor) {
    const runtime = currentRuntime();
    const [from] = this instanceof ResidentLeaf && !this.stale ? [this] : evaluate([this]);
    const kept = new ResidentLeaf(this.shape, this.dtype);
    runtime.enqueue(
      (device) => {
        if (from.failed) throw from.failed;
        const buffer = device.buffer(bytesOf(kept));
        const source = from.storage as NonNullable<typeof from.storage>;
        if (kept.size > 0) runtime.commands(device).copyBufferToBuffer(source.buffer as GPUBuffer, source.offset, buffer, 0, bytesOf(kept));
        kept.storage = { buffer, offset: 0 };
        runtime.releaseAfter(kept, new HeldBuffer(device, buffer));
      },
      (error) => {
        kept.failed = error;
      },
    );
    return kept;
  },
};

const prototype = Tensor.prototype as unknown as Record<string, unknown>;
for (const [name, method] of Object.entries(reading)) {
  prototype[name] = function read(this: Tensor, ...rest: unknown[]) {
    expectArguments(name, rest, []);
    return (method as () => unknown).call(this);
  };
}

Object.assign(State.prototype, {
  assign(this: State, value: Tensor) {
    if (!sameShape(value.shape, this.shape)) {
      throw new ShapeError(`assign to ${this.name}: expected ${showShape(this.shape)}, got ${showShape(value.shape)}`);
    }
    if (value.dtype !== this.dtype) throw new DTypeError(`assign to ${this.name}: expected ${this.dtype}, got ${value.dtype}`);
    // Whatever makes a value stale has pending assignments carried out first, so one that is fresh here stays so.
    if (!isTracing()) expectFresh(value);
    currentTrace().assigned.set(this, resolve(value));
    // An arena is read whole; what a part of it was given must stand there by then.
    if (this.arena && !isTracing()) flushAssignments();
  },
  set(this: State, values: TypedArray) {
    if (isTracing() && this.id <= currentTrace().since) {
      throw new TilegradError(`set ${this.name}: a compiled function only builds a graph; assign() a tensor, or set it outside`);
    }
    const own = (fromValues(values, this.shape, this.dtype) as DataLeaf).array;
    currentTrace().assigned.delete(this);
    // Other assignments were made before this, from the values of then.
    if (!isTracing()) flushAssignments();
    this.writtenAt = advanceEpoch();
    // Needs no device as long as nothing has asked for one. An arena takes its members' values in when it comes to the GPU; these replace
    // them, so they are written after.
    const onHost = () => !this.storage && !this.arena && this.members.length === 0;
    if (onHost() && isIdle()) {
      this.host = own;
      return;
    }
    const runtime = currentRuntime();
    runtime.enqueue((device) => {
      if (onHost()) {
        this.host = own;
        return;
      }
      const { buffer, offset } = runtime.stateStorage(device, this);
      if (this.size > 0) runtime.write(device, buffer as GPUBuffer, offset, own, this.dtype);
    });
  },
});
