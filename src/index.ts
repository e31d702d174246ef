// The library's public face. One bundle of this runs the same in Node and in browsers.
import './engine/ops/methods.ts';
import './engine/executor/methods.ts';

export { ArrayDataset, type Dataset } from './data/dataset.ts';
export { decodeIdx } from './data/idx.ts';
export { type Batch, DataLoader } from './data/loader.ts';
export { loadMnist } from './data/mnist.ts';
export { decodeSafetensors, encodeSafetensors, toFloat32 } from './data/safetensors.ts';
export { type DigitSet, syntheticDigits } from './data/synthetic-digits.ts';
export { type Compiled, compile } from './engine/executor/compile.ts';
export { type ProfileRow, showProfile } from './engine/executor/profile.ts';
export { profile } from './engine/executor/profiling.ts';
export { closeDevice, memoryUse, openDevice, setPlatform } from './engine/executor/session.ts';
export { showTensor } from './engine/executor/show-tensor.ts';
export { gradients } from './engine/grad.ts';
export type { DType, TypedArray } from './engine/graph/dtype.ts';
export * from './engine/graph/errors.ts';
export { State, Tensor } from './engine/graph/tensor.ts';
export * from './engine/ops/index.ts';
export * as nn from './nn/index.ts';
export * as losses from './nn/losses/index.ts';
export * as optim from './optim/index.ts';
export type { AdapterChoice, DataFile, DownloadRequest, Platform } from './platform.ts';
export { projects } from './projects/index.ts';
export type { Project, ProjectContext } from './projects/project.ts';
export type { Figure } from './train/figure.ts';
export { renderFigureSvg } from './train/render.ts';
export { encodeFileVersion, encodeScalarEvent } from './train/tensorboard.ts';
