// All sets. Each is a file of its own, loaded when it is opened: openDataSet(platform, sets.cifar10).
import type { ImageFolders } from './image-folders.ts';
import type { PlainText } from './plain-text.ts';
import type { PascalVoc } from './voc.ts';
import type { WordVectors } from './word-vectors.ts';

const cifar = () => import('./cifar.ts');
const masks = () => import('./masks.ts');
const voc = () => import('./voc.ts');
const graphs = () => import('./planetoid.ts');
const plain = () => import('./plain-text.ts');
const tweets = () => import('./tweets.ts');
const vectors = () => import('./word-vectors.ts');
const folders = () => import('./image-folders.ts');

export const sets = {
  mnist: () => import('./mnist.ts').then(({ mnist }) => mnist),
  fashionMnist: () => import('./fashion-mnist.ts').then(({ fashionMnist }) => fashionMnist),
  cifar10: () => cifar().then(({ cifar10 }) => cifar10),
  cifar100: () => cifar().then(({ cifar100 }) => cifar100),
  tinyImageNet: () => folders().then(({ tinyImageNet }) => tinyImageNet),
  imagenetSamples: () => import('./imagenet-samples.ts').then(({ imagenetSamples }) => imagenetSamples),
  cottonLeaf: () => folders().then(({ cottonLeaf }) => cottonLeaf),
  cottonDisease: () => folders().then(({ cottonDisease }) => cottonDisease),
  facialKeypoints: () => import('./keypoints.ts').then(({ facialKeypoints }) => facialKeypoints),
  msrc: () => masks().then(({ msrc }) => msrc),
  nuclei: () => masks().then(({ nuclei }) => nuclei),
  bccd: () => voc().then(({ bccd }) => bccd),
  cora: () => graphs().then(({ cora }) => cora),
  citeseer: () => graphs().then(({ citeseer }) => citeseer),
  ames: () => import('./ames.ts').then(({ ames }) => ames),
  imdb: () => import('./imdb.ts').then(({ imdb }) => imdb),
  wikitext2: () => plain().then(({ wikitext2 }) => wikitext2),
  tinyShakespeare: () => plain().then(({ tinyShakespeare }) => tinyShakespeare),
  grimm: () => plain().then(({ grimm }) => grimm),
  earthquakeTweets: () => tweets().then(({ earthquakeTweets }) => earthquakeTweets),
  disasterTweets: () => tweets().then(({ disasterTweets }) => disasterTweets),
  glove: () => vectors().then(({ glove }) => glove),
} as const;

/** Sets out of files of your own. */
export const imageFolders = (options: ImageFolders) => () => folders().then(({ imageFolders }) => imageFolders(options));
export const pascalVoc = (options: PascalVoc) => () => voc().then(({ pascalVoc }) => pascalVoc(options));
export const plainText = (options: PlainText) => () => plain().then(({ plainText }) => plainText(options));
export const wordVectors = (options: WordVectors) => () => vectors().then(({ wordVectors }) => wordVectors(options));
