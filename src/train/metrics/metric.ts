// What a metric is, and what the metrics of predictions and labels share.
import { expectKind, expectOptions, type Kind, whole } from '../../engine/graph/arguments.ts';
import { DTypeError, ShapeError, TilegradError } from '../../engine/graph/errors.ts';
import { sameShape, showShape } from '../../engine/graph/shape.ts';
import { Tensor } from '../../engine/graph/tensor.ts';

/** What a metric comes to, by name. */
export type Found = Readonly<Record<string, number | readonly number[]>>;

/**
 * Something to find out about a part of the data. `sums` and `rows` are traced: they build tensors from one batch. `sums` are added up over
 * all batches on the GPU (whole numbers exactly, up to 2²⁶ a batch); `rows`, for what no sum tells, are read and put one behind the other:
 * [samples of the batch, ..]. `value` makes the result of them, in float64.
 */
export interface Metric<B, R extends Found = Found> {
  sums?(batch: B): Readonly<Record<string, Tensor>>;
  rows?(batch: B): Readonly<Record<string, Tensor>>;
  value(found: Readonly<Record<string, Float64Array>>, samples: number): R;
}

/** Results by name. */
export type Numbers<N extends string> = Readonly<Record<N, number>>;
export type Lists<N extends string> = Readonly<Record<N, readonly number[]>>;

/** What several metrics come to together: of `[nll, accuracy]` it is `{ nll: number; accuracy: number }`. */
export type FoundBy<M extends readonly Metric<never>[]> = Together<M[number] extends infer N ? ResultOf<N> : never>;
type ResultOf<M> = M extends { value(found: never, samples: never): infer R } ? R : never;
type Together<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer A) => void ? A : never;

/** Picks a tensor from a batch, or computes one. */
export type Of<B> = (batch: B) => Tensor;

/** Samples of a batch: the first dimension of its first tensor; 1 where that has none. */
export function samplesIn(batch: unknown): number {
  return firstTensor(batch)?.shape[0] ?? 1;
}

function firstTensor(tree: unknown): Tensor | undefined {
  if (tree instanceof Tensor || typeof tree !== 'object' || tree === null) return tree instanceof Tensor ? tree : undefined;
  for (const item of Object.values(tree)) {
    const tensor = firstTensor(item);
    if (tensor) return tensor;
  }
  return undefined;
}

export interface LabelOptions {
  /** Samples, or pixels, with this label count nothing. Default −100. */
  readonly ignoreIndex?: number;
}

/** @throws TilegradError for options that the metric doesn't read, or of the wrong kind. */
export function expectMetricOptions(name: string, options: object, kinds: Readonly<Record<string, Kind>> = {}): void {
  expectOptions<object>(name, options, { ignoreIndex: whole, ...kinds });
}

/** Scores and labels of a batch, made alike: one row a sample or pixel. */
export interface Labelled {
  /** f32 logits [n, classes]; of two classes that share one logit, that one: [n]. */
  readonly scores: Tensor;
  readonly binary: boolean;
  readonly classes: number;
  /** u32 [n]; `classes` where the label is none. */
  readonly labels: Tensor;
  /** bool [n]: which count. */
  readonly kept: Tensor;
  /** What every metric needs to divide by, and to know that the labels were right. */
  readonly counts: { readonly total: Tensor; readonly outside: Tensor };
}

/**
 * Logits [n, classes, ..] with labels [n, ..], or, for two classes, logits and labels of one shape (or logits with an axis 1 that is 1 long).
 *
 * @throws ShapeError, DTypeError when they don't fit.
 */
export function labelled(name: string, scores: Tensor, labels: Tensor, { ignoreIndex = -100 }: LabelOptions): Labelled {
  for (const [what, value] of Object.entries({ scores, labels })) {
    expectKind(name, what, value, { words: 'a tensor', holds: (tensor) => tensor instanceof Tensor });
  }
  const { shape } = scores;
  const rest = shape.toSpliced(1, 1);
  const alike = sameShape(shape, labels.shape);
  if (shape.length === 0 || !(alike || (shape.length > 1 && sameShape(rest, labels.shape)))) {
    throw new ShapeError(
      `${name}: expected scores [n, classes, ..] and labels [n, ..], or both of one shape, got ${showShape(shape)} and ${showShape(labels.shape)}`,
    );
  }
  const binary = alike || shape[1] === 1;
  const classes = binary ? 2 : shape[1]!;
  const classesLast = [0, ...Array.from(rest.slice(1), (_, i) => i + 2), 1];
  const flat = binary ? scores.reshape([-1]) : scores.permute(classesLast).reshape([-1, classes]);
  if (labels.dtype !== 'u32' && labels.dtype !== 'i32' && !binary) {
    throw new DTypeError(`${name}: expected u32 or i32 labels, got ${labels.dtype}`);
  }
  // Targets of two classes are often floats, as the losses want them.
  const isWhole = labels.dtype === 'u32' || labels.dtype === 'i32';
  const own = (isWhole ? labels : labels.cast('i32')).reshape([-1]);
  const kept = own.dtype === 'u32' && ignoreIndex < 0 ? own.eq(own) : own.ne(ignoreIndex);
  // A negative one becomes larger than any class.
  const known = own.cast('u32').lt(classes);
  // A fraction is no class either: of smoothed targets, say.
  const within = isWhole || labels.dtype === 'bool' ? known : known.logicalAnd(labels.reshape([-1]).eq(own.cast(labels.dtype)));
  return {
    scores: flat.cast('f32'),
    binary,
    classes,
    labels: own.cast('u32').where(within.logicalAnd(kept), classes),
    kept,
    counts: { total: kept.countNonzero(), outside: kept.logicalAnd(within.logicalNot()).countNonzero() },
  };
}

/** How many were counted. @throws TilegradError when there were labels that are no class, for they count nowhere. */
export function totalOf(name: string, { total, outside }: Readonly<Record<string, Float64Array>>): number {
  if (outside![0]! > 0) {
    throw new TilegradError(
      `${name}: expected labels that are classes, got ${outside![0]} that are none; give ignoreIndex for those to be left out`,
    );
  }
  return total![0]!;
}

/** The metric with this word in front of each of its names, so that two of a kind can stand in one evaluation. */
export function named<P extends string, B, R extends Found>(prefix: P, metric: Metric<B, R>): Metric<B, Named<P, R>> {
  const value = (found: Readonly<Record<string, Float64Array>>, samples: number) =>
    Object.fromEntries(Object.entries(metric.value(found, samples)).map(([name, number]) => [`${prefix} ${name}`, number])) as Named<P, R>;
  return { ...metric, value };
}

type Named<P extends string, R> = { readonly [K in keyof R & string as `${P} ${K}`]: R[K] };
