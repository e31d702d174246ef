// What most projects draw, a call each. Each gives a `Figure`, plain data, for a run to keep or `renderFigureSvg` to draw.
export {
  bars,
  type CurveOptions,
  curves,
  type EpochNumbers,
  type HistogramOptions,
  type HistoryOptions,
  histogram,
  history,
  join,
  type Line,
  type ScatterOptions,
  scatter,
  spread,
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
export { confusion, type HeatTextOptions, heatText, type MatrixOptions, matrix, type WeightedText } from './tables.ts';
