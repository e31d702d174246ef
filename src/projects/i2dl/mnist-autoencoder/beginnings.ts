// Classifiers of a few labels, by what they begin with: the same batches, the same steps.
import { losses, metrics, optim, type Part, type Run, type Statistics, statisticsOf, type TensorBatch } from '../../../index.ts';
import type { Look } from './figures.ts';
import { Classifier, type Sizes, type Transfer } from './model.ts';

type Images = Part<'image' | 'label'>;
type Pictures = TensorBatch<'image' | 'label'>;

/** What a classifier may begin with, and the rates of its head and its encoder as shares of the learning rate: what suits each. */
export const beginnings = [
  { name: 'pretrained encoder', pretrained: true, head: 1, encoder: 0.03 },
  { name: 'pretrained encoder, kept as it is', pretrained: true, head: 1, encoder: 0 },
  { name: 'random encoder', pretrained: false, head: 0.3, encoder: 0.3 },
  { name: 'random encoder, kept as it is', pretrained: false, head: 1, encoder: 0 },
] as const;

/** Labelled images in one step, looks at the validation images while they are learned, and images that latent spaces are measured by. */
const [STEP, LOOKS, MEASURED] = [20, 5, 2000];

/** Mean and deviation of an encoder's latent space, by images without labels. */
export const spaceOf = async (
  run: Run<unknown>,
  name: string,
  { encoder }: Pick<Classifier, 'encoder'>,
  images: Images,
): Promise<Statistics> => {
  const latent = await run.map(name, images, ({ image }: Pictures) => encoder.forward(image), { count: MEASURED });
  return statisticsOf(latent, latent.length / Math.min(MEASURED, images.count));
};

export interface Course {
  /** The few labelled ones; those without labels, of which latent spaces are measured; and those that are looked at. */
  readonly few: Images;
  readonly train: Images;
  readonly validation: Images;
  readonly test: Images;
  readonly steps: number;
  readonly lr: number;
}

/**
 * Trains all of them; the first one is `both`'s, whose autoencoder has learned the latent space `space`. Gives their accuracies on the validation images by
 * step, and on the test images at the end.
 */
export async function trainAll(run: Run<unknown>, both: Transfer, space: Statistics, sizes: Sizes, course: Course) {
  const { few, train, validation, test, steps, lr } = course;
  const encoder = await both.autoencoder.encoder.stateDict();
  const classifiers = beginnings.map((_, i) => (i === 0 ? both.classifier : new Classifier(sizes)));
  const contenders = await Promise.all(
    beginnings.map(async ({ name, pretrained, ...shares }, i) => {
      const model = classifiers[i];
      if (pretrained) model.encoder.loadStateDict(encoder);
      // What is trained from the bottom up finds units of its own.
      if (pretrained) model.standardise(space);
      else if (shares.encoder === 0) model.standardise(await spaceOf(run, 'latent space', model, train));
      const tuned = shares.encoder === 0 ? [] : [{ params: model.encoder.parameters(), lr: shares.encoder * lr }];
      const optimizer = new optim.Adam([{ params: model.head.parameters(), lr: shares.head * lr }, ...tuned]);
      return [name, { model, optimizer }] as const;
    }),
  );

  const right = contenders.map(([name, { model }]) =>
    metrics.named(
      name,
      metrics.accuracy(
        ({ image }: Pictures) => model.forward(image),
        ({ label }) => label,
      ),
    ),
  );
  const accuracies = async (name: string, part: Images) => Object.values(await run.evaluate(name, part, right)) as number[];
  const looks = run.cell<readonly Look[]>([]);
  await run.sideBySide('training', {
    ...{ contenders: Object.fromEntries(contenders), train: few, batchSize: Math.min(STEP, few.count), steps, looks: LOOKS },
    keep: { 'both networks': both, looks },
    loss: (model, { image, label }: Pictures) => losses.crossEntropy(model.forward(image), label),
    async look(_, step) {
      const accuracy = await accuracies('validation', validation);
      looks.value = [...looks.value, { step, accuracy }];
      run.log(Object.fromEntries(beginnings.map(({ name }, i) => [`validation accuracy, ${name}`, accuracy[i]])));
    },
  });
  return { looks: looks.value, tested: await accuracies('test', test) };
}
