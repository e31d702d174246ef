// Learning rates by step (counted from 0).
import type { Schedule } from './optimizer.ts';

/** Multiplied by `gamma` every `every` steps. */
export const stepDecay =
  (lr: number, every: number, gamma = 0.1): Schedule =>
  (step) =>
    lr * gamma ** Math.floor(step / every);

/** From `lr` to `end` over `steps`, along half a cosine (Loshchilov & Hutter, arXiv 1608.03983); `end` afterwards. */
export const cosine =
  (lr: number, steps: number, end = 0): Schedule =>
  (step) =>
    end + (lr - end) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, step / steps)));

/** From `lr` to `end` in equal parts; `end` afterwards. */
export const linear =
  (lr: number, steps: number, end = 0): Schedule =>
  (step) =>
    lr + (end - lr) * Math.min(1, step / steps);

/** Rises from 0 over `steps` (the first step takes 1/steps), then follows `then` from its beginning. */
export const warmup =
  (steps: number, then: Schedule): Schedule =>
  (step) =>
    step < steps ? (then(0) * (step + 1)) / steps : then(step - steps);
