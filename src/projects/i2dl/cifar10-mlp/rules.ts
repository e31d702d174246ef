// Update rules written out, as the exercise has them: from weights w and gradients dw the next weights.
import { State, type Tensor, tensor, unbind } from '../../../index.ts';

/** A rule at work on some weights. */
export interface Rule {
  /** What it keeps from step to step. */
  readonly kept: readonly State[];
  /** Traced: puts the next weights in the place of these. */
  update(gradients: readonly Tensor[], lr: Tensor): void;
}

const zerosLike = (weights: readonly State[], name: string) => weights.map(({ shape }) => new State(name, shape, 'f32'));

/** w ← w − lr · dw */
function sgd(weights: readonly State[]): Rule {
  return {
    kept: [],
    update: (gradients, lr) => weights.forEach((w, i) => w.assign(w.sub(gradients[i].mul(lr)))),
  };
}

/** v ← μ·v − lr · dw; w ← w + v */
function momentum(weights: readonly State[], mu = 0.9): Rule {
  const velocities = zerosLike(weights, 'velocity');
  return {
    kept: velocities,
    update(gradients, lr) {
      weights.forEach((w, i) => {
        const v = velocities[i].mul(mu).sub(gradients[i].mul(lr));
        velocities[i].assign(v);
        w.assign(w.add(v));
      });
    },
  };
}

/**
 * m ← β₁·m + (1 − β₁)·dw; v ← β₂·v + (1 − β₂)·dw²; w ← w − lr · m̂ / (√v̂ + ε), where m̂ and v̂ make up for having begun at 0: m / (1 − β₁ᵗ) and
 * v / (1 − β₂ᵗ) (Kingma and Ba, arXiv 1412.6980).
 */
function adam(weights: readonly State[], [beta1, beta2] = [0.9, 0.999], epsilon = 1e-8): Rule {
  const [first, second] = [zerosLike(weights, 'm'), zerosLike(weights, 'v')];
  // 1 − β₁ᵗ and 1 − β₂ᵗ, step by step: 1 less a power of f32 would have lost digits.
  const rests = new State('rests', [2], 'f32');
  return {
    kept: [...first, ...second, rests],
    update(gradients, lr) {
      const now = rests.mul(tensor([beta1, beta2])).add(tensor([1 - beta1, 1 - beta2]));
      rests.assign(now);
      const [rest1, rest2] = unbind(now);
      weights.forEach((w, i) => {
        const dw = gradients[i];
        const m = first[i].mul(beta1).add(dw.mul(1 - beta1));
        const v = second[i].mul(beta2).add(dw.square().mul(1 - beta2));
        first[i].assign(m);
        second[i].assign(v);
        w.assign(w.sub(m.div(rest1).div(v.div(rest2).sqrt().add(epsilon)).mul(lr)));
      });
    },
  };
}

export const rules = { sgd, momentum, adam };
export type RuleName = keyof typeof rules;
export const ruleNames = Object.keys(rules) as RuleName[];
/** Good rates of each, where they are compared. */
export const rates: Readonly<Record<RuleName, number>> = { sgd: 0.05, momentum: 0.01, adam: 1e-3 };

/** What a rule keeps, by names for a loop. */
export const keptOf = (name: string, { kept }: Rule) => kept.map((state, i) => [`${name} ${i + 1}`, state] as const);
