import conv from '../../../../shaders/conv.wgsl';
import convLanes from '../../../../shaders/convLanes.wgsl';
import type { DeviceTraits, Launch } from '../kernel.ts';
import { grid, splitDepth, usesLanes } from './grid.ts';
import { finish, LARGE } from './matmul.ts';

/** One number for each spatial axis (depth, height, width); convolutions of fewer dimensions have axes of length 1 in front. */
export type Vector = readonly [number, number, number];

export interface ConvSpec {
  readonly n: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly image: Vector;
  readonly kernel: Vector;
  readonly stride: Vector;
  /** Zeros in front of the image. */
  readonly padding: Vector;
  readonly dilation: Vector;
  readonly output: Vector;
}

/** The matrix product that a pass is, as conv.wgsl describes it: sizes and steps along each axis, and where the operands lie. */
interface Product {
  readonly rows: number;
  readonly columns0: number;
  readonly columns: Vector;
  readonly depth0: number;
  readonly depth: Vector;
  /** The planes of `right`. */
  readonly size: Vector;
  readonly columnStep: Vector;
  readonly depthStep: Vector;
  readonly origin: Vector;
  readonly left: Vector;
  readonly leftBase: number;
  readonly leftGroup: number;
  readonly leftRow: number;
  readonly leftK0: number;
  readonly rightGroup: number;
  readonly rightC0: number;
  readonly rightK0: number;
  /** The planes of the output. */
  readonly y: Vector;
  readonly yGroup: number;
  readonly yRow: number;
  readonly yC0: number;
  readonly phases: Vector;
  readonly tapStep: Vector;
}

const ONES: Vector = [1, 1, 1];
const along = (f: (axis: 0 | 1 | 2) => number): Vector => [f(0), f(1), f(2)];
const volume = ([z, y, x]: Vector): number => z * y * x;
const strides = ([, y, x]: Vector): Vector => [y * x, x, 1];
const negative = (vector: Vector): Vector => along((axis) => 0 - vector[axis]);

/** Input 0 is x [n, inChannels, ..image], 1 is w [outChannels, inChannels / groups, ..kernel]; the output is y. */
export function lowerConv(given: ConvSpec, traits: DeviceTraits): Launch[] {
  const spec = flattened(given);
  const { taps, inPlane, outPlane, ins, outs } = sizes(spec);
  const product: Product = {
    rows: outs,
    columns0: spec.n,
    columns: spec.output,
    depth0: ins,
    depth: spec.kernel,
    size: spec.image,
    columnStep: spec.stride,
    depthStep: spec.dilation,
    origin: negative(spec.padding),
    left: strides(spec.kernel),
    leftBase: 0,
    leftGroup: outs * ins * taps,
    leftRow: ins * taps,
    leftK0: taps,
    rightGroup: ins * inPlane,
    rightC0: spec.inChannels * inPlane,
    rightK0: inPlane,
    y: spec.output,
    yGroup: outs * outPlane,
    yRow: outPlane,
    yC0: spec.outChannels * outPlane,
    phases: ONES,
    tapStep: ONES,
  };
  return lowerProduct(spec, product, 'image', traits);
}

/** Input 0 is dy [n, outChannels, ..output], 1 is w; the output is dx. */
export function lowerConvInput(given: ConvSpec, traits: DeviceTraits): Launch[] {
  const spec = flattened(given);
  const { stride, dilation, kernel, padding } = spec;
  const { taps, inPlane, outPlane, ins, outs } = sizes(spec);
  const strided = volume(stride) > 1;
  const common = along((axis) => greatestCommonDivisor(stride[axis], dilation[axis]));
  const tapStep = along((axis) => stride[axis] / common[axis]);
  const product: Product = {
    rows: ins,
    columns0: spec.n,
    columns: along((axis) => Math.ceil(spec.image[axis] / stride[axis])),
    depth0: outs,
    depth: along((axis) => Math.ceil(kernel[axis] / tapStep[axis])),
    size: spec.output,
    columnStep: ONES,
    depthStep: along((axis) => dilation[axis] / common[axis]),
    // From the last tap to the first; where there are phases, the shader finds out where each begins.
    origin: along((axis) => padding[axis] - (kernel[axis] - 1) * dilation[axis]),
    left: along((axis) => -tapStep[axis] * strides(kernel)[axis]),
    leftBase: strided ? 0 : taps - 1,
    leftGroup: outs * ins * taps,
    leftRow: taps,
    leftK0: ins * taps,
    rightGroup: outs * outPlane,
    rightC0: spec.outChannels * outPlane,
    rightK0: outPlane,
    y: spec.image,
    yGroup: ins * inPlane,
    yRow: inPlane,
    yC0: spec.inChannels * inPlane,
    phases: stride,
    tapStep,
  };
  return lowerProduct(spec, product, 'image', traits);
}

/** Input 0 is x, 1 is dy; the output is dw [outChannels, inChannels / groups, ..kernel]. */
export function lowerConvWeight(given: ConvSpec, traits: DeviceTraits): Launch[] {
  const spec = flattened(given);
  const { taps, inPlane, outPlane, ins, outs } = sizes(spec);
  const product: Product = {
    rows: outs,
    columns0: ins,
    columns: spec.kernel,
    depth0: spec.n,
    depth: spec.output,
    size: spec.image,
    columnStep: spec.dilation,
    depthStep: spec.stride,
    origin: negative(spec.padding),
    left: strides(spec.output),
    leftBase: 0,
    leftGroup: outs * outPlane,
    leftRow: outPlane,
    leftK0: spec.outChannels * outPlane,
    rightGroup: ins * inPlane,
    rightC0: inPlane,
    rightK0: spec.inChannels * inPlane,
    y: spec.kernel,
    yGroup: outs * ins * taps,
    yRow: ins * taps,
    yC0: taps,
    phases: ONES,
    tapStep: ONES,
  };
  return lowerProduct(spec, spec === given ? product : channelsAlong(product), 'weight', traits);
}

/** In a flattened convolution the columns of dw are channels alone: they become neighbours in a row, a plane apart. */
function channelsAlong(product: Product): Product {
  const { columns0, columnStep, size, rightC0 } = product;
  const row: Vector = [1, 1, columns0];
  return {
    ...product,
    columns0: 1,
    columns: row,
    columnStep: [columnStep[0], columnStep[1], rightC0],
    size: [size[0], size[1], columns0 * rightC0],
    y: row,
  };
}

/** Where no window overlaps another or the edge (1×1), an image is one long row. */
function flattened(spec: ConvSpec): ConvSpec {
  if (volume(spec.kernel) > 1 || volume(spec.stride) > 1 || Math.max(...spec.padding) > 0 || volume(spec.image) !== volume(spec.output)) {
    return spec;
  }
  const row: Vector = [1, 1, volume(spec.image)];
  return { ...spec, image: row, output: row };
}

function sizes(spec: ConvSpec) {
  return {
    taps: volume(spec.kernel),
    inPlane: volume(spec.image),
    outPlane: volume(spec.output),
    ins: spec.inChannels / spec.groups,
    outs: spec.outChannels / spec.groups,
  };
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

function lowerProduct(spec: ConvSpec, product: Product, target: 'image' | 'weight', traits: DeviceTraits): Launch[] {
  const { groups } = spec;
  const { rows, columns0, columns, depth0, depth, size, columnStep, depthStep, origin, left, y, phases, tapStep, ...places } = product;
  const length = groups * rows * columns0 * volume(y);
  if (length === 0) return [];
  const params = {
    groups,
    rows,
    columns0,
    depth0,
    ...places,
    ...axes({ columns, depth, size, columnStep, depthStep, origin, left, y, phases, tapStep }),
    ...axes({ kernel: spec.kernel, dilation: spec.dilation, padding: spec.padding }),
    length,
  };
  const perPhase = groups * rows * columns0 * volume(columns);
  const flops = 2 * perPhase * volume(phases) * depth0 * volume(depth);
  const form = usesLanes(traits) ? laneForm(spec, product, flops, traits) : tileForm(spec, product, target);
  const tiles = form.tiles * volume(phases);
  const least = Math.ceil((form.shader === convLanes ? 64 : 128) / Math.max(1, depth[2]));
  const wanted = traits.kind === 'gpu' ? 128 : 8;
  const steps = depth0 * depth[0] * depth[1];
  const { slice, slices } = form.entry === 'whole' ? splitDepth(steps, tiles, wanted, least) : { slice: steps, slices: 1 };
  const workgroups = grid(tiles * slices, traits);
  const { shader, entry, constants } = form;
  const launch: Launch = {
    shader,
    entry,
    params: { ...params, slice, slices, gridX: workgroups[0] },
    constants,
    workgroups,
    bind: {},
    flops,
  };
  return finish(launch, { left: { input: 1 }, right: { input: 0 } }, slices, length, traits);
}

/** Fields of `struct Params`: `columns` along each axis is columnsZ, columnsY, columnsX. */
function axes(vectors: Readonly<Record<string, Vector>>): Record<string, number> {
  return Object.fromEntries(Object.entries(vectors).flatMap(([name, vector]) => vector.map((value, axis) => [name + 'ZYX'[axis], value])));
}

interface Form {
  readonly shader: typeof conv;
  readonly entry: string;
  readonly constants: Readonly<Record<string, number | boolean>>;
  /** Workgroups for one phase and one slice. */
  readonly tiles: number;
}

/** Rows a group below which a 64 × 64 tile would stand nearly empty. */
const FEW_ROWS = 16;

function tileForm({ groups }: ConvSpec, { rows, columns0, columns }: Product, target: 'image' | 'weight'): Form {
  const columnCount = columns0 * volume(columns);
  const fewRows = groups > 1 && rows < FEW_ROWS;
  const wide = columnCount >= 4096;
  const entry = !fewRows ? 'whole' : target === 'image' ? 'direct' : 'tree';
  const outputs = groups * rows * columnCount;
  const tiles = groups * Math.ceil(rows / 64) * Math.ceil(columnCount / (wide ? 128 : 64));
  return {
    shader: conv,
    entry,
    constants: { WIDE: wide, DEPTH_FIRST: target === 'weight' },
    tiles: entry === 'whole' ? tiles : entry === 'direct' ? Math.ceil(outputs / 64) : outputs,
  };
}

/**
 * The tile of a thread in convLanes.wgsl. 16 rows are a third faster than 8 and take twice as long to compile, so only large products get them.
 * As many columns as waste the fewest at the end of a row; more of them use what they load more often.
 */
function laneForm({ groups }: ConvSpec, { rows: rowCount, columns0, columns }: Product, flops: number, traits: DeviceTraits): Form {
  const lanes = Math.min(traits.subgroupSize, 16);
  const spread = rowCount <= 2 || (groups > 1 && rowCount <= 4);
  const rowTiles = spread ? 1 : Math.ceil(rowCount / (flops > LARGE ? 16 : 8));
  const rows = spread ? rowCount : Math.ceil(rowCount / rowTiles / 4) * 4;
  const [z, y, x] = columns;
  const cost = (width: number) => Math.ceil(x / width) * (width * rows + 2 * (1 + rows / lanes));
  const width = [4, 3, 2, 1].reduce((best, other) => (cost(other) < cost(best) ? other : best));
  const strips = (spread ? groups : 1) * columns0 * z * y * Math.ceil(x / width);
  const count = strips >= 512 ? 32 : Math.max(8, lanes);
  return {
    shader: convLanes,
    entry: 'whole',
    constants: { ROWS: rows, COLUMNS: width, LANE_COUNT: count, LANES: lanes, SPREAD: spread },
    tiles: (spread ? 1 : groups) * rowTiles * Math.ceil(strips / count),
  };
}
