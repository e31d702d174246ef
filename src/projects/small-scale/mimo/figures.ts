import { type Figure, figures, spread } from '../../../index.ts';
import type { Quality } from './members.ts';
import { bySeverity, corruptions, SEVERITIES, type Spoiled } from './spoiled.ts';

const share = (label: string) => ({ label, min: 0, max: 1 });

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

/** By how sure decisions are: their mean probability, how many of them are right, how many there are. */
export type Reliability = Quality & Readonly<Record<'sureness' | 'accuracyBySureness' | 'samplesBySureness', readonly number[]>>;

/** How often decisions are right by how sure they are, by name: on the dashed line as often as that. */
export function calibrationFigure(found: Readonly<Record<string, Reliability>>): Figure {
  const lines = (of: (each: Reliability) => readonly (readonly [number, number])[]) =>
    Object.fromEntries(Object.entries(found).map(([name, each]) => [name, figures.path(of(each))]));
  const right = lines(({ sureness, accuracyBySureness, samplesBySureness }) =>
    sureness.flatMap((sure, i) => (samplesBySureness[i] >= 10 ? [[sure, accuracyBySureness[i]] as const] : [])),
  );
  const shares = lines(({ samplesBySureness: samples }) => {
    const all = samples.reduce((sum, count) => sum + count, 0);
    return samples.map((count, i) => [(i + 0.5) / samples.length, count / all] as const);
  });
  const x = share('probability of the decision (%)');
  const errors = Object.entries(found).map(([name, { ece }]) => `ECE, ${name}: ${figures.percent(ece)}.`);
  return figures.join(
    [
      figures.curves(
        { ...right, 'perfectly calibrated': figures.dashed([0, 0], [1, 1]) },
        { title: 'How often it is right', x, y: share('accuracy (%)') },
      ),
      figures.curves(shares, { title: 'How often it is so sure', x, y: { label: 'share of the pictures (%)', min: 0 }, legend: false }),
    ],
    { title: 'Calibration', caption: `By tenths of the probability; on the left those with 10 pictures or more. ${errors.join(' ')}` },
  );
}

/** How often each two members decide differently: [members, members]. */
export function disagreementFigure(differ: readonly number[]): Figure {
  const names = Array.from({ length: Math.sqrt(differ.length) }, (_, m) => `member ${m + 1}`);
  const caption = 'For how many test pictures of a hundred two members, shown the same picture, name different classes.';
  const percent = differ.map((share) => 100 * share);
  return figures.matrix(percent, { digits: 0, rows: names, columns: names, title: 'Where members disagree', caption });
}
