import { tensor } from '../engine/ops/create.ts';
import type { Parameter } from '../nn/module.ts';
import { adamRates, updateAdam } from './adam.ts';
import { settle } from './check.ts';
import { type MuonForm, muonTables, updateMuon } from './kernels/muon.ts';
import { ARENA_ALIGNMENT, type UpdateInputs } from './kernels/update.ts';
import { type ClipOptions, type GroupOptions, NO_CLIPPING, Optimizer, perTrained, type Trained } from './optimizer.ts';

export interface MuonGroup extends GroupOptions {
  /** Share of the momentum that stays. Default 0.95. */
  momentum: number;
  /** Decoupled: w −= lr·weightDecay·w. Default 0.1. */
  weightDecay: number;
  /** Smallest norm that a matrix is divided by. Default 1e-7. */
  eps: number;
  /** Trains the group's matrices by AdamW as well: embeddings and output layers. Default false. */
  adamw: boolean;
  /** Of AdamW. Default [0.9, 0.999]. */
  betas: readonly [number, number];
}

export interface MuonOptions extends Partial<MuonGroup>, ClipOptions {
  /** Looks ahead along the momentum. Default true. */
  readonly nesterov?: boolean;
  /** Newton–Schulz iterations. Default 5. */
  readonly nsSteps?: number;
  /** Their coefficients. Default [3.4445, -4.775, 2.0315]. */
  readonly nsCoefficients?: readonly [number, number, number];
  /**
   * How the rate follows a matrix's shape: `original` √max(1, rows / columns), `matchRmsAdamW` 0.2·√max(rows, columns) (Liu et al., arXiv
   * 2502.16982), so that AdamW's rates and decays fit. Default original.
   */
  readonly adjustLr?: 'original' | 'matchRmsAdamW';
}

const MUON: MuonGroup = { lr: 1e-3, momentum: 0.95, weightDecay: 0.1, eps: 1e-7, adamw: false, betas: [0.9, 0.999] };
const MUON_FORM: Required<Omit<MuonOptions, keyof MuonGroup | keyof ClipOptions>> = {
  nesterov: true,
  nsSteps: 5,
  nsCoefficients: [3.4445, -4.775, 2.0315],
  adjustLr: 'original',
};

const byAdamW = ({ rank }: Parameter, { adamw }: MuonGroup): boolean => adamw || rank !== 2;

/** AdamW's own in torch.optim. */
const ADAMW_EPS = 1e-8;

/**
 * Muon (Jordan, 2024: kellerjordan.github.io/posts/muon) for matrices, AdamW for parameters of other ranks and for groups that ask for it.
 *
 * b = momentum·b + (1 − momentum)·dw; x = momentum·b + (1 − momentum)·dw with Nesterov, else b; x = x / max(‖x‖, eps);
 * nsSteps times, with A = x·xᵀ: x = a·x + (b·A + c·A²)·x; w = (1 − lr·weightDecay)·w − lr·adjustment·x.
 *
 * torch.optim.Muon, with its defaults: rate 1e-3. Different: the iterations are in f32 rather than bfloat16; torch takes matrices alone.
 * 4 + 3·nsSteps dispatches for all matrices, and one for the others.
 */
export class Muon extends Optimizer<MuonGroup> {
  private readonly tables = perTrained((trained) => {
    const { groups, apart } = this.layout;
    const matrices = this.pieces(trained).flatMap((piece, k) => {
      const parameter = this.parameters[trained[k]];
      if (parameter.size === 0 || byAdamW(parameter, this.groups[groups[trained[k]]])) return [];
      const [rows, columns] = parameter.shape;
      return [{ ...piece, rows, columns }];
    });
    return muonTables(matrices, apart);
  });
  private readonly adamwRows = perTrained((trained) => tensor(this.rowsOf(trained).slice(0, this.layout.apart / ARENA_ALIGNMENT)));
  private readonly form: MuonForm;

  constructor(params: Trained<MuonGroup>, options: MuonOptions = {}) {
    const settled = settle('Muon', options, { ...MUON, ...MUON_FORM, ...NO_CLIPPING });
    const { nesterov, nsSteps, nsCoefficients, adjustLr, clipNorm, clipValue, ...defaults } = settled;
    super(params, {
      kind: 'Muon',
      defaults,
      kept: ['momentum'],
      apart: byAdamW,
      more: (_shapes, apart) => [{ name: 'expAvgSq', length: apart }],
      clipNorm,
      clipValue,
    });
    this.form = { nesterov, matchAdamW: adjustLr === 'matchRmsAdamW', steps: nsSteps, coefficients: nsCoefficients };
  }

  protected override rates({ momentum, weightDecay, eps, betas }: MuonGroup, lr: number, step: number): number[] {
    const adamw = adamRates({ betas, eps: ADAMW_EPS, weightDecay }, lr, step);
    return [...adamw, lr, 1 - momentum, eps, weightDecay, 0, 0, 0];
  }

  protected override update(inputs: UpdateInputs, trained: readonly number[]): void {
    const { apart } = this.layout;
    const tables = this.tables(trained);
    if (apart > 0) updateAdam({ ...inputs, rowOf: this.adamwRows(trained) }, { DECOUPLED: true, AMSGRAD: false });
    if (tables.matrices.shape[0] > 0) updateMuon(inputs, apart, tables, this.form);
  }
}
