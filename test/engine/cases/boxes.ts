// Boxes of detectors, against torchvision's definitions.
import type { RoiAlignOptions } from '../../../src/engine/ops/roiAlign.ts';
import { batchedNms, boxIou, gradients, nms, roiAlign, type Tensor } from '../../../src/index.ts';
import type { ShaderCase } from '../all-cases.ts';
import { drawn, type Input, integers, type OpCase, random, values } from '../check.ts';
import { f32, u32 } from '../plan-of.ts';
import * as ref from '../reference.ts';

/** Boxes of up to `extent` pixels, in images of `size`. */
function boxes(count: number, size: number, extent: number): Input {
  return drawn([count, 4], 'f32', (source) =>
    Array.from({ length: count }, () => {
      const [x, y] = [source.uniform(0, size - 1), source.uniform(0, size - 1)];
      return [x, y, x + source.uniform(0.5, extent), y + source.uniform(0.5, extent)].map(Math.fround);
    }).flat(),
  );
}

function iou(a: ref.Values, i: number, b: ref.Values, j: number): number {
  const [ax, ay, aX, aY] = a.data.subarray(4 * i);
  const [bx, by, bX, bY] = b.data.subarray(4 * j);
  const shared = Math.max(0, Math.min(aX, bX) - Math.max(ax, bx)) * Math.max(0, Math.min(aY, bY) - Math.max(ay, by));
  return shared / ((aX - ax) * (aY - ay) + (bX - bx) * (bY - by) - shared);
}

/** Indices of those kept, then 2³² − 1, then their number. */
function suppressed(all: ref.Values, scores: ref.Values, threshold: number, classes?: ref.Values): ref.Values {
  const order = [...scores.data.keys()].sort((i, j) => scores.data[j] - scores.data[i] || i - j);
  const kept: number[] = [];
  for (const i of order) {
    if (!kept.some((j) => (!classes || classes.data[i] === classes.data[j]) && iou(all, j, all, i) > threshold)) kept.push(i);
  }
  const padding = new Array<number>(order.length - kept.length).fill(2 ** 32 - 1);
  return { shape: [order.length + 1], data: Float64Array.of(...kept, ...padding, kept.length) };
}

const joined = ({ indices, count }: { indices: Tensor; count: Tensor }): Tensor =>
  indices.pad([[0, 1]]).add(count.reshape([1]).pad([[indices.size, 0]]));

const ROIS = values(
  [
    [0, 0.7, 0.4, 5.3, 3.9],
    [1, 2.2, 1.1, 2.4, 1.2],
    [1, -2.3, -1.7, 9.1, 8.4],
    [0, 4.6, 2.2, 12.7, 11.6],
    [2, 1, 1, 3, 3],
    [-1, 1, 1, 3, 3],
  ].flat(),
  [6, 5],
);

/** torchvision's loops over bins and sample points. */
function aligned(x: ref.Values, rois: ref.Values, options: RoiAlignOptions): ref.Values {
  const { spatialScale = 1, samplingRatio = 2 } = options;
  const [n, channels, height, width] = x.shape;
  const [ph, pw] = options.outputSize as readonly [number, number];
  const offset = options.aligned ? 0.5 : 0;
  const at = (image: number, c: number, y: number, u: number): number => {
    if (y < -1 || y > height || u < -1 || u > width) return 0;
    const [v, w] = [Math.min(height - 1, Math.max(0, y)), Math.min(width - 1, Math.max(0, u))];
    let sum = 0;
    for (let q = 0; q < height; q++) {
      for (let p = 0; p < width; p++) {
        sum += Math.max(0, 1 - Math.abs(q - v)) * Math.max(0, 1 - Math.abs(p - w)) * ref.get(x, [image, c, q, p]);
      }
    }
    return sum;
  };
  return ref.build([rois.shape[0], channels, ph, pw], ([r, c, i, j]) => {
    const [image, x1, y1, x2, y2] = rois.data.subarray(5 * r);
    if (image < 0 || image >= n) return 0;
    const side = (low: number, high: number, bins: number, bin: number, k: number) => {
      const extent = (high - low) * spatialScale;
      const size = (options.aligned ? extent : Math.max(1, extent)) / bins;
      return low * spatialScale - offset + bin * size + ((k + 0.5) * size) / samplingRatio;
    };
    let sum = 0;
    for (let ky = 0; ky < samplingRatio; ky++) {
      for (let kx = 0; kx < samplingRatio; kx++) sum += at(image, c, side(y1, y2, ph, i, ky), side(x1, x2, pw, j, kx));
    }
    return sum / samplingRatio ** 2;
  });
}

const alignCases = (
  [
    { outputSize: [2, 3] },
    { outputSize: [3, 2], aligned: true, samplingRatio: 1 },
    { outputSize: [1, 1], spatialScale: 0.5, samplingRatio: 3 },
  ] as RoiAlignOptions[]
).map(
  (options): OpCase => ({
    op: 'roiAlign',
    about: JSON.stringify(options).replace(/["{}]/g, ''),
    inputs: [random([2, 3, 5, 7]), ROIS],
    apply: (x, rois) => roiAlign(x, rois, options),
    reference: (x, rois) => aligned(x, rois, options),
    wrt: [0],
    second: true,
    tolerance: 5e-5,
  }),
);

const nmsCases = [100, 32, 1].map(
  (count): OpCase => ({
    op: 'nms',
    about: `${count} boxes`,
    inputs: [boxes(count, 20, 8), integers([count], -20, 20, 'f32')],
    apply: (all, scores) => joined(nms(all, scores, 0.3)),
    reference: (all, scores) => suppressed(all, scores, 0.3),
    wrt: [],
  }),
);

export const boxCases: readonly OpCase[] = [
  ...[
    [1, 1],
    [5, 7],
    [3, 0],
  ].map(
    ([n, m]): OpCase => ({
      op: 'boxIou',
      about: `${n} × ${m}`,
      inputs: [boxes(n, 6, 6), boxes(m, 6, 6)],
      apply: boxIou,
      reference: (a, b) => ref.build([n, m], ([i, j]) => iou(a, i, b, j)),
      second: n === 5,
      tolerance: 1e-4,
    }),
  ),
  ...nmsCases,
  {
    op: 'nms',
    about: 'no boxes',
    inputs: [boxes(0, 1, 1), random([0])],
    apply: (all, scores) => joined(nms(all, scores, 0.5)),
    reference: () => ({ shape: [1], data: Float64Array.of(0) }),
    wrt: [],
  },
  {
    op: 'nms',
    about: 'scores of NaN come last, empty boxes overlap nothing',
    inputs: [
      values([0, 0, 2, 2, 1, 1, 1, 1, 0, 0, 2, 2, 1, 1, 1, 1, 4, 4, 5, 5], [5, 4]),
      values([Number.NaN, Number.NEGATIVE_INFINITY, -0, 0, Number.POSITIVE_INFINITY]),
    ],
    apply: (all, scores) => joined(nms(all, scores, 0.5)),
    reference: () => ({ shape: [6], data: Float64Array.of(4, 2, 3, 1, 2 ** 32 - 1, 4) }),
    wrt: [],
  },
  {
    op: 'batchedNms',
    inputs: [boxes(67, 12, 8), random([67]), integers([67], 0, 3)],
    apply: (all, scores, classes) => joined(batchedNms(all, scores, classes, 0.4)),
    reference: (all, scores, classes) => suppressed(all, scores, 0.4, classes),
    wrt: [],
  },
  ...alignCases,
];

export const boxShaderCases: readonly ShaderCase[] = [
  ['nms', (all, scores, classes) => batchedNms(all, scores, classes, 0.5).indices, [f32(3000, 4), f32(3000), u32(3000)]],
  ['roiAlign', (x, rois) => gradients(roiAlign(x, rois, { outputSize: 7 }).square().sum(), [x]), [f32(2, 3, 8, 8), f32(5, 5)]],
];
