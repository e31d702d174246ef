// Pretraining of a small CLIP on pictures of classes, whose captions are made of the classes' names (Radford et al., arXiv 2103.00020, section 2).
import {
  ArrayDataset,
  DataLoader,
  type DataOf,
  type Field,
  gather,
  indexSelect,
  metrics,
  type nn,
  optim,
  type Part,
  type Run,
  rand,
  type Tensor,
  type TensorBatch,
  TilegradError,
  tensor,
  text,
  transforms,
} from '../../../index.ts';
import { inPrompt, namesOf, prompts, spoken } from './captions.ts';
import {
  type ClipSizes,
  type clipData,
  clipOf,
  clipPixels,
  FREQUENT_WORDS,
  GLOVE,
  NONE,
  PUBLISHED,
  rowsOf,
  SMALL,
  similarity,
  sizesOf,
  unit,
} from './model.ts';
import { idsOf, nearestWords, smallTokenizer, wordTable } from './texts.ts';

/** Of the pictures that it hasn't learned from, those that the published network looks at. */
const FEW = 1000;

export type Pictures = Part<'image' | 'label'>;
type Captioned = 'image' | 'label' | 'names';

/** What the pretraining came to: the network, its texts' encoding, and its course by epoch, `accuracy` being that of the last look at new pictures. */
export interface Pretrained {
  readonly weights: nn.StateDict;
  readonly tokenizer: text.Tokenizer;
  /** Whose pictures it has seen. */
  readonly classes: readonly string[];
  /** Pictures of CIFAR-100 that it hasn't learned from. */
  readonly others: Pictures;
  readonly course: readonly { readonly epoch: number; readonly loss: number; readonly accuracy: number; readonly scale: number }[];
}

/**
 * How pictures and captions that belong together differ from those that don't. `truth` [pictures, captions] is 1 where a caption is true of a picture:
 * captions of one batch may say the same, or `a photo of an animal` of a picture of a dog beside it, and such pairs are no mistakes. The target of a
 * picture is spread evenly over the captions that are true of it, that of a caption over its pictures; with one true pair each it is CLIP's loss.
 */
export function contrastive(scores: Tensor, truth: Tensor): Tensor {
  const along = (axis: number) =>
    truth
      .div(truth.sum(axis, { keepDims: true }))
      .mul(scores.logSoftmax(axis))
      .sum();
  return along(1)
    .add(along(0))
    .div(-2 * scores.shape[0]);
}

/** Numbers [pictures, 4] of what each picture is and number [captions] of what each caption says → [pictures, captions]. */
export const truthOf = (are: Tensor, said: Tensor): Tensor =>
  are
    .unsqueeze(1)
    .eq(said.reshape([1, -1, 1]))
    .any(2)
    .cast('f32');

/** Bytes of square pictures, each pixel the mean of those that come to lie in it. */
function scaledTo(side: number, { data, shape, ...field }: Field): Field {
  const [channels, from] = shape;
  const [block, count] = [from! / side, data.length / (channels! * from! * from!)];
  if (!Number.isInteger(block)) throw new TilegradError(`pictures: expected a side of whole times ${side} pixels, got ${from}`);
  const out = new Uint8Array(count * channels! * side * side).map((_, i) => {
    const [row, x] = [Math.floor(i / side), i % side];
    let sum = 0;
    for (let v = 0; v < block; v++) for (let u = 0; u < block; u++) sum += data[(row * block + v) * from! + x * block + u]!;
    return Math.round(sum / block ** 2);
  });
  return { ...field, data: out, shape: [channels!, side, side] };
}

/** Several sets as one, its classes told apart by their names; `names` are the four of each picture. */
function joined(parts: readonly Pictures[], classes: readonly string[], words: readonly string[]): Part<Captioned> {
  const labels = parts.flatMap(({ fields: { label } }) => Array.from(label.data, (own) => classes.indexOf(spoken(label.names![own]!))));
  const are = classes.map((name) => namesOf(name).map((word) => words.indexOf(word)));
  const images = parts.map(({ fields: { image } }) => image.data as Uint8Array);
  const data = new Uint8Array(images.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const own of images) {
    data.set(own, at);
    at += own.length;
  }
  return {
    fields: {
      image: { ...parts[0]!.fields.image, data },
      label: { data: Int32Array.from(labels), shape: [] },
      names: { data: Int32Array.from(labels.flatMap((label) => are[label]!)), shape: [4] },
    },
    count: labels.length,
  };
}

/** Epochs from one look at pictures that it hasn't learned from to the next. */
export const betweenLooks = (epochs: number): number => Math.ceil(epochs / 12);

/** A small CLIP: the one that comes with clip-zero-shot, one trained here once, or loaded; or the published one. */
export async function pretrainedClip(run: Run<unknown, DataOf<typeof clipData>>, options: ClipSizes): Promise<Pretrained> {
  const { weights, pretrainImages } = options;
  const published = await run.tokenizer('clip');
  const named = weights !== NONE && weights !== SMALL;
  const loaded = named ? await run.weights(weights) : undefined;
  if (named && !loaded) throw new TilegradError(`weights: expected ${PUBLISHED} or a file in the data folder, found no ${weights}`);
  if (weights === PUBLISHED) {
    if (!published) throw new TilegradError(`weights: expected CLIP's vocabulary beside them, found none`);
    await run.stage('tokenizer', async () => published.toJSON());
    await run.stage('classes', async () => []);
    const { test: others } = await run.data.cifar100({ limit: { train: 1, test: FEW } });
    return { weights: loaded!, tokenizer: published, classes: [], others, course: [] };
  }
  if (weights === SMALL) {
    const { test: others } = await run.data.cifar100({ limit: { train: 1, test: FEW } });
    const small = others.synthetic ? undefined : await run.starter('clip-zero-shot');
    if (small) {
      const { patch, width, depth } = sizesOf(options);
      run.note(`It begins with the CLIP of clip-zero-shot: patches of ${patch} pixels, ${width} features, ${depth} blocks.`);
      const json = await run.stage('tokenizer', async () => small.result('tokenizer') as Lesson['json']);
      const classes = await run.stage('classes', async () => small.result('classes') as readonly string[]);
      return { weights: small.weights, tokenizer: await text.readTokenizer(json), classes, others, course: [] };
    }
    if (others.synthetic) run.note('The CLIP of clip-zero-shot knows photographs alone: one is trained here.');
  }
  const limit = { train: pretrainImages, test: Math.ceil(pretrainImages / 8) };
  const sources = [await run.data.cifar100({ limit }), await run.data.source({ limit, map: { image: (field) => scaledTo(32, field) } })];
  const classes = await run.stage('classes', async () => [
    ...new Set(sources.flatMap(({ train }) => train.fields.label.names!.map(spoken))),
  ]);
  const vectors = options.vectors === GLOVE ? (await run.data.glove({ limit: { words: FREQUENT_WORDS } })).words : undefined;
  const json = await run.stage('tokenizer', async () => {
    const known = vectors && (await nearestWords(vectors, classes.flatMap(namesOf), options.words));
    return (await smallTokenizer(published, classes, rowsOf(sizesOf(options)), known)).toJSON();
  });
  const tokenizer = await text.readTokenizer(json);
  const others = sources[0]!.test;
  if (loaded) return { weights: loaded, tokenizer, classes, others, course: [] };
  const words = [...new Set(classes.flatMap(namesOf))];
  const train = joined(
    sources.map(({ train }) => train),
    classes,
    words,
  );
  const test = joined(
    sources.map(({ test }) => test),
    classes,
    words,
  );
  const lesson = { train, test, classes, words, json, vectors };
  const { patch, width, depth, ...table } = sizesOf(options);
  const { pretrainEpochs, pretrainBatch, pretrainLr } = options;
  const sizes = { patch, width, depth, rows: rowsOf(table), pretrainEpochs, pretrainBatch, pretrainLr };
  const found = await run.shared('small CLIP', { ...sizes, ...lesson }, (run) => pretrain(run, lesson, options), { training: 1 });
  return { ...found, tokenizer, classes, others };
}

interface Lesson {
  readonly train: Part<Captioned>;
  readonly test: Part<Captioned>;
  readonly classes: readonly string[];
  /** All that captions say. */
  readonly words: readonly string[];
  readonly json: Parameters<typeof text.readTokenizer>[0];
  /** What words' vectors are, if they aren't learned. */
  readonly vectors: Part<'word' | 'vector'> | undefined;
}

async function pretrain(
  run: Run<unknown, DataOf<typeof clipData>>,
  { train, test, classes, words, json, vectors }: Lesson,
  options: ClipSizes,
) {
  const { pretrainEpochs: epochs, pretrainBatch, pretrainLr: lr } = options;
  const [clip, tokenizer] = [clipOf(options), await text.readTokenizer(json)];
  const { weight } = clip.tokenEmbedding;
  const known = vectors && (await wordTable(tokenizer, vectors, weight.shape as [number, number]));
  if (known) {
    weight.set(known);
    weight.requiresGrad = false;
  } else if (vectors) run.note('Hardly any word of the captions has a vector at hand: all are learned.');
  const loader = new DataLoader(new ArrayDataset(train.fields), {
    ...{ batchSize: Math.min(pretrainBatch, train.count), shuffle: true, seed: run.seed, dropLast: true },
  });
  const steps = epochs * loader.length;
  const schedule = optim.schedules.warmup(Math.ceil(steps / 20), optim.schedules.cosine(lr, steps));
  // Decay is for matrices: gains, biases and the temperature have none.
  const groups = [true, false].map((decays) => ({
    params: clip.parameters().filter(({ rank }) => rank > 1 === decays),
    weightDecay: decays ? 0.1 : 0,
  }));
  const optimizer = new optim.AdamW(groups, { lr: schedule, clipNorm: 1 });
  const table = idsOf(
    clip,
    tokenizer,
    words.flatMap((word) => prompts.map((prompt) => inPrompt(prompt, word))),
  );
  const captions = tensor(table.data, table.shape);
  const names = idsOf(
    clip,
    tokenizer,
    classes.map((name) => inPrompt(prompts[0]!, name)),
  );
  const whole = tensor(names.data, names.shape);
  const integers = (n: number, below: number) =>
    rand([n])
      .mul(below)
      .floor()
      .minimum(below - 1)
      .cast('i32');
  const scores = ({ image }: TensorBatch<Captioned>) =>
    similarity(clip, clip.encodeImage(clipPixels(clip, image)), unit(clip.encodeText(whole)));
  const results = await run.fit('training', {
    ...{ model: clip, optimizer, train: loader, validation: test, epochs, every: betweenLooks(epochs) },
    loss({ image, names: are }) {
      const n = image.shape[0]!;
      // Of each picture one of its names, in one of the templates.
      const said = gather(are, 1, integers(n, 4).unsqueeze(1)).reshape([n]);
      const ids = indexSelect(captions, 0, said.mul(prompts.length).add(integers(n, prompts.length)));
      const moved = transforms.onBatch([transforms.flip(), transforms.crop({ size: 32, padding: 4 })], { image }).image;
      const loss = contrastive(similarity(clip, clip.encodeImage(clipPixels(clip, moved)), unit(clip.encodeText(ids))), truthOf(are, said));
      return { loss, 'scale of similarities': clip.logitScale.exp() };
    },
    metrics: [metrics.accuracy(scores, ({ label }) => label)],
  });
  const course = results.slice(1).map(({ epoch, training, validation }) => {
    return { epoch, loss: training.loss, scale: training['scale of similarities'], accuracy: validation.accuracy };
  });
  return { weights: await clip.stateDict(), course };
}
