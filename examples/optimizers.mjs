// Optimizers
// Six optimizers on one small regression, from the same starting weights and with the same data.
import { compile, losses, manualSeed, nn, optim, rand } from 'tilegrad';

const steps = 200;
const optimizers = {
  SGD: (parameters) => new optim.SGD(parameters, { lr: 0.1 }),
  Nesterov: (parameters) =>
    new optim.SGD(parameters, { lr: 0.1, momentum: 0.9, nesterov: true }),
  Adagrad: (parameters) => new optim.Adagrad(parameters, { lr: 0.05 }),
  RMSprop: (parameters) => new optim.RMSprop(parameters, { lr: 0.005 }),
  Adam: (parameters) => new optim.Adam(parameters, { lr: 0.01 }),
  Muon: (parameters) => new optim.Muon(parameters, { lr: 0.01 }),
};

const series = [];
for (const [name, make] of Object.entries(optimizers)) {
  manualSeed(0);
  const model = new nn.Sequential(
    new nn.Linear(2, 32),
    new nn.Tanh(),
    new nn.Linear(32, 1),
  );
  const optimizer = make(model.parameters());
  const step = compile(() => {
    const x = rand([128, 2], { low: -1, high: 1 });
    const y = x.mul(3).sin().prod(1, { keepDims: true });
    const loss = losses.mse(model.forward(x), y);
    optimizer.minimize(loss);
    return loss;
  });
  // Each loss is asked for before the next step and awaited after all of them: the GPU never waits.
  const reads = Array.from({ length: steps }, () => step().item());
  const values = await Promise.all(reads);
  // The mean of ten steps each: single batches are noisy.
  const smooth = Array.from(
    { length: steps / 10 },
    (_, i) => values.slice(10 * i, 10 * i + 10).reduce((a, b) => a + b) / 10,
  );
  series.push({ name, x: smooth.map((_, i) => 10 * i + 5), y: smooth });
  console.log(`${name.padEnd(8)} ${smooth.at(-1).toFixed(4)}`);
}
console.log({
  title: 'Six ways down',
  panels: [
    {
      kind: 'chart',
      x: { label: 'step' },
      y: { label: 'mean squared error', log: true },
      series,
    },
  ],
});
