import conv2d from '../../../../shaders/conv2d.wgsl';
import conv2dLanes from '../../../../shaders/conv2dLanes.wgsl';
import type { DeviceTraits, Launch, Operand } from '../kernel.ts';
import { grid, LANES, splitDepth, usesLanes } from './grid.ts';
import { finish, LARGE, laneShape } from './matmul.ts';

export interface Conv2dSpec {
  readonly n: number;
  readonly inChannels: number;
  readonly height: number;
  readonly width: number;
  readonly outChannels: number;
  readonly kh: number;
  readonly kw: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly padBottom: number;
  readonly padRight: number;
  readonly dilationH: number;
  readonly dilationW: number;
  readonly groups: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** Values of `struct Params` in conv2d.wgsl, apart from what the split and the grid add. */
interface Product {
  readonly groups: number;
  readonly rows: number;
  readonly columns: number;
  readonly columns1: number;
  readonly columns2: number;
  readonly depth0: number;
  readonly depth1: number;
  readonly depth2: number;
  readonly leftGroup: number;
  readonly leftRow: number;
  readonly leftK0: number;
  readonly leftK1: number;
  readonly rightGroup: number;
  readonly rightC0: number;
  readonly rightK0: number;
  readonly height: number;
  readonly width: number;
  readonly columnStepY: number;
  readonly columnStepX: number;
  readonly depthStepY: number;
  readonly depthStepX: number;
  readonly offsetY: number;
  readonly offsetX: number;
  readonly divideY: number;
  readonly divideX: number;
  readonly yGroup: number;
  readonly yRow: number;
  readonly yC0: number;
}

/** Input 0 is x [n, inChannels, height, width], 1 is w [outChannels, inChannels / groups, kh, kw]; the output is y. */
export function lowerConv2d(spec: Conv2dSpec, traits: DeviceTraits): Launch[] {
  const { taps, inPlane, outPlane, ins, outs } = sizes(spec);
  const product: Product = {
    groups: spec.groups,
    rows: outs,
    columns: spec.n * outPlane,
    columns1: spec.outHeight,
    columns2: spec.outWidth,
    depth0: ins,
    depth1: spec.kh,
    depth2: spec.kw,
    leftGroup: outs * ins * taps,
    leftRow: ins * taps,
    leftK0: taps,
    leftK1: spec.kw,
    rightGroup: ins * inPlane,
    rightC0: spec.inChannels * inPlane,
    rightK0: inPlane,
    height: spec.height,
    width: spec.width,
    columnStepY: spec.strideH,
    columnStepX: spec.strideW,
    depthStepY: spec.dilationH,
    depthStepX: spec.dilationW,
    offsetY: spec.padTop,
    offsetX: spec.padLeft,
    divideY: 1,
    divideX: 1,
    yGroup: outs * outPlane,
    yRow: outPlane,
    yC0: spec.outChannels * outPlane,
  };
  return lowerProduct(product, { left: { input: 1 }, right: { input: 0 } }, false, traits);
}

/** Input 0 is dy [n, outChannels, outHeight, outWidth], 1 is w; the output is dx. */
export function lowerConv2dInput(spec: Conv2dSpec, traits: DeviceTraits): Launch[] {
  const { taps, inPlane, outPlane, ins, outs } = sizes(spec);
  const product: Product = {
    groups: spec.groups,
    rows: ins,
    columns: spec.n * inPlane,
    columns1: spec.height,
    columns2: spec.width,
    depth0: outs,
    depth1: spec.kh,
    depth2: spec.kw,
    leftGroup: outs * ins * taps,
    leftRow: taps,
    leftK0: ins * taps,
    leftK1: spec.kw,
    rightGroup: outs * outPlane,
    rightC0: spec.outChannels * outPlane,
    rightK0: outPlane,
    height: spec.outHeight,
    width: spec.outWidth,
    columnStepY: 1,
    columnStepX: 1,
    depthStepY: -spec.dilationH,
    depthStepX: -spec.dilationW,
    offsetY: -spec.padTop,
    offsetX: -spec.padLeft,
    divideY: spec.strideH,
    divideX: spec.strideW,
    yGroup: ins * inPlane,
    yRow: inPlane,
    yC0: spec.inChannels * inPlane,
  };
  return lowerProduct(product, { left: { input: 1 }, right: { input: 0 } }, false, traits);
}

/** Input 0 is x, 1 is dy; the output is dw [outChannels, inChannels / groups, kh, kw]. */
export function lowerConv2dWeight(spec: Conv2dSpec, traits: DeviceTraits): Launch[] {
  const { taps, inPlane, outPlane, ins, outs } = sizes(spec);
  const product: Product = {
    groups: spec.groups,
    rows: outs,
    columns: ins * taps,
    columns1: spec.kh,
    columns2: spec.kw,
    depth0: spec.n,
    depth1: spec.outHeight,
    depth2: spec.outWidth,
    leftGroup: outs * outPlane,
    leftRow: outPlane,
    leftK0: spec.outChannels * outPlane,
    leftK1: spec.outWidth,
    rightGroup: ins * inPlane,
    rightC0: inPlane,
    rightK0: spec.inChannels * inPlane,
    height: spec.height,
    width: spec.width,
    columnStepY: spec.dilationH,
    columnStepX: spec.dilationW,
    depthStepY: spec.strideH,
    depthStepX: spec.strideW,
    offsetY: spec.padTop,
    offsetX: spec.padLeft,
    divideY: 1,
    divideX: 1,
    yGroup: outs * ins * taps,
    yRow: ins * taps,
    yC0: taps,
  };
  return lowerProduct(product, { left: { input: 1 }, right: { input: 0 } }, true, traits);
}

function sizes(spec: Conv2dSpec) {
  return {
    taps: spec.kh * spec.kw,
    inPlane: spec.height * spec.width,
    outPlane: spec.outHeight * spec.outWidth,
    ins: spec.inChannels / spec.groups,
    outs: spec.outChannels / spec.groups,
  };
}

type Operands = Readonly<Record<string, Operand>>;

function lowerProduct(product: Product, operands: Operands, depthFirst: boolean, traits: DeviceTraits): Launch[] {
  const { groups, rows, columns, depth0, depth1, depth2 } = product;
  const length = groups * rows * columns;
  if (length === 0) return [];
  const flops = 2 * length * depth0 * depth1 * depth2;
  const lanes = usesLanes(traits);
  const shape = laneShape(rows, columns, flops);
  const tiles = groups * (lanes ? shape.tiles : Math.ceil(rows / 64) * Math.ceil(columns / 64));
  const wanted = traits.kind === 'gpu' ? 128 : 8;
  const { slice, slices } = splitDepth(depth0 * depth1, tiles, wanted, Math.ceil((lanes ? 64 : 128) / Math.max(1, depth2)));
  const workgroups = grid(tiles * slices, traits);
  const launch: Launch = {
    shader: lanes ? conv2dLanes : conv2d,
    entry: 'whole',
    params: { ...product, length, slice, slices, gridX: workgroups[0] },
    constants: lanes
      ? { ROWS: shape.rows, COLUMNS: shape.columns, LANE_COUNT: shape.lanes, LANES, UNROLL: flops > LARGE }
      : { DEPTH_FIRST: depthFirst },
    workgroups,
    bind: {},
    flops,
  };
  return finish(launch, operands, slices, length, traits);
}
