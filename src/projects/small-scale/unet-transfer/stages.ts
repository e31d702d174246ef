// Stages 2 and 3, and beside them the same network from scratch, on the same crops of the same pictures.
import { losses, metrics, type nn, optim, type Run, type Tensor, type TensorBatch, transforms } from '../../../index.ts';
import { differing } from '../../shared/frozen.ts';
import { encoderOf, parametersOf, type TransferUnet } from './model.ts';
import { type Scenes, VOID } from './scenes.ts';

type Masked = TensorBatch<'image' | 'mask'>;

/** Looks at the validation pictures in each of the two stages. */
const LOOKS = 4;

/** How good masks are: the mean of foreground's and background's intersection over union, foreground's own, and its Dice coefficient. */
export type Quality = Readonly<Record<'meanIou' | 'iou' | 'dice', number>>;

export interface Look {
  readonly step: number;
  readonly pretrained: number;
  readonly scratch: number;
}

/** Mean cross-entropy of the pixels that aren't void: logits [n, 2, h, w], masks [n, h, w] */
export const pixelLoss = (logits: Tensor, mask: Tensor): Tensor => losses.crossEntropy(logits, mask, { ignoreIndex: VOID });

/** Crops at random places, turned over by chance; of one batch the same for all that ask. */
function crops(side: number) {
  const known = new WeakMap<object, Masked>();
  const moves = [transforms.crop({ size: side }), transforms.flip(), transforms.flip({ vertical: true })];
  return (batch: Masked): Masked => {
    const found = known.get(batch) ?? transforms.onBatch(moves, { image: batch.image, mask: batch.mask });
    known.set(batch, found);
    return found;
  };
}

const mask = ({ mask }: Masked) => mask;
const measures = (model: TransferUnet) => {
  const logits = ({ image }: Masked) => model.segment(image);
  return [metrics.meanIou(logits, mask, { ignoreIndex: VOID }), metrics.dice(logits, mask, { ignoreIndex: VOID })] as const;
};

/** What a network comes to on pictures that it has not learned from, and what it says of the pixels of some of them. */
async function tested(run: Run<unknown>, name: string, model: TransferUnet, { test, shown, batchSize }: Course) {
  model.eval();
  return run.stage(name, async (run) => {
    const { meanIou, iou, diceByClass } = await run.evaluate('test', test, measures(model), { batchSize });
    const said = await run.map('masks', shown, ({ image }: Masked) => model.segment(image).argMax(1).cast('f32'), { batchSize });
    return { meanIou, iou: iou[1], dice: diceByClass[1], said };
  });
}

export interface Course {
  readonly train: Scenes;
  readonly validation: Scenes;
  readonly test: Scenes;
  /** Of the test pictures those in the figure. */
  readonly shown: Scenes;
  /** Of the crops. */
  readonly side: number;
  readonly batchSize: number;
  readonly decoderSteps: number;
  readonly tuneSteps: number;
  readonly lr: number;
  /** The encoder's learning rate in stage 3, as a share of `lr`. */
  readonly encoderRate: number;
}

/** @param encoder what stage 1 has made of it */
export async function compared(run: Run<unknown>, model: TransferUnet, scratch: TransferUnet, encoder: nn.StateDict, course: Course) {
  const { train, validation, side, batchSize, decoderSteps, tuneSteps, lr, encoderRate } = course;
  model.loadStateDict(encoder, { strict: false });
  const all = decoderSteps + tuneSteps;
  const falling = optim.schedules.cosine(lr, all);
  const own = new optim.AdamW(parametersOf([...scratch.encoder, ...scratch.decoder]), { lr: falling });
  const looks = run.cell<readonly Look[]>([]);
  const seen = crops(side);
  const accuracies = [metrics.named('pretrained', measures(model)[0]), metrics.named('scratch', measures(scratch)[0])] as const;

  const stage = async (name: string, steps: number, optimizer: optim.AdamW, before: number, kept: readonly nn.Module[]) => {
    const learning = () => {
      for (const each of [model, scratch]) each.train();
      for (const part of kept) part.eval();
    };
    learning();
    const contest = await run.sideBySide(name, {
      contenders: { pretrained: { model, optimizer }, 'from scratch': { model: scratch, optimizer: own } },
      ...{ train, batchSize: Math.min(batchSize, train.count), steps, looks: LOOKS, keep: { looks } },
      loss(network, batch) {
        const { image, mask } = seen(batch);
        return pixelLoss(network.segment(image), mask);
      },
      async look(_, step) {
        for (const each of [model, scratch]) each.eval();
        const found = await run.evaluate(`${name}: validation`, validation, accuracies, { batchSize });
        const now = { step: before + step, pretrained: found['pretrained meanIou'], scratch: found['scratch meanIou'] };
        looks.value = [...looks.value, now];
        run.log({ 'validation mean IoU, pretrained': now.pretrained, 'validation mean IoU, from scratch': now.scratch });
        learning();
      },
    });
    return { pretrained: contest.pretrained.losses, scratch: contest['from scratch'].losses };
  };

  // Stage 2: the encoder is kept as it is, statistics of its batch normalisation included.
  for (const part of model.encoder) part.requiresGrad(false);
  const decoders = new optim.AdamW(parametersOf(model.decoder), { lr: falling });
  const second = await stage('decoder', decoderSteps, decoders, 0, model.encoder);
  const frozen = differing(encoder, encoderOf(await model.stateDict()));
  const decoder = await tested(run, 'decoder: test', model, course);
  await decoders.release();

  // Stage 3: all of it is trained.
  for (const part of model.encoder) part.requiresGrad(true);
  const later = (step: number) => falling(step + decoderSteps);
  const tuner = new optim.AdamW([
    { params: parametersOf(model.decoder), lr: later },
    { params: parametersOf(model.encoder), lr: (step) => encoderRate * later(step) },
  ]);
  const third = await stage('fine-tuning', tuneSteps, tuner, decoderSteps, []);
  const tuned = differing(encoder, encoderOf(await model.stateDict()));
  const [fineTuned, fromScratch] = [
    await tested(run, 'fine-tuning: test', model, course),
    await tested(run, 'from scratch: test', scratch, course),
  ];
  const losses = { pretrained: [...second.pretrained, ...third.pretrained], scratch: [...second.scratch, ...third.scratch] };
  return {
    looks: looks.value,
    losses,
    decoder,
    fineTuned,
    fromScratch,
    values: frozen.values,
    frozen: frozen.changed,
    tuned: tuned.changed,
  };
}

/** What {@link compared} finds. */
export type Compared = Awaited<ReturnType<typeof compared>>;
