// Every project of the collection, in the order of `tilegrad list`. A build makes a file of its own of each, loaded when it is run.
import type { Project, ProjectCard } from '../index.ts';
import { card as optimizers } from './applied/optimizers/card.ts';
import { card as cifar10Mlp } from './i2dl/cifar10-mlp/card.ts';
import { card as datasetTour } from './i2dl/dataset-tour/card.ts';
import { card as facialKeypoints } from './i2dl/facial-keypoints/card.ts';
import { card as housePrices } from './i2dl/house-prices/card.ts';
import { card as mnistAutoencoder } from './i2dl/mnist-autoencoder/card.ts';
import { card as semanticSegmentation } from './i2dl/semantic-segmentation/card.ts';
import { card as sentimentRnn } from './i2dl/sentiment-rnn/card.ts';
import { card as bertMlm } from './small-scale/bert-mlm/card.ts';
import { card as carliniWagner } from './small-scale/carlini-wagner/card.ts';
import { card as cottonTriplet } from './small-scale/cotton-triplet/card.ts';
import { card as mcDropout } from './small-scale/mc-dropout/card.ts';
import { card as mimo } from './small-scale/mimo/card.ts';
import { card as unetTransfer } from './small-scale/unet-transfer/card.ts';
import { card as aae } from './uva/aae/card.ts';
import { card as clipZeroShot } from './uva/clip-zero-shot/card.ts';
import { card as deepPrompts } from './uva/deep-prompts/card.ts';
import { card as graphNetworks } from './uva/graph-networks/card.ts';
import { card as mlp } from './uva/mlp/card.ts';
import { card as resnetTransfer } from './uva/resnet-transfer/card.ts';
import { card as vae } from './uva/vae/card.ts';
import { card as visualPrompting } from './uva/visual-prompting/card.ts';

export interface ListedProject extends ProjectCard {
  load(): Promise<Project>;
}

export const projects: readonly ListedProject[] = [
  { ...mcDropout, load: async () => (await import('./small-scale/mc-dropout/index.ts')).mcDropout },
  { ...carliniWagner, load: async () => (await import('./small-scale/carlini-wagner/index.ts')).carliniWagnerAttack },
  { ...bertMlm, load: async () => (await import('./small-scale/bert-mlm/index.ts')).bertMlm },
  { ...cottonTriplet, load: async () => (await import('./small-scale/cotton-triplet/index.ts')).cottonTriplet },
  { ...mimo, load: async () => (await import('./small-scale/mimo/index.ts')).mimo },
  { ...unetTransfer, load: async () => (await import('./small-scale/unet-transfer/index.ts')).unetTransfer },
  { ...optimizers, load: async () => (await import('./applied/optimizers/index.ts')).optimizers },
  { ...datasetTour, load: async () => (await import('./i2dl/dataset-tour/index.ts')).datasetTour },
  { ...housePrices, load: async () => (await import('./i2dl/house-prices/index.ts')).housePrices },
  { ...cifar10Mlp, load: async () => (await import('./i2dl/cifar10-mlp/index.ts')).cifar10Mlp },
  { ...mnistAutoencoder, load: async () => (await import('./i2dl/mnist-autoencoder/index.ts')).mnistAutoencoder },
  { ...facialKeypoints, load: async () => (await import('./i2dl/facial-keypoints/index.ts')).facialKeypoints },
  { ...semanticSegmentation, load: async () => (await import('./i2dl/semantic-segmentation/index.ts')).semanticSegmentation },
  { ...sentimentRnn, load: async () => (await import('./i2dl/sentiment-rnn/index.ts')).sentimentRnn },
  { ...graphNetworks, load: async () => (await import('./uva/graph-networks/index.ts')).graphNetworks },
  { ...mlp, load: async () => (await import('./uva/mlp/index.ts')).mlp },
  { ...clipZeroShot, load: async () => (await import('./uva/clip-zero-shot/index.ts')).clipZeroShot },
  { ...resnetTransfer, load: async () => (await import('./uva/resnet-transfer/index.ts')).resnetTransfer },
  { ...deepPrompts, load: async () => (await import('./uva/deep-prompts/index.ts')).deepPrompts },
  { ...vae, load: async () => (await import('./uva/vae/index.ts')).vae },
  { ...aae, load: async () => (await import('./uva/aae/index.ts')).aae },
  { ...visualPrompting, load: async () => (await import('./uva/visual-prompting/index.ts')).visualPrompting },
];
