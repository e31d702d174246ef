// tilegrad's side: reads cases as JSON lines, answers each with one JSON line. run.mjs starts it and asks in turns with torch_side.py.
import { createInterface } from 'node:readline';
import * as library from '../../dist/node.js';

const { compile, conv2d, gradients, iota, layerNorm, losses, lstm, nn, optim, scaledDotProductAttention, tensor } = library;
const device = await library.openDevice();
answer({ side: 'tilegrad', adapter: device.name, kind: device.kind });

/** sin(1.7·i + phase)·scale: the same values on both sides. */
const wave = (shape, phase = 0, scale = 1) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => scale * Math.sin(1.7 * i + phase)),
    shape,
  );
const indices = (shape, limit, step) =>
  tensor(
    Uint32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * step) % limit),
    shape,
  );

/** An op, forward alone or with the gradients of all inputs for a dy of `dyShape`. */
async function op(forward, inputs, dyShape) {
  const kept = await Promise.all(inputs.map((x) => x.keep()));
  const dy = dyShape && (await wave(dyShape, 0.5).keep());
  const run = compile((xs, seed) => {
    const y = forward(...xs);
    return seed ? [y, ...gradients(y, xs, seed)] : [y];
  });
  return { run: () => run(kept, dy), squares: compile((all) => all.map((x) => x.square().mean())) };
}

/** A training step; its losses must fall. */
async function training(model, optimizer, lossOf, inputs) {
  const kept = await Promise.all(inputs.map((x) => x.keep()));
  const step = compile((...given) => {
    const loss = lossOf(...given);
    optimizer.step(gradients(loss, model.parameters()));
    return loss;
  });
  return { run: () => [step(...kept)] };
}

class Block extends nn.Module {
  constructor(width, heads) {
    super();
    this.norm1 = new nn.LayerNorm([width]);
    this.attention = new nn.MultiheadAttention(width, heads, { isCausal: true });
    this.norm2 = new nn.LayerNorm([width]);
    this.mlp = new nn.Sequential(new nn.Linear(width, 4 * width), new nn.GELU(), new nn.Linear(4 * width, width));
  }

  forward(x) {
    const y = x.add(this.attention.forward(this.norm1.forward(x)));
    return y.add(this.mlp.forward(this.norm2.forward(y)));
  }
}

class Gpt extends nn.Module {
  constructor({ context, width, heads, layers, vocabulary }) {
    super();
    this.context = context;
    this.token = new nn.Embedding(vocabulary, width);
    this.place = new nn.Embedding(context, width);
    this.blocks = new nn.Sequential(...Array.from({ length: layers }, () => new Block(width, heads)));
    this.norm = new nn.LayerNorm([width]);
    this.head = new nn.Linear(width, vocabulary, { bias: false });
  }

  forward(tokens) {
    const x = this.token.forward(tokens).add(this.place.forward(iota([this.context], 0)));
    return this.head.forward(this.norm.forward(this.blocks.forward(x)));
  }
}

const makers = {
  matmul: ({ size }) => op((a, b) => a.matmul(b), [wave([size, size]), wave([size, size], 1)]),
  conv2d: ({ batch, channels, size }) => {
    const shape = [batch, channels, size, size];
    return op((x, w) => conv2d(x, w, { padding: 1 }), [wave(shape), wave([channels, channels, 3, 3], 1, 0.05)], shape);
  },
  attention: ({ batch, heads, length, depth }) => {
    const shape = [batch, heads, length, depth];
    return op(
      (q, k, v) => scaledDotProductAttention(q, k, v),
      [0, 1, 2].map((phase) => wave(shape, phase)),
      shape,
    );
  },
  layerNorm: ({ rows, width }) =>
    op(
      (x, weight, bias) => layerNorm(x, [width], { weight, bias }),
      [wave([rows, width]), wave([width], 1), wave([width], 2)],
      [rows, width],
    ),
  lstm: ({ batch, steps, width }) =>
    op(
      (x, weightIh, weightHh, biasIh) => lstm(x, { weightIh, weightHh, biasIh }).output,
      [wave([steps, batch, width]), wave([4 * width, width], 1, 1 / 16), wave([4 * width, width], 2, 1 / 16), wave([4 * width], 3)],
      [steps, batch, width],
    ),
  cnn: ({ batch, channels }) => {
    const blocks = channels.flatMap((count, i) => [
      new nn.Conv2d(channels[i - 1] ?? 1, count, 3, { padding: 1 }),
      new nn.ReLU(),
      ...(i < 3 ? [new nn.MaxPool2d(2)] : []),
      new nn.Dropout(0.2),
    ]);
    const model = new nn.Sequential(...blocks, new nn.Flatten(), new nn.Linear(9 * channels.at(-1), 10));
    const adam = new optim.Adam(model.parameters(), { lr: 1e-3 });
    return training(model, adam, (image, label) => losses.crossEntropy(model.forward(image), label), [
      wave([batch, 1, 28, 28]),
      indices([batch], 10, 1),
    ]);
  },
  gpt: (spec) => {
    const model = new Gpt(spec);
    const adam = new optim.AdamW(model.parameters(), { lr: 1e-3 });
    const { batch, context, vocabulary } = spec;
    const lossOf = (tokens, next) =>
      losses.crossEntropy(model.forward(tokens).reshape([batch * context, vocabulary]), next.reshape([batch * context]));
    return training(model, adam, lossOf, [indices([batch, context], vocabulary, 7), indices([batch, context], vocabulary, 11)]);
  },
};

async function measure({ run, squares }, seconds) {
  const timed = async (count) => {
    const begin = performance.now();
    let results;
    for (let i = 0; i < count; i++) results = run();
    const ends = squares ? squares(results) : results;
    const values = await Promise.all(ends.map((value) => value.item()));
    return { took: (performance.now() - begin) / 1000, values };
  };
  const first = await timed(1);
  let count = 1;
  let last = await timed(1);
  while (last.took < seconds && count < 1 << 14) {
    count *= 2;
    last = await timed(count);
  }
  return { milliseconds: (1000 * last.took) / count, count, firstSeconds: first.took, first: first.values, last: last.values };
}

const open = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const { spec, seconds } = JSON.parse(line);
  try {
    const key = JSON.stringify(spec);
    if (!open.has(key)) {
      open.clear();
      open.set(key, await makers[spec.kind](spec));
    }
    answer(await measure(open.get(key), seconds));
  } catch (error) {
    answer({ error: String(error?.stack ?? error) });
  }
}
process.exit(0);

function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
