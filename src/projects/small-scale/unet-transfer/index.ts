// A U-Net in three stages: its encoder learns classes, its decoder masks on the kept encoder, then both are tuned; held against the same network from scratch.
import {
  compile,
  type Field,
  figures,
  input,
  losses,
  metrics,
  optim,
  option,
  project,
  sets,
  spread,
  type Tensor,
  type TensorBatch,
  taken,
  tensor,
  transforms,
} from '../../../index.ts';
import { picturesOf } from '../../shared/pictures.ts';
import { card } from './card.ts';
import { overlayFigure, stagesFigure } from './figures.ts';
import { encoderOf, parametersOf, TransferUnet } from './model.ts';
import { cut, labelled, middle, subjects, whole, withSome } from './scenes.ts';
import { type Compared, compared, type Quality } from './stages.ts';

/** Side of a picture that is asked in the page; labelled pictures in one step of stage 1, and those that it is tested with where few are wanted. */
const [SIDE, TOGETHER, TESTED] = [96, 64, 250];
/** Pictures in the figure, and those offered. */
const [SHOWN, OFFERED] = [4, 6];
const classes = { cifar100: 100, tinyImagenet: 200 };

export const unetTransfer = project({
  ...card,
  data: { nuclei: sets.nuclei, photographs: sets.msrc, cifar100: sets.cifar100, tinyImagenet: sets.tinyImageNet },
  options: {
    masks: option.choice(
      'nuclei',
      ['nuclei', 'photographs'],
      'what is to be found: nuclei under the microscope, or things in photographs (MSRC-v2)',
    ),
    foreground: option.text(
      '',
      'which classes of the photographs these are (none given: cow, sheep, horse, cat, dog, bird; in drawn scenes what is striped)',
    ),
    pretraining: option.choice('cifar100', ['cifar100', 'tinyImagenet'], 'whose classes the encoder learns first'),
    pretrainImages: option.integer(0, 'use only the first so many of its training images (0: all)', { min: 0 }),
    pretrainEpochs: option.integer(15, 'stage 1: passes through these', { min: 1 }),
    pretrainLr: option.number(2e-3, 'stage 1: learning rate', { min: 0, time: 'same' }),
    width: option.integer(16, 'channels at full resolution; each halving doubles them', { min: 1 }),
    depth: option.integer(4, 'halvings of the resolution', { min: 1, max: 4 }),
    side: option.integer(96, 'of the crops with masks, in pixels', { min: 16, max: 104 }),
    decoderSteps: option.integer(100, 'stage 2: steps of the decoder while the encoder is kept', { min: 1 }),
    tuneSteps: option.integer(200, 'stage 3: steps of the whole network', { min: 1 }),
    batchSize: option.integer(8, 'crops in one of these steps', { min: 1 }),
    lr: option.number(3e-3, 'learning rate of these steps, which falls to 0 along half a cosine', { min: 0, time: 'same' }),
    encoderRate: option.number(1, 'stage 3: learning rate of the pretrained encoder, as a share of that', { min: 0, time: 'same' }),
    seeds: option.integer(3, 'how often it is all done from stage 2 on, with other masks, weights and crops', { min: 1, time: 'grows' }),
    few: option.number(0.1, 'share of the masks with which it is done as well (0: with all of them alone)', { min: 0, max: 0.9 }),
    trainImages: option.integer(0, 'use only the first so many pictures with masks (0: all); a tenth of them is for validation', {
      min: 0,
    }),
    testImages: option.integer(0, 'use only the first so many test pictures (0: all)', { min: 0 }),
  },
  presets: {
    quick: {
      ...{ width: 8, depth: 2, pretrainImages: 1000, pretrainEpochs: 3, side: 48, decoderSteps: 10, tuneSteps: 30, batchSize: 4, lr: 0.01 },
      ...{ seeds: 2, few: 0, trainImages: 40, testImages: 24 },
    },
    full: { pretraining: 'tinyImagenet', width: 64, pretrainEpochs: 60, decoderSteps: 1000, tuneSteps: 3000, batchSize: 16 },
    smallest: {
      ...{
        width: 1,
        depth: 1,
        pretrainImages: 40,
        pretrainEpochs: 1,
        side: 16,
        decoderSteps: 2,
        tuneSteps: 2,
        batchSize: 2,
        seeds: 1,
        few: 0.5,
      },
      ...{ trainImages: 10, testImages: 2 },
    },
  },
  model: ({ masks, width, depth, pretraining }) =>
    new TransferUnet({ channels: subjects[masks].channels, width, depth, classes: classes[pretraining] }),
  inputs: ({ masks }) => [[1, subjects[masks].channels, subjects[masks].side, subjects[masks].side]],
  parts: ({ seeds, few }) => ({ samples: 0.01, pretraining: 1, 'with masks': (few > 0 ? 2 : 1) * seeds }),

  async run(run, options) {
    const { masks, foreground, pretraining, pretrainImages, pretrainEpochs, pretrainLr, width, depth, side, decoderSteps, seeds, few } =
      options;
    const { channels, step, names, side: full } = subjects[masks];
    const scenes = await run.data[masks]({
      ...{ limit: { train: options.trainImages, test: options.testImages }, validation: 0.1 },
      map: { image: (field) => cut(field, full, step), mask: (field) => cut(labelled(field, foreground), full, step) },
    });
    const train = withSome(scenes.train);
    const [validation, test] = [scenes.validation, scenes.test].map((part) => whole(withSome(part), options.batchSize));
    await run.stage('samples', async () => {
      const { fields, count } = middle(test, SIDE);
      const { data, shape } = fields.image;
      return { data: data.slice(0, (data.length / count) * Math.min(OFFERED, count)), shape };
    });

    // Stage 1: the encoder learns classes.
    const known = await run.data[pretraining]({ limit: { train: pretrainImages, test: Math.min(pretrainImages, TESTED) } });
    const first = run.model();
    const size = known.train.fields.image.shape[2];
    const moved = [transforms.flip(), transforms.crop({ size, padding: size / 8 })];
    const classified = await run.fit('pretraining', {
      ...{ model: first, train: known.train, validation: known.test, batchSize: TOGETHER, epochs: pretrainEpochs },
      optimizer: new optim.AdamW([...parametersOf(first.encoder), ...first.head.parameters()], {
        lr: optim.schedules.cosine(pretrainLr, pretrainEpochs * Math.ceil(known.train.count / TOGETHER)),
        weightDecay: 0.05,
      }),
      loss: ({ image, label }) => losses.crossEntropy(first.classify(transforms.onBatch(moved, { image }).image), label),
      metrics: [
        metrics.accuracy(
          ({ image }: TensorBatch<'image' | 'label'>) => first.classify(image),
          ({ label }) => label,
        ),
      ],
    });
    const encoder = encoderOf(await first.stateDict());

    // Stages 2 and 3, with few masks and with all.
    const cutTest = middle(test, side);
    const places = Array.from({ length: Math.min(SHOWN, test.count) }, (_, i) => Math.floor((i * test.count) / SHOWN));
    const course = { ...options, validation: middle(validation, side), test: cutTest, shown: taken(cutTest, Uint32Array.from(places)) };
    const shares = few > 0 ? [few, 1] : [1];
    const counts = shares.map((share) => Math.max(1, Math.round(share * train.count)));
    const items = counts.flatMap((count) => Array.from({ length: seeds }, (_, seed) => ({ count, seed })));
    const found = await run.each(
      'with masks',
      items,
      (run, { count, seed }) => {
        const order = Uint32Array.from({ length: train.count }, (_, i) => i);
        run.random(`masks ${seed}`).shuffle(order);
        const scratch = new TransferUnet({ channels, width, depth, classes: classes[pretraining] });
        return compared(run, run.model(), scratch, encoder, { ...course, train: taken(train, order.subarray(0, count)) });
      },
      { decoder: options.decoderSteps, 'fine-tuning': options.tuneSteps },
    );

    const groups = counts.map((count, i) => [`${count} masks`, found.slice(i * seeds, (i + 1) * seeds)] as const);
    await run.figure('stages', stagesFigure(classified, Object.fromEntries(groups), decoderSteps));
    for (const [words, runs] of groups) await run.figure(`overlays, ${words}`, overlayFigure(course.shown, runs[0], names, words));
    const ways = { 'stage 2, encoder kept': 'decoder', 'stage 3, fine-tuned': 'fineTuned', 'from scratch': 'fromScratch' } as const;
    type Way = (typeof ways)[keyof typeof ways];
    const all = (runs: readonly Compared[], way: Way, of: keyof Quality) => runs.map((each) => each[way][of]);
    const gained = (runs: readonly Compared[], of: keyof Quality) =>
      runs.map(({ fineTuned, fromScratch }) => fineTuned[of] - fromScratch[of]);
    const rows = groups.flatMap(([words, runs]) => [
      ...Object.entries(ways).map(([name, way]) => [`${words}: ${name}`, (of: keyof Quality) => all(runs, way, of)] as const),
      [`${words}: gained by pretraining`, (of: keyof Quality) => gained(runs, of)] as const,
    ]);
    type Row = (typeof rows)[number][1];
    const shown = (of: keyof Quality) => (row: Row) => figures.plusMinus(row(of), { shares: true });
    const title = `${test.count} test pictures, mean${seeds > 1 ? ` ± standard deviation of ${seeds} seeds` : ''}`;
    const columns = { 'mean IoU': shown('meanIou'), [`IoU, ${names[1]}`]: shown('iou'), [`Dice, ${names[1]}`]: shown('dice') };
    run.table('masks', figures.table(title, 'masks', Object.fromEntries(rows), columns));
    const encoders = Object.fromEntries(
      groups.flatMap(([words, runs]) => runs.map((each, i) => [`${words}, seed ${i + 1}`, each] as const)),
    );
    run.table(
      'encoder',
      figures.table('The encoder’s weights and statistics, bit by bit against those of stage 1', 'masks', encoders, {
        values: ({ values }: Compared) => values,
        'changed after stage 2': ({ frozen }: Compared) => frozen,
        'changed after stage 3': ({ tuned }: Compared) => tuned,
      }),
    );

    const mean = (values: readonly number[]) => spread(values).mean;
    const [small, large] = [groups[0][1], groups.at(-1)![1]];
    const numbers = (runs: readonly Compared[]) => [
      ...Object.values(ways).map((way) => mean(all(runs, way, 'meanIou'))),
      mean(gained(runs, 'meanIou')),
    ];
    const [decoderIou, fineTunedIou, scratchIou, gain] = numbers(large);
    const [fewDecoderIou, fewFineTunedIou, fewScratchIou, fewGain] = numbers(small);
    const changedWhileKept = found.reduce((sum, { frozen }) => sum + frozen, 0);
    run.summary({
      ...{ decoderIou, fineTunedIou, scratchIou, gained: gain, masks: train.count },
      ...(few > 0 && { fewDecoderIou, fewFineTunedIou, fewScratchIou, fewGained: fewGain, fewMasks: counts[0] }),
      ...{ pretrainedAccuracy: classified.at(-1)!.validation.accuracy, encoderValues: found[0].values, changedWhileKept },
      parameters: first.parameterCount,
    });
    const points = ([words, runs]: (typeof groups)[number]) => {
      const won = gained(runs, 'meanIou').filter((gain) => gain > 0).length;
      return `With ${words} fine-tuned ${figures.percent(mean(all(runs, 'fineTuned', 'meanIou')))} mean IoU, from scratch ${figures.percent(mean(all(runs, 'fromScratch', 'meanIou')))}: better in ${won} of ${seeds}.`;
    };
    run.note(
      `${groups.map(points).join(' ')} ${changedWhileKept === 0 ? 'Not a bit' : `${changedWhileKept} values`} of the encoder changed in stage 2.`,
    );
  },

  interaction: {
    title: 'Drop a picture',
    help: 'What in it does the network take for foreground? A network of nuclei looks at it in grey.',
    inputs: { picture: input.picture({ width: SIDE, height: SIDE, channels: 3 }) },
    async open({ model, options: { masks }, result }) {
      const pictures = (await result('samples')) as Field;
      const places = [...Array(pictures.data.length / pictures.shape.reduce((a, b) => a * b)).keys()];
      const captions = places.map((n) => `test picture ${n + 1}`);
      const samples = picturesOf(pictures, places, captions);
      const { names } = subjects[masks];
      model.eval();
      const ask = compile((picture: Tensor) => model.segment(picture).argMax(1).cast('f32'));
      return {
        offers: { picture: { samples } },
        async answer({ picture: { values } }) {
          const said = Array.from(await ask(tensor(values, [1, 3, SIDE, SIDE])).data());
          const share = said.reduce((sum, one) => sum + one, 0) / said.length;
          return figures.overlays(
            figures.pictures(values, { width: SIDE, height: SIDE, channels: 3 }),
            { mask: said },
            { classes: names, ignoreIndex: 0, title: `${names[1]}: ${figures.percent(share)} of the pixels` },
          );
        },
      };
    },
  },
});
