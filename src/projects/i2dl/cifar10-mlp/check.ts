// What is written out here, held against what the engine does by itself: its derivatives, its loss, its optimisers.
import { compile, gradients, losses, nn, optim, type Tensor, tensor } from '../../../index.ts';
import { relativeError } from '../../shared/by-hand/error.ts';
import { Network, type NetworkShape } from './network.ts';
import { type RuleName, rates, ruleNames, rules } from './rules.ts';

/** By parameter: how far the gradient written out is from the engine's. */
export async function gradientErrors(network: Network, image: Tensor, label: Tensor): Promise<Record<string, number>> {
  const both = compile((image: Tensor, label: Tensor) => [
    [...network.learn(image, label).gradients],
    [...gradients(losses.crossEntropy(network.forward(image), label), network.parameters())],
  ]);
  const [ours, theirs] = await Promise.all(both(image, label).map((found) => Promise.all(found.map((each) => each.data()))));
  return Object.fromEntries(network.namedStates().map(([name], i) => [name, relativeError(ours[i], theirs[i])]));
}

/** The engine's own optimisers, with the numbers of the rules written out. */
const engines: Readonly<Record<RuleName, (weights: readonly nn.Parameter[], lr: number) => optim.Optimizer>> = {
  sgd: (weights, lr) => new optim.SGD(weights, { lr }),
  momentum: (weights, lr) => new optim.SGD(weights, { lr, momentum: 0.9 }),
  adam: (weights, lr) => new optim.Adam(weights, { lr }),
};

/** By rule: how far weights that it moved so many times are from those that the engine's optimiser moved by the same gradients, relative to their way. */
export async function ruleErrors(steps: number, size = 1000): Promise<Record<string, number>> {
  const start = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
  const found: Record<string, number> = {};
  for (const name of ruleNames) {
    const [ours, theirs] = [0, 1].map(() => new nn.Parameter('weight', [size], 'f32', start));
    const [rule, optimizer] = [rules[name]([ours]), engines[name]([theirs], rates[name])];
    const step = compile((gradient: Tensor) => {
      rule.update([gradient], tensor([rates[name]]));
      optimizer.step([gradient]);
      return gradient.sum();
    });
    for (let t = 0; t < steps; t++) step(tensor(Float32Array.from(start, (value, i) => value * Math.cos(t + i))));
    found[name] = relativeError(await ours.data(), await theirs.data(), start);
  }
  return found;
}

/** All of these errors by what they are of. */
export async function errorsOf(shape: NetworkShape, steps: number, image: Tensor, label: Tensor): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const activation of ['relu', 'sigmoid'] as const) {
    const errors = await gradientErrors(new Network({ ...shape, activation }), image, label);
    for (const [name, error] of Object.entries(errors)) found[`gradient of ${name}, ${activation}`] = error;
  }
  for (const [name, error] of Object.entries(await ruleErrors(steps))) found[`${steps} steps of ${name}`] = error;
  return found;
}
