// A sine, continued
// A GRU learns to tell the next value of a wave from those before it, then goes on by itself from what it said last.
import { compile, losses, manualSeed, nn, optim, rand, tensor } from 'tilegrad';

const [batch, length] = [16, 32];

class Continuer extends nn.Module {
  memory = new nn.GRU(1, 16, { batchFirst: true });
  head = new nn.Linear(16, 1);

  /** x [batch, steps, 1] → the value after each, and the memory. */
  forward(x, memory) {
    const [output, last] = this.memory.forward(x, memory);
    return [this.head.forward(output), last];
  }
}

manualSeed(0);
const model = new Continuer();
const adam = new optim.Adam(model.parameters(), { lr: 0.02 });
const time = tensor(Float32Array.from({ length: length + 1 }, (_, i) => i / 4));
const step = compile(() => {
  // Waves that begin anywhere: [batch, length + 1, 1].
  const waves = rand([batch, 1], { high: 2 * Math.PI })
    .add(time)
    .sin()
    .unsqueeze(2);
  const [before, after] = [
    waves.slice([
      [0, batch],
      [0, length],
    ]),
    waves.slice([
      [0, batch],
      [1, length + 1],
    ]),
  ];
  const loss = losses.mse(model.forward(before)[0], after);
  adam.minimize(loss);
  return loss;
});
for (let i = 1; i <= 150; i++) {
  const loss = step();
  if (i % 50 === 0)
    console.log(
      `step ${i}: mean squared error ${(await loss.item()).toFixed(5)}`,
    );
}

// Twenty true values, then sixty of its own.
const truth = Array.from({ length: 80 }, (_, i) => Math.sin(i / 4));
const next = compile((x, memory) => model.forward(x, memory));
let [guess, memory] = model.forward(tensor(truth.slice(0, 20), [1, 20, 1]));
let value = (await guess.data()).at(-1);
memory = memory.keep();
const own = [];
while (own.length < 60) {
  own.push(value);
  [guess, memory] = next(tensor([value], [1, 1, 1]), memory);
  memory = memory.keep();
  value = await guess.item();
}
console.log({
  title: 'A sine, continued',
  panels: [
    {
      kind: 'chart',
      x: { label: 'step' },
      y: { label: 'value', min: -1.5, max: 1.5 },
      series: [
        { name: 'sine', style: 'dashed', x: truth.map((_, i) => i), y: truth },
        {
          name: 'network, on its own from step 20',
          x: own.map((_, i) => 20 + i),
          y: own,
        },
      ],
    },
  ],
});
