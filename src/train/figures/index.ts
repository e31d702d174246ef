// What most projects draw, a call each. Each gives a `Figure`, plain data, for a run to keep or `renderFigureSvg` to draw.
export {
  bars,
  type ClassOptions,
  type CurveOptions,
  classes,
  curves,
  type EpochNumbers,
  type HistogramOptions,
  type HistoryOptions,
  type HistoryPanel,
  histogram,
  history,
  type Judged,
  join,
  type Line,
  movedApart,
  path,
  type ScatterOptions,
  scatter,
  spread,
  thresholds,
  type Words,
} from './charts.ts';
export {
  type Box,
  boxes,
  type ImageOptions,
  images,
  type OverlayOptions,
  overlays,
  type PictureShape,
  type Point,
  pictures,
  points,
  type TileOptions,
  tiles,
} from './pictures.ts';
export { type Grid, grid, gridAround, normalGrid, type SurfaceOptions, surface } from './planes.ts';
export { confusion, type HeatTextOptions, heatText, type MatrixOptions, matrix, type WeightedText } from './tables.ts';
export { fixed, percent, plusMinus, probability, runningMean, table } from './text.ts';
