// Learning rates as functions of the step, counted from 0.
import {
  above0,
  aFunction,
  aNumber,
  count,
  expectKind,
  expectOptions,
  type Kind,
  listOf,
  notNegative,
  oneOf,
  unitInterval,
} from '../engine/graph/arguments.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import type { Schedule } from './optimizer.ts';

const KINDS: Readonly<Record<string, Kind>> = {
  lr: notNegative,
  end: notNegative,
  gamma: notNegative,
  power: notNegative,
  every: above0,
  steps: above0,
  factor: above0,
  milestones: listOf(notNegative),
  parts: listOf(aFunction),
};

/** @throws TilegradError unless the arguments of a schedule are of their kinds. */
function expectAll(name: string, values: Readonly<Record<string, unknown>>): void {
  for (const [what, value] of Object.entries(values)) expectKind(name, what, value, KINDS[what]);
}

/** The same rate at every step: what {@link warmup} and {@link sequence} take as a part. */
export function constant(lr: number): Schedule {
  expectAll('constant', { lr });
  return () => lr;
}

/** Multiplied by `gamma` every `every` steps (torch StepLR). */
export function stepDecay(lr: number, every: number, gamma = 0.1): Schedule {
  expectAll('stepDecay', { lr, every, gamma });
  return (step) => lr * gamma ** Math.floor(step / every);
}

/** Multiplied by `gamma` at each of the `milestones` (torch MultiStepLR). */
export function multiStep(lr: number, milestones: readonly number[], gamma = 0.1): Schedule {
  expectAll('multiStep', { lr, milestones, gamma });
  return (step) => lr * gamma ** milestones.filter((milestone) => milestone <= step).length;
}

/** Multiplied by `gamma` at every step (torch ExponentialLR). */
export function exponential(lr: number, gamma: number): Schedule {
  expectAll('exponential', { lr, gamma });
  return (step) => lr * gamma ** step;
}

/** From `lr` to `end` in equal parts; `end` afterwards. */
export function linear(lr: number, steps: number, end = 0): Schedule {
  expectAll('linear', { lr, steps, end });
  return (step) => lr + (end - lr) * Math.min(1, step / steps);
}

/** From `lr` to `end` as (1 − step / steps)^power; `end` afterwards (torch PolynomialLR, whose end is 0). */
export function polynomial(lr: number, steps: number, power = 1, end = 0): Schedule {
  expectAll('polynomial', { lr, steps, power, end });
  return (step) => end + (lr - end) * (1 - Math.min(1, step / steps)) ** power;
}

const halfWave = (from: number, to: number, share: number): number => to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * share));

/** From `lr` to `end` over `steps`, along half a cosine (Loshchilov & Hutter, arXiv 1608.03983); `end` afterwards. */
export function cosine(lr: number, steps: number, end = 0): Schedule {
  expectAll('cosine', { lr, steps, end });
  return (step) => halfWave(lr, end, Math.min(1, step / steps));
}

/**
 * Cosines from `lr` to `end` again and again (SGDR: Loshchilov & Hutter, arXiv 1608.03983; torch CosineAnnealingWarmRestarts): the first takes
 * `steps`, each of the others `factor` times the one before. @throws TilegradError when `factor` is below 1.
 */
export function cosineRestarts(lr: number, steps: number, factor = 1, end = 0): Schedule {
  expectAll('cosineRestarts', { lr, steps, factor, end });
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
export function warmup(steps: number, then: Schedule): Schedule {
  expectKind('warmup', 'steps', steps, notNegative);
  expectKind('warmup', 'then', then, aFunction);
  return (step) => (step < steps ? (then(0) * (step + 1)) / steps : then(step - steps));
}

/** One schedule after another, each from its own beginning: `parts[i + 1]` from step `milestones[i]` on (torch SequentialLR). */
export function sequence(parts: readonly Schedule[], milestones: readonly number[]): Schedule {
  expectAll('sequence', { parts, milestones });
  if (parts.length !== milestones.length + 1) {
    throw new TilegradError(`sequence: expected one part more than milestones, got ${parts.length} and ${milestones.length}`);
  }
  return (step) => {
    const at = milestones.filter((milestone) => milestone <= step).length;
    return parts[at](step - (milestones[at - 1] ?? 0));
  };
}

export interface OneCycleOptions {
  /** Share of the steps in which the rate rises. Default 0.3. */
  readonly rising?: number;
  /** The first rate is `lr` divided by this. Default 25. */
  readonly divider?: number;
  /** The last rate is the first divided by this. Default 1e4. */
  readonly finalDivider?: number;
}

/** Up to `lr` and down to almost nothing, along cosines (Smith & Topin, arXiv 1708.07120; torch OneCycleLR); the last rate afterwards. */
export function oneCycle(lr: number, steps: number, options: OneCycleOptions = {}): Schedule {
  expectAll('oneCycle', { lr, steps });
  expectOptions('oneCycle', options, { rising: unitInterval, divider: above0, finalDivider: above0 });
  const { rising = 0.3, divider = 25, finalDivider = 1e4 } = options;
  const top = rising * steps - 1;
  const falling = steps - 1 - top;
  const first = lr / divider;
  return (step) =>
    step <= top
      ? halfWave(first, lr, top > 0 ? step / top : 1)
      : halfWave(lr, first / finalDivider, falling > 0 ? Math.min(1, (step - top) / falling) : 1);
}

export interface PlateauOptions {
  /** `min`: the metric should fall. Default. */
  readonly mode?: 'min' | 'max';
  /** What the rate is multiplied by. Default 0.1. */
  readonly factor?: number;
  /** Reports without improvement that are put up with. Default 10. */
  readonly patience?: number;
  /** By how much a report must be better than the best to count. Default 1e-4. */
  readonly threshold?: number;
  /** Whether the threshold is a share of the best's size, or a difference from it. Default `rel`. */
  readonly thresholdMode?: 'rel' | 'abs';
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
  ) {
    expectAll('ReduceOnPlateau', { lr });
    expectOptions('ReduceOnPlateau', options, {
      mode: oneOf('min', 'max'),
      factor: { words: 'a number in (0, 1)', holds: (value) => above0.holds(value) && (value as number) < 1 },
      patience: count,
      threshold: notNegative,
      thresholdMode: oneOf('rel', 'abs'),
      cooldown: count,
      smallest: notNegative,
    });
  }

  /** Takes note of a metric. A NaN counts as no improvement. */
  report(metric: number): void {
    expectKind('ReduceOnPlateau', 'metric', metric, aNumber);
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
    // One that is below the smallest stays as it is.
    this.lr = Math.min(this.lr, Math.max(this.lr * factor, smallest));
    this.cooling = cooldown;
    this.bad = 0;
  }

  private improves(metric: number): boolean {
    const { mode = 'min', threshold = 1e-4, thresholdMode = 'rel' } = this.options;
    if (this.best === null) return !Number.isNaN(metric);
    // Of a negative best, its size: a share of the best itself would let what is worse count as better.
    const margin = thresholdMode === 'rel' ? threshold * Math.abs(this.best) : threshold;
    return mode === 'min' ? metric < this.best - margin : metric > this.best + margin;
  }

  state(): PlateauState {
    const { lr, best, bad, cooling } = this;
    return { lr, best, bad, cooling };
  }

  restore({ lr, best, bad, cooling }: PlateauState): void {
    Object.assign(this, { lr, best, bad, cooling });
  }
}
