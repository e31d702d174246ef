// Learning rates as functions of the step, counted from 0.
import { TilegradError } from '../engine/graph/errors.ts';
import type { Schedule } from './optimizer.ts';

/** The same rate at every step: what {@link warmup} and {@link sequence} take as a part. */
export const constant =
  (lr: number): Schedule =>
  () =>
    lr;

/** Multiplied by `gamma` every `every` steps (torch StepLR). */
export const stepDecay =
  (lr: number, every: number, gamma = 0.1): Schedule =>
  (step) =>
    lr * gamma ** Math.floor(step / every);

/** Multiplied by `gamma` at each of the `milestones` (torch MultiStepLR). */
export const multiStep =
  (lr: number, milestones: readonly number[], gamma = 0.1): Schedule =>
  (step) =>
    lr * gamma ** milestones.filter((milestone) => milestone <= step).length;

/** Multiplied by `gamma` at every step (torch ExponentialLR). */
export const exponential =
  (lr: number, gamma: number): Schedule =>
  (step) =>
    lr * gamma ** step;

/** From `lr` to `end` in equal parts; `end` afterwards. */
export const linear =
  (lr: number, steps: number, end = 0): Schedule =>
  (step) =>
    lr + (end - lr) * Math.min(1, step / steps);

/** From `lr` to `end` as (1 − step / steps)^power; `end` afterwards (torch PolynomialLR, whose end is 0). */
export const polynomial =
  (lr: number, steps: number, power = 1, end = 0): Schedule =>
  (step) =>
    end + (lr - end) * (1 - Math.min(1, step / steps)) ** power;

const halfWave = (from: number, to: number, share: number): number => to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * share));

/** From `lr` to `end` over `steps`, along half a cosine (Loshchilov & Hutter, arXiv 1608.03983); `end` afterwards. */
export const cosine =
  (lr: number, steps: number, end = 0): Schedule =>
  (step) =>
    halfWave(lr, end, Math.min(1, step / steps));

/**
 * Cosines from `lr` to `end` again and again (SGDR: Loshchilov & Hutter, arXiv 1608.03983; torch CosineAnnealingWarmRestarts): the first takes
 * `steps`, each of the others `factor` times the one before. @throws TilegradError when `factor` is below 1.
 */
export function cosineRestarts(lr: number, steps: number, factor = 1, end = 0): Schedule {
  if (!(factor >= 1)) throw new TilegradError(`cosineRestarts: expected a factor ≥ 1, got ${factor}`);
  return (step) => {
    let length = steps;
    let begin = 0;
    if (factor === 1) begin = Math.floor(step / steps) * steps;
    else for (; step >= begin + length; length *= factor) begin += length;
    return halfWave(lr, end, (step - begin) / length);
  };
}

/** Rises from 0 over `steps` (the first step takes 1/steps), then follows `then` from its beginning. */
export const warmup =
  (steps: number, then: Schedule): Schedule =>
  (step) =>
    step < steps ? (then(0) * (step + 1)) / steps : then(step - steps);

/** One schedule after another, each from its own beginning: `parts[i + 1]` from step `milestones[i]` on (torch SequentialLR). */
export const sequence =
  (parts: readonly Schedule[], milestones: readonly number[]): Schedule =>
  (step) => {
    const at = milestones.filter((milestone) => milestone <= step).length;
    return parts[at](step - (milestones[at - 1] ?? 0));
  };

export interface OneCycleOptions {
  /** Share of the steps in which the rate rises. Default 0.3. */
  readonly rising?: number;
  /** The first rate is `lr` divided by this. Default 25. */
  readonly divider?: number;
  /** The last rate is the first divided by this. Default 1e4. */
  readonly finalDivider?: number;
}

/** Up to `lr` and down to almost nothing, along cosines (Smith & Topin, arXiv 1708.07120; torch OneCycleLR); the last rate afterwards. */
export function oneCycle(lr: number, steps: number, { rising = 0.3, divider = 25, finalDivider = 1e4 }: OneCycleOptions = {}): Schedule {
  const top = rising * steps - 1;
  const first = lr / divider;
  return (step) =>
    step < top ? halfWave(first, lr, step / top) : halfWave(lr, first / finalDivider, Math.min(1, (step - top) / (steps - 1 - top)));
}

export interface PlateauOptions {
  /** `min`: the metric should fall. Default. */
  readonly mode?: 'min' | 'max';
  /** What the rate is multiplied by. Default 0.1. */
  readonly factor?: number;
  /** Reports without improvement that are put up with. Default 10. */
  readonly patience?: number;
  /** Share by which a report must be better than the best to count. Default 1e-4. */
  readonly threshold?: number;
  /** Reports after a reduction that don't count. Default 0. */
  readonly cooldown?: number;
  /** Default 0. */
  readonly smallest?: number;
}

export interface PlateauState {
  readonly lr: number;
  /** null before the first report. */
  readonly best: number | null;
  readonly bad: number;
  readonly cooling: number;
}

/**
 * A rate that falls when a metric stops improving (torch ReduceLROnPlateau). Not a function of the step: report the metric, once an epoch
 * say, and give the optimiser `() => plateau.lr`.
 */
export class ReduceOnPlateau {
  private best: number | null = null;
  private bad = 0;
  private cooling = 0;

  constructor(
    public lr: number,
    private readonly options: PlateauOptions = {},
  ) {}

  /** Takes note of a metric. A NaN counts as no improvement. */
  report(metric: number): void {
    const { factor = 0.1, patience = 10, cooldown = 0, smallest = 0 } = this.options;
    if (this.improves(metric)) {
      this.best = metric;
      this.bad = 0;
    } else this.bad++;
    if (this.cooling > 0) {
      this.cooling--;
      this.bad = 0;
    }
    if (this.bad <= patience) return;
    this.lr = Math.max(this.lr * factor, smallest);
    this.cooling = cooldown;
    this.bad = 0;
  }

  private improves(metric: number): boolean {
    const { mode = 'min', threshold = 1e-4 } = this.options;
    if (this.best === null) return !Number.isNaN(metric);
    return mode === 'min' ? metric < this.best * (1 - threshold) : metric > this.best * (1 + threshold);
  }

  state(): PlateauState {
    const { lr, best, bad, cooling } = this;
    return { lr, best, bad, cooling };
  }

  restore({ lr, best, bad, cooling }: PlateauState): void {
    Object.assign(this, { lr, best, bad, cooling });
  }
}
