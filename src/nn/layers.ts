import { aBoolean, aFunction, positive, showValue, unitInterval, whole } from '../engine/graph/arguments.ts';
import { ShapeError, TilegradError } from '../engine/graph/errors.ts';
import { normalizeAxis, showShape } from '../engine/graph/shape.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { alphaDropout, dropout, dropout2d } from '../engine/ops/dropout.ts';
import { embedding } from '../engine/ops/indexing.ts';
import { unchanged } from '../engine/ops/movement.ts';
import { affineLayer, anInitializer, expectCall } from './check.ts';
import { startOf } from './deferred.ts';
import * as init from './init.ts';
import { Module, Parameter } from './module.ts';

/** Modules one after another. */
export class Sequential extends Module {
  /** Named by place, as PyTorch does: `0.weight`. */
  readonly [place: number]: Module;
  private readonly count: number;

  constructor(...modules: Module[]) {
    super();
    const strange = modules.find((module) => !(module instanceof Module));
    if (strange !== undefined || modules.includes(undefined as never)) {
      throw new TilegradError(`Sequential: expected modules one after another, got ${showValue(strange)}`);
    }
    this.count = modules.length;
    Object.assign(this, modules);
  }

  get modules(): Module[] {
    return Array.from({ length: this.count }, (_, place) => this[place]);
  }

  override forward(x: Tensor): Tensor {
    return this.modules.reduce((value, module) => module.forward(value) as Tensor, x);
  }
}

/** y = x·Wᵀ + b over the last dimension; weight [out, in], bias [out], as torch.nn.Linear. */
export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: { readonly bias?: boolean; readonly weight?: init.Initializer } = {},
    ...more: never[]
  ) {
    super();
    expectCall('Linear', [inFeatures, outFeatures, options, ...more], {
      inFeatures: positive,
      outFeatures: positive,
      options: affineLayer,
    });
    const { bias = true, weight = init.kaimingUniform(Math.sqrt(5)) } = options;
    const shape = [outFeatures, inFeatures];
    this.weight = new Parameter('weight', shape, 'f32', startOf(weight, shape));
    this.bias = bias ? new Parameter('bias', [outFeatures], 'f32', startOf(init.fanInUniform(inFeatures), [outFeatures])) : undefined;
  }

  override forward(x: Tensor): Tensor {
    if (x.shape[x.rank - 1] !== this.inFeatures) {
      throw new ShapeError(
        `Linear: expected [.., ${this.inFeatures}], got ${showShape(x.shape)} for a weight of ${showShape(this.weight.shape)}`,
      );
    }
    const product = x.matmul(this.weight.transpose());
    return this.bias ? product.add(this.bias) : product;
  }
}

/** Rows of a table by index: weight [rows, width]. The row `paddingIdx` begins as zeros and isn't trained. */
export class Embedding extends Module {
  readonly weight: Parameter;
  private readonly paddingIdx: number | undefined;

  constructor(
    rows: number,
    width: number,
    options: { readonly weight?: init.Initializer; readonly paddingIdx?: number } = {},
    ...more: never[]
  ) {
    super();
    const kinds = { weight: anInitializer, paddingIdx: whole };
    expectCall('Embedding', [rows, width, options, ...more], { rows: positive, width: positive, options: kinds });
    const { weight = init.normal(), paddingIdx } = options;
    const start = startOf(weight, [rows, width]);
    const padding = paddingIdx === undefined ? undefined : normalizeAxis('Embedding', paddingIdx, rows);
    this.paddingIdx = padding;
    const padded = (values: Float32Array) => (padding === undefined ? values : values.fill(0, padding * width, (padding + 1) * width));
    this.weight = new Parameter('weight', [rows, width], 'f32', typeof start === 'function' ? () => padded(start()) : padded(start));
  }

  override forward(indices: Tensor): Tensor {
    return embedding(this.weight, indices, this.paddingIdx === undefined ? {} : { paddingIdx: this.paddingIdx });
  }
}

/** Drops values in training; `always` keeps dropping afterwards (Monte Carlo dropout, arXiv 1506.02142). */
export class Dropout extends Module {
  constructor(
    readonly p = 0.5,
    private readonly options: { readonly always?: boolean } = {},
    ...more: never[]
  ) {
    super();
    expectCall('Dropout', [p, options, ...more], { p: unitInterval, options: { always: aBoolean } });
  }

  override forward(x: Tensor): Tensor {
    return this.options.always || this.training ? dropout(x, this.p) : unchanged(x);
  }
}

/** Drops whole channels in training: x [n, channels, ..]. */
export class Dropout2d extends Module {
  constructor(
    readonly p = 0.5,
    ...more: never[]
  ) {
    super();
    expectCall('Dropout2d', [p, ...more], { p: unitInterval });
  }

  override forward(x: Tensor): Tensor {
    return this.training ? dropout2d(x, this.p) : unchanged(x);
  }
}

/** Dropout for networks of SELU: mean and variance stay. */
export class AlphaDropout extends Module {
  constructor(
    readonly p = 0.5,
    ...more: never[]
  ) {
    super();
    expectCall('AlphaDropout', [p, ...more], { p: unitInterval });
  }

  override forward(x: Tensor): Tensor {
    return this.training ? alphaDropout(x, this.p) : unchanged(x);
  }
}

/** [n, a, b, ..] → [n, a·b·..]. */
export class Flatten extends Module {
  constructor(...more: never[]) {
    super();
    expectCall('Flatten', more, {});
  }

  override forward(x: Tensor): Tensor {
    if (x.rank === 0) throw new ShapeError('Flatten: expected [batch, ..], got []');
    return x.reshape([x.shape[0], x.size / Math.max(1, x.shape[0])]);
  }
}

/** A function of one tensor as a module. */
export class Lambda extends Module {
  constructor(
    private readonly apply: (x: Tensor) => Tensor,
    ...more: never[]
  ) {
    super();
    expectCall('Lambda', [apply, ...more], { apply: aFunction });
  }

  override forward(x: Tensor): Tensor {
    return this.apply(x);
  }
}
