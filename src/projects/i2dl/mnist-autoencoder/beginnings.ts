// Classifiers of a few labels, by what they begin with: the same batches, the same steps.
import { compile, losses, metrics, optim, type Run, statisticsOf, type TensorBatch } from '../../../index.ts';
import type { Look } from './figures.ts';
import type { Images } from './labels.ts';
import { type Autoencoder, Classifier, type Sizes, type Transfer } from './model.ts';

type Pictures = TensorBatch<'image' | 'label'>;

/** What a classifier may begin with, and the rates of its head and its encoder as shares of the learning rate: what suits each. */
export const beginnings = [
  { name: 'pretrained encoder', pretrained: true, head: 1, encoder: 0.03 },
  { name: 'pretrained encoder, kept as it is', pretrained: true, head: 1, encoder: 0 },
  { name: 'random encoder', pretrained: false, head: 0.3, encoder: 0.3 },
  { name: 'random encoder, kept as it is', pretrained: false, head: 1, encoder: 0 },
] as const;

/** Labelled images in one step, looks at the validation images while they are learned, and images that latent spaces are measured by. */
const [STEP, LOOKS, MEASURED] = [20, 10, 2000];

export interface Course {
  /** The few labelled ones; those without labels, of which latent spaces are measured; and those that are looked at. */
  readonly few: Images;
  readonly train: Images;
  readonly validation: Images;
  readonly test: Images;
  readonly steps: number;
  readonly lr: number;
}

/** Trains all of them; the first one is `both`'s. Gives their accuracies on the validation images by step, and on the test images at the end. */
export async function trainAll(run: Run<unknown>, autoencoder: Autoencoder, both: Transfer, sizes: Sizes, course: Course) {
  const { few, train, validation, test, steps, lr } = course;
  const pretrained = await autoencoder.encoder.stateDict();
  both.autoencoder.loadStateDict(await autoencoder.stateDict());
  const all = beginnings.map((beginning, i) => {
    const classifier = i === 0 ? both.classifier : new Classifier(sizes);
    if (beginning.pretrained) classifier.encoder.loadStateDict(pretrained);
    return { ...beginning, classifier };
  });
  for (const { classifier, name } of all.filter(({ pretrained, encoder }) => pretrained || encoder === 0)) {
    // What is trained from the bottom up finds units of its own.
    const latent = await run.map(`${name}: latent space`, train, ({ image }: Pictures) => classifier.encoder.forward(image), {
      count: MEASURED,
    });
    classifier.standardise(statisticsOf(latent, sizes.latentSize));
  }

  const optimizers = all.map(({ classifier, head, encoder }) => {
    const frozen = encoder === 0 ? [] : [{ params: classifier.encoder.parameters(), lr: encoder * lr }];
    return new optim.Adam([{ params: classifier.head.parameters(), lr: head * lr }, ...frozen]);
  });
  const update = compile(({ image, label }: Pictures) => {
    const found = all.map(({ name, classifier }, i) => {
      const loss = losses.crossEntropy(classifier.forward(image), label);
      optimizers[i].minimize(loss);
      return [`loss, ${name}`, loss] as const;
    });
    return Object.fromEntries(found);
  });

  const label = ({ label }: Pictures) => label;
  const right = all.map(({ name, classifier }) =>
    metrics.named(
      name,
      metrics.accuracy(({ image }: Pictures) => classifier.forward(image), label),
    ),
  );
  const accuracies = async (name: string, part: Images) => Object.values(await run.evaluate(name, part, right)) as number[];
  const looks = run.cell<readonly Look[]>([]);
  const kept = all.map(({ name, classifier }, i) => ({ [name]: classifier, [`${name}: optimiser`]: optimizers[i] }));
  const keep = Object.assign({ 'both networks': both, looks }, ...kept);
  for await (const batch of run.batches('training', { over: few, batchSize: STEP, steps, keep })) {
    run.log(update(batch));
    const step = optimizers[0].steps;
    if (step % Math.ceil(steps / LOOKS) !== 0 && step < steps) continue;
    const accuracy = await accuracies('validation', validation);
    looks.value = [...looks.value, { step, accuracy }];
    run.log(Object.fromEntries(all.map(({ name }, i) => [`validation accuracy, ${name}`, accuracy[i]])));
  }
  return { looks: looks.value, tested: await accuracies('test', test) };
}
