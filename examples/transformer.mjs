// Attention
// A transformer block learns to reverse sequences: attention, layer norm, AdamW with warm-up. Everything is made on the GPU.
import {
  compile,
  gradients,
  iota,
  losses,
  manualSeed,
  nn,
  optim,
  randint,
} from 'tilegrad';

const [batch, length, symbols, width] = [32, 6, 10, 32];

class Reverser extends nn.Module {
  symbol = new nn.Embedding(symbols, width);
  place = new nn.Embedding(length, width);
  attention = new nn.MultiheadAttention(width, 4);
  afterAttention = new nn.LayerNorm([width]);
  mlp = new nn.Sequential(
    new nn.Linear(width, 2 * width),
    new nn.GELU(),
    new nn.Linear(2 * width, width),
  );
  afterMlp = new nn.LayerNorm([width]);
  head = new nn.Linear(width, symbols);

  forward(sequence) {
    const x = this.symbol
      .forward(sequence)
      .add(this.place.forward(iota([length], 0)));
    const attended = this.afterAttention.forward(
      x.add(this.attention.forward(x, x, x)),
    );
    return this.head.forward(
      this.afterMlp.forward(attended.add(this.mlp.forward(attended))),
    );
  }
}

manualSeed(1);
const model = new Reverser();
const optimizer = new optim.AdamW(model.parameters(), {
  lr: optim.schedules.warmup(10, optim.schedules.constant(3e-3)),
});
const task = () => {
  const sequence = randint([batch, length], 0, symbols);
  return { sequence, target: sequence.flip(1) };
};
const step = compile(() => {
  const { sequence, target } = task();
  const loss = losses.crossEntropy(
    model.forward(sequence).reshape([-1, symbols]),
    target.reshape([-1]),
  );
  optimizer.step(gradients(loss, model.parameters()));
  return loss;
});
for (let i = 1; i <= 60; i++) {
  const loss = step();
  if (i % 20 === 0)
    console.log(`step ${i}: loss ${(await loss.item()).toFixed(3)}`);
}
const { sequence, target } = task();
const right = model
  .forward(sequence)
  .argMax(2)
  .eq(target.cast('u32'))
  .cast('f32')
  .mean();
console.log(`symbols right: ${(100 * (await right.item())).toFixed(1)} %`);
