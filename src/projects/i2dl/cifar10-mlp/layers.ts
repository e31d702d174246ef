// Layers written out: `forward` gives what comes out and a cache, `backward` takes the gradient of what came out and the cache. Nothing here asks
// the engine for a derivative.
import { iota, type Tensor } from '../../../index.ts';

export interface Pass<C> {
  readonly out: Tensor;
  readonly cache: C;
}

/** A function of each value by itself; its gradient dx = dout · f′(x). */
export interface Activation {
  forward(x: Tensor): Pass<Tensor>;
  backward(dout: Tensor, cache: Tensor): Tensor;
}

/** y = x·w + b: x [n, in], w [in, out], b [out] → [n, out]. */
export const affine = {
  forward(x: Tensor, w: Tensor, b: Tensor): Pass<{ readonly x: Tensor; readonly w: Tensor }> {
    return { out: x.matmul(w).add(b), cache: { x, w } };
  },

  backward(dout: Tensor, { x, w }: { readonly x: Tensor; readonly w: Tensor }): Readonly<Record<'dx' | 'dw' | 'db', Tensor>> {
    return { dx: dout.matmul(w.transpose()), dw: x.transpose().matmul(dout), db: dout.sum(0) };
  },
};

/** 1 / (1 + e⁻ˣ); the cache is what went in. */
export const sigmoid: Activation = {
  forward: (x) => ({ out: logistic(x), cache: x }),
  backward(dout, x) {
    const y = logistic(x);
    return dout.mul(y).mul(y.neg().add(1));
  },
};

/** e⁻ˣ may be ∞, and the result 0 all the same. */
const logistic = (x: Tensor) => x.neg().exp().add(1).reciprocal();

/** max(x, 0); the cache is what came out. */
export const relu: Activation = {
  forward(x) {
    const out = x.maximum(0);
    return { out, cache: out };
  },
  backward: (dout, out) => dout.mul(out.gt(0).cast('f32')),
};

/**
 * Mean cross-entropy of softmax: logits [n, classes] and labels [n] → []. The largest logit is taken off first, so that no power overflows.
 * The gradient by the logits is (softmax − 1 at the label) / n.
 */
export const softmaxCrossEntropy = {
  forward(logits: Tensor, labels: Tensor): Pass<{ readonly probabilities: Tensor; readonly truth: Tensor }> {
    const shifted = logits.sub(logits.max(1).unsqueeze(1));
    const powers = shifted.exp();
    const sums = powers.sum(1).unsqueeze(1);
    const truth = iota(logits.shape, 1, 'i32').eq(labels.unsqueeze(1)).cast('f32');
    const out = sums.log().sub(shifted).mul(truth).sum(1).mean();
    return { out, cache: { probabilities: powers.div(sums), truth } };
  },

  backward({ probabilities, truth }: { readonly probabilities: Tensor; readonly truth: Tensor }): Tensor {
    return probabilities.sub(truth).mul(1 / truth.shape[0]);
  },
};
