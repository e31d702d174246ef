import matmul from '../../../../shaders/matmul.wgsl';
import matmulLanes from '../../../../shaders/matmulLanes.wgsl';
import type { DeviceTraits, Launch, Operand } from '../kernel.ts';
import { grid, LANES, reduceLaunch, slicesScratch, splitDepth, usesLanes } from './grid.ts';

export interface MatmulSpec {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Elements between the matrices of a batch; 0 uses one matrix for all. */
  readonly aBatchStride: number;
  readonly bBatchStride: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Input 0 is a [batch, m, k], 1 is b [batch, k, n], each with its last two axes swapped if transposed; the output is [batch, m, n]. */
export function lowerMatmul(spec: MatmulSpec, traits: DeviceTraits): Launch[] {
  if (spec.batch * spec.m * spec.n === 0) return [];
  return usesLanes(traits) ? lowerLanes(spec, traits) : lowerTiled(spec, traits);
}

function lowerTiled({ batch, m, n, k, aBatchStride, bBatchStride, transposeA, transposeB }: MatmulSpec, traits: DeviceTraits): Launch[] {
  const tiles = batch * Math.ceil(m / 64) * Math.ceil(n / 64);
  const { slice, slices } = splitDepth(k, tiles, traits.kind === 'gpu' ? 128 : 4, 128);
  const workgroups = grid(tiles * slices, traits);
  const params = {
    batch,
    rows: m,
    columns: n,
    depth: k,
    leftBatch: aBatchStride,
    leftRow: transposeA ? 1 : k,
    leftDepth: transposeA ? m : 1,
    rightBatch: bBatchStride,
    rightDepth: transposeB ? 1 : n,
    rightColumn: transposeB ? k : 1,
    slice,
    slices,
    gridX: workgroups[0],
  };
  const product: Launch = { shader: matmul, entry: 'whole', params, workgroups, bind: {}, flops: 2 * batch * m * n * k };
  return finish(product, { left: { input: 0 }, right: { input: 1 } }, slices, batch * m * n, traits);
}

function lowerLanes({ batch, m, n, k, aBatchStride, bBatchStride, transposeA, transposeB }: MatmulSpec, traits: DeviceTraits): Launch[] {
  const flops = 2 * batch * m * n * k;
  const a = { batch: aBatchStride, outer: transposeA ? 1 : k, depth: transposeA ? m : 1 };
  const b = { batch: bBatchStride, outer: transposeB ? k : 1, depth: transposeB ? 1 : n };
  // The lanes run along the axis that wastes fewer of them.
  const straight = laneShape(m, n, flops);
  const swapped = laneShape(n, m, flops);
  const swap = swapped.cost < straight.cost;
  const [rows, columns, left, right, shape] = swap ? [n, m, b, a, swapped] : [m, n, a, b, straight];
  const tiles = batch * shape.tiles;
  const { slice, slices } = splitDepth(k, tiles, 8, 64);
  const workgroups = grid(tiles * slices, traits);
  const params = {
    batch,
    rows,
    columns,
    depth: k,
    leftBatch: left.batch,
    leftRow: left.outer,
    leftDepth: left.depth,
    rightBatch: right.batch,
    rightDepth: right.depth,
    rightColumn: right.outer,
    yRow: swap ? 1 : n,
    yColumn: swap ? n : 1,
    slice,
    slices,
    gridX: workgroups[0],
  };
  const constants = { ROWS: shape.rows, COLUMNS: shape.columns, LANE_COUNT: shape.lanes, LANES };
  const product: Launch = { shader: matmulLanes, entry: 'whole', params, constants, workgroups, bind: {}, flops };
  return finish(product, { left: { input: swap ? 1 : 0 }, right: { input: swap ? 0 : 1 } }, slices, batch * m * n, traits);
}

/** Operations of a product that repays a longer compilation on a CPU adapter. */
export const LARGE = 5e7;

export interface LaneShape {
  readonly rows: number;
  readonly columns: number;
  readonly lanes: number;
  readonly tiles: number;
  readonly cost: number;
}

/**
 * The tile of a thread in the kernels for CPU adapters: rows a multiple of 4, 1, 2 or 4 columns, and the lanes of a workgroup. 16 rows are a
 * third faster than 8 and take twice as long to compile (0.3 s on lavapipe), so only large products get them. Cost counts loads.
 */
export function laneShape(rowCount: number, columnCount: number, flops: number): LaneShape {
  const rowTiles = Math.ceil(rowCount / (flops > LARGE ? 16 : 8));
  const rows = Math.ceil(rowCount / rowTiles / 4) * 4;
  const columns = columnCount > 16 ? 4 : columnCount > 8 ? 2 : 1;
  const lanes = columnCount >= 512 ? 32 : 8;
  const tiles = rowTiles * Math.ceil(columnCount / (lanes * columns));
  return { rows, columns, lanes, tiles, cost: tiles * lanes * (columns + rows / LANES) };
}

type Operands = Readonly<Record<string, Operand>>;

/** Binds a product's output, or scratch and a second launch that adds up the slices. */
export function finish(product: Launch, operands: Operands, slices: number, length: number, traits: DeviceTraits): Launch[] {
  if (slices === 1) return [{ ...product, bind: { ...operands, y: 'output' }, epilogue: true }];
  const sums = slicesScratch(slices, length);
  return [{ ...product, entry: 'partial', bind: { ...operands, sums } }, reduceLaunch(sums, slices, length, traits)];
}
