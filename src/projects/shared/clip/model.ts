// CLIP in two sizes: the published one, and a small one of the same architecture for pictures of 32×32.
import { interpolate, models, type OptionValues, option, sets, type Tensor, tensor } from '../../../index.ts';

/** Of the options `weights` and `vectors`. */
export const NONE = 'none';
export const PUBLISHED = 'clip-vit-b-32';
/** The weights that come with clip-zero-shot. */
export const SMALL = 'small';
/** Where the small network's token vectors come from. */
export const GLOVE = 'glove';
/** Of GloVe's words the most frequent, among which are those that it knows. */
export const FREQUENT_WORDS = 10_000;
/** Rows of its token table: what captions need, and what the words of GloVe's that it knows are made of. */
export const rowsOf = ({ vectors, words }: Pick<ClipSizes, 'vectors' | 'words'>): number =>
  1536 + (vectors === GLOVE ? Math.ceil(1.5 * words) : 0);
/** Height and width of the small network's pictures, features of a head, tokens of a text. */
const [CLIP_SIDE, HEAD_FEATURES, CLIP_CONTEXT] = [32, 32, 32];

export const clipOptions = {
  weights: option.text(
    NONE,
    'what it begins with in place of pretraining: small, the weights that come with clip-zero-shot, which have sizes of their own; clip-vit-b-32 (354 MB); or a file in the data folder, of the small network of this patch, width and depth',
  ),
  patch: option.integer(4, 'pixels of height and width of a patch, of 32: 8 makes it four times quicker', { min: 1, max: 32 }),
  width: option.integer(128, 'features of a patch, of a token, and of the space that both end in: 32 for each head', { min: 32 }),
  depth: option.integer(4, 'blocks of attention for pictures; a third as many for texts', { min: 1 }),
  vectors: option.choice(
    NONE,
    [NONE, GLOVE],
    "words' vectors: learned from the captions alone, or glove's, which stay as they are (862 MB where it is not at hand)",
  ),
  words: option.integer(
    FREQUENT_WORDS,
    "with glove's vectors: words that it knows, those of its 10,000 most frequent that are nearest to the captions",
    {
      ...{ min: 0, max: FREQUENT_WORDS },
    },
  ),
  pretrainEpochs: option.integer(10, 'passes through CIFAR-100 and Tiny ImageNet', { min: 1, time: 'grows' }),
  pretrainBatch: option.integer(256, 'pictures, and captions, of one step of these', { min: 2 }),
  pretrainLr: option.number(1e-3, 'learning rate of these', { min: 0, time: 'same' }),
  pretrainImages: option.integer(0, 'use only the first so many pictures of each of the two sets (0: all)', { min: 0, time: 'grows' }),
};
export type ClipSizes = OptionValues<typeof clipOptions>;
export type Architecture = Pick<ClipSizes, 'weights' | 'patch' | 'width' | 'depth' | 'vectors' | 'words'>;
/** Of the network whose weights come with clip-zero-shot. */
const SMALL_SIZES = { patch: 8, width: 64, depth: 3, vectors: GLOVE, words: 400 } as const;
export const clipPresets = {
  // What is pretrained is for those who have drawn pictures alone.
  quick: { weights: SMALL, pretrainEpochs: 4, pretrainBatch: 100, pretrainLr: 2e-3, pretrainImages: 800 },
  full: { weights: PUBLISHED },
  smallest: { weights: NONE, patch: 16, width: 32, depth: 1, pretrainEpochs: 1, pretrainBatch: 20, pretrainImages: 40 },
};
/** What it learns from. */
export const clipData = { cifar100: sets.cifar100, source: sets.tinyImageNet, glove: sets.glove };

/** What counts of the options: the weights that come with clip-zero-shot are those of one network. */
export const sizesOf = <O extends Architecture>(options: O): O => (options.weights === SMALL ? { ...options, ...SMALL_SIZES } : options);

/** ViT-B/32 where its weights are wanted, else a small one. */
export function clipOf(options: Architecture): models.Clip {
  const { weights, patch, width, depth, ...table } = sizesOf(options);
  if (weights === PUBLISHED) return new models.Clip();
  const heads = Math.max(1, Math.floor(width / HEAD_FEATURES));
  return new models.Clip({
    ...{ embedDim: width, imageResolution: CLIP_SIDE, visionPatchSize: patch, visionWidth: width, visionLayers: depth, visionHeads: heads },
    ...{ contextLength: CLIP_CONTEXT, vocabSize: rowsOf(table), transformerWidth: width, transformerLayers: Math.ceil(depth / 3) },
    transformerHeads: heads,
  });
}

/** Of the colours of the pictures that CLIP was trained on, 0 … 1. */
const [CLIP_MEAN, CLIP_DEVIATION] = [
  [0.48145466, 0.4578275, 0.40821073],
  [0.26862954, 0.26130258, 0.27577711],
].map((values) => tensor(values, [3, 1, 1]));

/** Height and width of the pictures that its network looks at. */
export const sideOf = ({ visual }: models.Clip): number =>
  visual.conv1.weight.shape[2] * Math.sqrt(visual.positionalEmbedding.shape[0] - 1);

/** Pictures [n, 3, h, w], 0 … 1, as its network wants them: scaled to its size and normalised. */
export function clipPixels(clip: models.Clip, pictures: Tensor): Tensor {
  const [from, side] = [pictures.shape[2], sideOf(clip)];
  const scaled = from === side ? pictures : interpolate(pictures, { size: side, mode: from > side ? 'area' : 'bicubic' });
  return scaled.sub(CLIP_MEAN).div(CLIP_DEVIATION);
}

/** As a person sees what the network gets: colours, 0 … 1. */
export const colours = (pixels: Tensor): Tensor => pixels.mul(CLIP_DEVIATION).add(CLIP_MEAN).clamp(0, 1);

export const unit = (x: Tensor): Tensor => x.div(x.square().sum(-1, { keepDims: true }).add(1e-12).sqrt());

/** What its similarities are multiplied by: learned, and 100 at most. */
export const scaleOf = ({ logitScale }: models.Clip): Tensor => logitScale.minimum(Math.log(100)).exp();

/** Features of pictures or texts [n, embed] → their similarities with those of texts, unit vectors [texts, embed]: [n, texts], scaled. */
export const similarity = (clip: models.Clip, features: Tensor, texts: Tensor): Tensor =>
  unit(features).matmul(texts.transpose()).mul(scaleOf(clip));
