// Weights that are computed anew from other states each time a module reads them, as torch.nn.utils.parametrizations.
import { expectKind, expectOptions, notNegative, positive, whole } from '../engine/graph/arguments.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import { normalizeAxis } from '../engine/graph/shape.ts';
import { State, type Tensor } from '../engine/graph/tensor.ts';
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from './conv.ts';
import * as init from './init.ts';
import { Module, Parameter } from './module.ts';

/** Computes one weight of another module. */
abstract class Parametrization extends Module {
  abstract override forward(): Tensor;
}

/** Holds the parametrised weights of a module by their names. */
class Parametrizations extends Module {
  readonly [name: string]: unknown;

  override forward(): never {
    throw new TilegradError('parametrizations: expected their weights to be read, got a call');
  }
}

interface Parametrized {
  parametrizations?: Parametrizations;
}

const aName = { words: 'a name', holds: (value: unknown) => typeof value === 'string' };

/** Puts what `make` computes in the place of a parameter. States appear as `parametrizations.<name>.…`. */
function parametrize<M extends Module>(op: string, module: M, name: string, make: (original: Parameter) => Parametrization): M {
  expectKind(op, 'module', module, { words: 'a module', holds: (value) => value instanceof Module });
  const original = (module as Readonly<Record<string, unknown>>)[name];
  if (!(original instanceof Parameter)) throw new TilegradError(`${op}: expected a parameter, got no such one as ${name}`);
  const made = make(original);
  const holder = module as Parametrized;
  holder.parametrizations ??= new Parametrizations();
  Object.assign(holder.parametrizations, { [name]: made });
  // Not enumerable: the value is no state of the module.
  // By `this`, so that a copy of the module computes it from its own states.
  const get = function (this: Parametrized): unknown {
    return (this.parametrizations as unknown as Record<string, Parametrization>)[name].forward();
  };
  Object.defineProperty(module, name, { get, enumerable: false, configurable: true });
  return module;
}

/** All dimensions but one, over which the length of that one's vectors is taken. */
const others = (x: Tensor, dim: number): number[] => x.shape.flatMap((_, axis) => (axis === dim ? [] : [axis]));
const lengths = (x: Tensor, dim: number): Tensor => x.square().sum(others(x, dim), { keepDims: true }).sqrt();

class WeightNorm extends Parametrization {
  /** Lengths g. */
  readonly original0: Parameter;
  /** Directions v. */
  readonly original1: Parameter;

  constructor(
    original: Parameter,
    private readonly dim: number,
  ) {
    super();
    const shape = original.shape.map((size, axis) => (axis === dim ? size : 1));
    this.original0 = new Parameter('original0', shape, 'f32');
    this.original1 = original;
    this.original0.assign(lengths(original, dim));
  }

  override forward(): Tensor {
    return this.original1.mul(this.original0.div(lengths(this.original1, this.dim)));
  }
}

/**
 * Trains length and direction of a module's weight apart: w = g·v/‖v‖ (Salimans & Kingma, arXiv 1602.07868), the length taken over all dimensions
 * but `dim`. The states are `parametrizations.weight.original0` (g) and `original1` (v). Make it before the optimiser.
 * @throws TilegradError when the module has no such parameter
 */
export function weightNorm<M extends Module>(module: M, options: { readonly name?: string; readonly dim?: number } = {}): M {
  expectOptions('weightNorm', options, { name: aName, dim: whole });
  const { name = 'weight', dim = 0 } = options;
  return parametrize('weightNorm', module, name, (original) => new WeightNorm(original, normalizeAxis('weightNorm', dim, original.rank)));
}

export interface SpectralNormOptions {
  readonly name?: string;
  /** Steps of power iteration at each reading of the weight in training. Default 1. */
  readonly nPowerIterations?: number;
  readonly eps?: number;
  /** The dimension of the outputs. Default 0, of a transposed convolution 1. */
  readonly dim?: number;
}

/** Steps of power iteration at the start. */
const FIRST_ITERATIONS = 15;

class SpectralNorm extends Parametrization {
  static override readonly statePaths = { u: '0._u', v: '0._v' };

  /** The singular vectors of the largest singular value, as far as they are known. */
  readonly u: State;
  readonly v: State;

  constructor(
    readonly original: Parameter,
    private readonly options: Required<Omit<SpectralNormOptions, 'name'>>,
  ) {
    super();
    const rows = original.shape[options.dim];
    const columns = original.size / rows;
    this.u = new State('u', [rows], 'f32', init.normal()([rows]));
    this.v = new State('v', [columns], 'f32', init.normal()([columns]));
    this.iterate(FIRST_ITERATIONS);
  }

  /** The weight as [outputs, everything else]. */
  private get matrix(): Tensor {
    const { original, options } = this;
    return original.permute([options.dim, ...others(original, options.dim)]).reshape([this.u.size, this.v.size]);
  }

  private iterate(steps: number): void {
    const matrix = this.matrix.stopGradient();
    const unit = (x: Tensor) => x.div(x.square().sum().sqrt().maximum(this.options.eps));
    let [u, v]: Tensor[] = [this.u, this.v];
    for (let i = 0; i < steps; i++) {
      u = unit(matrix.matmul(v));
      v = unit(matrix.transpose().matmul(u));
    }
    this.u.assign(u);
    this.v.assign(v);
  }

  override forward(): Tensor {
    if (this.training) this.iterate(this.options.nPowerIterations);
    const sigma = this.u.stopGradient().mul(this.matrix.matmul(this.v.stopGradient())).sum();
    return this.original.div(sigma);
  }
}

/**
 * Divides a module's weight by its largest singular value, which power iteration follows (Miyato et al., arXiv 1802.05957). In training each reading of
 * the weight makes `nPowerIterations` steps. The states are `parametrizations.weight.original`, `0._u` and `0._v`. Make it before the optimiser.
 * @throws TilegradError when the module has no such parameter, or nPowerIterations isn't a positive whole number
 */
export function spectralNorm<M extends Module>(module: M, options: SpectralNormOptions = {}): M {
  expectOptions('spectralNorm', options, { name: aName, nPowerIterations: positive, eps: notNegative, dim: whole });
  const transposed = module instanceof ConvTranspose1d || module instanceof ConvTranspose2d || module instanceof ConvTranspose3d;
  const { name = 'weight', nPowerIterations = 1, eps = 1e-12, dim = transposed ? 1 : 0 } = options;
  return parametrize('spectralNorm', module, name, (original) => {
    const axis = normalizeAxis('spectralNorm', dim, original.rank);
    return new SpectralNorm(original, { nPowerIterations, eps, dim: axis });
  });
}
