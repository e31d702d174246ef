import { type Figure, figures } from '../../../index.ts';

/** Of a rule: its losses by step, and its accuracies on the validation pictures by epoch. */
export interface Course {
  readonly losses: ArrayLike<number>;
  readonly accuracies: readonly number[];
}

/** The exercise's figure: loss and accuracy of each update rule. */
export function rulesFigure(courses: Readonly<Record<string, Course>>): Figure {
  const all = Object.entries(courses);
  const window = Math.ceil(all[0][1].losses.length / 25);
  const losses = all.map(([name, { losses }]) => [name, figures.runningMean(Array.from(losses), window)]);
  const accuracies = all.map(([name, { accuracies }]) => [name, accuracies]);
  return figures.join(
    [
      figures.curves(Object.fromEntries(losses), { title: 'Training loss', x: 'step', y: 'cross-entropy (nats)' }),
      figures.curves(Object.fromEntries(accuracies), { title: 'Validation accuracy', x: 'epoch', y: 'accuracy (%)', legend: false }),
    ],
    {
      title: 'Update rules written out',
      caption: `The same weights to begin with, the same batches, each rule at a learning rate of its own. Loss: mean of ${window} steps.`,
    },
  );
}
