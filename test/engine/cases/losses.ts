// Losses, each against loops over its own formula.
import { gradients, losses, type Tensor } from '../../../src/index.ts';
import type { LossOptions } from '../../../src/nn/losses/options.ts';
import type { ShaderCase } from '../all-cases.ts';
import { integers, type OpCase, random, values } from '../check.ts';
import { f32, u32 } from '../plan-of.ts';
import * as ref from '../reference.ts';

const { log, exp, abs, max, min, sqrt, PI } = Math;
const softplus = (x: number) => max(x, 0) + Math.log1p(exp(-abs(x)));
const sigmoid = (x: number) => 1 / (1 + exp(-x));

type Reduction = LossOptions['reduction'];

const scalar = (value: number): ref.Values => ({ shape: [], data: Float64Array.of(value) });
function reduced(x: ref.Values, reduction: Reduction = 'mean', divisor = x.data.length): ref.Values {
  if (reduction === 'none') return x;
  const sum = ref.total([...x.data]);
  return scalar(reduction === 'sum' ? sum : sum / divisor);
}

/** A loss of corresponding elements. All share one function that reduces: every reduction for the first of them, and one for the others. */
function elements(
  op: string,
  apply: (options: LossOptions) => (...xs: Tensor[]) => Tensor,
  f: (...values: number[]) => number,
  inputs: OpCase['inputs'],
  extra: Partial<OpCase> = {},
): OpCase[] {
  return (op === 'mse' ? (['mean', 'sum', 'none'] as const) : (['none'] as const)).map((reduction) => ({
    op,
    about: [extra.about, reduction].filter(Boolean).join(', '),
    inputs,
    apply: apply({ reduction }),
    reference: (...xs) => reduced(ref.zip(f, ...xs), reduction),
    second: true,
    tolerance: 1e-4,
    f16: reduction === 'none' && !extra.about,
    ...(extra.wrt ? { wrt: extra.wrt } : {}),
  }));
}

const huberOf = (d: number, delta: number) => (abs(d) <= delta ? (d * d) / 2 : delta * (abs(d) - delta / 2));
const pair = () => [random([5, 3]), random([5, 3])];
const binaryTarget = () => integers([5, 3], 0, 2, 'f32');
const signs = (shape: readonly number[]) => integers(shape, 0, 2, 'f32').with((bits) => bits.map((bit) => 2 * bit - 1));
const focalOf = (gamma: number, alpha: number) => (x: number, t: number) => {
  const p = sigmoid(x) * t + (1 - sigmoid(x)) * (1 - t);
  return -(alpha * t + (1 - alpha) * (1 - t)) * (1 - p) ** gamma * log(p);
};

const regressionCases: OpCase[] = [
  ...elements(
    'mse',
    (o) => (a, b) => losses.mse(a, b, o),
    (a, b) => (a - b) ** 2,
    pair(),
  ),
  ...elements(
    'l1',
    (o) => (a, b) => losses.l1(a, b, o),
    (a, b) => abs(a - b),
    pair(),
  ),
  ...elements(
    'smoothL1',
    (o) => (a, b) => losses.smoothL1(a, b, { ...o, beta: 0.7 }),
    (a, b) => huberOf(a - b, 0.7) / 0.7,
    pair(),
  ),
  ...elements(
    'huber',
    (o) => (a, b) => losses.huber(a, b, { ...o, delta: 1.3 }),
    (a, b) => huberOf(a - b, 1.3),
    pair(),
  ),
  ...elements(
    'klDiv',
    (o) => (a, b) => losses.klDiv(a, b, o),
    (a, t) => t * (log(t) - a),
    [random([5, 3]), random([5, 3], 0.1, 1)],
  ),
  {
    op: 'klDiv',
    about: 'a target of 0, by the batch',
    inputs: [random([2, 3]), values([0.5, 0.5, 0, 0, 1, 0], [2, 3])],
    apply: (a, b) => losses.klDiv(a, b, { reduction: 'batchMean' }),
    reference: (a, b) =>
      reduced(
        ref.zip((x, t) => (t === 0 ? 0 : t * (log(t) - x)), a, b),
        'mean',
        2,
      ),
    wrt: [0],
  },
  ...elements(
    'klDiv',
    (o) => (a, b) => losses.klDiv(a, b, { ...o, logTarget: true }),
    (a, t) => exp(t) * (t - a),
    pair(),
    {
      about: 'logarithms',
    },
  ),
  ...elements(
    'poissonNll',
    (o) => (a, b) => losses.poissonNll(a, b, o),
    (a, t) => exp(a) - t * a,
    [random([5, 3]), random([5, 3], 0, 4)],
  ),
  {
    op: 'poissonNll',
    about: 'a rate, with Stirling',
    inputs: [random([7], 0.5, 4), values([0, 1, 2, 3, 4, 0.5, 7])],
    apply: (a, b) => losses.poissonNll(a, b, { logInput: false, full: true }),
    reference: (a, b) => reduced(ref.zip((x, t) => x - t * log(x + 1e-8) + (t > 1 ? t * log(t) - t + log(2 * PI * t) / 2 : 0), a, b)),
    wrt: [0],
    second: true,
  },
  ...elements(
    'gaussianNll',
    (o) => (a, b, v) => losses.gaussianNll(a, b, v, o),
    (a, b, v) => (log(v) + (a - b) ** 2 / v) / 2,
    [random([5, 3]), random([5, 3]), random([5, 3], 0.3, 2)],
  ),
  {
    op: 'gaussianNll',
    about: 'one variance a row, one below eps',
    inputs: [random([3, 4]), random([3, 4]), values([0.5, 2, 0.01], [3, 1])],
    apply: (a, b, v) => losses.gaussianNll(a, b, v, { full: true, eps: 0.1 }),
    reference: (a, b, v) => reduced(ref.zip((x, y, w) => (log(max(w, 0.1)) + (x - y) ** 2 / max(w, 0.1) + log(2 * PI)) / 2, a, b, v)),
    wrt: [0, 1],
    tolerance: 1e-4,
  },
];

const binaryCases: OpCase[] = [
  ...elements(
    'bce',
    (o) => (x, t) => losses.bce(x, t, o),
    (x, t) => -t * log(x) - (1 - t) * log(1 - x),
    [random([5, 3], 0.05, 0.95), random([5, 3], 0, 1)],
  ),
  {
    op: 'bce',
    about: 'certain predictions, weighted',
    inputs: [values([0, 1, 0, 1], [2, 2]), values([0, 0, 1, 1], [2, 2]), values([2, 3])],
    apply: (x, t, weight) => losses.bce(x, t, { weight, reduction: 'none' }),
    reference: () => ({ shape: [2, 2], data: Float64Array.of(0, 300, 200, 0) }),
    wrt: [],
  },
  ...elements(
    'bceWithLogits',
    (o) => (x, t) => losses.bceWithLogits(x, t, o),
    (x, t) => t * softplus(-x) + (1 - t) * softplus(x),
    [random([5, 3], -4, 4), random([5, 3], 0, 1)],
  ),
  {
    op: 'bceWithLogits',
    about: 'weights, large logits',
    inputs: [values([1e4, -1e4, 20, -20, 0, 3], [2, 3]), values([1, 1, 1, 0, 0.5, 0], [2, 3]), random([3], 0.5, 2), random([3], 0.5, 2)],
    apply: (x, t, weight, posWeight) => losses.bceWithLogits(x, t, { weight, posWeight, reduction: 'none' }),
    reference: (x, t, w, p) => ref.zip((a, b, c, d) => c * (d * b * softplus(-a) + (1 - b) * softplus(a)), x, t, w, p),
    wrt: [2, 3],
    second: true,
  },
  ...elements('focal', (o) => (x, t) => losses.focal(x, t, o), focalOf(2, 0.25), [random([5, 3], -3, 3), binaryTarget()], { wrt: [0] }),
  {
    op: 'focal',
    about: 'gamma 1.5, no weights',
    inputs: [random([5, 3], -3, 3), binaryTarget()],
    apply: (x, t) => losses.focal(x, t, { gamma: 1.5, alpha: -1 }),
    reference: (x, t) => reduced(ref.zip((a, b) => 2 * focalOf(1.5, 0.5)(a, b), x, t)),
    wrt: [0],
    second: true,
    tolerance: 1e-4,
  },
  ...(['mean', 'none'] as const).map(
    (reduction): OpCase => ({
      op: 'dice',
      about: reduction,
      inputs: [random([2, 3, 4, 2], 0, 1), random([2, 3, 4, 2], 0, 1)],
      apply: (x, t) => losses.dice(x, t, { reduction, smooth: 0.5 }),
      reference: (x, t) => {
        const total = (v: ref.Values) => ref.without(ref.fold(v, [2, 3], ref.total), [2, 3]);
        const overlap = total(ref.zip((a, b) => a * b, x, t));
        return reduced(
          ref.zip((a, b, c) => 1 - (2 * a + 0.5) / (b + c + 0.5), overlap, total(x), total(t)),
          reduction,
        );
      },
      second: true,
    }),
  ),
];

/** Calls `visit` with every example's logits, by class, and its label. */
function byExample(x: ref.Values, labels: ref.Values, f: (line: number[], label: number) => number): ref.Values {
  const classes = x.shape[1];
  return ref.build(labels.shape, (at) =>
    f(
      Array.from({ length: classes }, (_, c) => ref.get(x, [at[0], c, ...at.slice(1)])),
      ref.get(labels, at),
    ),
  );
}

interface Variant {
  readonly weight?: boolean;
  readonly smoothing?: number;
  readonly ignore?: number;
  readonly reduction?: Reduction;
}

/** −Σ_c w[c]·t[c]·log p[c], t the smoothed one-hot target. */
function crossEntropyOf(
  x: ref.Values,
  labels: ref.Values,
  weight: ArrayLike<number> | undefined,
  { smoothing = 0, ignore = -100, reduction }: Variant,
) {
  const w = (c: number) => weight?.[c] ?? 1;
  const target = (c: number, label: number, classes: number) => smoothing / classes + (c === label ? 1 - smoothing : 0);
  const counts = (label: number) => label !== ignore;
  const rows = byExample(x, labels, (line, label) =>
    !counts(label) || label >= line.length || label < 0
      ? 0
      : ref.total(line.map((v, c) => target(c, label, line.length) && w(c) * target(c, label, line.length) * (ref.logSumExp(line) - v))),
  );
  return reduced(rows, reduction, ref.total([...labels.data].map((label) => (counts(label) ? w(label) : 0))));
}

const withIgnored = (labels: ReturnType<typeof integers>, ignore: number) => labels.with((data) => data.with(1, ignore));

const crossEntropyCases: OpCase[] = [
  ...[
    [1, 1],
    [5, 10],
    [67, 3],
    [2, 300],
    [1, 1031],
    [3, 4, 5],
    [2, 7, 3, 2],
  ].map(
    (shape): OpCase => ({
      op: 'crossEntropy',
      about: `[${shape}]`,
      inputs: [random(shape, -3, 3), integers([shape[0], ...shape.slice(2)], 0, shape[1])],
      apply: (x, labels) => losses.crossEntropy(x, labels),
      reference: (x, labels) => crossEntropyOf(x, labels, undefined, {}),
      second: ref.size(shape) < 100,
      f16: shape[1] === 10,
    }),
  ),
  ...(
    [
      { smoothing: 0.1, reduction: 'none' },
      { weight: true, reduction: 'mean' },
      { weight: true, smoothing: 0.2, reduction: 'mean' },
      { weight: true, ignore: 2, smoothing: 0.2, reduction: 'none' },
      { ignore: 1, reduction: 'mean' },
      { ignore: -100, weight: true, reduction: 'mean' },
      { ignore: -100, reduction: 'sum' },
    ] as readonly Variant[]
  ).map((variant): OpCase => {
    const { ignore, smoothing = 0, reduction = 'mean', weight = false } = variant;
    const labels = integers([4, 3], 0, 4, ignore === undefined || ignore >= 0 ? 'u32' : 'i32');
    return {
      op: 'crossEntropy',
      about: JSON.stringify(variant),
      inputs: [
        random([4, 4, 3], -3, 3),
        ignore === undefined ? labels : withIgnored(labels, ignore),
        ...(weight ? [random([4], 0.2, 2)] : []),
      ],
      apply: (x, t, w) =>
        losses.crossEntropy(x, t, {
          labelSmoothing: smoothing,
          reduction,
          ...(w ? { weight: w } : {}),
          ...(ignore === undefined ? {} : { ignoreIndex: ignore }),
        }),
      reference: (x, t, w) => crossEntropyOf(x, t, w?.data, variant),
      second: true,
    };
  }),
  {
    op: 'crossEntropy',
    about: 'no dimension of examples',
    inputs: [random([5]), values([3], [], 'u32')],
    apply: (x, t) => losses.crossEntropy(x, t),
    reference: (x, t) => reduced(crossEntropyOf(ref.reshape(x, [1, 5]), ref.reshape(t, [1]), undefined, {})),
  },
  ...[false, true].map(
    (weighted): OpCase => ({
      op: 'crossEntropy',
      about: weighted ? 'soft targets, smoothed and weighted' : 'soft targets',
      inputs: [random([3, 5, 2]), random([3, 5, 2], 0, 1), ...(weighted ? [random([5], 0.2, 2)] : [])],
      apply: (x, t, weight) => losses.crossEntropy(x, t, weight ? { weight, labelSmoothing: 0.1 } : {}),
      reference: (x, t, weight) => {
        const lines = ref.alongAxis(x, 1, (line, i) => ref.logSumExp(line) - line[i]);
        const w = (at: readonly number[]) => weight?.data[at[1]] ?? 1;
        const terms = ref.build(x.shape, (at) => w(at) * ref.get(lines, at) * (weight ? 0.9 * ref.get(t, at) + 0.02 : ref.get(t, at)));
        return reduced(ref.without(ref.fold(terms, [1], ref.total), [1]));
      },
      second: true,
    }),
  ),
  {
    op: 'crossEntropy',
    about: 'large and masked logits, a label that is no class',
    inputs: [values([1e4, -1e4, 0, -1e4, 1e4, 1e4, 0, Number.NEGATIVE_INFINITY, 0, 1, 2, 3], [4, 3]), values([1, 1, 0, 7], [4], 'u32')],
    apply: (x, t) => losses.crossEntropy(x, t, { reduction: 'none' }),
    reference: (x, t) => crossEntropyOf(x, t, undefined, { reduction: 'none' }),
    wrt: [],
  },
];

const classCases: OpCase[] = [
  ...[true, false].map(
    (weighted): OpCase => ({
      op: 'nll',
      about: weighted ? 'weights, an ignored label' : '[6, 4]',
      inputs: [
        random(weighted ? [6, 4, 2] : [6, 4], -3, 0),
        weighted ? withIgnored(integers([6, 2], 0, 4, 'i32'), -100) : integers([6], 0, 4),
        ...(weighted ? [random([4], 0.2, 2)] : []),
      ],
      apply: (x, t, weight) => losses.nll(x, t, weight ? { weight } : {}),
      reference: (x, t, weight) => {
        const w = (label: number) => (label < 0 ? 0 : (weight?.data[label] ?? 1));
        return reduced(
          byExample(x, t, (line, label) => (label < 0 ? 0 : -w(label) * line[label])),
          'mean',
          ref.total([...t.data].map(w)),
        );
      },
      second: true,
    }),
  ),
  ...([1, 2] as const).map(
    (p): OpCase => ({
      op: 'multiMargin',
      about: `p ${p}`,
      inputs: [random([6, 5]), integers([6], 0, 5), ...(p === 2 ? [random([5], 0.2, 2)] : [])],
      apply: (x, t, weight) => losses.multiMargin(x, t, { p, margin: 0.7, ...(weight ? { weight } : {}) }),
      reference: (x, t, weight) =>
        reduced(
          byExample(x, t, (line, label) => {
            const excess = line.map((v, c) => (c === label ? 0 : max(0, 0.7 - line[label] + v) ** p));
            return ((weight?.data[label] ?? 1) * ref.total(excess)) / line.length;
          }),
        ),
      second: true,
    }),
  ),
  {
    op: 'capsuleMargin',
    inputs: [random([6, 5], 0, 1), integers([6], 0, 5)],
    apply: (x, t) => losses.capsuleMargin(x, t),
    reference: (x, t) =>
      reduced(
        byExample(x, t, (line, label) => ref.total(line.map((v, c) => (c === label ? max(0, 0.9 - v) ** 2 : 0.5 * max(0, v - 0.1) ** 2)))),
      ),
    second: true,
  },
];

/** A loss of the vectors in the last dimension. */
const byVector = (f: (vectors: number[][], target: number) => number, vectors: readonly ref.Values[], target?: ref.Values): ref.Values =>
  ref.build(vectors[0].shape.slice(0, -1), (at) =>
    f(
      vectors.map((x) => Array.from({ length: x.shape[x.shape.length - 1] }, (_, i) => ref.get(x, [...at, i]))),
      target ? ref.get(target, at) : 0,
    ),
  );
const dot = (a: readonly number[], b: readonly number[]) => ref.total(a.map((v, i) => v * b[i]));
const cosine = (a: readonly number[], b: readonly number[]) => dot(a, b) / sqrt((dot(a, a) + 1e-12) * (dot(b, b) + 1e-12));

const distanceCases: OpCase[] = [
  {
    op: 'cosineEmbedding',
    inputs: [random([6, 4]), random([6, 4]), signs([6])],
    apply: (a, b, t) => losses.cosineEmbedding(a, b, t, { margin: 0.1 }),
    reference: (a, b, t) => reduced(byVector(([u, v], y) => (y > 0 ? 1 - cosine(u, v) : max(0, cosine(u, v) - 0.1)), [a, b], t)),
    wrt: [0, 1],
    second: true,
  },
  ...elements(
    'hingeEmbedding',
    (o) => (x, t) => losses.hingeEmbedding(x, t, { ...o, margin: 0.8 }),
    (x, t) => (t > 0 ? x : max(0, 0.8 - x)),
    [random([5, 3]), signs([5, 3])],
    { wrt: [0] },
  ),
  ...elements(
    'marginRanking',
    (o) => (a, b, t) => losses.marginRanking(a, b, t, { ...o, margin: 0.3 }),
    (a, b, t) => max(0, -t * (a - b) + 0.3),
    [random([5, 3]), random([5, 3]), signs([5, 3])],
    { wrt: [0, 1] },
  ),
  ...(
    [
      [2, false],
      [1, true],
      [3, false],
    ] as const
  ).map(
    ([p, swap]): OpCase => ({
      op: 'tripletMargin',
      about: `p ${p}${swap ? ', swap' : ''}`,
      inputs: [random([6, 4]), random([6, 4]), random([6, 4])],
      apply: (a, b, c) => losses.tripletMargin(a, b, c, { p, swap, margin: 0.9 }),
      reference: (a, b, c) => {
        const d = (u: readonly number[], v: readonly number[]) => ref.total(u.map((x, i) => abs(x - v[i] + 1e-6) ** p)) ** (1 / p);
        return reduced(byVector(([u, v, w]) => max(0, d(u, v) - (swap ? min(d(u, w), d(v, w)) : d(u, w)) + 0.9), [a, b, c]));
      },
      second: true,
      tolerance: 1e-4,
    }),
  ),
  {
    op: 'contrastive',
    inputs: [random([6, 3]), random([6, 3]), integers([6], 0, 2, 'f32')],
    apply: (a, b, t) => losses.contrastive(a, b, t, { margin: 3 }),
    reference: (a, b, t) =>
      reduced(
        byVector(
          ([u, v], y) => {
            const d = sqrt(ref.total(u.map((x, i) => (x - v[i]) ** 2)));
            return ((1 - y) * d * d + y * max(0, 3 - d) ** 2) / 2;
          },
          [a, b],
          t,
        ),
      ),
    wrt: [0, 1],
    second: true,
    tolerance: 1e-4,
  },
  {
    op: 'infoNce',
    inputs: [random([5, 4]), random([5, 4])],
    apply: (a, b) => losses.infoNce(a, b, { temperature: 0.5 }),
    reference: (a, b) => {
      const row = (x: ref.Values, i: number) => [...x.data.slice(i * 4, i * 4 + 4)];
      return reduced(
        ref.build([5], ([i]) => {
          const line = Array.from({ length: 5 }, (_, j) => cosine(row(a, i), row(b, j)) / 0.5);
          return ref.logSumExp(line) - line[i];
        }),
      );
    },
    second: true,
    tolerance: 1e-4,
  },
];

/** The labels that a path spells: repeated ones once, then without blanks. */
const spelled = (path: readonly number[], blank: number) => path.filter((c, t) => c !== path[t - 1] && c !== blank);

/** CTC by looking at every path there is. */
function ctcOfAllPaths(
  line: (t: number, c: number) => number,
  time: number,
  classes: number,
  target: readonly number[],
  blank: number,
): number {
  let sum = 0;
  for (let code = 0; code < classes ** time; code++) {
    const path = Array.from({ length: time }, (_, t) => Math.floor(code / classes ** t) % classes);
    if (spelled(path, blank).join() === target.join()) sum += exp(ref.total(path.map((c, t) => line(t, c))));
  }
  return -log(sum);
}

/** CTC by probabilities of prefixes: those that end in a label, and in a blank (Graves et al., 2006), in plain float64. */
function ctcOfPrefixes(
  line: (t: number, c: number) => number,
  time: number,
  _classes: number,
  target: readonly number[],
  blank: number,
): number {
  const p = (t: number, c: number) => exp(line(t, c));
  let ends = target.map(() => 0);
  let blanks = [1, ...target.map(() => 0)];
  for (let t = 0; t < time; t++) {
    const [oldEnds, oldBlanks] = [ends, blanks];
    ends = target.map((c, k) => p(t, c) * (oldEnds[k] + oldBlanks[k] + (k > 0 && target[k - 1] !== c ? oldEnds[k - 1] : 0)));
    blanks = oldBlanks.map((value, k) => p(t, blank) * (value + (k > 0 ? oldEnds[k - 1] : 0)));
  }
  return -log(blanks[target.length] + (target.length ? ends[target.length - 1] : 0));
}

interface CtcCase {
  readonly about: string;
  readonly shape: readonly [number, number, number];
  readonly targets: readonly (readonly number[])[];
  readonly lengths: readonly number[];
  readonly blank?: number;
  readonly reduction?: Reduction;
  readonly by: typeof ctcOfAllPaths;
}

const ctcCases: OpCase[] = (
  [
    { about: 'tiny', shape: [4, 4, 3], targets: [[1, 2], [1, 1], [2], []], lengths: [4, 4, 3, 2], reduction: 'none', by: ctcOfAllPaths },
    { about: 'another blank', shape: [3, 1, 4], targets: [[0, 3]], lengths: [3], blank: 2, reduction: 'sum', by: ctcOfAllPaths },
    { about: 'longer', shape: [23, 3, 7], targets: [[1, 2, 2, 3, 1, 6], [5, 4, 5], [3]], lengths: [23, 17, 5], by: ctcOfPrefixes },
  ] as readonly CtcCase[]
).map(({ about, shape, targets, lengths, blank = 0, reduction = 'mean', by }): OpCase => {
  const [time, n, classes] = shape;
  const longest = max(...targets.map(({ length }) => length));
  // Behind the targets stands what is no class.
  const padded = targets.flatMap((labels) => Array.from({ length: longest }, (_, k) => labels[k] ?? 99));
  return {
    op: 'ctc',
    about,
    inputs: [
      random([time, n, classes], -3, 0),
      values(padded, [n, longest], 'u32'),
      values(lengths, [n], 'u32'),
      values(
        targets.map(({ length }) => length),
        [n],
        'u32',
      ),
    ],
    apply: (x, t, inputs, sizes) => losses.ctc(x, t, inputs, sizes, { blank, reduction }),
    reference: (x) => {
      const rows = ref.build([n], ([i]) => {
        const value = by((t, c) => ref.get(x, [t, i, c]), lengths[i], classes, targets[i], blank);
        return reduction === 'mean' ? value / max(1, targets[i].length) : value;
      });
      return reduced(rows, reduction);
    },
    tolerance: 1e-4,
  };
});

export const lossCases: readonly OpCase[] = [
  ...regressionCases,
  ...binaryCases,
  ...crossEntropyCases,
  ...classCases,
  ...distanceCases,
  ...ctcCases,
];

const ctcOf = (x: Tensor, targets: Tensor, inputs: Tensor, sizes: Tensor) => losses.ctc(x, targets, inputs, sizes);

export const lossShaderCases: readonly ShaderCase[] = [
  ['ctc', (x, t, a, b) => gradients(ctcOf(x, t, a, b), [x]), [f32(20, 3, 9), u32(3, 5), u32(3), u32(3)]],
  ['ctc, long targets', (x, t, a, b) => gradients(ctcOf(x, t, a, b), [x]), [f32(200, 3, 9), u32(3, 90), u32(3), u32(3)]],
];
