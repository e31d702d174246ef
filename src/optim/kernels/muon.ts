// Muon's update: momentum, then the nearest semi-orthogonal matrix by Newton–Schulz iterations, for all matrices at once.
import muon from '../../../shaders/muon.wgsl';
import newtonSchulz from '../../../shaders/newtonSchulz.wgsl';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { tensor } from '../../engine/ops/create.ts';
import type { DeviceTraits, Launch, Operand, Scratch } from '../../engine/ops/kernel.ts';
import { grid } from '../../engine/ops/lower/grid.ts';
import type { KernelOp, Node } from '../../engine/ops/op.ts';
import { type UpdateInputs, updateInPlace } from './update.ts';
import { combineLaunch, type Piece, partialSums, type SegmentTables, segmentTables } from './updateTensors.ts';

export interface MatrixPiece extends Piece {
  readonly rows: number;
  readonly columns: number;
}

/** What does not change from step to step. */
export interface MuonForm {
  readonly nesterov: boolean;
  readonly matchAdamW: boolean;
  /** Iterations, and the coefficients a, b, c of x ← a·x + (b·A + c·A²)·x with A = x·xᵀ. */
  readonly steps: number;
  readonly coefficients: readonly [number, number, number];
}

export interface MuonTables extends SegmentTables {
  /** [matrices, 4]: rows, columns, first element among the matrices, first element among their Gram matrices. */
  readonly matrices: Tensor;
  /** [tiles, 3]: matrix, row and column of 64 × 64 outputs, for square results and for those of the matrices' own shape. */
  readonly squareTiles: Tensor;
  readonly wholeTiles: Tensor;
  /** Elements of all Gram matrices. */
  readonly gramLength: number;
}

const TILE = 64;

/** For matrices that take up the arena from element `first` on. */
export function muonTables(pieces: readonly MatrixPiece[], first: number): MuonTables {
  const [matrices, square, whole]: number[][] = [[], [], []];
  let gram = 0;
  pieces.forEach(({ rows, columns, offset }, i) => {
    const [short, long] = [Math.min(rows, columns), Math.max(rows, columns)];
    matrices.push(rows, columns, offset - first, gram);
    gram += short * short;
    for (let row = 0; row < short; row += TILE) {
      for (let column = 0; column < short; column += TILE) square.push(i, row, column);
      for (let column = 0; column < long; column += TILE) whole.push(i, row, column);
    }
  });
  const table = (values: readonly number[], fields: number) => tensor(Uint32Array.from(values), [values.length / fields, fields]);
  return {
    ...segmentTables(pieces),
    matrices: table(matrices, 4),
    squareTiles: table(square, 3),
    wholeTiles: table(whole, 3),
    gramLength: gram,
  };
}

interface MuonAttrs extends MuonForm {
  readonly first: number;
  readonly gramLength: number;
}

const muonOp: KernelOp<MuonAttrs> = { name: 'muon', kind: 'kernel', inPlace: 0, lower: lowerMuon };

function lowerMuon(node: Node<MuonAttrs>, traits: DeviceTraits): Launch[] {
  const [, gradients, , , , segments, tensors, matrices] = node.inputs;
  const { first, gramLength, steps, coefficients, nesterov, matchAdamW } = node.attrs;
  const [count, matrixCount] = [segments.shape[0], matrices.shape[0]];
  const length = gradients.size - first;
  const partials = partialSums(0, count);
  const scratch = (key: number, elements: number): Scratch => ({ scratch: key, bytes: 4 * elements });
  const sums = scratch(1, 2 * matrixCount);
  const [square, polynomial] = [scratch(2, gramLength), scratch(3, gramLength)];
  const wholes = [scratch(4, length), scratch(5, length)];
  const workgroups = grid(count, traits);
  const elements = (entry: string, bind: Launch['bind']): Launch => ({
    shader: muon,
    entry,
    params: { count: gradients.size, first, segments: count, gridX: workgroups[0] },
    constants: { NESTEROV: nesterov, MATCH_ADAMW: matchAdamW },
    workgroups,
    bind: { rates: { input: 2 }, segments: { input: 5 }, ...bind },
  });
  const product = (
    form: number,
    tiles: { readonly input: number },
    a: number,
    c: number,
    x: Operand,
    left: Operand,
    y: Operand,
  ): Launch => {
    const tileCount = node.inputs[tiles.input].shape[0];
    const folded = grid(tileCount, traits);
    return {
      shader: newtonSchulz,
      entry: traits.kind === 'cpu' ? 'lanes' : 'tiled',
      params: { form, a, c, tiles: tileCount, gridX: folded[0] },
      workgroups: folded,
      bind: { matrices: { input: 7 }, tiles, x, square: left, y },
    };
  };
  const [a, b, c] = coefficients;
  const iterations = Array.from({ length: steps }, (_, i) => {
    const [x, next] = [wholes[i % 2], wholes[(i + 1) % 2]];
    return [
      product(0, { input: 8 }, 0, 1, x, x, square),
      product(1, { input: 8 }, b, c, square, square, polynomial),
      product(2, { input: 9 }, a, 1, x, polynomial, next),
    ];
  });
  return [
    elements('momentum', { dw: { input: 1 }, scale: { input: 3 }, arena: 'output', partials, x: wholes[0] }),
    combineLaunch(partials, sums, { input: 6 }, tensors.shape[0], traits),
    elements('normalize', { sums, x: wholes[0] }),
    ...iterations.flat(),
    elements('update', { arena: 'output', orthogonal: wholes[steps % 2], matrices: { input: 7 } }),
  ];
}

/** Moves the matrices, which stand in the arena from element `first` on: 4 + 3·steps dispatches. */
export function updateMuon(inputs: UpdateInputs, first: number, tables: MuonTables, form: MuonForm): void {
  const { segments, tensors, matrices, squareTiles, wholeTiles, gramLength } = tables;
  updateInPlace(muonOp, inputs, [segments, tensors, matrices, squareTiles, wholeTiles], { first, gramLength, ...form });
}
