// Several predictions of one picture: by members of an ensemble, or passes of a network.
import { type Figure, figures, spread } from '../../index.ts';

/** What they say of it. */
export interface Answer {
  readonly picture: ArrayLike<number>;
  /** [members, classes] */
  readonly probabilities: ArrayLike<number>;
  /** Predictive entropy and mutual information, in nats. */
  readonly entropy: number;
  readonly information: number;
}

/** Each one's probability of each class, their means, and which class is the likeliest. */
export function decisionOf({ probabilities }: Pick<Answer, 'probabilities'>, names: readonly string[]) {
  const each = names.map((_, c) => Array.from(probabilities).filter((_, i) => i % names.length === c));
  const means = each.map((own) => spread(own).mean);
  const likeliest = means.indexOf(Math.max(...means));
  return { each, means, likeliest, words: `${names[likeliest]} ${figures.probability(means[likeliest])}` };
}

/** How the figure speaks of them. */
export interface AnswerWords {
  readonly title: string;
  /** Their mean, one of them, all of them. */
  readonly mean: string;
  readonly one: string;
  readonly all: string;
  /** Of the axis of classes. */
  readonly x?: string;
  /** Behind the caption. */
  readonly more?: string;
}

/** The picture; their mean as bars, each of them as a point. */
export function answerFigure(
  answer: Answer,
  names: readonly string[],
  shape: { readonly width: number; readonly height: number; readonly channels?: 1 | 3 },
  { title, mean, one, all, x, more = '' }: AnswerWords,
): Figure {
  const { each, means } = decisionOf(answer, names);
  // They stand beside each other within their class's place.
  const across = each.flatMap((own, c) => own.map((_, m) => c + 0.5 * ((m + 0.5) / own.length - 0.5)));
  const bars = { [mean]: means, [one]: { x: across, y: each.flat(), style: 'points' as const } };
  const chart = figures.bars(names, bars, { ...(x && { x }), y: { label: 'probability (%)', min: 0, max: 1 } });
  const [entropy, information, most] = [answer.entropy, answer.information, Math.log(names.length)].map((nats) => figures.fixed(nats));
  return figures.join([figures.images(figures.pictures(answer.picture, shape)), chart], {
    title,
    caption: `Predictive entropy ${entropy} nats (at most ${most}), of which the ${all}' disagreement (mutual information) ${information}.${more}`,
  });
}
