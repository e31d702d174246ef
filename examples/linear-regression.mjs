// Linear regression
// Gradient descent finds the line behind noisy points, and agrees with the formula for least squares.
import { compile, losses, manualSeed, nn, optim, rand, randn } from 'tilegrad';

manualSeed(3);
const x = rand([60, 1], { low: -2, high: 2 }).keep();
const y = x
  .mul(1.5)
  .add(0.5)
  .add(randn([60, 1], { std: 0.4 }))
  .keep();

const line = new nn.Linear(1, 1);
const sgd = new optim.SGD(line.parameters(), { lr: 0.1 });
const step = compile(() => {
  const loss = losses.mse(line.forward(x), y);
  sgd.minimize(loss);
  return loss;
});
for (let i = 1; i <= 100; i++) {
  const loss = step();
  if (i % 25 === 0)
    console.log(
      `step ${i}: mean squared error ${(await loss.item()).toFixed(4)}`,
    );
}

const slope = await line.weight.item();
const offset = await line.bias.item();
console.log(
  `gradient descent: y = ${slope.toFixed(3)} x + ${offset.toFixed(3)}`,
);

const [dx, dy] = [x.sub(x.mean()), y.sub(y.mean())];
const best = await dx.mul(dy).sum().div(dx.square().sum()).item();
console.log(
  `least squares:    y = ${best.toFixed(3)} x + ${((await y.mean().item()) - best * (await x.mean().item())).toFixed(3)}`,
);

console.log({
  title: 'The line behind the points',
  panels: [
    {
      kind: 'chart',
      x: { label: 'x' },
      y: { label: 'y' },
      series: [
        {
          name: 'points',
          style: 'points',
          x: [...(await x.data())],
          y: [...(await y.data())],
        },
        {
          name: 'line',
          x: [-2, 2],
          y: [-2 * slope + offset, 2 * slope + offset],
        },
      ],
    },
  ],
});
