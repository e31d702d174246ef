import { settle } from './check.ts';
import { adafactorTables, factorLengths, updateAdafactor } from './kernels/adafactor.ts';
import type { UpdateInputs } from './kernels/update.ts';
import { type ClipOptions, type GroupOptions, NO_CLIPPING, Optimizer, perTrained, type Trained } from './optimizer.ts';

export interface AdafactorGroup extends GroupOptions {
  /** Share of the newest squares in the means: t^beta2Decay. Default -0.8. */
  beta2Decay: number;
  /** Smallest root of a second moment, and smallest RMS that a parameter counts with. Default [2⁻²³, 1e-3]. */
  eps: readonly [number, number];
  /** Largest RMS of a step before the rate. Default 1. */
  d: number;
  /** Decoupled: w −= lr·weightDecay·w. Default 0. */
  weightDecay: number;
}

const ADAFACTOR: AdafactorGroup = { lr: 1e-2, beta2Decay: -0.8, eps: [2 ** -23, 1e-3], d: 1, weightDecay: 0 };

/**
 * Adafactor (Shazeer & Stern, arXiv 1804.04235): of a matrix it keeps one second moment a row and one a column; of other tensors each
 * element's. Tensors of more dimensions count as stacks of matrices.
 *
 * γ = t^beta2Decay; R += γ·(mean of dw² along rows − R); C += γ·(mean of dw² along columns − C); V = R·Cᵀ / max(mean(R), ε₁), of
 * vectors V += γ·(dw² − V); u = dw / √max(V, ε₁²); w = (1 − lr·weightDecay)·w − max(ε₂, RMS(w))·min(lr, 1/√t) / max(1, RMS(u) / d)·u.
 *
 * torch.optim.Adafactor, with its defaults: rate 1e-2. Six dispatches.
 */
export class Adafactor extends Optimizer<AdafactorGroup> {
  private readonly tables = perTrained((trained) => {
    const { offsets, rateRows, length } = this.layout;
    const pieces = this.parameters.map(({ size, shape }, i) => ({
      offset: offsets[i],
      size,
      shape,
      row: rateRows[i],
      trained: trained.includes(i),
    }));
    return adafactorTables(pieces, length);
  });

  constructor(params: Trained<AdafactorGroup>, options: Partial<AdafactorGroup> & ClipOptions = {}) {
    const { clipNorm, clipValue, ...defaults } = settle('Adafactor', options, { ...ADAFACTOR, ...NO_CLIPPING });
    super(params, {
      kind: 'Adafactor',
      defaults,
      kept: [],
      more: (shapes) => {
        const { rows, columns, elements } = factorLengths(shapes);
        return [
          { name: 'rowVar', length: rows },
          { name: 'colVar', length: columns },
          { name: 'variance', length: elements },
        ];
      },
      clipNorm,
      clipValue,
    });
  }

  protected override rates({ beta2Decay, eps, d, weightDecay }: AdafactorGroup, lr: number, step: number): number[] {
    return [lr, Math.min(lr, 1 / Math.sqrt(step)), step ** beta2Decay, ...eps, d, weightDecay];
  }

  protected override update(inputs: UpdateInputs, trained: readonly number[]): void {
    updateAdafactor(inputs, this.tables(trained));
  }
}
