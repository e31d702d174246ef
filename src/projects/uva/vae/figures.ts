import type { EpochResult, Figure, Picture, TypedArray } from '../../../index.ts';

const SIDE = 28;
const PIXELS = SIDE * SIDE;

/** What the latent space is looked at by: two of its dimensions. */
interface Where {
  readonly plane: readonly [number, number];
  readonly latentSize: number;
  readonly epoch: number;
}

/** Images [n, 28, 28] as one picture of `columns` across, `gap` pixels between them. */
function mosaic(images: TypedArray, columns: number, gap: number): Picture {
  const count = images.length / PIXELS;
  const width = columns * (SIDE + gap) - gap;
  const height = Math.ceil(count / columns) * (SIDE + gap) - gap;
  const pixels = new Float32Array(width * height).fill(1);
  for (let i = 0; i < count; i++) {
    const left = (i % columns) * (SIDE + gap);
    const top = Math.floor(i / columns) * (SIDE + gap);
    for (let y = 0; y < SIDE; y++)
      pixels.set(images.subarray(i * PIXELS + y * SIDE, i * PIXELS + (y + 1) * SIDE), (top + y) * width + left);
  }
  return { width, height, channels: 1, pixels };
}

/** −ELBO by epoch, and its parts. The beginning, far above, would press the rest flat: it stands in the caption. */
export function curveFigure([start, ...epochs]: readonly EpochResult[]): Figure {
  const numbers = epochs.map(({ epoch }) => epoch);
  const panel = (title: string, value: string) => ({
    kind: 'chart' as const,
    title,
    // Few epochs are named one by one: an axis of numbers would have ticks between them.
    x: { label: 'epoch', ...(epochs.length <= 20 ? { ticks: numbers.map(String) } : {}) },
    y: { label: 'bits per dimension' },
    series: (['training', 'validation'] as const).map((name) => ({
      name,
      x: epochs.length <= 20 ? numbers.map((epoch) => epoch - 1) : numbers,
      y: epochs.map((epoch) => epoch[name][value] as number),
    })),
  });
  return {
    title: 'The bound on the negative log-likelihood',
    caption: `Before training: ${(start.validation.loss as number).toFixed(2)} bits per dimension. Training: mean of the steps of an epoch; validation: after it.`,
    columns: 3,
    panels: [panel('−ELBO', 'loss'), panel('Reconstruction', 'reconstruction'), panel('KL divergence', 'kl')],
  };
}

const after = (epoch: number) => `after ${epoch} epoch${epoch === 1 ? '' : 's'}`;

/** Images [n, 28, 28] of points drawn from the prior. */
export function samplesFigure(expected: TypedArray, drawn: TypedArray, epoch: number): Figure {
  const columns = Math.round(Math.sqrt(expected.length / PIXELS));
  const panel = (title: string, images: TypedArray) => ({
    kind: 'pictures' as const,
    title,
    columns: 1,
    pictures: [mosaic(images, columns, 2)],
  });
  return {
    title: `Samples ${after(epoch)}`,
    caption: 'z ~ N(0, I), the same points after every epoch; right: each pixel drawn from its distribution.',
    columns: 2,
    panels: [panel('Expected intensity', expected), panel('Drawn', drawn)],
  };
}

/** The assignment's figure: a plane of the latent space, decoded. `images` are those of a square grid, from the upper left. */
export function manifoldFigure(images: TypedArray, { plane, latentSize, epoch }: Where): Figure {
  const side = Math.round(Math.sqrt(images.length / PIXELS));
  const [x, y] = plane.map((dimension) => `z${dimension + 1}`);
  const others = latentSize > 2 ? ` All other ${latentSize - 2} dimensions are 0; these two have the largest KL divergence.` : '';
  return {
    title: `The manifold ${after(epoch)}`,
    caption: `Expected intensity at ${side}×${side} points, the middles of cells of equal probability under N(0, I): ${x} grows to the right, ${y} upwards.${others}`,
    panels: [{ kind: 'pictures', columns: 1, pictures: [mosaic(images, side, 0)] }],
  };
}

/** Images [n, 28, 28] and what comes back from their encodings' means. */
export function reconstructionFigure(originals: TypedArray, decoded: TypedArray, epoch: number): Figure {
  const panel = (title: string, images: TypedArray) => ({
    kind: 'pictures' as const,
    title,
    columns: images.length / PIXELS,
    pictures: Array.from({ length: images.length / PIXELS }, (_, i) => mosaic(images.subarray(i * PIXELS, (i + 1) * PIXELS), 1, 0)),
  });
  return {
    title: `Reconstructions ${after(epoch)}`,
    columns: 1,
    panels: [panel('Validation images', originals), panel('Expected intensity, from the mean of q(z | x)', decoded)],
  };
}

/** Means [n, latentSize] of the encodings, in a plane of the latent space, coloured by digit. */
export function latentFigure(means: Float32Array, labels: ArrayLike<number>, { plane, latentSize, epoch }: Where): Figure {
  const count = means.length / latentSize;
  const series = Array.from({ length: 10 }, (_, digit) => {
    const own = Array.from({ length: count }, (_, i) => i).filter((i) => labels[i] === digit);
    const along = (dimension: number) => own.map((i) => means[i * latentSize + dimension]);
    return { name: String(digit), x: along(plane[0]), y: along(plane[1]), style: 'points' as const };
  }).filter(({ x }) => x.length > 0);
  const axis = (dimension: number) => ({ label: `mean of z${dimension + 1}` });
  return {
    title: `Where the digits lie ${after(epoch)}`,
    caption: `Means of q(z | x) for ${count} validation images. The digits' labels were not used in training.`,
    panels: [{ kind: 'chart', x: axis(plane[0]), y: axis(plane[1]), series }],
  };
}
