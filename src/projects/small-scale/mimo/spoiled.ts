// What spoils a photograph, after CIFAR-10-C (Hendrycks & Dietterich, arXiv 1903.12261): from severity 0, nothing, to 5.
import {
  compile,
  conv2d,
  type Figure,
  figures,
  iota,
  metrics,
  Random,
  type Run,
  randn,
  State,
  spread,
  type Tensor,
  tensor,
} from '../../../index.ts';
import { type Answer, decisionOf } from '../../shared/answer-figure.ts';
import { type Photographs, PIXELS } from '../../shared/photographs.ts';
import { type Quality, togetherMeasures } from './members.ts';

export const corruptions = ['noise', 'blur', 'contrast'] as const;
export type Corruption = (typeof corruptions)[number];
export const SEVERITIES = [0, 1, 2, 3, 4, 5];
const REACH = 6;

/** Pictures [n, 3, h, w], 0 … 1, spoiled; `severity` is one number, `noise` N(0, 1) of the pictures' shape. */
export function corrupted(kind: Corruption, x: Tensor, severity: Tensor, noise: Tensor): Tensor {
  // CIFAR-10-C's contrast goes down to .15, its noise up to a deviation of .1; ours goes twice as far.
  if (kind === 'noise') return x.add(noise.mul(severity.mul(0.04))).clamp(0, 1);
  if (kind === 'contrast') {
    const mean = x.mean([2, 3], { keepDims: true });
    return x.sub(mean).mul(severity.mul(-0.17).add(1)).add(mean);
  }
  // A Gaussian of .4 pixels for each step of severity.
  const [n, c, h, w] = x.shape;
  const distance = iota([2 * REACH + 1], 0, 'f32').sub(REACH);
  const bell = distance.div(severity.mul(0.4).add(0.01)).square().mul(-0.5).exp();
  const weight = bell.div(bell.sum());
  const wide = x.reshape([n * c, 1, h, w]).pad(
    [
      [REACH, REACH],
      [REACH, REACH],
    ],
    'replicate',
  );
  const across = conv2d(wide, weight.reshape([1, 1, 1, -1]));
  return conv2d(across, weight.reshape([1, 1, -1, 1])).reshape(x.shape);
}

/** Members' answers to pictures: [n, 3, 32, 32] → logits [n, members, classes]. */
type Members = (pictures: Tensor) => Tensor;
/** What it is worth at each severity, by corruption. */
export type Spoiled = Readonly<Record<Corruption, readonly (Quality & { readonly entropy: number })[]>>;

/** What members together are worth on spoiled pictures. */
export async function spoiledQuality(run: Run, test: Photographs, members: Members): Promise<Spoiled> {
  const found = {} as Record<Corruption, Spoiled[Corruption]>;
  for (const kind of corruptions) {
    const severity = new State('severity', [1], 'f32');
    const measures = togetherMeasures(({ image }) => members(corrupted(kind, image, severity, randn(image.shape))));
    const levels: (Quality & { readonly entropy: number })[] = [];
    for (const level of SEVERITIES) {
      severity.set(Float32Array.of(level));
      const { accuracy, nll, ece, entropy } = await run.evaluate(`${kind} ${level}`, test, measures);
      levels.push({ accuracy, nll, ece, entropy });
    }
    found[kind] = levels;
  }
  return found;
}

/** The mean of all corruptions, at each severity. */
export const bySeverity = (found: Spoiled, of: keyof Spoiled[Corruption][number]): number[] =>
  SEVERITIES.map((_, severity) => spread(corruptions.map((kind) => found[kind][severity][of])).mean);

/** Asks members about one picture [3, 32, 32], 0 … 1; the grains of its noise are always the same. */
export function askSpoiled(members: Members): (kind: Corruption, x: Float32Array, severity: number) => Promise<Answer> {
  const asks = corruptions.map((kind) => {
    const ask = compile((x: Tensor, severity: Tensor, noise: Tensor) => {
      const picture = corrupted(kind, x, severity, noise);
      const all = members(picture).softmax(2).permute([1, 0, 2]);
      return [picture, all, metrics.predictiveEntropy(all), metrics.mutualInformation(all)];
    });
    return [kind, ask] as const;
  });
  const [byKind, random, shape] = [new Map(asks), new Random(1), [1, 3, 32, 32]];
  const noise = tensor(
    Float32Array.from({ length: PIXELS }, () => random.normal()),
    shape,
  );
  return async (kind, x, severity) => {
    const found = byKind.get(kind)!(tensor(x, shape), tensor([severity]), noise);
    const [picture, probabilities, [entropy], [information]] = await Promise.all(found.map((each) => each.data()));
    return { picture, probabilities, entropy, information };
  };
}

/** One picture of a part, at each severity of each corruption, and what all members together take it for. */
export async function severityFigure(members: Members, { fields: { image, label } }: Photographs, place = 0): Promise<Figure> {
  const picture = Float32Array.from({ length: PIXELS }, (_, i) => image.data[place * PIXELS + i] / 255);
  const [ask, names] = [askSpoiled(members), label.names!];
  const sheets: Figure[] = [];
  for (const kind of corruptions) {
    const answers: Answer[] = [];
    for (const severity of SEVERITIES) answers.push(await ask(kind, picture, severity));
    const captions = answers.map((answer) => decisionOf(answer, names).words);
    const pictures = figures.pictures(
      answers.flatMap((answer) => Array.from(answer.picture)),
      { width: 32, height: 32, channels: 3, captions },
    );
    sheets.push(figures.images(pictures, { title: kind, columns: SEVERITIES.length }));
  }
  const caption = `Severity ${SEVERITIES.join(', ')} from left to right, and what all members together take it for.`;
  return figures.join(sheets, { title: `A picture (${names[label.data[place]]}), more and more spoiled`, columns: 1, caption });
}
