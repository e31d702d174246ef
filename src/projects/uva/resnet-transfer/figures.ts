import { type Figure, figures, spread } from '../../../index.ts';
import { type Photographs, shape } from '../../shared/photographs.ts';
import { ways } from './model.ts';

/** Of each run: losses by step and way. */
export type Losses = readonly (readonly (readonly number[])[])[];

/** The same pictures under each augmentation. */
export function augmentationsFigure(parts: Readonly<Record<string, Photographs>>, most = 8): Figure {
  const rows = Object.entries(parts).map(([name, { fields }]) => {
    const values = fields.image.data.subarray(0, most * 3 * 32 * 32);
    return [name, figures.pictures(values, { ...shape, range: [0, 255] })] as const;
  });
  return figures.images(Object.fromEntries(rows), { title: 'As training pictures are shown', columns: most });
}

/** Accuracies of every run by what was trained, one panel for each data set: on pictures as they are and with noise. */
export function accuracyFigure(found: Readonly<Record<string, Readonly<Record<string, Accuracies>>>>, deviation: number): Figure {
  const panels = Object.entries(found).map(([title, rows], i) => {
    const bars = (own: keyof Accuracies) => Object.values(rows).map((each) => spread(each[own]).mean);
    const y = { label: 'test accuracy (%)', min: 0 };
    return figures.bars(
      Object.keys(rows),
      { 'as they are': bars('test'), 'with noise': bars('noisy') },
      { title, y, ...(i > 0 && { legend: false }) },
    );
  });
  const caption = `Mean of the runs. Noise: a standard deviation of ${deviation} on colours of 0 … 1.`;
  return figures.join(panels, { title: 'What is trained, and on what', caption, columns: 1 });
}

/** Of every run: shares of the test pictures that were named rightly. */
export type Accuracies = Readonly<Record<'test' | 'noisy', readonly number[]>>;

/** Losses by step, one panel for each data set. */
export function trainingFigure(found: Readonly<Record<string, Losses>>): Figure {
  const panels = Object.entries(found).map(([title, runs]) => {
    const window = Math.max(1, Math.ceil(runs[0][0].length / 25));
    const lines = ways.map((name, way) => [name, figures.spread(runs.map((own) => figures.runningMean(own[way], window)))] as const);
    return figures.curves(Object.fromEntries(lines), { title, x: 'step', y: 'cross-entropy (nats)' });
  });
  return figures.join(panels, {
    title: 'All layers: fine-tuned and from scratch',
    caption:
      'The same batches; each a running mean of a twenty-fifth of the steps. Lines: mean of the runs, bands: ± one standard deviation.',
  });
}
