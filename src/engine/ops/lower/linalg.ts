import cholesky from '../../../../shaders/cholesky.wgsl';
import lu from '../../../../shaders/lu.wgsl';
import triangular from '../../../../shaders/triangular.wgsl';
import type { DeviceTraits, Launch, Operand, Shader } from '../kernel.ts';
import { grid } from './grid.ts';

export interface MatrixSpec {
  readonly batch: number;
  /** Rows and columns of each matrix. */
  readonly n: number;
}

export interface SolveSpec extends MatrixSpec {
  /** Columns of the right-hand side. */
  readonly columns: number;
}

export interface TriangularSpec extends SolveSpec {
  readonly upper: boolean;
  readonly transposed: boolean;
  readonly unit: boolean;
}

/** x → its lower Cholesky factor. */
export function lowerCholesky(spec: MatrixSpec, traits: DeviceTraits): Launch[] {
  const { batch, n } = spec;
  return matrixLaunch(cholesky, 'forward', spec, { batch, n }, { x: { input: 0 }, y: 'output' }, (batch * n ** 3) / 3, traits);
}

/** Inputs a and b; the output is a⁻¹·b. */
export function lowerSolve(spec: SolveSpec, traits: DeviceTraits): Launch[] {
  const { batch, n, columns } = spec;
  const scratch = { scratch: 0, bytes: 4 * batch * n * (n + columns) };
  const bind = { a: { input: 0 }, b: { input: 1 }, lu: scratch, y: 'output' } as const;
  const flops = batch * ((2 * n ** 3) / 3 + 2 * n ** 2 * columns);
  return columns === 0 ? [] : matrixLaunch(lu, 'solve', spec, { batch, n, columns }, bind, flops, traits);
}

/** a → [batch, 3]: determinant, its sign, the logarithm of its absolute value. */
export function lowerDeterminant(spec: MatrixSpec, traits: DeviceTraits): Launch[] {
  const { batch, n } = spec;
  const bind = { a: { input: 0 }, lu: { scratch: 0, bytes: 4 * batch * n * n }, y: 'output' } as const;
  return matrixLaunch(lu, 'determinant', spec, { batch, n, columns: 0 }, bind, (2 * batch * n ** 3) / 3, traits);
}

/** Inputs a, triangular, and b; the output is a⁻¹·b, or (aᵀ)⁻¹·b. */
export function lowerTriangular(spec: TriangularSpec, traits: DeviceTraits): Launch[] {
  const { batch, n, columns, upper, transposed, unit } = spec;
  if (batch * n * columns === 0) return [];
  const group = traits.kind === 'cpu' ? 8 : 64;
  const workgroups = grid(Math.ceil((batch * columns) / group), traits);
  return [
    {
      shader: triangular,
      entry: 'solve',
      params: { batch, n, columns, gridX: workgroups[0] },
      constants: { GROUP: group, UPPER: upper, TRANSPOSED: transposed, UNIT: unit },
      workgroups,
      bind: { a: { input: 0 }, b: { input: 1 }, y: 'output' },
      flops: batch * n * n * columns,
    },
  ];
}

function matrixLaunch(
  shader: Shader,
  entry: string,
  { batch, n }: MatrixSpec,
  params: Readonly<Record<string, number>>,
  bind: Readonly<Record<string, Operand>>,
  flops: number,
  traits: DeviceTraits,
): Launch[] {
  if (batch * n === 0) return [];
  // CPU adapters pay for barriers: a thread a matrix, once there are enough to fill the lanes.
  const alone = n <= 8 || (traits.kind === 'cpu' && batch >= 8);
  const [group, threads] = alone ? [traits.kind === 'cpu' ? 8 : 64, 1] : [32, 32];
  const workgroups = grid(Math.ceil(batch / (group / threads)), traits);
  const constants = { GROUP: group, THREADS: threads };
  return [{ shader, entry, params: { ...params, gridX: workgroups[0] }, constants, workgroups, bind, flops }];
}
