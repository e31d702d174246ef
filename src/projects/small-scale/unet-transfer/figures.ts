import { type EpochResult, type Figure, figures } from '../../../index.ts';
import { picturesOf } from '../../shared/pictures.ts';
import type { Scenes } from './scenes.ts';
import type { Compared } from './stages.ts';

/** The three stages: the encoder as a classifier, then the network with masks beside the same from scratch, for each number of masks. */
export function stagesFigure(
  first: readonly EpochResult<{ readonly accuracy: number }>[],
  found: Readonly<Record<string, readonly Compared[]>>,
  decoderSteps: number,
): Figure {
  const classifying = [
    figures.curves(
      { training: first.slice(1).map(({ training }) => training.loss) },
      { title: 'Stage 1: the encoder as a classifier', x: 'epoch', y: 'cross-entropy (nats)', legend: false },
    ),
    figures.curves(
      { validation: first.map(({ validation }) => validation.accuracy) },
      { title: 'On other pictures', x: 'epoch', y: 'accuracy (%)', from: 0, legend: false },
    ),
  ];
  const thawed = (top: number) => ({ 'encoder thawed': figures.dashed([decoderSteps, 0], [decoderSteps, top]) });
  const panels = Object.entries(found).flatMap(([masks, runs]) => {
    const steps = runs[0].looks.map(({ step }) => step);
    const losses = (of: 'pretrained' | 'scratch') => figures.spread(runs.map(({ losses }) => figures.runningMean(losses[of], 10)));
    const looks = (of: 'pretrained' | 'scratch') => ({
      ...figures.spread(runs.map(({ looks }) => looks.map((look) => look[of]))),
      x: steps,
    });
    const [pretrained, scratch] = [losses('pretrained'), losses('scratch')];
    const top = Math.max(...pretrained.y, ...scratch.y);
    const loss = { pretrained, 'from scratch': scratch, ...thawed(top) };
    const iou = { pretrained: looks('pretrained'), 'from scratch': looks('scratch'), ...thawed(1) };
    return [
      figures.curves(loss, { title: `Loss, ${masks}`, x: 'step', y: { label: 'cross-entropy (nats)', min: 0 } }),
      figures.curves(iou, { title: `Validation, ${masks}`, x: 'step', y: { label: 'mean IoU (%)', min: 0, max: 1 }, legend: false }),
    ];
  });
  const runs = Math.max(...Object.values(found).map(({ length }) => length));
  const caption = `Left of the dashed line stage 2: the decoder learns, the encoder is kept; right of it stage 3, all learns. ${
    runs > 1 ? `Mean of ${runs} seeds ± one standard deviation; ` : ''
  }losses are running means of ten steps.`;
  return figures.join([...classifying, ...panels], { title: 'Three stages, and the same network from scratch', columns: 2, caption });
}

/** Test pictures, what is there, and what the networks say, after each stage. */
export function overlayFigure(
  shown: Scenes,
  { decoder, fineTuned, fromScratch }: Compared,
  names: readonly string[],
  masks: string,
): Figure {
  const truth = Array.from(shown.fields.mask.data, (value) => Number(value === 1));
  return figures.overlays(
    picturesOf(shown.fields.image, [...Array(shown.count).keys()]),
    { truth, 'stage 2': decoder.said, 'stage 3': fineTuned.said, 'from scratch': fromScratch.said },
    {
      ...{ classes: names, ignoreIndex: 0, title: `After each stage, ${masks}` },
      caption: 'Test pictures. Stage 2: the decoder on the kept encoder. Stage 3: fine-tuned. From scratch: after as many steps.',
    },
  );
}
