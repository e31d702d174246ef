import { nn } from '../../index.ts';

/**
 * Linear layers from width to width, activations between them. They begin at He et al.'s values: with them the signal keeps its size through ReLUs, or
 * leaky ones of this slope.
 */
export function chain(sizes: readonly number[], activation: () => nn.Module = () => new nn.ReLU(), slope = 0): nn.Sequential {
  const weight = nn.init.kaimingNormal(slope);
  const layers = sizes.slice(1).flatMap((size, i) => [new nn.Linear(sizes[i], size, { weight }), activation()]);
  return new nn.Sequential(...layers.slice(0, -1));
}
