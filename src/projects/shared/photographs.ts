// Small photographs of ten kinds of things (CIFAR-10) as networks without convolutions take them, and what can be shown of such a network.
import { compile, type Figure, figures, input, type Part, type Tensor, type TensorBatch, tensor } from '../../index.ts';
import { offered, picturesOf } from './pictures.ts';

export const [PIXELS, CLASSES] = [3 * 32 * 32, 10];
export const shape = { width: 32, height: 32, channels: 3 } as const;

export type Photographs = Part<'image' | 'label'>;
export type Photos = TensorBatch<'image' | 'label'>;

/** Of CIFAR-10's training pixels, 0 … 1: red, green and blue. */
const [MEAN, DEVIATION] = [
  [0.4914, 0.4822, 0.4465],
  [0.247, 0.2435, 0.2616],
];

/** [n, 3, 32, 32], 0 … 1 → [n, 3072], each colour with mean 0 and deviation 1. */
export const standardised = (images: Tensor): Tensor =>
  images
    .sub(tensor(MEAN, [3, 1, 1]))
    .div(tensor(DEVIATION, [3, 1, 1]))
    .reshape([-1, PIXELS]);

/** Weights of the first layer [3072, units] as pictures: what each unit is looking for. The longest ones. */
export function weightsFigure(weights: ArrayLike<number>, units: number, most = 64): Figure {
  const all = Array.from({ length: units }, (_, unit) => Float32Array.from({ length: PIXELS }, (_, p) => weights[p * units + unit]));
  const length = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  const longest = all.toSorted((a, b) => length(b) - length(a)).slice(0, most);
  // Grey is 0, whatever the unit's strength.
  const shown = longest.flatMap((values) => {
    const strongest = values.reduce((found, value) => Math.max(found, Math.abs(value)), 1e-30);
    return Array.from(values, (value) => 0.5 + value / (2 * strongest));
  });
  return figures.images(figures.tiles(shown, { ...shape, columns: 8 }), {
    title: 'What the first layer looks for',
    caption: `Weights of ${longest.length} of its ${units} units, those with the longest: grey is 0, each unit in its own scale.`,
  });
}

/** A picture by its place, what it is, and what the network took it for. */
export interface Mistake {
  readonly place: number;
  readonly label: number;
  readonly decided: number;
  readonly probability: number;
}

/** What the network is wrong about, the surest first: probabilities [n, classes]. */
export function mistakesIn(probabilities: ArrayLike<number>, labels: ArrayLike<number>): Mistake[] {
  const classes = probabilities.length / labels.length;
  const all = Array.from(labels, (label, place) => {
    const own = Array.from({ length: classes }, (_, c) => probabilities[place * classes + c]);
    const probability = Math.max(...own);
    return { place, label, decided: own.indexOf(probability), probability };
  });
  return all.filter(({ label, decided }) => label !== decided).sort((a, b) => b.probability - a.probability);
}

/** The surest ones, each with what it was taken for. */
export function mistakesFigure(mistakes: readonly Mistake[], part: Photographs, names: readonly string[], most = 16): Figure {
  const shown = mistakes.slice(0, most);
  const captions = shown.map(
    ({ label, decided, probability }) => `${names[label]}: ${names[decided]}, ${figures.probability(probability)}`,
  );
  const places = shown.map(({ place }) => place);
  return figures.images(picturesOf(part.fields.image, places, captions), {
    title: 'Wrong, and sure of it',
    columns: 4,
    caption: `What they are, and what they were taken for: of ${part.count} test pictures ${mistakes.length} are wrong, these with the highest probability.`,
  });
}

/** A picture as the networks get it, and the five classes that each takes for the likeliest. */
export function likeliestFigure(
  picture: Float32Array,
  answers: Readonly<Record<string, readonly number[]>>,
  names: readonly string[],
): Figure {
  const likeliest = Object.entries(answers).map(
    ([title, shares]) => [title, [...shares.keys()].sort((a, b) => shares[b] - shares[a]).slice(0, 5)] as const,
  );
  const charts = likeliest.map(([title, best]) =>
    figures.bars(
      best.map((i) => names[i]),
      { probability: best.map((i) => answers[title][i]) },
      { title, y: { label: 'probability (%)', min: 0, max: 1 } },
    ),
  );
  // Names of classes are too long for the titles of charts side by side.
  const words = likeliest.map(([title, [first]]) => `${title}: ${names[first]} (${figures.probability(answers[title][first])})`);
  return figures.join([figures.images(figures.pictures(picture, shape)), ...charts], { title: words.join('. ') });
}

/** The interaction of a project whose model gives the logits of a photograph: show it one. */
export const lookAtPictures = {
  title: 'Show it a picture',
  help: 'Drop one of your own, or train and choose one that it has not learned from: what does it take it for?',
  inputs: { picture: input.picture(shape) },
  async open({ model, result }: { readonly model: { forward(x: Tensor): Tensor }; result(stage: string): Promise<unknown> }) {
    const { names, samples } = offered(await result('samples'));
    const ask = compile((x: Tensor) => model.forward(x).softmax());
    return {
      offers: { picture: { samples } },
      async answer({ picture: { values } }: { readonly picture: { readonly values: Float32Array } }) {
        const shares = Array.from(await ask(tensor(values, [1, 3, 32, 32])).data());
        const best = shares.indexOf(Math.max(...shares));
        const bars = figures.bars(names, { probability: shares }, { y: { label: 'probability (%)', min: 0, max: 1 } });
        return figures.join([figures.images(figures.pictures(values, shape)), bars], {
          title: `${figures.probability(shares[best])} ${names[best]}`,
          caption: 'Left: the picture as the network gets it.',
        });
      },
    };
  },
};
