// Attention
// A transformer block learns to reverse sequences; the picture has where each place of the result looks.
import {
  compile,
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
  query = new nn.Linear(width, width);
  key = new nn.Linear(width, width);
  value = new nn.Linear(width, width);
  norm = new nn.LayerNorm([width]);
  mlp = new nn.Sequential(
    new nn.Linear(width, 2 * width),
    new nn.GELU(),
    new nn.Linear(2 * width, symbols),
  );

  embed(sequence) {
    const places = this.place.forward(iota([length], 0));
    return this.symbol.forward(sequence).add(places);
  }

  /** How much each place looks at each other one: [batch, length, length]. */
  attention(x) {
    const scores = this.query
      .forward(x)
      .matmul(this.key.forward(x).transpose());
    return scores.div(Math.sqrt(width)).softmax(2);
  }

  // With many heads, and in one kernel: nn.MultiheadAttention.
  forward(sequence) {
    const x = this.embed(sequence);
    const seen = this.attention(x).matmul(this.value.forward(x));
    return this.mlp.forward(this.norm.forward(x.add(seen)));
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
  optimizer.minimize(loss);
  return loss;
});
for (let i = 1; i <= 80; i++) {
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

const attention = model.attention(model.embed(sequence)).mean(0);
console.log({
  title: 'Attention',
  caption: 'Rows: places of the result. Columns: places of the sequence.',
  panels: [
    {
      kind: 'pictures',
      columns: 1,
      pictures: [
        {
          width: length,
          height: length,
          channels: 1,
          pixels: await attention.data(),
        },
      ],
    },
  ],
});
