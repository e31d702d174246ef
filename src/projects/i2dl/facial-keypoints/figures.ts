import { type Figure, figures } from '../../../index.ts';
import { POINTS, SIDE } from './model.ts';
import { type Errors, names } from './points.ts';

type Numbers = ArrayLike<number>;

/** Points [n, 15, 2] as places in pixels, a list for each of the chosen faces; those that aren't known, [n, 15], are left out. */
export const marksOf = (points: Numbers, chosen: readonly number[] = [0], known?: Numbers) =>
  chosen.map((n) => {
    const own = names.map((_, k) => n * POINTS + k).filter((i) => !known || known[i]);
    return own.map((i) => ({ x: (SIDE / 2) * (points[2 * i] + 1), y: (SIDE / 2) * (points[2 * i + 1] + 1) }));
  });

/** Twelve faces, evenly from the one with the least error to the one with the largest, with their points and those predicted. */
export function facesFigure(pixels: Numbers, truth: Numbers, prediction: Numbers, known: Numbers, { byFace }: Errors): Figure {
  const order = [...byFace.keys()].sort((a, b) => byFace[a] - byFace[b]);
  const count = Math.min(12, order.length);
  const chosen = Array.from({ length: count }, (_, i) => order[Math.round((i * (order.length - 1)) / Math.max(1, count - 1))]);
  const values = chosen.flatMap((n) => Array.from({ length: SIDE ** 2 }, (_, i) => pixels[n * SIDE ** 2 + i]));
  const captions = chosen.map((n) => `${figures.fixed(byFace[n], 1)} pixels`);
  return figures.points(
    figures.pictures(values, { width: SIDE, height: SIDE, range: [0, 255], captions }),
    { truth: marksOf(truth, chosen, known), prediction: marksOf(prediction, chosen, known) },
    {
      title: 'From the best face to the worst',
      caption: 'Test faces, and how far their points are off on average, in pixels of a picture 96 wide.',
      columns: 4,
    },
  );
}

/** Error by point, and the share of the faces that are within so much, beside what the mean face would do. */
export function errorsFigure(network: Errors, meanFace: Errors): Figure {
  const largest = Math.max(...meanFace.byFace, ...network.byFace);
  const within = ({ byFace }: Errors) => {
    const sorted = [...byFace].sort((a, b) => a - b);
    return figures.path([[0, 0], ...sorted.map((error, i) => [error, (i + 1) / sorted.length] as const), [largest, 1]]);
  };
  const share = { label: 'test faces (%)', min: 0, max: 1 };
  const lines = { 'the network': within(network), 'the mean face': { ...within(meanFace), style: 'dashed' } as const };
  const bars = { 'the network': network.byPoint, 'the mean face': meanFace.byPoint };
  return figures.join(
    [
      figures.bars(names, bars, { title: 'Error by point', y: { label: 'mean distance (pixels)', min: 0 } }),
      figures.curves(lines, { title: 'Faces within so much', x: 'mean distance of a face’s points (pixels)', y: share }),
    ],
    {
      title: 'How far off the points are',
      caption: 'In pixels of a picture 96 wide. The mean face is the answer of whoever does not look.',
      columns: 1,
    },
  );
}
