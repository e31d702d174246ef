// Metrics over a whole part of the data: sums grow on the GPU from batch to batch, and are read once.
import { type BatchValue, DataLoader } from '../data/loader.ts';
import { type Compiled, compile } from '../engine/executor/compile.ts';
import type { Runtime } from '../engine/executor/runtime.ts';
import { currentRuntime } from '../engine/executor/session.ts';
import { expectKind, kind } from '../engine/graph/arguments.ts';
import { allocate, dtypeOf } from '../engine/graph/dtype.ts';
import { ShapeError, TilegradError } from '../engine/graph/errors.ts';
import { sameShape, showShape } from '../engine/graph/shape.ts';
import { DataLeaf, State, Tensor } from '../engine/graph/tensor.ts';
import { type Found, type FoundBy, type Metric, samplesIn } from './metrics/metric.ts';

/** A batch as metrics get it: what a loader gives as arrays are tensors there. */
export type AsTensors<B> = { readonly [K in keyof B]: B[K] extends BatchValue ? Tensor : B[K] };

/** So many batches are added up on the GPU; their sums are then added in float64. It keeps f32 sums precise and u32 sums from overflowing. */
const BATCHES_A_READ = 64;
/** Rows are read while later batches run already; this many reads are under way at once. */
const READS_IN_FLIGHT = 4;

const someMetrics = kind(
  'metrics, one at least',
  (value) => Array.isArray(value) && value.length > 0 && value.every((each) => typeof each?.value === 'function'),
);

/**
 * What the metrics come to over all batches: a loader's, tensors by name, or anything else that `compile` takes. Batches may differ in
 * shape; each shape is compiled once for these metrics, and stays so from one call to the next. Metrics that compute the same thing share
 * it. It looks at modules as they are: `model.eval()` first, where training and evaluation differ.
 *
 * ```ts
 * const measured = [metrics.accuracy((batch) => model.forward(batch.image), (batch) => batch.label)];
 * const { accuracy } = await evaluate(loader, measured);
 * ```
 *
 * @throws TilegradError when there is no batch, or two metrics have a result of one name. ShapeError when a sum changes its shape.
 */
export async function evaluate<B, const M extends readonly Metric<AsTensors<B>>[]>(
  batches: AsyncIterable<B> | Iterable<B>,
  metrics: M,
): Promise<FoundBy<M>> {
  expectKind('evaluate', 'its second argument', metrics, someMetrics);
  const evaluation = idleEvaluation(metrics as readonly Metric<unknown>[]);
  evaluation.busy = true;
  try {
    return (await evaluation.over(batches instanceof DataLoader ? batches.tensors() : batches)) as FoundBy<M>;
  } finally {
    evaluation.busy = false;
  }
}

/** Evaluations by their first metric: one that was compiled serves every later call with the same metrics. */
const known = new WeakMap<Runtime, WeakMap<Metric<unknown>, Evaluation[]>>();

function idleEvaluation(metrics: readonly Metric<unknown>[]): Evaluation {
  const runtime = currentRuntime();
  const here = known.get(runtime) ?? new WeakMap<Metric<unknown>, Evaluation[]>();
  known.set(runtime, here);
  const list = here.get(metrics[0]!) ?? [];
  here.set(metrics[0]!, list);
  const same = (other: readonly unknown[]) => other.length === metrics.length && other.every((metric, i) => metric === metrics[i]);
  let found = list.find((evaluation) => !evaluation.busy && same(evaluation.metrics));
  if (!found) {
    found = new Evaluation([...metrics]);
    list.push(found);
  }
  return found;
}

type Rows = readonly Readonly<Record<string, Tensor>>[];

class Evaluation {
  busy = false;
  /** By metric and name; made when the first batch is traced. */
  private readonly states: Map<string, State>[];
  private readonly step: Compiled<[unknown], Rows>;

  constructor(readonly metrics: readonly Metric<unknown>[]) {
    this.states = metrics.map(() => new Map());
    this.step = compile((batch) => metrics.map((metric, i) => this.take(metric, i, batch)), { name: 'evaluate' });
  }

  /** Traced: adds a metric's sums to its states, and gives its rows. */
  private take(metric: Metric<unknown>, i: number, batch: unknown): Readonly<Record<string, Tensor>> {
    for (const [name, sum] of Object.entries(metric.sums?.(batch) ?? {})) {
      const value = sum.dtype === 'bool' ? sum.cast('u32') : sum.dtype === 'f16' ? sum.cast('f32') : sum;
      const state = this.states[i]!.get(name) ?? new State(`evaluate ${name}`, value.shape, value.dtype);
      this.states[i]!.set(name, state);
      if (!sameShape(state.shape, value.shape)) {
        throw new ShapeError(
          `evaluate: expected the sum '${name}' of every batch to have one shape, got ${showShape(state.shape)} and ${showShape(value.shape)}`,
        );
      }
      state.assign(state.add(value));
    }
    const rows = metric.rows?.(batch) ?? {};
    for (const [name, row] of Object.entries(rows)) {
      if (row.rank === 0 || row.shape[0] !== samplesIn(batch)) {
        throw new ShapeError(`evaluate: expected rows '${name}' of ${samplesIn(batch)} samples, got ${showShape(row.shape)}`);
      }
    }
    return rows;
  }

  async over(batches: AsyncIterable<unknown> | Iterable<unknown>): Promise<Found> {
    // What an evaluation that failed has left.
    this.clear();
    const totals = this.metrics.map(() => new Map<string, Float64Array>());
    const rows = this.metrics.map(() => new Map<string, Float64Array[]>());
    const reads: Promise<void>[] = [];
    let samples = 0;
    let count = 0;
    for await (const batch of batches) {
      const tensors = asTensors(batch);
      samples += samplesIn(tensors);
      const found = this.step(tensors);
      if (found.some((each) => Object.keys(each).length > 0)) reads.push(gather(found, rows));
      if (++count % BATCHES_A_READ === 0) reads.push(this.collect(totals));
      // The first that fails ends the loop; those behind it, which fail as well, must not count as unhandled.
      reads.at(-1)?.catch(() => {});
      while (reads.length > READS_IN_FLIGHT) await reads.shift();
    }
    if (count === 0) throw new TilegradError('evaluate: expected at least one batch, got none');
    reads.push(this.collect(totals));
    await Promise.all(reads);
    const results: Record<string, number | readonly number[]> = {};
    this.metrics.forEach((metric, i) => {
      const joined = [...rows[i]!].map(([name, parts]) => [name, concatenated(parts)] as const);
      for (const [name, value] of Object.entries(metric.value(Object.fromEntries([...totals[i]!, ...joined]), samples))) {
        if (Object.hasOwn(results, name)) {
          throw new TilegradError(`evaluate: two metrics have a result '${name}'; name one apart: metrics.named('other', metric)`);
        }
        results[name] = value;
      }
    });
    return results;
  }

  /** Adds what the states hold to the totals and has them begin at zero again. */
  private async collect(totals: readonly Map<string, Float64Array>[]): Promise<void> {
    const reads = this.states.flatMap((states, i) =>
      [...states].map(async ([name, state]) => {
        const values = await state.data();
        const total = totals[i]!.get(name) ?? new Float64Array(values.length);
        values.forEach((value, k) => {
          total[k]! += value;
        });
        totals[i]!.set(name, total);
      }),
    );
    this.clear();
    await Promise.all(reads);
  }

  private clear(): void {
    for (const states of this.states) for (const state of states.values()) state.set(allocate(state.dtype, state.size));
  }
}

async function gather(found: Rows, into: readonly Map<string, Float64Array[]>[]): Promise<void> {
  // The place is taken at once: reads may end in any order.
  const reads = found.flatMap((rows, i) =>
    Object.entries(rows).map(async ([name, tensor]) => {
      const list = into[i]!.get(name) ?? [];
      into[i]!.set(name, list);
      const place = list.push(new Float64Array(0)) - 1;
      list[place] = Float64Array.from(await tensor.data());
    }),
  );
  await Promise.all(reads);
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The arrays of a loader's batch are the receiver's own, so they aren't copied. */
function asTensors(batch: unknown): unknown {
  if (typeof batch !== 'object' || batch === null || batch instanceof Tensor) return batch;
  if (!Object.values(batch).some(isBatchValue)) return batch;
  return Object.fromEntries(
    Object.entries(batch).map(([name, value]) => [
      name,
      isBatchValue(value) ? new DataLeaf(value.data, value.shape, dtypeOf(value.data)) : value,
    ]),
  );
}

function isBatchValue(value: unknown): value is BatchValue {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Tensor) &&
    'shape' in value &&
    'data' in value &&
    ArrayBuffer.isView(value.data)
  );
}
