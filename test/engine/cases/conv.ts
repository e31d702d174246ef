import { products, specOf } from '../../../bench/lab/cases/conv.ts';
import type { ConvSpec } from '../../../src/engine/ops/lower/conv.ts';
import {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  fold,
  gradients,
  type Tensor,
  unfold,
} from '../../../src/index.ts';
import type { ShaderCase } from '../all-cases.ts';
import { type Input, integers, type OpCase, random } from '../check.ts';
import { f32 } from '../plan-of.ts';
import { size, type Values } from '../reference.ts';

type Shape = readonly number[];
type Numbers = number | readonly number[];

/** Options of every convolution; a row's numbers of axes are those of its function. */
interface Options {
  readonly stride?: Numbers;
  readonly padding?: Numbers;
  readonly outputPadding?: Numbers;
  readonly dilation?: Numbers;
  readonly groups?: number;
}

interface Row {
  readonly about: string;
  readonly x: Shape;
  readonly w: Shape;
  readonly options?: Options;
  readonly second?: boolean;
  readonly f16?: boolean;
}

const FORWARD = [conv1d, conv2d, conv3d] as readonly ((x: Tensor, w: Tensor, options: object) => Tensor)[];
const TRANSPOSED = [convTranspose1d, convTranspose2d, convTranspose3d] as typeof FORWARD;

const list = (value: Numbers | undefined, missing: number, count: number): readonly number[] =>
  typeof value === 'object' ? value : new Array<number>(count).fill(value ?? missing);

/** The lab's description of the convolution, from the shapes of its image and weight. */
function describe(image: Shape, w: Shape, { stride, padding, dilation, groups }: Options): ConvSpec {
  const axes = image.length - 2;
  return specOf({
    n: image[0],
    c: [image[1], w[0]],
    size: image.slice(2),
    kernel: w.slice(2),
    stride: list(stride, 1, axes),
    pad: list(padding, 0, axes),
    dilation: list(dilation, 1, axes),
    groups,
  });
}

function convolved(x: Values, w: Values, options: Options = {}): Values {
  const spec = describe(x.shape, w.shape, options);
  const shape = [x.shape[0], w.shape[0], ...spec.output.slice(5 - x.shape.length)];
  const data = new Float64Array(size(shape));
  products(spec, (ix, iw, iy) => {
    data[iy] += x.data[ix] * w.data[iw];
  });
  return { shape, data };
}

function spread(x: Values, w: Values, options: Options = {}): Values {
  const axes = x.shape.length - 2;
  const { stride, padding, outputPadding, dilation, groups = 1 } = options;
  const [s, p, more, d] = [list(stride, 1, axes), list(padding, 0, axes), list(outputPadding, 0, axes), list(dilation, 1, axes)];
  const image = x.shape.slice(2).map((from, i) => (from - 1) * s[i] - 2 * p[i] + d[i] * (w.shape[i + 2] - 1) + more[i] + 1);
  const shape = [x.shape[0], w.shape[1] * groups, ...image];
  const output = [...new Array<number>(3 - axes).fill(1), ...x.shape.slice(2)] as unknown as ConvSpec['output'];
  const data = new Float64Array(size(shape));
  products({ ...describe(shape, w.shape, options), output }, (iy, iw, ix) => {
    data[iy] += x.data[ix] * w.data[iw];
  });
  return { shape, data };
}

const row = ({ about, x, w, options = {}, second, f16 }: Row, isTransposed: boolean): OpCase => {
  const apply = (isTransposed ? TRANSPOSED : FORWARD)[x.length - 3];
  return {
    op: apply.name,
    about,
    inputs: [random(x, -1, 1), random(w, -1, 1)],
    apply: (a, b) => apply(a, b, options),
    reference: (a, b) => (isTransposed ? spread : convolved)(a, b, options),
    second,
    f16,
    tolerance: 5e-5,
  };
};

// The first two rows of each op also run with the kernels of GPUs, in few workgroups (variants.test.ts). Software adapters compile tiles slowly;
// groups with few rows do without.
const forward: readonly Row[] = [
  { about: '1×1', x: [1, 1, 1, 1], w: [1, 1, 1, 1], second: true },
  { about: '3×3', x: [2, 3, 6, 7], w: [4, 3, 3, 3], second: true, f16: true },
  { about: 'stride and padding', x: [2, 2, 9, 8], w: [3, 2, 3, 3], options: { stride: [2, 3], padding: [1, 2] }, second: true },
  { about: 'stride and dilation', x: [1, 2, 11, 10], w: [2, 2, 3, 3], options: { stride: 2, dilation: [2, 3], padding: 2 } },
  { about: 'groups', x: [2, 6, 5, 5], w: [9, 2, 3, 3], options: { groups: 3 }, second: true },
  {
    about: 'depthwise, two outputs a channel',
    x: [2, 5, 6, 7],
    w: [10, 1, 3, 3],
    options: { groups: 5, padding: 1, stride: [2, 1] },
    second: true,
    f16: true,
  },
  { about: 'past a tile', x: [3, 5, 9, 11], w: [67, 5, 3, 3], options: { padding: 1 } },
  { about: 'a deep sum', x: [1, 70, 5, 5], w: [2, 70, 3, 3] },
  { about: 'kernel of 1 over a plane', x: [2, 7, 5, 9], w: [11, 7, 1, 1] },
  { about: 'a kernel as large as the image', x: [2, 2, 5, 4], w: [3, 2, 5, 4] },
  { about: 'a stride larger than the kernel', x: [1, 2, 8, 7], w: [3, 2, 2, 1], options: { stride: [3, 2] } },
  { about: 'no images', x: [0, 2, 5, 4], w: [3, 2, 3, 3] },
  { about: 'a strided line, depthwise', x: [2, 4, 13], w: [4, 1, 2], options: { stride: 3, padding: 2, groups: 4 }, second: true },
  { about: 'a line', x: [2, 3, 13], w: [5, 3, 4], options: { stride: 2, padding: 1 }, second: true, f16: true },
  { about: 'a dilated line in groups', x: [1, 4, 11], w: [6, 2, 3], options: { dilation: 3, groups: 2 } },
  { about: 'a volume, depthwise', x: [1, 2, 3, 4, 5], w: [2, 1, 2, 1, 2], options: { groups: 2, padding: [1, 0, 0], dilation: [1, 1, 3] } },
  {
    about: 'a volume',
    x: [1, 2, 4, 5, 6],
    w: [3, 2, 2, 3, 3],
    options: { padding: [0, 1, 1], stride: [2, 1, 1] },
    second: true,
    f16: true,
  },
];

const transposed: readonly Row[] = [
  { about: 'depthwise', x: [1, 4, 3, 5], w: [4, 1, 1, 2], options: { groups: 4, stride: 2 }, second: true },
  { about: '3×3', x: [2, 3, 5, 4], w: [3, 2, 3, 3], second: true },
  {
    about: 'stride, padding and output padding',
    x: [2, 3, 4, 5],
    w: [3, 4, 3, 3],
    options: { stride: [2, 3], padding: 1, outputPadding: [1, 2] },
    second: true,
    f16: true,
  },
  { about: 'output padding beyond the stride', x: [1, 2, 4, 3], w: [2, 3, 2, 2], options: { dilation: 3, outputPadding: 2 }, second: true },
  { about: 'groups', x: [1, 4, 3, 5], w: [4, 3, 4, 2], options: { groups: 2, stride: 2 } },
  { about: 'a line, depthwise', x: [2, 4, 7], w: [4, 1, 2], options: { stride: 3, padding: 1, outputPadding: 1, groups: 4 }, second: true },
  { about: 'a volume, depthwise', x: [1, 2, 2, 3, 3], w: [2, 1, 2, 1, 2], options: { stride: [2, 1, 2], groups: 2 }, second: true },
];

const same: OpCase = {
  op: 'conv2d',
  about: 'padding that keeps the size, one more behind where it is odd',
  inputs: [random([1, 2, 5, 6]), random([3, 2, 4, 3])],
  apply: (x, w) => conv2d(x, w, { padding: 'same' }),
  reference: (x, w) => {
    const wide = convolved(x, w, { padding: [2, 1] });
    // One row more in front than behind is the same with the first row of outputs left out.
    const [n, channels, height, width] = wide.shape;
    const data = wide.data.filter((_, i) => Math.floor(i / width) % height > 0);
    return { shape: [n, channels, height - 1, width], data };
  },
};

const fused: OpCase = {
  op: 'conv2d',
  about: 'with bias and sigmoid',
  inputs: [random([2, 2, 6, 5]), random([3, 2, 3, 3]), random([3])],
  apply: (x, w, bias) => conv2d(x, w, { padding: 'valid', bias }).sigmoid(),
  reference: (x, w, b) => {
    const { shape, data } = convolved(x, w);
    return { shape, data: data.map((value, i) => 1 / (1 + Math.exp(-(value + b.data[Math.floor(i / (shape[2] * shape[3])) % 3])))) };
  },
};

const biased = (about: string, x: Shape, w: Shape, isTransposed: boolean): OpCase => ({
  ...row({ about, x, w, second: true }, isTransposed),
  inputs: [random(x, -1, 1), random(w, -1, 1), random([isTransposed ? w[1] : w[0]])],
  apply: (a, b, bias) => (isTransposed ? TRANSPOSED : FORWARD)[x.length - 3](a, b, { bias }),
  reference: (a, b, { data: bias }) => {
    const { shape, data } = (isTransposed ? spread : convolved)(a, b);
    const plane = size(shape.slice(2));
    return { shape, data: data.map((value, i) => value + bias[Math.floor(i / plane) % bias.length]) };
  },
});

export const convCases: readonly OpCase[] = [
  biased('a line, with bias', [2, 3, 7], [4, 3, 2], false),
  biased('a volume, with bias', [1, 2, 3, 3, 2], [3, 2, 2, 2, 1], false),
  biased('a line, with bias', [2, 3, 4], [3, 2, 2], true),
  biased('with bias', [1, 2, 3, 2], [2, 3, 2, 2], true),
  ...forward.map((each) => row(each, false)),
  same,
  fused,
  ...transposed.map((each) => row(each, true)),
];

interface WindowRow {
  readonly about: string;
  readonly image: Shape;
  readonly kernel: readonly [number, number];
  readonly stride?: readonly [number, number];
  readonly padding?: readonly [number, number];
  readonly dilation?: readonly [number, number];
}

/** Calls `visit` with the places in images [n, c, h, w] and in columns [n, c·kh·kw, windows] that hold the same value. */
function windows({ image, kernel: [kh, kw], ...options }: WindowRow, visit: (pixel: number, place: number) => void): Shape {
  const [n, c, h, w] = image;
  const { stride: [sy, sx] = [1, 1], padding: [py, px] = [0, 0], dilation: [dy, dx] = [1, 1] } = options;
  const [oh, ow] = [Math.floor((h + 2 * py - dy * (kh - 1) - 1) / sy) + 1, Math.floor((w + 2 * px - dx * (kw - 1) - 1) / sx) + 1];
  const columns = [n, c * kh * kw, oh * ow];
  for (let place = 0; place < size(columns); place++) {
    const window = place % (oh * ow);
    const tap = Math.floor(place / (oh * ow)) % (kh * kw);
    const plane = Math.floor(place / (oh * ow) / (kh * kw));
    const y = Math.floor(window / ow) * sy - py + Math.floor(tap / kw) * dy;
    const x = (window % ow) * sx - px + (tap % kw) * dx;
    if (y >= 0 && x >= 0 && y < h && x < w) visit((plane * h + y) * w + x, place);
  }
  return columns;
}

const windowRows: readonly WindowRow[] = [
  { about: 'windows that overlap', image: [2, 3, 5, 6], kernel: [3, 2] },
  {
    about: 'stride, padding and dilation',
    image: [1, 2, 9, 8],
    kernel: [2, 3],
    stride: [2, 3],
    padding: [1, 2],
    dilation: [3, 2],
  },
  { about: 'one pixel', image: [1, 1, 1, 1], kernel: [1, 1] },
];

const windowOptions = ({ stride, padding, dilation }: WindowRow) => ({ stride, padding, dilation }) as object;

const unfolded = (each: WindowRow, input: Input): OpCase => ({
  op: 'unfold',
  about: each.about,
  inputs: [input],
  apply: (x) => unfold(x, each.kernel, windowOptions(each)),
  reference: (x) => {
    const shape = windows(each, () => {});
    const data = new Float64Array(size(shape));
    windows(each, (pixel, place) => {
      data[place] = x.data[pixel];
    });
    return { shape, data };
  },
});

const folded = (each: WindowRow): OpCase => ({
  op: 'fold',
  about: each.about,
  inputs: [random(windows(each, () => {}))],
  apply: (x) => fold(x, each.image.slice(2) as [number, number], each.kernel, windowOptions(each)),
  reference: (x) => {
    const data = new Float64Array(size(each.image));
    windows(each, (pixel, place) => {
      data[pixel] += x.data[place];
    });
    return { shape: each.image, data };
  },
  f16: true,
});

export const unfoldCases: readonly OpCase[] = [
  ...windowRows.flatMap((each) => [{ ...unfolded(each, random(each.image)), f16: true }, folded(each)]),
  unfolded({ ...windowRows[1], about: 'whole numbers' }, integers(windowRows[1].image, 0, 100)),
  {
    op: 'unfold',
    about: 'squared, to second order',
    inputs: [random([1, 2, 4, 5])],
    apply: (x) => unfold(x, [2, 3], { padding: 1 }).square(),
    reference: (x) => {
      const { reference } = unfolded({ about: '', image: [1, 2, 4, 5], kernel: [2, 3], padding: [1, 1] }, random([1]));
      const { shape, data } = reference(x);
      return { shape, data: data.map((value) => value * value) };
    },
    second: true,
  },
  {
    op: 'fold',
    about: 'squared, to second order',
    inputs: [random(windows(windowRows[0], () => {}))],
    apply: (x) => fold(x, [5, 6], [3, 2]).square(),
    reference: (x) => {
      const { shape, data } = folded(windowRows[0]).reference(x);
      return { shape, data: data.map((value) => value * value) };
    },
    second: true,
  },
];

const backward =
  (fn: (x: Tensor, w: Tensor) => Tensor) =>
  (x: Tensor, w: Tensor): Tensor[] => {
    const y = fn(x, w);
    return [y, ...gradients(y.square().sum(), [x, w])];
  };

export const convShaderCases: readonly ShaderCase[] = [
  ['conv, small', backward((x, w) => conv2d(x, w, { padding: 1 })), [f32(1, 2, 5, 5), f32(3, 2, 3, 3)]],
  ['conv, large', backward((x, w) => conv2d(x, w).relu()), [f32(32, 32, 28, 28), f32(64, 32, 3, 3)]],
  [
    'conv, stride, dilation, groups',
    backward((x, w) => conv2d(x, w, { stride: 2, dilation: 2, groups: 2 })),
    [f32(2, 4, 17, 17), f32(6, 2, 3, 3)],
  ],
  ['conv, deep', backward((x, w) => conv2d(x, w)), [f32(1, 600, 4, 4), f32(2, 600, 3, 3)]],
  ['conv, depthwise', backward((x, w) => conv2d(x, w, { groups: 6, stride: 2 })), [f32(2, 6, 9, 9), f32(6, 1, 3, 3)]],
];
