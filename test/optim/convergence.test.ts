// Every optimiser gets somewhere: down an ill-conditioned bowl, and through a small network, with falling rates.
import { describe, expect, it } from 'vitest';
import { compile, gradients, losses, manualSeed, nn, optim, type Tensor, tensor } from '../../src/index.ts';

type Make = (params: readonly nn.Parameter[], lr: optim.Schedule) => optim.Optimizer;

/** Rates for the bowl and for the network. */
const ROWS: readonly (readonly [name: string, bowl: number, network: number, make: Make])[] = [
  ['SGD', 0.03, 0.3, (p, lr) => new optim.SGD(p, { lr })],
  ['SGD with Nesterov', 0.01, 0.1, (p, lr) => new optim.SGD(p, { lr, momentum: 0.9, nesterov: true })],
  ['Rprop', 0.01, 0.01, (p, lr) => new optim.Rprop(p, { lr })],
  ['RMSprop', 0.05, 0.02, (p, lr) => new optim.RMSprop(p, { lr })],
  ['Adagrad', 0.3, 0.1, (p, lr) => new optim.Adagrad(p, { lr })],
  ['Adadelta', 20, 5, (p, lr) => new optim.Adadelta(p, { lr })],
  ['Adam', 0.05, 0.03, (p, lr) => new optim.Adam(p, { lr })],
  ['AdamW', 0.05, 0.03, (p, lr) => new optim.AdamW(p, { lr })],
  ['Adamax', 0.05, 0.1, (p, lr) => new optim.Adamax(p, { lr })],
  ['NAdam', 0.05, 0.03, (p, lr) => new optim.NAdam(p, { lr })],
  ['RAdam', 0.03, 0.03, (p, lr) => new optim.RAdam(p, { lr })],
  ['Lion', 0.03, 0.01, (p, lr) => new optim.Lion(p, { lr })],
  ['LARS', 1, 1, (p, lr) => new optim.LARS(p, { lr, trustCoefficient: 0.01 })],
  ['LAMB', 0.05, 0.05, (p, lr) => new optim.LAMB(p, { lr })],
  ['Adafactor', 0.1, 0.1, (p, lr) => new optim.Adafactor(p, { lr })],
  ['Muon', 0.1, 0.03, (p, lr) => new optim.Muon(p, { lr })],
];

const STEPS = 200;

async function lastLoss(parameters: readonly nn.Parameter[], optimizer: optim.Optimizer, lossOf: () => Tensor): Promise<number> {
  const step = compile(() => {
    const loss = lossOf();
    optimizer.step(gradients(loss, parameters));
    return loss;
  });
  for (let i = 1; i < STEPS; i++) step();
  return step().item();
}

const bowl = Float32Array.from({ length: 30 }, (_, i) => 50 ** (i / 29));
const inputs = Float32Array.from({ length: 32 }, (_, i) => i / 16 - 1);
const x = tensor(inputs, [32, 1]);
const y = tensor(
  inputs.map((value) => Math.sin(3 * value)),
  [32, 1],
);

describe(`${STEPS} steps`, () => {
  it.each(ROWS)('%s', async (_name, ofBowl, ofNetwork, make) => {
    const w = new nn.Parameter('w', [6, 5], 'f32', new Float32Array(30).fill(1));
    const factors = tensor(bowl, [6, 5]);
    const curved = () => w.square().mul(factors).sum().mul(0.5);
    const began = bowl.reduce((sum, a) => sum + a / 2, 0);
    expect(await lastLoss([w], make([w], optim.schedules.linear(ofBowl, STEPS)), curved)).toBeLessThan(0.01 * began);

    manualSeed(1);
    const model = new nn.Sequential(new nn.Linear(1, 16), new nn.Tanh(), new nn.Linear(16, 1));
    const fit = () => losses.mse(model.forward(x), y);
    // The mean of the squares of y is 0.52.
    expect(await lastLoss(model.parameters(), make(model.parameters(), optim.schedules.linear(ofNetwork, STEPS)), fit)).toBeLessThan(0.15);
  });
});
