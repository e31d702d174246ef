import { type Figure, figures, spread } from '../../../index.ts';
import type { Quality } from '../../shared/members.ts';
import { bySeverity, corruptions, SEVERITIES, type Spoiled } from '../../shared/spoiled.ts';

const panels = {
  accuracy: ['Accuracy', 'accuracy (%)'],
  nll: ['Negative log-likelihood', 'NLL (nats)'],
  ece: ['Calibration error', 'ECE (%)'],
  entropy: ['Unsureness', 'predictive entropy (nats)'],
} as const;

/** What a network of so many members was found to be. */
export interface Found extends Quality {
  readonly members: number;
  readonly alone: readonly Quality[];
}

export const named = ({ members }: Found) => (members === 1 ? 'one network' : `${members} in one`);

/** Of the mean member. */
export const member = (of: keyof Quality, { alone }: Found) => spread(alone.map((each) => each[of])).mean;

/** Quality by the number of members: all together, the mean member, and the network that has one. */
export function membersFigure(found: readonly Found[]): Figure {
  const x = { label: 'members M', ticks: found.map(({ members }) => String(members)) };
  const panel = (of: keyof Quality, i: number) => {
    const lines = {
      'all together': found.map((each) => each[of]),
      'mean member': found.map((each) => member(of, each)),
      'one network': { y: found.map(() => found[0][of]), style: 'dashed' as const },
    };
    return figures.curves(lines, { title: panels[of][0], x, y: panels[of][1], from: 0, legend: i === 0 });
  };
  const caption = 'Test pictures. As many rows of pictures went through each network in training.';
  return figures.join((['accuracy', 'nll', 'ece'] as const).map(panel), { title: 'Several networks in one', caption });
}

/** Quality on spoiled pictures, the mean of all corruptions, by severity. */
export function spoiledFigure(found: Readonly<Record<string, Spoiled>>): Figure {
  const panel = (of: keyof typeof panels, i: number) => {
    const lines = Object.entries(found).map(([name, spoiled]) => [name, { x: SEVERITIES, y: bySeverity(spoiled, of) }] as const);
    return figures.curves(Object.fromEntries(lines), { title: panels[of][0], x: 'severity', y: panels[of][1], legend: i === 0 });
  };
  const caption = `The mean of ${corruptions.join(', ')}; severity 0 is the test pictures as they are.`;
  return figures.join((['accuracy', 'nll', 'ece', 'entropy'] as const).map(panel), { title: 'Spoiled pictures', columns: 2, caption });
}
