// Projects of the test, one for each kind of input: they train nothing, and answer with what they were given.
import {
  type AnswerPart,
  figures,
  type GivenPicture,
  InputError,
  type Inputs,
  input,
  type Offers,
  option,
  type Project,
  project,
  Random,
  syntheticDigits,
} from '../../src/index.ts';

/** Beside what was given, so that an answer has every part that there can be. */
const figure = figures.curves({ line: [1, 2, 4] }, { title: 'A figure', x: 'x', y: 'y' });

function answering<I extends Inputs>(
  name: string,
  title: string,
  inputs: I,
  answer: (values: never) => readonly AnswerPart[],
  offers?: () => Offers<I> | Promise<Offers<I>>,
): Project {
  return project({
    ...{ name, title, summary: 'A project of the test.', document: 'small-scale', tags: ['classification', 'digits', 'linear model'] },
    headline: { metric: 'done', better: 'higher' },
    options: { steps: option.integer(1, 'steps', { min: 1 }) },
    data: {},
    presets: { quick: {}, full: {}, smallest: {} },
    async run(run, { steps }) {
      for await (const step of run.steps('training', { count: steps, keep: {} })) run.log({ loss: 1 / (step + 1) });
      run.summary({ done: 1 });
    },
    interaction: {
      title,
      help: 'Give something, and see what arrives.',
      inputs,
      open: async () => ({ answer: async (values) => answer(values as never), ...(offers && { offers: await offers() }) }),
    },
  }) as unknown as Project;
}

const digits = async (count: number) => {
  const { images, labels } = await syntheticDigits({ count, seed: 3, split: 'test' });
  return figures.pictures(images, {
    width: 28,
    height: 28,
    range: [0, 255],
    captions: Array.from(labels, (label, i) => `a ${label} (${i})`),
  });
};

/** Three clouds of nodes, each joined to the next of its own. */
const graph = (count: number) => {
  const random = new Random(5);
  const classes = Array.from({ length: count }, (_, i) => i % 3);
  const points = classes.flatMap((own) => [3 * Math.cos(2.1 * own) + random.normal(), 3 * Math.sin(2.1 * own) + random.normal()]);
  const edges = classes.flatMap((_, i) => (i + 3 < count ? [i, i + 3] : []));
  const legend = ['theory', 'vision', 'language'].map((name, colour) => ({ name, colour }));
  return { points, edges, classes, legend, names: classes.map((own, i) => `paper ${i} on ${legend[own].name}`) };
};

const shown = ({ values, sample }: GivenPicture) =>
  `${values.length} values, mean ${figures.fixed(values.reduce((a, b) => a + b, 0) / values.length, 3)}${sample === undefined ? '' : `, sample ${sample}`}`;

export const inputProjects: readonly Project[] = [
  answering(
    'input-words',
    'Words, numbers and choices',
    {
      sentence: input.text({ most: 60, examples: ['The [MASK] sat on the mat.', 'A second [MASK], rather long to read on one line.'] }),
      severity: input.number({ min: 0, max: 5, start: 2, step: 1 }),
      rates: input.numbers({ label: 'Features' }),
      kind: input.choice({ choices: ['before', 'after'] }),
      target: input.choice(),
    },
    ({ sentence, severity, rates, kind, target }: Record<string, unknown>) => {
      if (!String(sentence).includes('[MASK]')) throw new InputError('sentence', 'There is no [MASK] in it to fill.');
      const rows = Object.entries(rates as object).map(([name, value]) => [name, value] as const);
      return [`${sentence} · ${severity} · ${kind} · ${target}`, { title: 'A table', columns: ['name', 'value'], rows }, figure];
    },
    () => ({
      rates: {
        fields: { area: { min: 0, max: 1, start: 0.25 }, year: { label: 'year built', min: 1900, max: 2010, start: 1950, step: 1 } },
      },
      target: { choices: ['goldfish', 'flamingo', 'tabby cat', 'golden retriever', 'container ship', 'espresso'] },
    }),
  ),
  answering(
    'input-picture',
    'A picture',
    { picture: input.picture({ width: 28, height: 28, channels: 1 }) },
    ({ picture }: { picture: GivenPicture }) => [
      shown(picture),
      figures.images(figures.pictures(picture.values, { width: 28, height: 28 })),
    ],
    async () => ({ picture: { samples: await digits(20) } }),
  ),
  answering(
    'input-colours',
    'A picture in colours, without samples',
    { photo: input.picture({ width: 32, height: 24, channels: 3 }) },
    ({ photo }: { photo: GivenPicture }) => [shown(photo)],
  ),
  answering(
    'input-pictures',
    'Three pictures',
    { triplet: input.pictures({ names: ['anchor', 'positive', 'negative'] }) },
    ({ triplet }: { triplet: Record<string, GivenPicture> }) => [
      Object.entries(triplet)
        .map(([name, picture]) => `${name}: ${shown(picture)}`)
        .join('; '),
    ],
    async () => ({ triplet: { samples: await digits(24) } }),
  ),
  answering(
    'input-node',
    'A node',
    { paper: input.node() },
    ({ paper }: { paper: number }) => [`node ${paper}`],
    () => ({ paper: graph(300) }),
  ),
  answering(
    'input-boxes',
    'Boxes',
    { objects: input.boxes({ width: 28, height: 28, channels: 1, classes: ['digit', 'noise'] }) },
    ({ objects }: { objects: { picture: GivenPicture; boxes: readonly object[] } }) => [
      `${shown(objects.picture)}; ${JSON.stringify(objects.boxes)}`,
    ],
    async () => ({ objects: { samples: await digits(6) } }),
  ),
];
