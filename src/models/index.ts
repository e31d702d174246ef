// Published architectures under published names, so that published files load as they are.
export * from './bert.ts';
export * from './clip.ts';
export type { ClassifierOptions } from './common.ts';
export * from './lenet.ts';
export * from './mobilenetv2.ts';
export * from './resnet.ts';
export * from './squeezenet.ts';
export * from './ultraface.ts';
export * from './unet.ts';
export * from './vgg.ts';
export * from './vit.ts';
