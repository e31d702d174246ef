// Layers written out: `forward` gives what comes out and a cache, `backward` takes the gradient of what came out and the cache. Nothing here asks
// the engine for a derivative.
import type { Numbers } from './numbers.ts';

export interface Pass<T, C = T> {
  readonly out: T;
  readonly cache: C;
}

/** y = x·w + b: x [n, in], w [in, out], b [out] → [n, out]. */
export const affine = {
  forward<T extends Numbers<T>>(x: T, w: T, b: T): Pass<T, { readonly x: T; readonly w: T }> {
    return { out: x.matmul(w).add(b), cache: { x, w } };
  },

  /** The gradient by x is made when it is asked for: below the first layer nobody does. */
  backward<T extends Numbers<T>>(dout: T, { x, w }: { readonly x: T; readonly w: T }) {
    return { dx: () => dout.matmul(w.transpose()), dw: x.transpose().matmul(dout), db: dout.sum(0) };
  },
};

/** A function of each value by itself; its gradient is dx = dout · f′(x). */
interface Activation {
  forward<T extends Numbers<T>>(x: T): Pass<T>;
  backward<T extends Numbers<T>>(dout: T, cache: T): T;
}
export type ActivationName = 'sigmoid' | 'relu' | 'elu';

export const activations: Readonly<Record<ActivationName, Activation>> = {
  /** 1 / (1 + e⁻ˣ); the cache is what went in. e⁻ˣ may be ∞, and the result 0 all the same. */
  sigmoid: {
    forward: (x) => ({ out: x.neg().exp().add(1).reciprocal(), cache: x }),
    backward(dout, x) {
      const y = x.neg().exp().add(1).reciprocal();
      return dout.mul(y).mul(y.neg().add(1));
    },
  },

  /** max(x, 0); the cache is what came out. */
  relu: {
    forward(x) {
      const out = x.maximum(0);
      return { out, cache: out };
    },
    backward: (dout, out) => dout.mul(out.sign()),
  },

  /** x above 0, eˣ − 1 below (Clevert et al., arXiv 1511.07289); the cache is what went in. */
  elu: {
    forward: (x) => ({ out: x.maximum(0).add(x.minimum(0).exp().sub(1)), cache: x }),
    backward: (dout, x) => dout.mul(x.minimum(0).exp()),
  },
};

/**
 * Mean cross-entropy of softmax: logits [n, classes] and the truth [n, classes], 1 at the label and 0 elsewhere → one number. The largest logit is
 * taken off first, so that no power overflows. The gradient by the logits is (softmax − truth) / n.
 */
export const softmaxCrossEntropy = {
  forward<T extends Numbers<T>>(logits: T, truth: T): Pass<T, { readonly probabilities: T; readonly truth: T }> {
    const shifted = logits.sub(logits.max(1, { keepDims: true }));
    const powers = shifted.exp();
    const sums = powers.sum(1, { keepDims: true });
    const out = shifted.sub(sums.log()).mul(truth).sum(1).mean().neg();
    return { out, cache: { probabilities: powers.div(sums), truth } };
  },

  backward<T extends Numbers<T>>({ probabilities, truth }: { readonly probabilities: T; readonly truth: T }, n: number): T {
    return probabilities.sub(truth).mul(1 / n);
  },
};

/** What a network of affine layers with an activation between them consists of. */
export interface Layers<T> {
  readonly weights: readonly T[];
  readonly biases: readonly T[];
  readonly activation: ActivationName;
}

/** From x [n, in] to logits [n, classes], and what each layer remembers. */
export function forward<T extends Numbers<T>>(x: T, { weights, biases, activation }: Layers<T>) {
  let into = affine.forward(x, weights[0], biases[0]);
  const caches = [];
  for (let i = 1; i < weights.length; i++) {
    const active = activations[activation].forward(into.out);
    caches.push({ affine: into.cache, active: active.cache });
    into = affine.forward(active.out, weights[i], biases[i]);
  }
  return { logits: into.out, last: into.cache, caches };
}

/** Loss and logits for n samples x [n, in] whose truth is [n, classes], and the gradients of weights and biases, by the layers' own backward passes. */
export function learn<T extends Numbers<T>>(x: T, truth: T, n: number, layers: Layers<T>) {
  const { logits, last, caches } = forward(x, layers);
  const { out: loss, cache } = softmaxCrossEntropy.forward(logits, truth);
  const found = [affine.backward(softmaxCrossEntropy.backward(cache, n), last)];
  for (const { affine: into, active } of caches.toReversed()) {
    found.unshift(affine.backward(activations[layers.activation].backward(found[0].dx(), active), into));
  }
  return { loss, logits, dws: found.map(({ dw }) => dw), dbs: found.map(({ db }) => db) };
}
