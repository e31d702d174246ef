// Optimisers in float64, one parameter list at a time, as their papers (and torch.optim) write them.

export interface Reference {
  /** Moves `parameters` in place. */
  step(parameters: Float64Array[], gradients: readonly Float64Array[]): void;
}

const like = (parameters: readonly Float64Array[]): Float64Array[] => parameters.map(({ length }) => new Float64Array(length));

export interface SgdReference {
  readonly lr: number | ((step: number) => number);
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
}

export function sgd({ lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 }: SgdReference): Reference {
  let velocity: Float64Array[] | undefined;
  let taken = 0;
  return {
    step(parameters, gradients) {
      const rate = typeof lr === 'number' ? lr : lr(taken);
      const first = velocity === undefined;
      velocity ??= like(parameters);
      for (const [p, w] of parameters.entries()) {
        for (let i = 0; i < w.length; i++) {
          let g = gradients[p][i] + weightDecay * w[i];
          if (momentum > 0) {
            velocity[p][i] = first ? g : momentum * velocity[p][i] + (1 - dampening) * g;
            g = nesterov ? g + momentum * velocity[p][i] : velocity[p][i];
          }
          w[i] -= rate * g;
        }
      }
      taken++;
    },
  };
}

export interface AdamReference {
  readonly lr: number | ((step: number) => number);
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly weightDecay?: number;
  readonly decoupled?: boolean;
}

export function adam({ lr, betas: [b1, b2] = [0.9, 0.999], eps = 1e-8, weightDecay = 0, decoupled = false }: AdamReference): Reference {
  let moments: { m: Float64Array[]; v: Float64Array[] } | undefined;
  let taken = 0;
  return {
    step(parameters, gradients) {
      const rate = typeof lr === 'number' ? lr : lr(taken);
      taken++;
      moments ??= { m: like(parameters), v: like(parameters) };
      for (const [p, w] of parameters.entries()) {
        const [m, v] = [moments.m[p], moments.v[p]];
        for (let i = 0; i < w.length; i++) {
          const g = gradients[p][i] + (decoupled ? 0 : weightDecay * w[i]);
          m[i] = b1 * m[i] + (1 - b1) * g;
          v[i] = b2 * v[i] + (1 - b2) * g * g;
          if (decoupled) w[i] -= rate * weightDecay * w[i];
          w[i] -= (rate * (m[i] / (1 - b1 ** taken))) / (Math.sqrt(v[i] / (1 - b2 ** taken)) + eps);
        }
      }
    },
  };
}

/** Scales all gradients so that their joint L2 norm is at most `limit`. */
export function clipped(inner: Reference, limit: number): Reference {
  return {
    step(parameters, gradients) {
      const norm = Math.sqrt(gradients.reduce((sum, g) => sum + g.reduce((part, value) => part + value * value, 0), 0));
      const scale = Math.min(1, limit / (norm + 1e-6));
      inner.step(
        parameters,
        gradients.map((g) => g.map((value) => value * scale)),
      );
    },
  };
}
