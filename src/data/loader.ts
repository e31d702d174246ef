import { aBoolean, count, expectKind, expectOptions, type Kind, positive, whole } from '../engine/graph/arguments.ts';
import { dtypeOf } from '../engine/graph/dtype.ts';
import { ShapeError, TilegradError } from '../engine/graph/errors.ts';
import { DataLeaf, type Tensor } from '../engine/graph/tensor.ts';
import { Random } from '../random.ts';
import { assemble, type BatchArray, type BatchValue, converted, type Padding, type Stream } from './assemble.ts';
import { ArrayDataset, type Dataset, type Sample } from './dataset.ts';
import { isSmall, ResidentSet, unfitFor } from './resident.ts';
import type { Sampler } from './samplers.ts';
import type { Fields } from './transforms/apply.ts';
import type { Transform } from './transforms/transform.ts';
import type { WorkerPool } from './worker/pool.ts';
import { pack } from './worker/protocol.ts';

export type { BatchArray, BatchValue, Padding };

export type Batch<F extends string = string> = Readonly<Record<F, BatchValue>>;

/** Tensors of a batch by field: [samples, ...shape of one]. */
export type TensorBatch<F extends string = string> = Readonly<Record<F, Tensor>>;

/**
 * Changes one sample before it goes into its batch. It gets its own copies of the arrays, scaled and in the types that they have in a batch, and may
 * give fields of other shapes and types. `random` depends on the seed, the epoch and the sample's place in it, so a resumed run sees the same.
 */
export type SampleFunction<F extends string = string> = (sample: Batch<F>, random: Random) => Sample<F>;

export interface DataLoaderOptions<F extends string, P extends F = never> {
  readonly batchSize: number;
  /** A new order every epoch. Default false. */
  readonly shuffle?: boolean;
  /** Which samples an epoch has, and their order, in place of `shuffle`: see `samplers`. */
  readonly sampler?: Sampler;
  /** Of the orders and of the transforms. Default 0. */
  readonly seed?: number;
  /** Leaves out a last batch that is not full. Default false. */
  readonly dropLast?: boolean;
  /** What is done to each sample: see `transforms`; or a function, which workers can't run. */
  readonly transform?: readonly Transform[] | SampleFunction<F>;
  /** Fields whose samples differ in their first dimension: filled up to the longest of the batch. Their lengths come along, `tokensLength` with `tokens`. */
  readonly pad?: Readonly<Record<P, Padding>>;
  /** Threads that transform and put together batches. Their number changes neither order nor values. Default 0: the caller's thread does it. */
  readonly workers?: number;
  /** Batches that are made ahead. Default: two a worker, none without workers. */
  readonly prefetch?: number;
  /**
   * Of {@link DataLoader.tensors}: the whole set lies on the GPU, and steps find their samples there. Values are the same to the last bit. Default:
   * an `ArrayDataset` that is small does, unless it is transformed or padded.
   */
  readonly resident?: boolean;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const anObject: Kind = { words: 'an object with a batchSize', holds: isObject };
const aDataset: Kind = {
  words: 'a dataset: an object with length and get()',
  holds: (value) => isObject(value) && 'length' in value && 'get' in value && typeof value.get === 'function',
};
const aSampler: Kind = {
  words: 'a sampler: an object with length and order()',
  holds: (value) => isObject(value) && 'length' in value && 'order' in value && typeof value.order === 'function',
};
const someTransforms: Kind = {
  words: 'a list of transforms, or a function of a sample',
  holds: (value) =>
    typeof value === 'function' || (Array.isArray(value) && value.every((each) => isObject(each) && 'kind' in each && 'draws' in each)),
};
const paddings: Kind = {
  words: '{ value, multiple } by field',
  holds: (value) =>
    isObject(value) && Object.values(value).every((each) => isObject(each) && 'value' in each && typeof each.value === 'number'),
};
const OPTIONS = {
  batchSize: positive,
  shuffle: aBoolean,
  sampler: aSampler,
  seed: whole,
  dropLast: aBoolean,
  transform: someTransforms,
  pad: paddings,
  workers: count,
  prefetch: count,
  resident: aBoolean,
};

/** Where a loader is: plain JSON, for a checkpoint. `index` counts the samples of the epoch that were handed out. */
export interface LoaderState {
  readonly seed: number;
  readonly length: number;
  readonly epoch: number;
  readonly index: number;
}

/** Where a batch begins. */
interface Place {
  readonly epoch: number;
  readonly start: number;
}

/** A batch that is being made. */
interface Ahead extends Place {
  readonly batch: Promise<Record<string, BatchValue>>;
}

/** Stops a loader's workers once nobody refers to it any more. */
const abandoned = new FinalizationRegistry<{ pool: Promise<WorkerPool> | undefined }>(
  ({ pool }) => void pool?.then((made) => made.stop()).catch(() => {}),
);

/**
 * Hands out a dataset in batches. One `for await` goes to the end of the current epoch; the next one begins the next epoch.
 * A loop that is left early goes on where it was, and so does a loader whose state was restored: batch for batch, bit for bit.
 */
export class DataLoader<F extends string, P extends F = never> implements AsyncIterable<Batch<F | `${P}Length`>> {
  private readonly seed: number;
  private epoch = 0;
  private index = 0;
  /** By epoch; batches made ahead may be of the next one. */
  private readonly orders = new Map<number, Uint32Array>();
  /** Batches made ahead, in their order. */
  private ahead: Ahead[] = [];
  private readonly threads: { pool: Promise<WorkerPool> | undefined } = { pool: undefined };

  constructor(
    private readonly dataset: Dataset<Sample<F>>,
    private readonly options: DataLoaderOptions<F, P>,
  ) {
    expectKind('DataLoader', 'dataset', dataset, aDataset);
    expectKind('DataLoader', 'options', options, anObject);
    expectOptions<object>('DataLoader', options, OPTIONS);
    const { batchSize, sampler, shuffle, workers = 0, transform } = options;
    expectKind('DataLoader', 'batchSize', batchSize, positive);
    if (sampler && shuffle) throw new TilegradError('DataLoader: expected shuffle or a sampler, which has an order of its own; got both');
    if (workers > 0 && typeof transform === 'function') {
      throw new TilegradError(
        'DataLoader: expected transforms that workers can run, a list of transforms.*; got a function, which only workers: 0 can call',
      );
    }
    if (this.length === 0)
      throw new ShapeError(
        `DataLoader: expected at least one batch of ${batchSize} in an epoch, got ${this.samples} samples${options.dropLast ? ' and dropLast' : ''}`,
      );
    this.seed = options.seed ?? 0;
    if (workers > 0) abandoned.register(this, this.threads);
  }

  /** Samples in an epoch. */
  private get samples(): number {
    return this.options.sampler?.length ?? this.dataset.length;
  }

  /** Batches in an epoch. */
  get length(): number {
    const batches = this.samples / this.options.batchSize;
    return this.options.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The position after the last batch that was handed out. After an epoch's last batch it is the start of the next epoch. */
  state(): LoaderState {
    return { seed: this.seed, length: this.samples, epoch: this.epoch, index: this.index };
  }

  /**
   * Goes to a position that `state()` gave. `restore({ ...loader.state(), epoch: 0, index: 0 })` starts over.
   *
   * @throws TilegradError when the state is not of a loader with this seed and number of samples: the batches would not be the same ones.
   */
  restore(state: LoaderState): void {
    if (state.seed !== this.seed || state.length !== this.samples) {
      throw new TilegradError(
        `DataLoader: expected a position of seed ${this.seed} in ${this.samples} samples, got one of seed ${state.seed} in ${state.length}: resume with the data and options of the first run`,
      );
    }
    if (!isPosition(state.epoch, 2 ** 32) || !isPosition(state.index, this.samples)) {
      throw new TilegradError(
        `DataLoader: expected a position within ${this.samples} samples, got epoch ${state.epoch}, index ${state.index}`,
      );
    }
    this.epoch = state.epoch;
    this.index = state.index;
  }

  /** Ends the workers. One that is asked for more batches starts new ones. */
  async close(): Promise<void> {
    const { pool } = this.threads;
    this.threads.pool = undefined;
    this.ahead = [];
    (await pool)?.stop();
  }

  [Symbol.asyncIterator](): AsyncGenerator<Batch<F | `${P}Length`>, void, undefined> {
    return this.pass((place) => this.take(place) as Promise<Batch<F | `${P}Length`>>);
  }

  /**
   * The same batches as tensors, for compiled steps. A small data set is uploaded once, as a whole (see the option `resident`): then a step is
   * handed the numbers of its samples alone.
   *
   * ```ts
   * for await (const { image, label } of loader.tensors()) step(image, label);
   * ```
   *
   * @throws TilegradError when `resident: true` can't be
   */
  async *tensors(): AsyncGenerator<TensorBatch<F | `${P}Length`>, void, undefined> {
    const set = await this.resident();
    const batches = set
      ? this.pass((place) => set.rows(this.samplesAt(place).slice()))
      : this.pass(async (place) => asTensors(await this.take(place)));
    yield* batches as AsyncGenerator<TensorBatch<F | `${P}Length`>>;
  }

  private async *pass<T>(make: (place: Place) => T | Promise<T>): AsyncGenerator<T, void, undefined> {
    const { epoch } = this;
    while (this.epoch === epoch) {
      const place = { epoch: this.epoch, start: this.index };
      const batch = await make(place);
      // The position moves before the batch is handed out: a checkpoint written in the loop's body stands after it.
      const next = this.after(place);
      this.epoch = next.epoch;
      this.index = next.start;
      yield batch;
    }
  }

  /** The set on the GPU, where it lies there. */
  private async resident(): Promise<ResidentSet<F> | undefined> {
    const { dataset } = this;
    const { resident, transform = [], pad = {} } = this.options;
    if (resident === false) return undefined;
    let unfit: string | undefined;
    if (!(dataset instanceof ArrayDataset)) unfit = 'a dataset of another kind';
    else if (transform.length > 0 || typeof transform === 'function') unfit = 'transforms, which onBatch() applies on the GPU';
    else if (Object.keys(pad).length > 0) unfit = 'samples that are padded';
    else unfit = await unfitFor(dataset);
    if (resident && unfit) throw new TilegradError(`DataLoader: resident expects an ArrayDataset that fits the GPU as it is, got ${unfit}`);
    if (unfit || !(resident || (await isSmall(dataset as ArrayDataset<F>, this.samples)))) return undefined;
    return ResidentSet.of(dataset as ArrayDataset<F>);
  }

  /** Where the batch after this one begins. */
  private after({ epoch, start }: Place): Place {
    const next = start + this.options.batchSize;
    const left = this.samples - next;
    return left <= 0 || (this.options.dropLast && left < this.options.batchSize) ? { epoch: epoch + 1, start: 0 } : { epoch, start: next };
  }

  /** The batch of a place, made already or begun now, and those behind it begun. */
  private take(place: Place): Promise<Record<string, BatchValue>> {
    const { workers = 0, prefetch = 2 * workers } = this.options;
    // A restored position may be elsewhere.
    if (this.ahead[0]?.epoch !== place.epoch || this.ahead[0].start !== place.start) this.ahead = [];
    let next = this.ahead.length > 0 ? this.after(this.ahead[this.ahead.length - 1]!) : place;
    while (this.ahead.length < 1 + prefetch) {
      const batch = this.make(next);
      // It fails when it is taken; one that never is must not count as unhandled.
      batch.catch(() => {});
      this.ahead.push({ ...next, batch });
      next = this.after(next);
    }
    return this.ahead.shift()!.batch;
  }

  private samplesOf(epoch: number): Uint32Array {
    let samples = this.orders.get(epoch);
    if (!samples) {
      const { sampler, shuffle } = this.options;
      const random = new Random(this.seed, epoch, 0);
      samples = sampler ? sampler.order(random) : Uint32Array.from({ length: this.dataset.length }, (_, i) => i);
      if (shuffle) random.shuffle(samples);
      for (const other of this.orders.keys()) if (Math.abs(other - epoch) > 1) this.orders.delete(other);
      this.orders.set(epoch, samples);
    }
    return samples;
  }

  /** Numbers of a batch's samples. */
  private samplesAt({ epoch, start }: Place): Uint32Array {
    return this.samplesOf(epoch).subarray(start, Math.min(start + this.options.batchSize, this.samples));
  }

  private async make(place: Place): Promise<Record<string, BatchValue>> {
    const { epoch, start } = place;
    const { transform = [], pad = {}, workers = 0 } = this.options;
    const got = Array.from(this.samplesAt(place), (sample) => this.dataset.get(sample));
    // Awaiting every sample of an in-memory dataset would cost more than copying it.
    let samples = (got.some((sample) => sample instanceof Promise) ? await Promise.all(got) : got) as readonly Fields[];
    const stream: Stream = { seed: this.seed, epoch, place: start };
    if (workers > 0) {
      this.threads.pool ??= startPool(workers);
      const transforms = (transform as readonly Transform[]).map(({ name, options }) => ({ name, options }));
      return (await this.threads.pool).run({ count: samples.length, fields: pack(samples), transforms, pad, stream });
    }
    if (typeof transform !== 'function') return assemble(samples, transform, pad, stream);
    samples = samples.map((sample, i) => transform(converted(sample) as Batch<F>, new Random(this.seed, epoch, start + i + 1)));
    return assemble(samples, [], pad, stream);
  }
}

/** The arrays are handed over for good, so they aren't copied. */
function asTensors(batch: Readonly<Record<string, BatchValue>>): TensorBatch {
  return Object.fromEntries(Object.entries(batch).map(([name, { data, shape }]) => [name, new DataLeaf(data, shape, dtypeOf(data))]));
}

/** The workers' script is loaded when there are to be workers. */
async function startPool(workers: number): Promise<WorkerPool> {
  const [{ WorkerPool }, { default: script }] = await Promise.all([import('./worker/pool.ts'), import('./worker/serve.ts?bundle')]);
  return new WorkerPool(workers, script);
}

function isPosition(value: number, bound: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < bound;
}
