// Every optimiser gets somewhere: down an ill-conditioned bowl, and through a small network, with falling rates.
import { describe, expect, it } from 'vitest';
import { compile, gradients, losses, manualSeed, nn, optim, type Tensor, tensor } from '../../src/index.ts';

type Make = (params: readonly nn.Parameter[], lr: optim.Schedule) => optim.Optimizer;

/** Rates for the bowl and for the network, and the losses that they come below: two or three times what was found. */
type Aim = readonly [rate: number, loss: number];
const ROWS: readonly (readonly [name: string, bowl: Aim, network: Aim, make: Make])[] = [
  ['SGD', [0.03, 0.004], [0.3, 0.12], (p, lr) => new optim.SGD(p, { lr })],
  ['SGD with Nesterov', [0.01, 1e-6], [0.1, 0.015], (p, lr) => new optim.SGD(p, { lr, momentum: 0.9, nesterov: true })],
  ['Rprop', [0.01, 1e-6], [0.01, 0.0075], (p, lr) => new optim.Rprop(p, { lr })],
  ['RMSprop', [0.05, 1e-6], [0.02, 0.025], (p, lr) => new optim.RMSprop(p, { lr })],
  ['Adagrad', [0.3, 1e-6], [0.1, 0.06], (p, lr) => new optim.Adagrad(p, { lr })],
  ['Adadelta', [20, 1e-6], [5, 0.025], (p, lr) => new optim.Adadelta(p, { lr })],
  ['Adam', [0.05, 5e-6], [0.03, 0.025], (p, lr) => new optim.Adam(p, { lr })],
  ['AdamW', [0.05, 5e-6], [0.03, 0.025], (p, lr) => new optim.AdamW(p, { lr })],
  ['Adamax', [0.05, 5e-4], [0.1, 0.03], (p, lr) => new optim.Adamax(p, { lr })],
  ['NAdam', [0.05, 1e-6], [0.03, 0.02], (p, lr) => new optim.NAdam(p, { lr })],
  ['RAdam', [0.03, 1.9], [0.03, 0.15], (p, lr) => new optim.RAdam(p, { lr })],
  ['Lion', [0.03, 1e-4], [0.01, 0.05], (p, lr) => new optim.Lion(p, { lr })],
  ['LARS', [1, 2e-4], [1, 0.001], (p, lr) => new optim.LARS(p, { lr, trustCoefficient: 0.01 })],
  ['LAMB', [0.05, 0.015], [0.05, 0.001], (p, lr) => new optim.LAMB(p, { lr })],
  ['Adafactor', [0.1, 0.08], [0.1, 0.025], (p, lr) => new optim.Adafactor(p, { lr })],
  ['Muon', [0.1, 0.002], [0.03, 0.03], (p, lr) => new optim.Muon(p, { lr })],
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
  it.each(ROWS)('%s', async (_name, [ofBowl, bowlLoss], [ofNetwork, networkLoss], make) => {
    const w = new nn.Parameter('w', [6, 5], 'f32', new Float32Array(30).fill(1));
    const factors = tensor(bowl, [6, 5]);
    const curved = () => w.square().mul(factors).sum().mul(0.5);
    // It begins at 195.
    expect(await lastLoss([w], make([w], optim.schedules.linear(ofBowl, STEPS)), curved)).toBeLessThan(bowlLoss);

    manualSeed(1);
    const model = new nn.Sequential(new nn.Linear(1, 16), new nn.Tanh(), new nn.Linear(16, 1));
    const fit = () => losses.mse(model.forward(x), y);
    // The mean of the squares of y is 0.52.
    expect(await lastLoss(model.parameters(), make(model.parameters(), optim.schedules.linear(ofNetwork, STEPS)), fit)).toBeLessThan(
      networkLoss,
    );
  });
});
