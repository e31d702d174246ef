// Adafactor's update: second moments of matrices by their rows and columns alone, for all tensors at once.
import adafactor from '../../../shaders/adafactor.wgsl';
import { type Shape, sizeOf } from '../../engine/graph/shape.ts';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { tensor } from '../../engine/ops/create.ts';
import type { DeviceTraits, Launch, Scratch } from '../../engine/ops/kernel.ts';
import { grid } from '../../engine/ops/lower/grid.ts';
import type { KernelOp } from '../../engine/ops/op.ts';
import { type UpdateInputs, updateInPlace } from './update.ts';
import { combineLaunch, type Piece, partialSums, type SegmentTables, segmentTables } from './updateTensors.ts';

/** How many values are kept: one a row and one a column of each matrix, and one an element of other tensors. */
export interface FactorLengths {
  readonly rows: number;
  readonly columns: number;
  readonly elements: number;
}

/** A tensor of two dimensions or more is a stack of matrices. */
function matricesOf(shape: Shape): { count: number; rows: number; columns: number } | undefined {
  if (shape.length < 2 || sizeOf(shape) === 0) return undefined;
  const [rows, columns] = shape.slice(-2);
  return { count: sizeOf(shape.slice(0, -2)), rows, columns };
}

export function factorLengths(shapes: readonly Shape[]): FactorLengths {
  const total = { rows: 0, columns: 0, elements: 0 };
  for (const shape of shapes) {
    const stack = matricesOf(shape);
    total.rows += stack ? stack.count * stack.rows : 0;
    total.columns += stack ? stack.count * stack.columns : 0;
    total.elements += stack ? 0 : sizeOf(shape);
  }
  return total;
}

/** The tables that adafactor.wgsl describes. */
export interface AdafactorTables extends SegmentTables {
  readonly axes: Tensor;
  readonly tiles: Tensor;
  readonly matrices: Tensor;
  readonly shapes: Tensor;
}

/** Terms that one invocation adds up. */
const SLICE = 512;

/** For an arena of `length` elements of parameters, then row factors, column factors and squares kept whole; only of what is trained. */
export function adafactorTables(
  pieces: readonly (Piece & { readonly shape: Shape; readonly trained: boolean })[],
  length: number,
): AdafactorTables {
  const lengths = factorLengths(pieces.map(({ shape }) => shape));
  let rowsAt = length;
  let columnsAt = rowsAt + lengths.rows;
  let elementsAt = columnsAt + lengths.columns;
  const [axes, tiles, matrices, shapes]: number[][] = [[], [], [], []];
  /** `inner` factors of each matrix: the n-th stands n·innerStride behind its first element, its terms `step` apart. */
  const addAxis = (
    first: number,
    row: number,
    place: number,
    count: number,
    inner: number,
    innerStride: number,
    step: number,
    terms: number,
  ) => {
    const factors = count * inner;
    const [across, slices] = [Math.ceil(factors / 64), Math.ceil(terms / SLICE)];
    for (let i = 0; i < slices * across; i++) tiles.push(axes.length / 11, (i % across) * 64, Math.floor(i / across));
    axes.push(first, inner, inner * terms, innerStride, step, terms, factors, place, across, slices, row);
  };
  for (const { offset, size, row, shape, trained } of pieces) {
    const stack = matricesOf(shape);
    if (!stack) {
      if (trained) shapes.push(offset, size, 0, 0, elementsAt, 0, 0);
      elementsAt += size;
      continue;
    }
    const { count, rows, columns } = stack;
    if (trained) {
      shapes.push(offset, size, rows, columns, rowsAt, columnsAt, matrices.length / 2);
      for (let i = 0; i < count; i++) matrices.push(rowsAt + i * rows, rows);
      addAxis(offset, row, rowsAt, count, rows, columns, 1, columns);
      addAxis(offset, row, columnsAt, count, columns, 1, columns, rows);
    }
    rowsAt += count * rows;
    columnsAt += count * columns;
  }
  const table = (values: readonly number[], fields: number) => tensor(Uint32Array.from(values), [values.length / fields, fields]);
  return {
    ...segmentTables(pieces.filter(({ trained }) => trained)),
    axes: table(axes, 11),
    tiles: table(tiles, 3),
    matrices: table(matrices, 2),
    shapes: table(shapes, 7),
  };
}

const adafactorOp: KernelOp = { name: 'adafactor', kind: 'kernel', inPlace: 0, lower: lowerAdafactor };

function lowerAdafactor(node: Tensor, traits: DeviceTraits): Launch[] {
  const [tensors, tileCount, matrixCount, segmentCount] = [6, 8, 9, 5].map((input) => node.inputs[input].shape[0]);
  const scratch = (key: number, elements: number): Scratch => ({ scratch: key, bytes: 4 * elements });
  const slices = scratch(0, 64 * tileCount);
  const means = scratch(1, matrixCount);
  const partials = partialSums(2, segmentCount);
  const sums = scratch(3, 2 * tensors);
  const threads = traits.kind === 'cpu' ? 1 : 64;
  const launch = (entry: string, workgroups: number, bind: Launch['bind']): Launch => ({
    shader: adafactor,
    entry,
    params: { tiles: tileCount, matrices: matrixCount, segments: segmentCount, slice: SLICE },
    constants: { THREADS: threads },
    workgroups: grid(workgroups, traits),
    bind: { dw: { input: 1 }, rates: { input: 2 }, scale: { input: 3 }, arena: 'output', ...bind },
  });
  const [segments, axes, tiles, matrices, shapes] = [5, 7, 8, 9, 10].map((input) => ({ input }));
  const ofFactors = [
    launch('parts', tileCount, { axes, tiles, slices }),
    launch('factors', tileCount, { axes, tiles, slicesIn: slices }),
    launch('rowMeans', Math.ceil((matrixCount * threads) / 64), { matrices, means }),
  ];
  return [
    ...(tileCount > 0 ? ofFactors : []),
    launch('estimate', segmentCount, { segments, shapes, meansIn: means, partials }),
    combineLaunch(partials, sums, { input: 6 }, tensors, traits),
    launch('update', segmentCount, { segments, shapes, meansIn: means, sums }),
  ];
}

/** Moves the parameters, in six dispatches; three where no tensor has two dimensions. */
export function updateAdafactor(inputs: UpdateInputs, { segments, tensors, axes, tiles, matrices, shapes }: AdafactorTables): void {
  updateInPlace(adafactorOp, inputs, [segments, tensors, axes, tiles, matrices, shapes], {});
}
