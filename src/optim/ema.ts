import { flushAssignments } from '../engine/executor/evaluate.ts';
import { expectKind } from '../engine/graph/arguments.ts';
import { ShapeError } from '../engine/graph/errors.ts';
import { sameShape } from '../engine/graph/shape.ts';
import { State } from '../engine/graph/tensor.ts';
import { reshape, slice } from '../engine/ops/movement.ts';
import type { Parameter } from '../nn/module.ts';
import { settle } from './check.ts';
import { Optimizer } from './optimizer.ts';

/**
 * Exponential moving average of all parameters of an optimiser (Polyak & Juditsky, 1992): average = decay·average + (1 − decay)·w, from the
 * parameters as they were when this was made. One dispatch. torch.optim.swa_utils.get_ema_multi_avg_fn.
 */
export class EMA {
  private readonly average: State;
  private readonly decay: number;

  /** @param options.decay what stays of the average in an update; default 0.999. */
  constructor(
    private readonly optimizer: Optimizer,
    options: { readonly decay?: number } = {},
  ) {
    expectKind('EMA', 'optimizer', optimizer, { words: 'an optimiser', holds: (value) => value instanceof Optimizer });
    this.decay = settle('EMA', options, { decay: 0.999 }).decay;
    this.average = new State('average', [optimizer.layout.length], 'f32');
    this.average.assign(optimizer.packed());
    flushAssignments();
  }

  /** Takes the parameters in; call it after the optimiser's step. In a compiled function this happens in every execution. */
  update(): void {
    const { average } = this;
    average.assign(
      average.add(
        this.optimizer
          .packed()
          .sub(average)
          .mul(1 - this.decay),
      ),
    );
  }

  /**
   * Assigns the averages to these parameters, in the order of the optimiser's own: those of a second model, to be evaluated.
   * @throws ShapeError when they differ from the optimiser's.
   */
  copyTo(parameters: readonly Parameter[]): void {
    const { parameters: own, layout } = this.optimizer;
    if (parameters.length !== own.length || !own.every(({ shape }, i) => sameShape(shape, parameters[i].shape))) {
      throw new ShapeError('EMA.copyTo: expected parameters of the shapes that the optimiser trains');
    }
    parameters.forEach((parameter, i) => {
      const begin = layout.offsets[i];
      parameter.assign(reshape(slice(this.average, [[begin, begin + parameter.size]]), parameter.shape));
    });
  }

  /** The averages, to be saved. */
  async state(): Promise<Float32Array> {
    return (await this.average.data()) as Float32Array;
  }

  /** Takes over saved averages. @throws ShapeError when their number is wrong. */
  restore(average: Float32Array): void {
    this.average.set(average);
  }
}
