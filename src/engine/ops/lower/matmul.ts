import matmul from '../../../../shaders/matmul.wgsl';
import matmulLanes from '../../../../shaders/matmulLanes.wgsl';
import matvec from '../../../../shaders/matvec.wgsl';
import type { DeviceTraits, Launch, Operand } from '../kernel.ts';
import { grid, lanesOf, reduceLaunch, slicesScratch, splitDepth, usesLanes } from './grid.ts';

export interface MatmulSpec {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Matrices of a and of b: product i takes matrix i % aBatches. */
  readonly aBatches: number;
  readonly bBatches: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Input 0 is a [batch, m, k], 1 is b [batch, k, n], each with its last two axes swapped if transposed; the output is [batch, m, n]. */
export function lowerMatmul(spec: MatmulSpec, traits: DeviceTraits): Launch[] {
  if (spec.batch * spec.m * spec.n === 0) return [];
  if (spec.m === 1 || spec.n === 1) return lowerVector(spec, traits);
  return usesLanes(traits) ? lowerLanes(spec, traits) : lowerTiled(spec, traits);
}

/** Slices of k that fit into a binding as partial sums. */
const mostSlices = ({ batch, m, n }: MatmulSpec, { maxBindingBytes }: DeviceTraits) => Math.floor(maxBindingBytes / (4 * batch * m * n));

function lowerVector(spec: MatmulSpec, traits: DeviceTraits): Launch[] {
  const { batch, m, n, k, aBatches, bBatches, transposeA, transposeB } = spec;
  const isRow = m === 1;
  const rows = isRow ? n : m;
  const [matrixRow, matrixDepth] = isRow ? (transposeB ? [k, 1] : [1, n]) : transposeA ? [1, m] : [k, 1];
  const gpu = traits.kind === 'gpu';
  const [group, threads] = gpu ? [64, matrixDepth === 1 && k >= 32 ? 32 : 1] : [8, 1];
  const tiles = batch * Math.ceil(rows / (4 * (group / threads)));
  const { slice, slices } = splitDepth(k, tiles, gpu ? 128 : 4, 128, mostSlices(spec, traits));
  const workgroups = grid(tiles * slices, traits);
  const params = {
    batch,
    rows,
    depth: k,
    matrices: isRow ? bBatches : aBatches,
    matrixRow,
    matrixDepth,
    vectors: isRow ? aBatches : bBatches,
    slice,
    slices,
    gridX: workgroups[0],
  };
  const constants = { GROUP: group, THREADS: threads };
  const product: Launch = { shader: matvec, entry: 'whole', params, constants, workgroups, bind: {}, flops: 2 * batch * rows * k };
  return finish(product, { matrix: { input: isRow ? 1 : 0 }, vector: { input: isRow ? 0 : 1 } }, slices, batch * rows, traits);
}

/** Tiles from which on the larger ones fill a GPU too; each value that they read feeds twice as many multiplications. */
const MANY_TILES = 128;

function lowerTiled(spec: MatmulSpec, traits: DeviceTraits): Launch[] {
  const { batch, m, n, k, aBatches, bBatches, transposeA, transposeB } = spec;
  const tilesOf = (size: number) => batch * Math.ceil(m / size) * Math.ceil(n / size);
  const span = traits.kind === 'gpu' && Math.min(m, n) >= 128 && tilesOf(128) >= MANY_TILES ? 8 : 4;
  const tiles = tilesOf(16 * span);
  const { slice, slices } = splitDepth(k, tiles, traits.kind === 'gpu' ? 128 : 4, 128, mostSlices(spec, traits));
  const workgroups = grid(tiles * slices, traits);
  const params = {
    batch,
    rows: m,
    columns: n,
    depth: k,
    leftBatches: aBatches,
    leftRow: transposeA ? 1 : k,
    leftDepth: transposeA ? m : 1,
    rightBatches: bBatches,
    rightDepth: transposeB ? 1 : n,
    rightColumn: transposeB ? k : 1,
    slice,
    slices,
    gridX: workgroups[0],
  };
  const product: Launch = {
    shader: matmul,
    entry: 'whole',
    params,
    constants: { SPAN: span },
    workgroups,
    bind: {},
    flops: 2 * batch * m * n * k,
  };
  return finish(product, { left: { input: 0 }, right: { input: 1 } }, slices, batch * m * n, traits);
}

function lowerLanes(spec: MatmulSpec, traits: DeviceTraits): Launch[] {
  const { batch, m, n, k, aBatches, bBatches, transposeA, transposeB } = spec;
  const lanes = lanesOf(traits);
  const flops = 2 * batch * m * n * k;
  const a = { batches: aBatches, outer: transposeA ? 1 : k, depth: transposeA ? m : 1 };
  const b = { batches: bBatches, outer: transposeB ? k : 1, depth: transposeB ? 1 : n };
  // The lanes run along the axis that wastes fewer of them.
  const straight = laneShape(m, n, lanes, flops);
  const swapped = laneShape(n, m, lanes, flops);
  const swap = swapped.cost < straight.cost;
  const [rows, columns, left, right, shape] = swap ? [n, m, b, a, swapped] : [m, n, a, b, straight];
  const tiles = batch * shape.tiles;
  const { slice, slices } = splitDepth(k, tiles, 8, 64, mostSlices(spec, traits));
  const workgroups = grid(tiles * slices, traits);
  const params = {
    batch,
    rows,
    columns,
    depth: k,
    leftBatches: left.batches,
    leftRow: left.outer,
    leftDepth: left.depth,
    rightBatches: right.batches,
    rightDepth: right.depth,
    rightColumn: right.outer,
    yRow: swap ? 1 : n,
    yColumn: swap ? n : 1,
    slice,
    slices,
    gridX: workgroups[0],
  };
  const constants = { ROWS: shape.rows, COLUMNS: shape.columns, LANE_COUNT: shape.lanes, LANES: lanes };
  const product: Launch = { shader: matmulLanes, entry: 'whole', params, constants, workgroups, bind: {}, flops };
  return finish(product, { left: { input: swap ? 1 : 0 }, right: { input: swap ? 0 : 1 } }, slices, batch * m * n, traits);
}

/** Operations of a product that repays a longer compilation on a CPU adapter. */
export const LARGE = 5e7;

/**
 * The tile of a thread in the kernel for CPU adapters: rows a multiple of 4, 1, 2 or 4 columns, and the lanes of a workgroup. 16 rows are a
 * third faster than 8 and take twice as long to compile (0.3 s on lavapipe), so only large products get them. Cost counts loads, where
 * `shared` lanes load rows for each other.
 */
function laneShape(rowCount: number, columnCount: number, shared: number, flops: number) {
  const rowTiles = Math.ceil(rowCount / (flops > LARGE ? 16 : 8));
  const rows = Math.ceil(rowCount / rowTiles / 4) * 4;
  const columns = columnCount > 16 ? 4 : columnCount > 8 ? 2 : 1;
  const lanes = columnCount >= 512 ? 32 : 8;
  const tiles = rowTiles * Math.ceil(columnCount / (lanes * columns));
  return { rows, columns, lanes, tiles, cost: tiles * lanes * (columns + rows / shared) };
}

type Operands = Readonly<Record<string, Operand>>;

/** Binds a product's output, or scratch and a second launch that adds up the slices. */
export function finish(product: Launch, operands: Operands, slices: number, length: number, traits: DeviceTraits): Launch[] {
  if (slices === 1) return [{ ...product, bind: { ...operands, y: 'output' }, epilogue: true }];
  const sums = slicesScratch(slices, length);
  return [{ ...product, entry: 'partial', bind: { ...operands, sums } }, reduceLaunch(sums, slices, length, traits)];
}
