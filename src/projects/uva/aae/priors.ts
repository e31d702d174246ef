// What the codes are to be distributed like. The first two latent dimensions have the prior's shape; further ones are N(0, 1).
import { concat, rand, randint, randn, stack, type Tensor } from '../../../index.ts';

const turned = (x: Tensor, y: Tensor, angle: Tensor): Tensor => {
  const [cos, sin] = [angle.cos(), angle.sin()];
  return stack([x.mul(cos).sub(y.mul(sin)), x.mul(sin).add(y.mul(cos))], 1);
};

/** Draws of the plane, [n, 2]. */
const planes = {
  gaussian: (n: number) => randn([n, 2]),
  /** Ten Gaussians like petals, 1.9 from the origin, with deviations of .45 along the radius and .12 across it. */
  mixture(n: number) {
    const petal = randint([n], 0, 10).cast('f32');
    return turned(randn([n], { mean: 1.9, std: 0.45 }), randn([n], { std: 0.12 }), petal.mul(Math.PI / 5));
  },
  /** A strip, rolled up one and three quarter times to a radius of 2.8, with a deviation of .1 across. */
  'swiss-roll'(n: number) {
    // All along equally likely: the length of such a spiral grows with the square of its angle.
    const way = rand([n]).sqrt();
    return turned(way.mul(2.8), way.mul(0), way.mul(3.5 * Math.PI)).add(randn([n, 2], { std: 0.1 }));
  },
} as const;

export type Prior = keyof typeof planes;
export const priorNames = Object.keys(planes) as readonly Prior[];

/** So many draws of the prior, [n, latentSize], latentSize ≥ 2. */
export function drawn(prior: Prior, n: number, latentSize: number): Tensor {
  const plane = planes[prior](n);
  return latentSize === 2 ? plane : concat([plane, randn([n, latentSize - 2])], 1);
}
