// How likely test images are among samples of a model that gives no likelihood.
import { spread, stack, type Tensor } from '../../../index.ts';

/** Widths of the Parzen windows, of which the validation images choose. */
export const WIDTHS = [0.1, 0.125, 0.15, 0.175, 0.2, 0.225, 0.25, 0.3, 0.35, 0.4];

/**
 * ln p(x) of images [n, pixels] under Gaussian windows around samples [m, pixels], in nats, for each of the {@link WIDTHS}: [n, widths]
 * (Goodfellow et al., arXiv 1406.2661, section 5).
 */
export function parzen(images: Tensor, samples: Tensor): Tensor {
  const [[, pixels], [count]] = [images.shape, samples.shape];
  const own = (x: Tensor) => x.square().sum(1);
  const squares = own(images).unsqueeze(1).add(own(samples)).sub(images.matmul(samples.transpose()).mul(2));
  const each = WIDTHS.map((width) =>
    squares
      .mul(-1 / (2 * width ** 2))
      .logSumExp(1)
      .sub(Math.log(count) + (pixels / 2) * Math.log(2 * Math.PI * width ** 2)),
  );
  return stack(each, 1);
}

/** Log-likelihoods [n, widths] of validation and test images → the width that suits the first best, and what the second come to: mean and its standard error. */
export function likelihood(validation: Float32Array, test: Float32Array) {
  const of = (values: Float32Array, k: number) => Array.from(values.filter((_, i) => i % WIDTHS.length === k));
  const means = WIDTHS.map((_, k) => spread(of(validation, k)).mean);
  const best = means.indexOf(Math.max(...means));
  const values = of(test, best);
  const { mean, deviation } = spread(values);
  return { width: WIDTHS[best], mean, error: deviation / Math.sqrt(values.length) };
}
