// All layers: from the pretrained network's weights and from random ones, on the same batches, for as many steps.
import { losses, metrics, optim, type Run, transforms } from '../../../index.ts';
import type { Photos } from '../../shared/photographs.ts';
import { trainingFigure } from './figures.ts';
import type { Sets } from './heads.ts';
import { type Classifier, ways } from './model.ts';
import { augmentations } from './pictures.ts';

export interface Course {
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
}

/** As a picture is shown in training: mirrored and moved by chance. */
export const shown = ({ image }: Photos) => transforms.onBatch(augmentations['crop + flip'], { image }).image;

/** Trains both. Gives their losses by step, and accuracies in the order of `ways`. */
export async function trainWhole(
  run: Run<unknown>,
  networks: Readonly<Record<(typeof ways)[number], Classifier>>,
  { train, test, noisy }: Sets,
  { epochs, batchSize, lr }: Course,
  keep = {},
) {
  const size = Math.min(batchSize, train.count);
  const steps = epochs * Math.floor(train.count / size);
  const contenders = ways.map((name) => {
    const model = networks[name].train();
    const schedule = optim.schedules.warmup(Math.ceil(steps / 20), optim.schedules.cosine(lr, steps));
    return [name, { model, optimizer: new optim.AdamW(model.parameters(), { lr: schedule, weightDecay: 0.01 }) }] as const;
  });
  const contest = await run.sideBySide('training', {
    ...{ contenders: Object.fromEntries(contenders), train, batchSize: size, steps, keep, looks: 10 },
    loss: (model, photos: Photos) => losses.crossEntropy(model.forward(shown(photos)), photos.label),
    look: (contest) => run.glimpse('training', () => trainingFigure({ 'So far': [ways.map((name) => contest[name].losses)] })),
  });
  const right = contenders.map(([name, { model }]) => {
    model.eval();
    return metrics.named(
      name,
      metrics.accuracy(
        (photos: Photos) => model.forward(photos.image),
        ({ label }: Photos) => label,
      ),
    );
  });
  const accuracies = async (name: string, part: Sets['test']) => Object.values(await run.evaluate(name, part, right)) as number[];
  return {
    losses: ways.map((name) => contest[name].losses),
    test: await accuracies('test', test),
    noisy: await accuracies('with noise', noisy),
  };
}
