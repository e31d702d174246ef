import { type Figure, figures, type Picture } from '../../../index.ts';
import { type OfClass, VOID } from './classes.ts';

/** Pictures, what they are and what they are said to be: classes 0 … 22, void −1, [n, 208, 208] each. */
export function overlayFigure(
  pictures: readonly Picture[],
  masks: Readonly<Record<string, ArrayLike<number>>>,
  classes: readonly string[],
  words: { readonly title: string; readonly caption: string },
): Figure {
  return figures.overlays(pictures, masks, { classes, ignoreIndex: VOID, ...words });
}

/** Intersection over union and share recognised, class by class, the best first; those that aren't there are left out. */
export function classesFigure(all: readonly OfClass[], names: readonly string[]): Figure {
  const order = [...all.keys()].filter((c) => all[c].pixels > 0).sort((a, b) => all[b].iou - all[a].iou);
  const bars = { 'intersection over union': order.map((c) => all[c].iou), recognised: order.map((c) => all[c].recognised) };
  return figures.bars(
    order.map((c) => names[c]),
    bars,
    {
      title: 'Class by class',
      y: { label: 'test pixels (%)', min: 0, max: 1 },
      caption: 'Void doesn’t count. The best class stands first.',
    },
  );
}

/** What is taken for what, in hundredths of a class's pixels. */
export function confusionFigure(confusion: ArrayLike<number>, all: readonly OfClass[], names: readonly string[]): Figure {
  const there = [...all.keys()].filter((c) => all[c].pixels > 0);
  const total = (row: number) => names.reduce((sum, _, c) => sum + confusion[row * names.length + c], 0);
  const hundredths = there.flatMap((row) => there.map((c) => Math.round((100 * confusion[row * names.length + c]) / total(row))));
  return figures.confusion(
    hundredths,
    there.map((c) => names[c]),
    { title: 'What is taken for what', caption: 'In hundredths of the class’s test pixels; void doesn’t count.' },
  );
}
