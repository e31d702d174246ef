// The library's public face. One bundle of this runs the same in Node and in browsers.
import './engine/ops/methods.ts';
import './engine/executor/methods.ts';
import './names.ts';
import './models/names.ts';

export { type CsvTable, decodeCsv, numbersOf } from './data/csv.ts';
export { ArrayDataset, type Dataset } from './data/dataset.ts';
export { sha256 } from './data/digest.ts';
export { syntheticDigits } from './data/draw-digits.ts';
export { likeMnist } from './data/drawing.ts';
export { grouped } from './data/format-error.ts';
export { decodeImage } from './data/image/decode.ts';
export { type Image, planes } from './data/image/image.ts';
export { fitImage, type PictureSize } from './data/image/resize.ts';
export { type Batch, DataLoader, type DataLoaderOptions, type LoaderState, type Padding, type SampleFunction } from './data/loader.ts';
export { decodeIdx } from './data/read-idx.ts';
export type { DataRecord } from './data/record.ts';
export { decodeSafetensors, encodeSafetensors, encodeSafetensorsParts, toFloat16, toFloat32 } from './data/safetensors.ts';
export * as samplers from './data/samplers.ts';
export { imageFolders, pascalVoc, plainText, sets, wordVectors } from './data/sets/index.ts';
export { mnist } from './data/sets/mnist.ts';
export { openDataSet } from './data/sets/open.ts';
export type { Opened, OpenOptions } from './data/sets/opening.ts';
export { taken } from './data/sets/parts.ts';
export {
  type DataSet,
  type Field,
  type Folder,
  type Form,
  form,
  type Part,
  type Parts,
  type SetFile,
  type SetFolder,
  type SetSource,
  type Use,
} from './data/sets/set.ts';
export { textsOf } from './data/sets/texts.ts';
export { type Statistics, statisticsOf } from './data/statistics.ts';
export type { DigitSet } from './data/synthetic-digits.ts';
export * as text from './data/text/index.ts';
export * as transforms from './data/transforms/index.ts';
export type { FileTensor, Weights } from './data/weights/file-tensor.ts';
export { type FoundWeights, findWeights, type ReadWeightsOptions, readWeights, type WeightFiles } from './data/weights/weights.ts';
export { type Compiled, compile } from './engine/executor/compile.ts';
export { type ProfileRow, showProfile } from './engine/executor/profile.ts';
export { profile } from './engine/executor/profiling.ts';
export type { CompileListener, CompileProgress } from './engine/executor/runtime.ts';
export { closeDevice, freeMemory, memoryUse, onCompile, openDevice, setPlatform } from './engine/executor/session.ts';
export { showTensor } from './engine/executor/show-tensor.ts';
export { Gradients, gradients } from './engine/grad.ts';
export type { DType, TypedArray } from './engine/graph/dtype.ts';
export * from './engine/graph/errors.ts';
export { State, Tensor } from './engine/graph/tensor.ts';
export { defineKernel, type KernelDefinition, type KernelLaunch } from './engine/ops/defineKernel.ts';
export * from './engine/ops/index.ts';
export * as models from './models/index.ts';
export * as nn from './nn/index.ts';
export * as losses from './nn/losses/index.ts';
export * as optim from './optim/index.ts';
export type { AdapterChoice, DataFile, DownloadRequest, Platform } from './platform.ts';
export { Random } from './random.ts';
export { Averages } from './train/averages.ts';
export { Curves } from './train/curves.ts';
export { Cell, type Durable, type Keep } from './train/durable.ts';
export { evaluate } from './train/evaluate.ts';
export type { Axis, Contours, Figure, HeatText, Matrix, Panel, Picture, Series } from './train/figure.ts';
export * as figures from './train/figures/index.ts';
export type { EpochResult, FitOptions } from './train/fit.ts';
export type { DoneRecord, LiveRun, ProgressUpdate, RunCheckpoint, RunHost, Table } from './train/host.ts';
export { type InMemoryOptions, type InMemoryResult, runInMemory } from './train/in-memory.ts';
export {
  type Answer,
  type AnswerPart,
  type GivenBox,
  type GivenPicture,
  type Input,
  InputError,
  type Inputs,
  type InputValues,
  input,
  type OfferedGraph,
  type Offers,
  type Opened as OpenedInteraction,
} from './train/input.ts';
export { StageDone, Stopped } from './train/journal.ts';
export { renderFigureSvg, renderSurfaceSvg } from './train/lazy-render.ts';
export { tsne } from './train/lazy-tsne.ts';
export * as metrics from './train/metrics/index.ts';
export { namesIn, numbersIn, type OptionSpec, type OptionSpecs, type OptionValues, option, training } from './train/option.ts';
export { type DataOf, type Interaction, type Project, type ProjectCard, project, type Trained } from './train/project.ts';
export { type Batch as TensorBatch, type Epoch, Run, runProject } from './train/run.ts';
export { quantile, spread, wilson } from './train/spread.ts';
export { readStarter, type Starter } from './train/starter.ts';
export { encodeFileVersion, encodeScalarEvent } from './train/tensorboard.ts';
export type { Tsne } from './train/tsne.ts';
export { type Packed, unpack } from './train/values.ts';
