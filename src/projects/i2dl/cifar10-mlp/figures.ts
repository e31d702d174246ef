import { type Figure, figures, type Part } from '../../../index.ts';

const shape = { width: 32, height: 32, channels: 3 } as const;

/** Of a rule: its losses by step, and its accuracies on the validation pictures by epoch. */
export interface Course {
  readonly losses: ArrayLike<number>;
  readonly accuracies: readonly number[];
}

/** The exercise's figure: loss and accuracy of each update rule. */
export function rulesFigure(courses: Readonly<Record<string, Course>>): Figure {
  const lines = (of: (course: Course) => readonly number[]) =>
    Object.fromEntries(Object.entries(courses).map(([name, course]) => [name, of(course)]));
  const window = Math.ceil(Object.values(courses)[0].losses.length / 25);
  const loss = lines(({ losses }) => figures.runningMean(Array.from(losses), window));
  const panels = [
    figures.curves(loss, { title: 'Training loss', x: 'step', y: 'cross-entropy (nats)' }),
    figures.curves(
      lines(({ accuracies }) => accuracies),
      { title: 'Validation accuracy', x: 'epoch', y: 'accuracy (%)', legend: false },
    ),
  ];
  return figures.join(panels, {
    title: 'Update rules written out',
    caption: `The same weights to begin with, the same batches, each rule at a learning rate of its own. Loss: mean of ${window} steps.`,
  });
}

/** Weights of the first layer [3072, units] as pictures: what each unit is looking for. The longest ones. */
export function weightsFigure(weights: ArrayLike<number>, units: number, most = 64): Figure {
  const pixels = weights.length / units;
  const all = Array.from({ length: units }, (_, unit) => Float32Array.from({ length: pixels }, (_, p) => weights[p * units + unit]));
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
export function mistakesFigure(
  mistakes: readonly Mistake[],
  { fields: { image }, count }: Part<'image' | 'label'>,
  names: readonly string[],
  most: number,
): Figure {
  const shown = mistakes.slice(0, most);
  const size = image.data.length / count;
  const values = shown.flatMap(({ place }) => Array.from(image.data.subarray(place * size, (place + 1) * size)));
  const captions = shown.map(
    ({ label, decided, probability }) => `${names[label]}: ${names[decided]}, ${figures.probability(probability)}`,
  );
  return figures.images(figures.pictures(values, { ...shape, range: [0, 255], captions }), {
    title: 'Wrong, and sure of it',
    columns: 4,
    caption: `What they are, and what they were taken for: of ${count} test pictures ${mistakes.length} are wrong, these with the highest probability.`,
  });
}
