import { type Field, type Figure, figures } from '../../../index.ts';
import { shape } from '../../shared/latent-plane.ts';
import type { TwoSampleTest } from './two-sample.ts';

/** What each epoch came to: mean losses by name, the two-sample test on validation images, and what the same draws decode to. */
export type Course = readonly {
  readonly epoch: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly test: TwoSampleTest;
  readonly sheet: ArrayLike<number>;
}[];

/** Codes of validation images by class beside as many draws of the prior; of more than two dimensions the first two. */
export function latentFigure(codes: Float32Array, draws: Float32Array, size: number, { data, names }: Field): Figure {
  const plane = (points: Float32Array) => points.subarray(0, codes.length).filter((_, i) => i % size < 2);
  const axis = (label: string) => ({ label, min: -4, max: 4 });
  const [labels, none] = [data.subarray(0, codes.length / size), new Uint8Array(codes.length / size)];
  const panels = [
    figures.scatter(plane(codes), labels, { title: 'Codes of validation images', axes: [axis('z1'), axis('z2')], ...(names && { names }) }),
    figures.scatter(plane(draws), none, { title: 'Draws of the prior', axes: [axis('z1'), axis('z2')], names: ['draws'] }),
  ];
  return figures.join(panels, { title: 'Where the codes lie', caption: 'Training was told no label, nor which code should lie where.' });
}

/** What the same draws decode to after epochs 1, 2, 4 … and the last. */
export function samplesFigure(course: Course): Figure {
  const shown = course.filter(({ epoch }, i) => Number.isInteger(Math.log2(epoch)) || i === course.length - 1);
  const rows = shown.map(({ epoch, sheet }) => [`After epoch ${epoch}`, figures.pictures(sheet, shape)] as const);
  const words = { title: 'Samples, epoch by epoch', caption: 'Draws of the prior, decoded; the same draws in each row.' };
  return figures.images(Object.fromEntries(rows), { ...words, columns: course[0].sheet.length / 784 });
}

export function lossFigure(course: Course): Figure {
  const lines = Object.keys(course[0].losses).map((name) => [name, course.map(({ losses }) => losses[name])] as const);
  return figures.curves(
    { ...Object.fromEntries(lines), 'ln 2': figures.dashed([1, Math.LN2], [course.length, Math.LN2]) },
    {
      ...{ title: 'The three losses', x: 'epoch', y: 'cross-entropy (nats)' },
      caption: 'Means over the steps of an epoch; reconstruction a pixel. Where nothing can be told apart, the others stand at ln 2.',
    },
  );
}

/** Images along a way. */
const STEPS = 8;

/** Straight ways between the codes of pairs of images, `ends` [2 · pairs, size], decoded by `images`. `originals` are grey levels. */
export async function interpolationFigure(
  originals: ArrayLike<number>,
  ends: Float32Array,
  size: number,
  images: (z: Float32Array) => Promise<ArrayLike<number>>,
): Promise<Figure> {
  const all = figures.pictures(Array.from(originals).slice(0, (ends.length / size) * 784), { ...shape, range: [0, 255] });
  const rows = [];
  for (let from = 0; from < all.length; from += 2) {
    const way = Float32Array.from({ length: STEPS * size }, (_, k) => {
      const [share, own] = [Math.floor(k / size) / (STEPS - 1), from * size + (k % size)];
      return (1 - share) * ends[own] + share * ends[own + size];
    });
    rows.push(all[from], ...figures.pictures(await images(way), shape), all[from + 1]);
  }
  const caption = 'Left and right test images; between them the straight way between their codes, decoded.';
  return figures.images(rows, { title: 'From one image to another', columns: STEPS + 2, caption });
}
