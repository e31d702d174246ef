// Last layers alone, on features that a frozen network gives once: by how the training pictures were augmented, and of a network that knows nothing.
import {
  losses,
  metrics,
  nn,
  optim,
  type Part,
  type Run,
  type Statistics,
  statisticsOf,
  type Tensor,
  type TensorBatch,
} from '../../../index.ts';
import type { Photographs, Photos } from '../../shared/photographs.ts';
import { Classifier, changedIn, type Sizes } from './model.ts';
import { augmentations, changed } from './pictures.ts';

/** Pictures to train on, to test with, and the same with noise. */
export interface Sets {
  readonly train: Photographs;
  readonly test: Photographs;
  readonly noisy: Photographs;
}

export interface HeadOptions extends Sizes {
  readonly views: number;
  readonly runs: number;
  readonly headEpochs: number;
  readonly headLr: number;
  readonly batchSize: number;
}

/** The contender whose features come from random weights. */
export const RANDOM = 'random network';
export const contenders = [...Object.keys(augmentations), RANDOM];

/** A last layer, on the features of one name. */
class Head extends nn.Module {
  readonly layer: nn.Linear;

  constructor(
    readonly of: string,
    features: number,
    classes: number,
  ) {
    super();
    this.layer = new nn.Linear(features, classes);
  }

  override forward(features: Tensor): Tensor {
    return this.layer.forward(features);
  }
}

/** Rows of features in units of each one's deviation, from its mean. */
const inDeviations = (rows: Float32Array, { mean, deviation }: Statistics) =>
  rows.map((value, i) => (value - mean[i % mean.length]) / deviation[i % mean.length]);

/** A layer for standardised features as one for features as they are: w / σ, b − Σ w·μ / σ. */
export function folded(weight: ArrayLike<number>, bias: ArrayLike<number>, { mean, deviation }: Statistics) {
  const inputs = mean.length;
  const data = Float32Array.from(weight, (value, i) => value / deviation[i % inputs]);
  const shifted = Float32Array.from(bias, (value, row) => mean.reduce((sum, m, i) => sum - data[row * inputs + i] * m, value));
  return { 'fc.weight': { shape: [bias.length, inputs], data }, 'fc.bias': { shape: [bias.length], data: shifted } };
}

/** Features of all pictures, standardised by those of the training pictures as they are. The network is only looked at. */
async function featuresOf(run: Run<unknown>, network: Classifier, { train, test, noisy }: Sets, views: number, kinds: readonly string[]) {
  network.eval();
  const look = ({ image }: Photos) => network.pooled(image);
  const plain = await run.map('features', train, look);
  const statistics = statisticsOf(plain, network.fc.inFeatures);
  const rows = async (name: string, part: Photographs) => inDeviations(await run.map(name, part, look), statistics);
  const trained: Record<string, readonly Float32Array[]> = {};
  for (const kind of kinds) {
    const all: Float32Array[] = [];
    for (let view = 1; view <= views && augmentations[kind].length > 0; view++) {
      const name = `features, ${kind} ${view}`;
      all.push(await rows(name, await changed(train, augmentations[kind], run.random(name).integer(2 ** 31))));
    }
    trained[kind] = all.length > 0 ? all : [inDeviations(plain, statistics)];
  }
  return { statistics, trained, test: await rows('features, test', test), noisy: await rows('features, with noise', noisy) };
}

/** Features by name, as a part; each name's views one after the other, as often as it takes. */
function part(
  features: Readonly<Record<string, readonly Float32Array[]>>,
  { fields: { label }, count }: Photographs,
  size: number,
  views = 1,
): Part<string> {
  const fields = Object.entries(features).map(([name, own]) => {
    const data = new Float32Array(views * count * size);
    for (let view = 0; view < views; view++) data.set(own[view % own.length], view * count * size);
    return [name, { data, shape: [size] }] as const;
  });
  const labels = new Uint8Array(views * count);
  for (let view = 0; view < views; view++) labels.set(label.data as Uint8Array, view * count);
  return { fields: { ...Object.fromEntries(fields), label: { ...label, data: labels } }, count: views * count };
}

/**
 * Trains them on the same batches, `runs` times. Gives each one's accuracies, the first run's layer for pictures as they are, and how many of the
 * network's weights have changed.
 */
export async function trainHeads(run: Run<unknown>, network: Classifier, sets: Sets, classes: number, options: HeadOptions) {
  const { views, runs, headEpochs, headLr, batchSize } = options;
  const size = network.fc.inFeatures;
  const before = await network.stateDict();
  const { statistics, trained, test, noisy } = await featuresOf(run, network, sets, views, Object.keys(augmentations));
  const found = await run.each('run', Array.from({ length: runs }), async (run) => {
    const random = await featuresOf(run, new Classifier(options, classes), sets, 1, ['none']);
    const train = part({ ...trained, [RANDOM]: random.trained.none }, sets.train, size, views);
    const seen = (own: 'test' | 'noisy') => {
      const all = contenders.map((name) => [name, [name === RANDOM ? random[own] : { test, noisy }[own]]] as const);
      return part(Object.fromEntries(all), sets[own], size);
    };
    const steps = Math.ceil((headEpochs * sets.train.count) / batchSize);
    const lr = optim.schedules.cosine(headLr, steps);
    const heads = contenders.map((name) => {
      const model = new Head(name, size, classes);
      return [name, { model, optimizer: new optim.AdamW(model.parameters(), { lr }) }] as const;
    });
    const label = (batch: TensorBatch) => batch.label;
    await run.sideBySide('last layers', {
      ...{ contenders: Object.fromEntries(heads), train, batchSize: Math.min(batchSize, train.count), steps },
      loss: (model, batch) => losses.crossEntropy(model.forward(batch[model.of]), batch.label),
    });
    const right = heads.map(([name, { model }]) =>
      metrics.named(
        name,
        metrics.accuracy((batch: TensorBatch) => model.forward(batch[name]), label),
      ),
    );
    const accuracies = async (own: 'test' | 'noisy') => Object.values(await run.evaluate(own, seen(own), right)) as number[];
    const [weight, bias] = await Promise.all([heads[0][1].model.layer.weight.data(), heads[0][1].model.layer.bias!.data()]);
    return { test: await accuracies('test'), noisy: await accuracies('noisy'), weight, bias };
  });
  return {
    found: found.map(({ test, noisy }) => ({ test, noisy })),
    last: folded(found[0].weight, found[0].bias, statistics),
    changed: changedIn(before, await network.stateDict()),
  };
}
