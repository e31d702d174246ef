import { type Figure, figures, type Picture } from '../../../index.ts';

const shape = { width: 28, height: 28 };
const pictures = (values: ArrayLike<number>, range?: readonly [number, number]): Picture[] =>
  figures.pictures(values, { ...shape, ...(range && { range }) });

/** Pictures as they came out after an epoch. */
export interface Seen {
  readonly epoch: number;
  readonly pixels: ArrayLike<number>;
}

/** Pictures, and what the autoencoder makes of them as it learns. `originals` are grey levels 0 … 255. */
export function reconstructionFigure(originals: ArrayLike<number>, seen: readonly Seen[]): Figure {
  const rows = seen.map(({ epoch, pixels }) => [`After epoch ${epoch}`, pictures(pixels)] as const);
  const all = pictures(originals, [0, 255]);
  return figures.images(
    { 'Validation images': all, ...Object.fromEntries(rows) },
    {
      title: 'What comes out of the autoencoder',
      columns: all.length,
      caption: 'Pictures that it was not trained on, and their reconstructions.',
    },
  );
}

/** Accuracies of every way to begin, after so many steps. */
export interface Look {
  readonly step: number;
  readonly accuracy: readonly number[];
}

/** How accurate the ways to begin become, step by step, over the runs. */
export function accuracyFigure(ways: readonly string[], runs: readonly (readonly Look[])[], labels: number): Figure {
  const lines = ways.map((name, way) => {
    const line = figures.spread(runs.map((looks) => looks.map(({ accuracy }) => accuracy[way])));
    return [name, { ...line, x: runs[0].map(({ step }) => step) }] as const;
  });
  const drawn =
    runs.length > 1 ? `Mean of ${runs.length} draws of the labels; bands: ± one standard deviation.` : 'One draw of the labels.';
  return figures.curves(Object.fromEntries(lines), {
    title: `A classifier of ${labels} labels, by what it begins with`,
    caption: `${drawn} The labels of the validation images train nothing.`,
    ...{ x: 'steps of training on the labelled images', y: 'validation accuracy (%)' },
  });
}

/** Points of latent spaces [n, size], each in the plane of its two principal axes. */
export function latentFigure(
  panels: Readonly<Record<string, Float32Array>>,
  size: number,
  labels: ArrayLike<number>,
  names: readonly string[],
): Figure {
  const planes = Object.entries(panels).map(([title, points]) => {
    const { plane, shares } = figures.principalPlane(points, size);
    const [x, y] = shares.map((share, i) => `principal axis ${i + 1} (${figures.percent(share, 0)} of the variance)`);
    return figures.scatter(plane, labels, { title, axes: [x, y], names });
  });
  return figures.join(planes, {
    title: 'Where the encoder puts the pictures',
    caption: `${labels.length} validation images, in the colours of classes that training was not told, in the plane in which each latent space is widest.`,
  });
}

/** One drawing: as the networks get it, as it comes out of the autoencoder, and, once there is a classifier, what that takes it for. */
export function drawingFigure(
  drawing: ArrayLike<number>,
  pixels: ArrayLike<number>,
  classified?: { readonly probabilities: ArrayLike<number>; readonly names: readonly string[] },
): Figure {
  const [drawn, out] = [Array.from(drawing), Array.from(pixels)];
  const error = drawn.reduce((sum, value, i) => sum + (value - out[i]) ** 2, 0) / drawn.length;
  const both = figures.images(figures.pictures([...drawn, ...out], { ...shape, captions: ['drawn', 'reconstructed'] }), { columns: 2 });
  const caption = `Mean squared error of the reconstruction: ${figures.fixed(error, 3)}.`;
  if (!classified) return { ...both, title: 'Reconstructed', caption: `${caption} The classifier is not trained yet.` };
  const { names } = classified;
  const shares = Array.from(classified.probabilities);
  const best = shares.indexOf(Math.max(...shares));
  const chart = figures.bars(names, { probability: shares }, { y: { label: 'probability (%)', min: 0, max: 1 } });
  return figures.join([both, chart], { title: `${figures.probability(shares[best])} a ${names[best]}`, caption });
}
