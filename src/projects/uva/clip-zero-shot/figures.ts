import { type Figure, figures } from '../../../index.ts';
import { betweenLooks, type Pretrained } from '../../shared/clip/pretraining.ts';

const SHAPE = { width: 32, height: 32, channels: 3 } as const;

/** The pretraining by epoch: the loss, what it names rightly of the sets that it learns from, and by how much similarities are multiplied. */
export function pretrainingFigure(course: Pretrained['course']): Figure {
  const every = betweenLooks(course.length);
  const looked = course.filter(({ epoch }) => epoch % every === 0 || epoch === course.length);
  const line = (name: string, of: (at: Pretrained['course'][number]) => number, label: string, places = course) =>
    figures.curves(
      { [name]: { x: places.map(({ epoch }) => epoch), y: places.map(of) } },
      { title: name, x: 'epoch', y: label, legend: false },
    );
  return figures.join(
    [
      line('Training', ({ loss }) => loss, 'contrastive loss (nats)'),
      line('New pictures', ({ accuracy }) => accuracy, 'accuracy (%)', looked),
      line('Learned scale', ({ scale }) => scale, '1 / temperature'),
    ],
    { title: 'Learning which captions are true', columns: 3 },
  );
}

/** One picture of each class, and how near it is to the text of each. */
export function similarityFigure(pixels: readonly number[], cosines: readonly number[], names: readonly string[]): Figure {
  const pictures = figures.pictures(pixels, { ...SHAPE, range: [0, 255], captions: names });
  const range = [Math.max(0, Math.min(...cosines)), Math.max(...cosines)] as const;
  const matrix = figures.matrix(cosines, { rows: names, columns: names, y: 'picture of', x: 'a photo of …', range });
  return figures.join([figures.images(pictures, { columns: 5 }), matrix], {
    title: 'Pictures and texts in one space',
    caption:
      'Cosines of the first picture of each class with the mean of the 18 prompts of each. Were all right, each row would be darkest on the diagonal.',
    columns: 1,
  });
}

/** A picture, and how likely each of the names is. */
export function answerFigure(picture: Float32Array, names: readonly string[], shares: readonly number[]): Figure {
  const best = shares.indexOf(Math.max(...shares));
  const bars = figures.bars(names, { probability: shares }, { y: { label: 'probability (%)', min: 0, max: 1 } });
  return figures.join([figures.images(figures.pictures(picture, SHAPE)), bars], {
    title: `${figures.probability(shares[best]!)} ${names[best]}`,
    caption: 'Left: the picture as the network gets it. Right: among these names; something is always the likeliest.',
  });
}
