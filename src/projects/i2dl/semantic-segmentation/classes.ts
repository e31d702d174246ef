// What pixels are, and how often a network says so.
import { figures, interpolate, losses, rand, type Tensor, type TensorBatch, transforms } from '../../../index.ts';
import { SIDE } from './model.ts';

export type Scenes = TensorBatch<'image' | 'mask'>;

/** Of pixels that are void: they count nothing. */
export const VOID = -1;
/** Of so many rows and columns one counts in training: pixels beside each other say nearly the same. */
const STEP = 4;

/** Classes 0 … 22, void −1: in the set's masks void is 0. */
export const labels = (mask: Tensor): Tensor => mask.sub(1);

/** Logits [n, 23, h, w] as those of so many places, between the ones of the maps: of every pixel, or of every fourth of every fourth row. */
const enlarged = (logits: Tensor, size = SIDE): Tensor => interpolate(logits, { size, mode: 'bilinear' });
/** Of every pixel, the logits of the classes that have a name in this data: drawn scenes have fewer. */
export const named = (logits: Tensor, names: readonly string[]): Tensor => enlarged(logits).slice([null, [0, names.length]]);
export const everyFourth = {
  logits: (logits: Tensor) => enlarged(logits, SIDE / STEP),
  labels(mask: Tensor) {
    const every = [STEP / 2, SIDE, STEP] as const;
    return labels(mask).slice([null, every, every]);
  },
};

/** Mean cross-entropy of the pixels that aren't void, every fourth of every fourth row: logits [n, 23, h, w], masks [n, 208, 208]. */
export const pixelLoss = (logits: Tensor, mask: Tensor): Tensor =>
  losses.crossEntropy(everyFourth.logits(logits), everyFourth.labels(mask), { ignoreIndex: VOID });

/** Half of the pictures mirrored and all in other light, times `strength`, their masks with them; maps, [n, numbers], are mirrored by the network. */
export function varied({ image, mask }: Scenes, strength: number) {
  if (strength === 0) return { image, mask };
  if (image.rank === 4) {
    const light = 0.25 * strength;
    const zoom = transforms.affine({ scale: [1, 1 + 0.4 * strength], translate: [0.1 * strength, 0.1 * strength] });
    return transforms.onBatch([transforms.flip(), zoom, transforms.colourJitter({ brightness: light, contrast: light })], { image, mask });
  }
  const mirror = rand([mask.shape[0], 1, 1, 1]).lt(0.5);
  return { image, mask: mask.flip(2).where(mirror.reshape([-1, 1, 1]), mask), mirror };
}

/** A class in a confusion matrix [classes, classes], a row a label. */
export interface OfClass {
  /** Share of the pixels that are of this class, and of these the share that is called so: NaN where there are none. */
  readonly pixels: number;
  readonly recognised: number;
  /** Pixels that are this and are called so, of those that are this or are called so. */
  readonly iou: number;
  /** What it is taken for most often, itself apart; undefined where it never is. */
  readonly mistaken: number | undefined;
}

export function byClass(confusion: ArrayLike<number>): OfClass[] {
  const n = Math.sqrt(confusion.length);
  const each = Array.from({ length: n }, (_, i) => i);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const all = sum(Array.from(confusion));
  return each.map((own) => {
    const row = each.map((other) => confusion[own * n + other]);
    const [labelled, called, right] = [sum(row), sum(each.map((other) => confusion[other * n + own])), row[own]];
    const others = row.with(own, 0);
    const most = Math.max(...others);
    return {
      ...{ pixels: labelled / all, recognised: right / labelled, iou: right / (labelled + called - right) },
      mistaken: most > 0 ? others.indexOf(most) : undefined,
    };
  });
}

/** Share of a picture's pixels, void apart, that are called what they are; 1 where all are void. */
export function accuracyOf(said: ArrayLike<number>, mask: ArrayLike<number>): number {
  let [right, counted] = [0, 0];
  for (let p = 0; p < mask.length; p++) {
    if (mask[p] === 0) continue;
    counted++;
    if (said[p] === mask[p] - 1) right++;
  }
  return counted > 0 ? right / counted : 1;
}

/** The classes that pixels are said to be of, with their shares, the largest first: in words. */
export function sharesOf(said: ArrayLike<number>, names: readonly string[]): string {
  const counts = new Map<number, number>();
  for (let p = 0; p < said.length; p++) counts.set(said[p], 1 + (counts.get(said[p]) ?? 0));
  const largest = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 5);
  return largest.map(([c, count]) => `${names[c]} ${figures.percent(count / said.length)}`).join(', ');
}
