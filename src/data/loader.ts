import { aBoolean, expectKind, expectOptions, type Kind, positive, whole } from '../engine/graph/arguments.ts';
import { ShapeError, TilegradError } from '../engine/graph/errors.ts';
import type { Dataset, Sample, Value } from './dataset.ts';
import { Random } from './random.ts';

export type BatchArray = Float32Array | Int32Array | Uint32Array;

/** One field of a batch: `shape` is `[batch, ...sample shape]`. The arrays are the receiver's own. */
export interface BatchValue {
  readonly data: BatchArray;
  readonly shape: readonly number[];
}

export type Batch<F extends string = string> = Readonly<Record<F, BatchValue>>;

/**
 * Changes one field of one sample, before it goes into its batch: crop, flip, noise. It gets its own copy, may write to it and return it,
 * or return another array with another shape. `random` depends on the seed, the epoch and the sample's place in it, so a resumed run sees the same.
 */
export type Transform = (value: BatchValue, random: Random) => BatchValue;

export interface DataLoaderOptions<F extends string> {
  readonly batchSize: number;
  /** A new order every epoch. Default false. */
  readonly shuffle?: boolean;
  /** Of the orders and of the transforms. Default 0. */
  readonly seed?: number;
  /** Leaves out a last batch that is not full. Default false. */
  readonly dropLast?: boolean;
  readonly transforms?: Readonly<Partial<Record<F, Transform>>>;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const anObject: Kind = { words: 'an object with a batchSize', holds: isObject };
const aDataset: Kind = {
  words: 'a dataset: an object with length and get()',
  holds: (value) => isObject(value) && 'length' in value && 'get' in value && typeof value.get === 'function',
};
const transforms: Kind = {
  words: 'functions by field',
  holds: (value) => isObject(value) && Object.values(value).every((each) => each === undefined || typeof each === 'function'),
};
const OPTIONS = { batchSize: positive, shuffle: aBoolean, seed: whole, dropLast: aBoolean, transforms };

/** Where a loader is: plain JSON, for a checkpoint. `index` counts the samples of the epoch that were handed out. */
export interface LoaderState {
  readonly seed: number;
  readonly length: number;
  readonly epoch: number;
  readonly index: number;
}

/**
 * Hands out a dataset in batches. One `for await` goes to the end of the current epoch; the next one begins the next epoch.
 * A loop that is left early goes on where it was, and so does a loader whose state was restored: batch for batch, bit for bit.
 */
export class DataLoader<F extends string> implements AsyncIterable<Batch<F>> {
  private readonly seed: number;
  private epoch = 0;
  private index = 0;
  private order: { readonly epoch: number; readonly samples: Uint32Array } | undefined;

  constructor(
    private readonly dataset: Dataset<Sample<F>>,
    private readonly options: DataLoaderOptions<F>,
  ) {
    expectKind('DataLoader', 'dataset', dataset, aDataset);
    expectKind('DataLoader', 'options', options, anObject);
    expectOptions('DataLoader', options, OPTIONS);
    const { batchSize } = options;
    expectKind('DataLoader', 'batchSize', batchSize, positive);
    if (this.length === 0)
      throw new ShapeError(
        `DataLoader: expected at least one batch of ${batchSize} in an epoch, got ${dataset.length} samples${options.dropLast ? ' and dropLast' : ''}`,
      );
    this.seed = options.seed ?? 0;
  }

  /** Batches in an epoch. */
  get length(): number {
    const batches = this.dataset.length / this.options.batchSize;
    return this.options.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The position after the last batch that was handed out. After an epoch's last batch it is the start of the next epoch. */
  state(): LoaderState {
    return { seed: this.seed, length: this.dataset.length, epoch: this.epoch, index: this.index };
  }

  /**
   * Goes to a position that `state()` gave. `restore({ ...loader.state(), epoch: 0, index: 0 })` starts over.
   *
   * @throws TilegradError when the state is not of a loader with this seed and number of samples: the batches would not be the same ones.
   */
  restore(state: LoaderState): void {
    if (state.seed !== this.seed || state.length !== this.dataset.length) {
      throw new TilegradError(
        `DataLoader: expected a position of seed ${this.seed} in ${this.dataset.length} samples, got one of seed ${state.seed} in ${state.length}: resume with the data and options of the first run`,
      );
    }
    if (!isPosition(state.epoch, 2 ** 32) || !isPosition(state.index, this.dataset.length)) {
      throw new TilegradError(
        `DataLoader: expected a position within ${this.dataset.length} samples, got epoch ${state.epoch}, index ${state.index}`,
      );
    }
    this.epoch = state.epoch;
    this.index = state.index;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch<F>, void, undefined> {
    const { epoch } = this;
    while (this.epoch === epoch) {
      const start = this.index;
      const batch = await this.collate(epoch, start, Math.min(start + this.options.batchSize, this.dataset.length));
      // The position moves before the batch is handed out: a checkpoint written in the loop's body stands after it.
      this.index = start + this.options.batchSize;
      const left = this.dataset.length - this.index;
      if (left <= 0 || (this.options.dropLast && left < this.options.batchSize)) {
        this.epoch++;
        this.index = 0;
      }
      yield batch;
    }
  }

  private samplesOf(epoch: number): Uint32Array {
    if (this.order?.epoch !== epoch) {
      const samples = Uint32Array.from({ length: this.dataset.length }, (_, i) => i);
      if (this.options.shuffle) new Random(this.seed, epoch, 0).shuffle(samples);
      this.order = { epoch, samples };
    }
    return this.order.samples;
  }

  private async collate(epoch: number, start: number, end: number): Promise<Batch<F>> {
    const samples = this.samplesOf(epoch);
    const batch = new Map<string, BatchValue>();
    for (let place = start; place < end; place++) {
      const got = this.dataset.get(samples[place]!);
      // Awaiting every sample of an in-memory dataset would cost more than copying it.
      const sample = got instanceof Promise ? await got : got;
      for (const name of Object.keys(sample) as F[]) {
        const transform = transformOf(this.options.transforms, name);
        let value = place === start || transform ? convert(sample[name]) : sample[name];
        // Stream 0 is the epoch's order; samples have the streams after it.
        if (transform) value = transform(value as BatchValue, new Random(this.seed, epoch, place + 1));
        const field = batch.get(name) ?? allocate(value as BatchValue, end - start);
        batch.set(name, field);
        write(field, value, place - start, name);
      }
    }
    return Object.fromEntries(batch) as Batch<F>;
  }
}

/** A field may have any name: `constructor` is no transform that every object has. */
function transformOf<F extends string>(transforms: DataLoaderOptions<F>['transforms'], name: F): Transform | undefined {
  return transforms && Object.hasOwn(transforms, name) ? transforms[name] : undefined;
}

function isPosition(value: number, bound: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < bound;
}

/** A copy of the elements in the type that they have in a batch, scaled. */
function convert(value: Value): BatchValue {
  const { data, shape, dtype, scale = 1 } = value;
  const kind = dtype ?? (data instanceof Int32Array ? 'i32' : data instanceof Uint32Array ? 'u32' : 'f32');
  if (kind === 'i32') return { data: Int32Array.from(data), shape };
  if (kind === 'u32') return { data: Uint32Array.from(data), shape };
  const floats = new Float32Array(data);
  if (scale !== 1) for (let i = 0; i < floats.length; i++) floats[i]! *= scale;
  return { data: floats, shape };
}

function allocate(first: BatchValue, count: number): BatchValue {
  const size = first.data.length * count;
  const data =
    first.data instanceof Float32Array
      ? new Float32Array(size)
      : first.data instanceof Int32Array
        ? new Int32Array(size)
        : new Uint32Array(size);
  return { data, shape: [count, ...first.shape] };
}

/** Puts one sample into its row of the batch, converting on the way. */
function write(batch: BatchValue, value: Value | BatchValue, row: number, name: string): void {
  const expected = batch.shape.slice(1);
  if (value.shape.length !== expected.length || value.shape.some((n, i) => n !== expected[i])) {
    throw new ShapeError(
      `DataLoader: expected every '${name}' of a batch to have one shape, got [${expected.join(', ')}] and [${value.shape.join(', ')}]`,
    );
  }
  const { data } = value;
  const offset = row * data.length;
  const scale = 'scale' in value ? (value.scale ?? 1) : 1;
  if (scale === 1 || !(batch.data instanceof Float32Array)) batch.data.set(data, offset);
  else for (let i = 0; i < data.length; i++) batch.data[offset + i] = data[i]! * scale;
}
