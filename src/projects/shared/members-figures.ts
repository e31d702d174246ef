// Figures of several predictions of the same pictures: members of an ensemble, passes of a network.
import { type Figure, figures, spread } from '../../index.ts';
import type { Quality } from './members.ts';

const shape = { width: 32, height: 32, channels: 3 } as const;
const share = (label: string) => ({ label, min: 0, max: 1 });

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

/** What members say of one picture. */
export interface Answer {
  readonly picture: ArrayLike<number>;
  /** [members, classes] */
  readonly probabilities: ArrayLike<number>;
  /** Predictive entropy and mutual information, in nats. */
  readonly entropy: number;
  readonly information: number;
}

/** Each member's probability of each class, their means, and the likeliest in words. */
export function decisionOf({ probabilities }: Answer, names: readonly string[]) {
  const each = names.map((_, c) => Array.from(probabilities).filter((_, i) => i % names.length === c));
  const means = each.map((own) => spread(own).mean);
  const best = means.indexOf(Math.max(...means));
  return { each, means, words: `${names[best]} ${figures.probability(means[best])}` };
}

/** The picture; the members' mean as bars, each member as a point. */
export function answerFigure(answer: Answer, names: readonly string[]): Figure {
  const { each, means, words } = decisionOf(answer, names);
  // Members stand beside each other within their class's place.
  const across = each.flatMap((own, c) => own.map((_, m) => c + 0.5 * ((m + 0.5) / own.length - 0.5)));
  const bars = { 'all together': means, 'one member': { x: across, y: each.flat(), style: 'points' as const } };
  const chart = figures.bars(names, bars, { y: share('probability (%)') });
  const [entropy, information] = [answer.entropy, answer.information].map((nats) => figures.fixed(nats));
  return figures.join([figures.images(figures.pictures(answer.picture, shape)), chart], {
    title: words,
    caption: `Predictive entropy ${entropy} nats (at most ${figures.fixed(Math.log(names.length))}), of which the members' disagreement (mutual information) ${information}.`,
  });
}
