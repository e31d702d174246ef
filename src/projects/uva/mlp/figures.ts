import { type Figure, figures } from '../../../index.ts';
import { largestDifference } from '../../shared/by-hand/error.ts';

/** Losses of every step by hand and by the engine, on each other, and how far apart they are. */
export function curvesFigure(byHand: readonly number[], engine: readonly number[]): Figure {
  const apart = byHand.map((loss, i) => Math.abs(loss - engine[i]));
  const x = 'step';
  return figures.join(
    [
      figures.curves(
        { 'plain arrays': byHand, 'the engine': { ...figures.path(engine.map((y, i) => [i + 1, y])), style: 'dashed' } },
        { title: 'Training loss', x, y: 'cross-entropy (nats)' },
      ),
      figures.curves(
        { difference: apart.map((value) => Math.max(value, 1e-9)) },
        { title: 'How far apart they are', x, y: { label: 'difference (nats)', log: true }, legend: false },
      ),
    ],
    {
      title: 'By hand and by the engine',
      caption: `The same starting weights, the same ${byHand.length} batches: float64 in plain arrays, float32 on the GPU. The largest difference is ${largestDifference(byHand, engine).toExponential(1)} nats.`,
    },
  );
}

/** Precision, recall and F₁ of each class. */
export function scoresFigure(names: readonly string[], found: Readonly<Record<'precision' | 'recall' | 'f1', readonly number[]>>): Figure {
  const { precision, recall, f1 } = found;
  return figures.bars(
    names,
    { precision, recall, 'F₁': f1 },
    {
      title: 'How well each class is known',
      y: { label: 'score (%)', min: 0, max: 1 },
      caption:
        'On the test pictures. Precision: right among those taken for a class; recall: found among those of a class; F₁: their harmonic mean.',
    },
  );
}
