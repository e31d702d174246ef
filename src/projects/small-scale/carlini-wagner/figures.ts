import { type Figure, figures, spread } from '../../../index.ts';
import type { Tally } from '../../shared/attacks/outcome.ts';

/** Share of the pictures that an attack turns into their targets with a change of at most so much, by attack. */
export function distanceFigure(attacks: Readonly<Record<string, Tally>>): Figure {
  const most = 1.05 * Math.max(...Object.values(attacks).flatMap(({ distances }) => distances.filter(Number.isFinite)), 1e-3);
  const lines = Object.entries(attacks).map(([name, { distances }]) => {
    const sorted = distances.filter(Number.isFinite).sort((a, b) => a - b);
    const steps = sorted.flatMap((distance, i) => [
      [distance, i / distances.length],
      [distance, (i + 1) / distances.length],
    ]);
    const points = [[0, 0], ...steps, [most, sorted.length / distances.length]];
    return [name, { x: points.map(([x]) => x), y: points.map(([, y]) => y) }] as const;
  });
  return figures.curves(Object.fromEntries(lines), {
    title: 'How little is enough',
    caption: 'Share of the pictures that are taken for their targets, by the L2 norm of what was changed (colours 0 … 1).',
    ...{ x: 'L2 norm of the change', y: { label: 'pictures taken for their targets (%)', min: 0, max: 1 } },
  });
}

/** What asking for a lead of each κ costs and gives. */
export function confidenceFigure(confidences: readonly number[], tallies: readonly Tally[]): Figure {
  const found = tallies.map(({ distances }) => spread(distances.filter(Number.isFinite)));
  const change = {
    ...{ x: confidences, y: found.map(({ mean }) => mean) },
    ...{ low: found.map(({ mean, deviation }) => mean - deviation), high: found.map(({ mean, deviation }) => mean + deviation) },
  };
  const taken = { x: confidences, y: tallies.map(({ success }) => success) };
  const file = { x: confidences, y: tallies.map(({ asFile }) => asFile) };
  const x = 'κ, the lead that is asked for';
  return figures.join(
    [
      figures.curves({ 'L2 norm': change }, { title: 'What it costs', x, y: { label: 'L2 norm of the change', min: 0 }, legend: false }),
      figures.curves(
        { 'taken for the target': taken, 'as an 8-bit file too': file },
        { title: 'What it gives', x, y: { label: 'pictures (%)', min: 0, max: 1 } },
      ),
    ],
    {
      title: 'Asking for more than a narrow lead',
      caption:
        'Left: mean of the changes that succeeded ± one standard deviation. A file has 256 steps of each colour: rounding to them undoes changes that only just suffice.',
    },
  );
}
