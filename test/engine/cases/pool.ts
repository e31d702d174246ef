// Pooling, against PyTorch's documented formulas written as loops over windows.
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  gradients,
  lpPool1d,
  lpPool2d,
  maxPool1d,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
  maxUnpool2d,
  type Tensor,
} from '../../../src/index.ts';
import type { ShaderCase } from '../all-cases.ts';
import { distinct, integers, type OpCase, random, values } from '../check.ts';
import { f32, u32 } from '../plan-of.ts';
import * as ref from '../reference.ts';

type Shape = readonly number[];

interface Windows {
  readonly kernel: Shape;
  readonly stride?: Shape;
  readonly padding?: Shape;
  readonly dilation?: Shape;
  readonly ceilMode?: boolean;
}

/** What pooling takes beside the window. */
const optionsOf = ({ kernel: _, ...options }: Windows): object => options;

/** First element, end, and end without the image's limit, of each window along an axis. */
type Span = readonly [first: number, end: number, whole: number];

function spansOf(length: number, axis: number, { kernel, stride = kernel, padding, dilation, ceilMode }: Windows): Span[] {
  const [k, s, p, d] = [kernel[axis], stride[axis], padding?.[axis] ?? 0, dilation?.[axis] ?? 1];
  const steps = (length + 2 * p - d * (k - 1) - 1) / s;
  const spans: Span[] = [];
  for (let o = 0; o <= (ceilMode ? Math.ceil(steps) : Math.floor(steps)); o++) {
    const first = o * s - p;
    if (ceilMode && first >= length) break;
    spans.push([first, first + d * (k - 1) + 1, Math.min(first + d * (k - 1) + 1, length + p)]);
  }
  return spans;
}

/** A function of the elements in each window of the last axes, and of how many there are with the padding. */
function pooled(
  x: ref.Values,
  spans: readonly (readonly Span[])[],
  dilation: Shape,
  combine: (inside: number[], whole: number, places: number[]) => number,
): ref.Values {
  const lengths = x.shape.slice(2);
  return ref.build([...x.shape.slice(0, 2), ...spans.map(({ length }) => length)], ([n, c, ...at]) => {
    const windows = at.map((o, axis) => spans[axis][o]);
    const inside: number[] = [];
    const places: number[] = [];
    const visit = (axis: number, position: number[]): void => {
      if (axis === lengths.length) {
        inside.push(ref.get(x, [n, c, ...position]));
        places.push(ref.place(lengths, position));
        return;
      }
      const [first, end] = windows[axis];
      for (let i = first; i < end; i += dilation[axis] ?? 1) if (i >= 0 && i < lengths[axis]) visit(axis + 1, [...position, i]);
    };
    visit(0, []);
    return combine(
      inside,
      windows.reduce((product, [first, , whole]) => product * (whole - first), 1),
      places,
    );
  });
}

const windowed = (x: ref.Values, windows: Windows, combine: Parameters<typeof pooled>[3]): ref.Values =>
  pooled(
    x,
    x.shape.slice(2).map((length, axis) => spansOf(length, axis, windows)),
    windows.dilation ?? [],
    combine,
  );

const adaptive = (x: ref.Values, sizes: Shape, combine: Parameters<typeof pooled>[3]): ref.Values =>
  pooled(
    x,
    x.shape.slice(2).map((length, axis) =>
      Array.from({ length: sizes[axis] }, (_, o): Span => {
        const end = Math.ceil(((o + 1) * length) / sizes[axis]);
        return [Math.floor((o * length) / sizes[axis]), end, end];
      }),
    ),
    [],
    combine,
  );

const place = (inside: number[], _whole: number, places: number[]): number => places[ref.firstLargest(inside)];

const describeWindows = ({ kernel, stride, padding, dilation, ceilMode }: Windows): string =>
  [
    `window ${kernel}`,
    stride && `stride ${stride}`,
    padding && `padding ${padding}`,
    dilation && `dilation ${dilation}`,
    ceilMode && 'rounded up',
  ]
    .filter(Boolean)
    .join(', ');

type Two = readonly [number, number];
type Three = readonly [number, number, number];

const MAXIMA: readonly (readonly [Shape, Windows])[] = [
  [[1, 1, 2, 2], { kernel: [2, 2] }],
  [[2, 3, 7, 9], { kernel: [2, 3] }],
  [[2, 3, 8, 7], { kernel: [3, 3], stride: [2, 1], padding: [1, 1] }],
  [[1, 67, 5, 5], { kernel: [3, 2], stride: [1, 2] }],
  [[1, 2, 5, 5], { kernel: [1, 1], stride: [2, 2] }],
  [[1, 2, 9, 9], { kernel: [3, 2], stride: [2, 2], dilation: [2, 3] }],
  [[1, 2, 7, 5], { kernel: [3, 2], stride: [3, 2], ceilMode: true }],
  [[1, 2, 6, 9], { kernel: [3, 3], stride: [2, 4], padding: [1, 1], ceilMode: true }],
  [[0, 2, 4, 4], { kernel: [2, 2] }],
];

const AVERAGES = MAXIMA.filter(([, { dilation }]) => !dilation);

const maxCases: OpCase[] = [
  ...MAXIMA.map(
    ([shape, windows]): OpCase => ({
      op: 'maxPool2d',
      about: `[${shape}] ${describeWindows(windows)}`,
      inputs: [distinct(shape)],
      apply: (x) => maxPool2d(x, windows.kernel as Two, optionsOf(windows)),
      reference: (x) => windowed(x, windows, ref.largest),
      second: true,
      f16: true,
    }),
  ),
  {
    op: 'maxPool2d',
    about: 'NaN, infinities and equal elements',
    inputs: [values([Number.NaN, 1, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 2, 2, 3, Number.POSITIVE_INFINITY], [1, 1, 1, 8])],
    apply: (x) => maxPool2d(x, [1, 2]),
    reference: (x) => windowed(x, { kernel: [1, 2] }, ref.largest),
    wrt: [],
  },
  {
    op: 'maxPool2dWithIndices',
    about: 'values and their gradient',
    inputs: [distinct([2, 2, 5, 6])],
    apply: (x) => maxPool2dWithIndices(x, 3, { stride: 2, padding: 1 }).values,
    reference: (x) => windowed(x, { kernel: [3, 3], stride: [2, 2], padding: [1, 1] }, ref.largest),
    second: true,
  },
  ...MAXIMA.slice(1, 7).map(
    ([shape, windows]): OpCase => ({
      op: 'maxPool2dWithIndices',
      about: `places, [${shape}] ${describeWindows(windows)}`,
      // Small whole numbers: equal maxima are common.
      inputs: [integers(shape, -1, 2, 'f32')],
      apply: (x) => maxPool2dWithIndices(x, windows.kernel as Two, optionsOf(windows)).indices,
      reference: (x) => windowed(x, windows, place),
      wrt: [],
    }),
  ),
  {
    op: 'maxPool1d',
    about: 'with padding and dilation',
    inputs: [distinct([2, 3, 11])],
    apply: (x) => maxPool1d(x, 3, { stride: 2, padding: 1, dilation: 2 }),
    reference: (x) => windowed(x, { kernel: [3], stride: [2], padding: [1], dilation: [2] }, ref.largest),
    second: true,
    f16: true,
  },
  ...(
    [
      { kernel: [2, 3, 2] },
      { kernel: [3, 2, 2], stride: [2, 1, 2], padding: [1, 1, 0], dilation: [1, 2, 1] },
      { kernel: [2, 2, 2], stride: [2, 2, 3], ceilMode: true },
    ] as Windows[]
  ).map(
    (windows): OpCase => ({
      op: 'maxPool3d',
      about: describeWindows(windows),
      inputs: [distinct([2, 2, 5, 6, 4])],
      apply: (x) => maxPool3d(x, windows.kernel as Three, optionsOf(windows)),
      reference: (x) => windowed(x, windows, ref.largest),
      second: true,
    }),
  ),
];

const mean = (countIncludePad: boolean) => (inside: number[], whole: number) =>
  ref.total(inside) / (countIncludePad ? whole : inside.length);

const averageCases: OpCase[] = [
  ...AVERAGES.flatMap(([shape, windows]) =>
    (windows.padding ? [true, false] : [true]).map(
      (countIncludePad): OpCase => ({
        op: 'avgPool2d',
        about: `[${shape}] ${describeWindows(windows)}${countIncludePad ? '' : ', padding not counted'}`,
        inputs: [random(shape)],
        apply: (x) => avgPool2d(x, windows.kernel as Two, { ...optionsOf(windows), countIncludePad }),
        reference: (x) => windowed(x, windows, mean(countIncludePad)),
        second: true,
        f16: true,
      }),
    ),
  ),
  {
    op: 'avgPool1d',
    about: 'with padding, rounded up',
    inputs: [random([2, 3, 10])],
    apply: (x) => avgPool1d(x, 3, { stride: 4, padding: 1, ceilMode: true }),
    reference: (x) => windowed(x, { kernel: [3], stride: [4], padding: [1], ceilMode: true }, mean(true)),
    second: true,
  },
  ...[true, false].map((countIncludePad): OpCase => {
    const windows: Windows = { kernel: [3, 2, 2], stride: [2, 3, 2], padding: [1, 1, 0], ceilMode: true };
    return {
      op: 'avgPool3d',
      about: countIncludePad ? 'padding counted' : 'padding not counted',
      inputs: [random([2, 2, 5, 6, 3])],
      apply: (x) => avgPool3d(x, windows.kernel as Three, { ...optionsOf(windows), countIncludePad }),
      reference: (x) => windowed(x, windows, mean(countIncludePad)),
      second: true,
    };
  }),
  {
    op: 'lpPool1d',
    about: 'p = 3',
    inputs: [random([2, 3, 9], 0.2, 2)],
    apply: (x) => lpPool1d(x, 3, 4, { stride: 2 }),
    reference: (x) => windowed(x, { kernel: [4], stride: [2] }, (inside) => ref.total(inside.map((value) => value ** 3)) ** (1 / 3)),
    second: true,
    tolerance: 5e-5,
  },
  {
    op: 'lpPool2d',
    about: 'p = 2',
    inputs: [random([1, 2, 6, 7])],
    apply: (x) => lpPool2d(x, 2, [2, 3]),
    reference: (x) => windowed(x, { kernel: [2, 3] }, (inside) => Math.hypot(...inside)),
    second: true,
    tolerance: 5e-5,
  },
  {
    op: 'lpPool2d',
    about: 'of zeros has no gradient',
    inputs: [values([0, 0, 0, 0], [1, 1, 2, 2])],
    apply: (x) => gradients(lpPool2d(x, 2, 2).sum(), [x])[0],
    reference: (x) => ref.map(x, () => 0),
    wrt: [],
  },
];

const ADAPTIVE: readonly (readonly [Shape, Two])[] = [
  [
    [2, 3, 7, 5],
    [3, 4],
  ],
  [
    [1, 2, 6, 8],
    [3, 2],
  ],
  [
    [1, 2, 3, 2],
    [5, 3],
  ],
  [
    [2, 2, 6, 7],
    [1, 1],
  ],
];

const adaptiveCases: OpCase[] = ADAPTIVE.flatMap(([shape, sizes]): OpCase[] => [
  {
    op: 'adaptiveAvgPool2d',
    about: `[${shape}] to ${sizes}`,
    inputs: [random(shape)],
    apply: (x) => adaptiveAvgPool2d(x, sizes),
    reference: (x) => adaptive(x, sizes, ref.average),
    second: true,
    f16: true,
  },
  {
    op: 'adaptiveMaxPool2d',
    about: `[${shape}] to ${sizes}`,
    inputs: [distinct(shape)],
    apply: (x) => adaptiveMaxPool2d(x, sizes),
    reference: (x) => adaptive(x, sizes, ref.largest),
    second: true,
  },
]).concat([
  {
    op: 'adaptiveAvgPool1d',
    about: '11 to 4',
    inputs: [random([2, 3, 11])],
    apply: (x) => adaptiveAvgPool1d(x, 4),
    reference: (x) => adaptive(x, [4], ref.average),
    second: true,
  },
  {
    op: 'adaptiveMaxPool1d',
    about: '11 to 4',
    inputs: [distinct([2, 3, 11])],
    apply: (x) => adaptiveMaxPool1d(x, 4),
    reference: (x) => adaptive(x, [4], ref.largest),
    second: true,
  },
]);

/** Each value in order to its place: the last one stays. */
function unpooled(x: ref.Values, indices: ref.Values, [height, width]: Two): ref.Values {
  const [n, channels] = x.shape;
  const result = ref.build([n, channels, height, width], () => 0);
  const each = x.shape[2] * x.shape[3];
  x.data.forEach((value, i) => {
    const index = indices.data[i];
    if (index < height * width) result.data[Math.floor(i / each) * height * width + index] = value;
  });
  return result;
}

const unpoolCases: OpCase[] = [
  {
    op: 'maxUnpool2d',
    about: 'of a pooled image',
    inputs: [distinct([2, 2, 5, 6])],
    apply: (x) => {
      const { values: y, indices } = maxPool2dWithIndices(x, 2);
      return maxUnpool2d(y, indices, 2, { outputSize: [5, 6] });
    },
    reference: (x) => unpooled(windowed(x, { kernel: [2, 2] }, ref.largest), windowed(x, { kernel: [2, 2] }, place), [5, 6]),
    second: true,
  },
  {
    op: 'maxUnpool2d',
    about: 'with places named twice and places outside',
    inputs: [random([2, 2, 3, 3]), integers([2, 2, 3, 3], 0, 40)],
    apply: (x, indices) => maxUnpool2d(x, indices, 3, { stride: 2, padding: [1, 0] }),
    reference: (x, indices) => unpooled(x, indices, [5, 7]),
    second: true,
    f16: true,
  },
];

export const poolCases: readonly OpCase[] = [...maxCases, ...averageCases, ...adaptiveCases, ...unpoolCases];

const backward =
  (fn: (...xs: Tensor[]) => Tensor) =>
  (x: Tensor, ...rest: Tensor[]): Tensor[] => {
    const y = fn(x, ...rest);
    return [y, ...gradients(y.square().sum(), [x])];
  };

export const poolShaderCases: readonly ShaderCase[] = [
  ['maxPool2d', backward((x) => maxPool2d(x, 2)), [f32(2, 3, 8, 8)]],
  ['maxPool2d, second order', (x) => gradients(gradients(maxPool2d(x, 2).square().sum(), [x])[0].square().sum(), [x]), [f32(2, 3, 8, 8)]],
  ['maxPool2d, large', backward((x) => maxPool2d(x, 2)), [f32(64, 32, 28, 28)]],
  ['maxPool2d, overlapping', backward((x) => maxPool2d(x, 3, { stride: 2, padding: 1 })), [f32(2, 3, 9, 9)]],
  ['maxPool2d, places', (x) => maxPool2dWithIndices(x, 2).indices, [f32(2, 3, 8, 8)]],
  ['avgPool2d', backward((x) => avgPool2d(x, 3, { stride: 2, padding: 1, countIncludePad: false })), [f32(2, 3, 9, 9)]],
  ['adaptive pooling', backward((x) => adaptiveAvgPool2d(adaptiveMaxPool2d(x, 7), 3)), [f32(2, 3, 9, 9)]],
  ['maxUnpool2d', backward((x, indices) => maxUnpool2d(x, indices, 2)), [f32(2, 3, 4, 4), u32(2, 3, 4, 4)]],
];
