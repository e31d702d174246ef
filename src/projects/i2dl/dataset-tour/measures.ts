// What a loader is worth: how fast it is with so many workers, and what its order and its normalisation do to one small training.
import {
  ArrayDataset,
  DataLoader,
  losses,
  metrics,
  nn,
  optim,
  type Part,
  type Run,
  type TensorBatch,
  taken,
  transforms,
} from '../../../index.ts';

type Digits = Part<'image' | 'label'>;
type Batch = TensorBatch<'image' | 'label'>;

/** Samples of a batch that is timed, and units of the small network. */
const [TIMED, HIDDEN] = [64, 64];

/** Digits that a loader hands out in a second with so many threads beside the caller's, cropped, mirrored, normalised. The first batches, in which threads start, don't count. */
export async function imagesPerSecond(part: Digits, workers: number, count: number): Promise<number> {
  const { image } = part.fields;
  const transform = [
    transforms.crop({ size: 28, padding: 4 }),
    transforms.flip(),
    transforms.normalise({ mean: [0.13], deviation: [0.31] }),
  ];
  const loader = new DataLoader(new ArrayDataset({ image }), { batchSize: Math.min(TIMED, part.count), shuffle: true, transform, workers });
  const batches = endless(loader);
  for (let i = 0; i <= 2 * workers; i++) await batches.next();
  const began = performance.now();
  let done = 0;
  while (done < count) done += (await batches.next()).value.image.shape[0];
  const seconds = (performance.now() - began) / 1000;
  await loader.close();
  return done / seconds;
}

async function* endless<T>(loader: AsyncIterable<T>): AsyncGenerator<T, never, undefined> {
  for (;;) yield* loader;
}

/** How one small training may get its samples. */
export const ways = [
  { name: 'shuffled, normalised', shuffle: true, normalised: true },
  { name: 'shuffled', shuffle: true, normalised: false },
  { name: 'class after class, normalised', shuffle: false, normalised: true },
  { name: 'class after class', shuffle: false, normalised: false },
] as const;

/** The samples of class 0 first, then those of class 1 … */
export const byClass = (part: Digits): Digits => {
  const { data } = part.fields.label;
  return taken(part, Uint32Array.from(Array.from({ length: part.count }, (_, i) => i).sort((a, b) => data[a] - data[b] || a - b)));
};

/** What a training gets: the samples, mean and deviation of their pixels, how long and how fast it learns. */
export interface Lesson extends Readonly<Record<'train' | 'test', Digits> & Record<'epochs' | 'batchSize' | 'lr', number>> {
  readonly statistics: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
}

/** A perceptron with one hidden layer, by plain gradient descent: its accuracies on the test images from epoch 0 on. */
export async function trained(run: Run<unknown>, { shuffle, normalised }: (typeof ways)[number], lesson: Lesson): Promise<number[]> {
  const { epochs, batchSize, lr } = lesson;
  const model = new nn.Sequential(new nn.Flatten(), new nn.Linear(28 * 28, HIDDEN), new nn.ReLU(), new nn.Linear(HIDDEN, 10));
  const list = normalised ? [transforms.normalise(lesson.statistics)] : [];
  const logits = ({ image }: Batch) => model.forward(transforms.onBatch(list, { image }).image);
  const samples = new ArrayDataset((shuffle ? lesson.train : byClass(lesson.train)).fields);
  const results = await run.fit('training', {
    ...{ model, optimizer: new optim.SGD(model.parameters(), { lr }), epochs, validation: lesson.test },
    train: new DataLoader(samples, { batchSize, shuffle, seed: run.seed }),
    loss: (batch) => losses.crossEntropy(logits(batch), batch.label),
    metrics: [metrics.accuracy(logits, ({ label }: Batch) => label)],
  });
  return results.map(({ validation }) => validation.accuracy);
}
