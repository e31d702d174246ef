// Transforms of images and what belongs to them: masks, boxes, points. A `DataLoader` applies them to samples, `onBatch` to batches on the GPU.
export {
  type AffineOptions,
  affine,
  autoAugment,
  type CropOptions,
  colourJitter,
  crop,
  decode,
  type EraseOptions,
  erase,
  type FlipOptions,
  flip,
  type JitterOptions,
  normalise,
  type PadOptions,
  type PcaOptions,
  pad,
  pcaIntensity,
  type ResizedCropOptions,
  type RotateOptions,
  resize,
  resizedCrop,
  rotate,
} from './factories.ts';
export { type MixupOptions, mixup, onBatch } from './on-batch.ts';
export type { Transform } from './transform.ts';
