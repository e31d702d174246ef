// Spatial transformers, against PyTorch's documented formulas.
import type { GridSampleOptions } from '../../../src/engine/ops/gridSample.ts';
import { affineGrid, gradients, gridSample, type Tensor } from '../../../src/index.ts';
import type { ShaderCase } from '../all-cases.ts';
import { drawn, type Input, type OpCase, random, values } from '../check.ts';
import { f32 } from '../plan-of.ts';
import * as ref from '../reference.ts';

type Shape = readonly number[];

const toPixels = (g: number, size: number, align: boolean) => (align ? ((g + 1) / 2) * (size - 1) : ((g + 1) * size - 1) / 2);
const fromPixels = (place: number, size: number, align: boolean) =>
  align ? (2 * place) / Math.max(1, size - 1) - 1 : (2 * place + 1) / size - 1;

/** Places around an image, some outside, none near the middle or the edge of a pixel: there sampling has kinks. */
function places([n, oh, ow]: Shape, [h, w]: Shape, align = false): Input {
  return drawn([n, oh, ow, 2], 'f32', (source) => {
    const at = (size: number) => source.integer(size + 4) - 2 + (source.integer(2) === 0 ? 0.25 : 0.75) + source.uniform(-0.1, 0.1);
    return Array.from({ length: n * oh * ow * 2 }, (_, i) => {
      const size = i % 2 === 0 ? w : h;
      return Math.fround(fromPixels(at(size), size, align));
    });
  });
}

/** Mirrors a place at two ends until it lies between them. */
function folded(place: number, low: number, high: number): number {
  let at = place;
  if (low === high) return low;
  while (at < low || at > high) at = at < low ? 2 * low - at : 2 * high - at;
  return at;
}

function sampled(x: ref.Values, grid: ref.Values, options: GridSampleOptions): ref.Values {
  const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options;
  const [n, c, h, w] = x.shape;
  const place = (g: number, size: number) => {
    const at = toPixels(g, size, alignCorners);
    if (paddingMode === 'zeros') return at;
    const inside = paddingMode === 'border' ? at : alignCorners ? folded(at, 0, size - 1) : folded(at, -0.5, size - 0.5);
    return Math.min(size - 1, Math.max(0, inside));
  };
  return ref.build([n, c, grid.shape[1], grid.shape[2]], ([i, k, oy, ox]) => {
    const u = place(ref.get(grid, [i, oy, ox, 0]), w);
    const v = place(ref.get(grid, [i, oy, ox, 1]), h);
    let sum = 0;
    for (let q = 0; q < h; q++) {
      for (let p = 0; p < w; p++) {
        const weight =
          mode === 'nearest'
            ? Number(ref.roundHalfToEven(v) === q && ref.roundHalfToEven(u) === p)
            : Math.max(0, 1 - Math.abs(q - v)) * Math.max(0, 1 - Math.abs(p - u));
        sum += weight * ref.get(x, [i, k, q, p]);
      }
    }
    return sum;
  });
}

const OPTIONS: readonly GridSampleOptions[] = (['zeros', 'border', 'reflection'] as const).flatMap((paddingMode) =>
  [false, true].flatMap((alignCorners) => [
    { paddingMode, alignCorners },
    { mode: 'nearest' as const, paddingMode, alignCorners },
  ]),
);

const sampleCase = (about: string, x: Shape, points: Shape, options: GridSampleOptions): OpCase => ({
  op: 'gridSample',
  about: `${about} ${JSON.stringify(options).replace(/["{}]/g, '')}`,
  inputs: [random(x), places([x[0], ...points], x.slice(2), options.alignCorners)],
  apply: (image, grid) => gridSample(image, grid, options),
  reference: (image, grid) => sampled(image, grid, options),
  second: options.mode !== 'nearest',
  tolerance: 1e-4,
});

const lines = (length: number, align: boolean): number[] =>
  Array.from({ length }, (_, i) => (align ? (length === 1 ? 0 : (2 * i) / (length - 1) - 1) : (2 * i + 1) / length - 1));

const AFFINE: readonly (readonly [Shape, boolean])[] = [
  [[2, 3, 4, 5], false],
  [[2, 3, 4, 5], true],
  [[1, 1, 1, 3], true],
  [[0, 1, 2, 2], false],
];

export const sampleCases: readonly OpCase[] = [
  // Many points share a few pixels.
  sampleCase('larger than the image', [1, 2, 3, 2], [11, 13], { paddingMode: 'border' }),
  ...OPTIONS.map((options) => sampleCase('', [2, 3, 4, 5], [3, 4], options)),
  sampleCase('one pixel', [1, 2, 1, 1], [2, 2], { paddingMode: 'reflection', alignCorners: true }),
  sampleCase('no images', [0, 2, 3, 3], [2, 2], {}),
  {
    op: 'gridSample',
    about: 'places that are no numbers, or far away',
    inputs: [random([1, 1, 2, 2]), values([Number.NaN, 0, Number.POSITIVE_INFINITY, 0, -3e38, 5, 0, 0], [1, 2, 2, 2])],
    apply: (x, grid) => gridSample(x, grid, { alignCorners: true }),
    reference: (x) => ({ shape: [1, 1, 2, 2], data: Float64Array.of(0, 0, 0, ref.average([...x.data])) }),
    wrt: [],
  },
  ...AFFINE.map(
    ([size, alignCorners]): OpCase => ({
      op: 'affineGrid',
      about: `[${size}]${alignCorners ? ', corners aligned' : ''}`,
      inputs: [random([size[0], 2, 3])],
      apply: (theta) => affineGrid(theta, size, { alignCorners }),
      reference: (theta) => {
        const [x, y] = [lines(size[3], alignCorners), lines(size[2], alignCorners)];
        return ref.build([size[0], size[2], size[3], 2], ([n, i, j, k]) => {
          const [a, b, c] = [0, 1, 2].map((column) => ref.get(theta, [n, k, column]));
          return a * x[j] + b * y[i] + c;
        });
      },
      second: true,
    }),
  ),
];

export const sampleShaderCases: readonly ShaderCase[] = [
  [
    'gridSample, second order',
    (x: Tensor, grid: Tensor) => {
      const first = gradients(gridSample(x, grid).square().sum(), [x, grid]);
      return gradients(first[0].square().sum().add(first[1].square().sum()), [x, grid]);
    },
    [f32(2, 3, 8, 8), f32(2, 5, 5, 2)],
  ],
];
