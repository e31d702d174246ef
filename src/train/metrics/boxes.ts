// Mean average precision of detected boxes.
import { either, expectKind, finite, listOf, positive } from '../../engine/graph/arguments.ts';
import { ShapeError } from '../../engine/graph/errors.ts';
import { showShape } from '../../engine/graph/shape.ts';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { full } from '../../engine/ops/create.ts';
import { expectMetricOptions, type Lists, type Metric, type Numbers } from './metric.ts';

/** What a detector says of a batch of images, and what is there. Boxes are x1, y1, x2, y2; a class below 0 stands for no box. */
export interface Detections {
  /** [n, k, 4] with scores [n, k] and classes [n, k]. */
  readonly boxes: Tensor;
  readonly scores: Tensor;
  readonly classes: Tensor;
  /** [n, t, 4] with classes [n, t]. */
  readonly trueBoxes: Tensor;
  readonly trueClasses: Tensor;
}

export interface BoxOptions {
  readonly classes: number;
  /** Overlap (intersection over union) that makes a box right; the mean is taken over several. Default .5. */
  readonly iou?: number | readonly number[];
}

/**
 * Mean average precision of boxes, `meanAveragePrecision`, and `averagePrecisionByClass` (NaN for a class that there is nothing of). From the surest
 * detection on, each takes the unmatched true box of its image and class that it overlaps most; precision is made monotone from the right, and
 * the area under it is what counts (PASCAL VOC from 2010 on, at every recall).
 */
export function boxPrecision<B>(
  of: (batch: B) => Detections,
  options: BoxOptions,
): Metric<B, Numbers<'meanAveragePrecision'> & Lists<'averagePrecisionByClass'>> {
  expectMetricOptions('boxPrecision', options, { classes: positive, iou: either(finite, listOf(finite)) });
  expectKind('boxPrecision', 'classes', options.classes, positive);
  const { classes, iou = 0.5 } = options;
  const overlaps = typeof iou === 'number' ? [iou] : iou;
  return {
    rows(batch) {
      const found = of(batch);
      for (const [boxes, others] of [
        ['boxes', ['scores', 'classes']],
        ['trueBoxes', ['trueClasses']],
      ] as const) {
        const { shape } = found[boxes];
        const fits =
          shape.length === 3 && shape[2] === 4 && others.every((name) => showShape(found[name].shape) === showShape(shape.slice(0, 2)));
        if (!fits) {
          const got = [boxes, ...others].map((name) => showShape(found[name].shape)).join(' and ');
          throw new ShapeError(`boxPrecision: expected ${boxes} [n, k, 4] and ${others.join(', ')} [n, k], got ${got}`);
        }
      }
      // Batches may differ in how many an image has.
      const [n, k] = found.boxes.shape;
      return { ...found, widths: full([n!], k!), trueWidths: full([n!], found.trueBoxes.shape[1]!) };
    },
    value(found) {
      const images = imagesIn(found as unknown as Gathered);
      const each = Array.from({ length: classes }, (_, c) => meanOf(overlaps.map((overlap) => precisionOf(images, c, overlap))));
      return { meanAveragePrecision: meanOf(each.filter((value) => !Number.isNaN(value))), averagePrecisionByClass: each };
    },
  };
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

type Gathered = Readonly<Record<keyof Detections | 'widths' | 'trueWidths', Float64Array>>;

interface Images extends Readonly<Record<keyof Detections, Float64Array>> {
  /** Of each detection: where the true boxes of its image begin and end. */
  readonly truth: readonly (readonly [first: number, end: number])[];
}

function imagesIn({ widths, trueWidths, ...found }: Gathered): Images {
  let end = 0;
  const truth = Array.from(widths).flatMap((width, image) => {
    const first = end;
    end += trueWidths[image]!;
    return new Array<readonly [number, number]>(width).fill([first, end]);
  });
  return { ...found, truth };
}

/** Average precision of one class; NaN without a true box. */
function precisionOf({ boxes, scores, classes, trueBoxes, trueClasses, truth }: Images, wanted: number, overlap: number): number {
  const total = trueClasses.filter((c) => c === wanted).length;
  if (total === 0) return Number.NaN;
  // Sorting is stable: equal scores stand in the order of the images.
  const order = Array.from(scores.keys())
    .filter((i) => classes[i] === wanted)
    .sort((a, b) => scores[b]! - scores[a]!);
  const taken = new Uint8Array(trueClasses.length);
  let hits = 0;
  const precisions: { readonly precision: number; readonly hit: boolean }[] = order.map((i, rank) => {
    const [first, end] = truth[i]!;
    let [best, most] = [-1, overlap];
    for (let t = first; t < end; t++) {
      if (taken[t] || trueClasses[t] !== wanted) continue;
      const shared = overlapOf(boxes, 4 * i, trueBoxes, 4 * t);
      if (shared >= most) [best, most] = [t, shared];
    }
    if (best >= 0) {
      taken[best] = 1;
      hits++;
    }
    return { precision: hits / (rank + 1), hit: best >= 0 };
  });
  let [highest, area] = [0, 0];
  for (const { precision, hit } of precisions.reverse()) {
    highest = Math.max(highest, precision);
    if (hit) area += highest / total;
  }
  return area;
}

function overlapOf(a: Float64Array, i: number, b: Float64Array, j: number): number {
  const width = Math.min(a[i + 2]!, b[j + 2]!) - Math.max(a[i]!, b[j]!);
  const height = Math.min(a[i + 3]!, b[j + 3]!) - Math.max(a[i + 1]!, b[j + 1]!);
  const shared = Math.max(0, width) * Math.max(0, height);
  const area = (of: Float64Array, at: number) => (of[at + 2]! - of[at]!) * (of[at + 3]! - of[at + 1]!);
  return shared === 0 ? 0 : shared / (area(a, i) + area(b, j) - shared);
}
