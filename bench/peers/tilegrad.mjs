// tilegrad itself, as built in dist/: one compiled training step, in NCHW.
import { existsSync, readFileSync } from 'node:fs';
import { expectKind } from './adapters.mjs';

export const notes = {
  matmul: 'compile(matmul)',
  cnn: 'one compiled step: forward, gradients and Adam',
  ops: 'one compiled function: the op and its gradients',
};

let library;

export async function start({ adapter }) {
  const built = new URL('../../dist/node.js', import.meta.url);
  if (!existsSync(built)) throw new Error('tilegrad: dist/node.js is missing; run npm run build in the root');
  library = await import(built);
  const { name } = await library.openDevice();
  expectKind(adapter, name);
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return { adapter: name, version };
}

/** Multiplies `c = a · c` `count` times from `b` and reads the result back. */
export function matmul(size, a, b) {
  const { compile, tensor } = library;
  const left = tensor(a, [size, size]);
  const right = tensor(b, [size, size]);
  const multiply = compile((x) => left.matmul(x));
  return async (count) => {
    let c = right;
    for (let i = 0; i < count; i++) c = multiply(c);
    return c.data();
  };
}

export function cnn({ batch, channels, dropout, lr, weights }) {
  const { compile, losses, nn, optim, tensor } = library;
  const layers = channels.flatMap((outputs, i) => [
    new nn.Conv2d(channels[i - 1] ?? 1, outputs, 3, { padding: 1 }),
    new nn.ReLU(),
    ...(i < 3 ? [new nn.MaxPool2d(2)] : []),
    ...(dropout > 0 ? [new nn.Dropout(dropout)] : []),
  ]);
  const model = new nn.Sequential(...layers, new nn.Flatten(), new nn.Linear(9 * channels.at(-1), 10));
  for (const [i, parameter] of model.parameters().entries()) parameter.assign(tensor(weights[i].data, weights[i].shape));
  const adam = new optim.Adam(model.parameters(), { lr });
  const step = compile((x, y) => {
    const loss = losses.crossEntropy(model.forward(x), y);
    adam.minimize(loss);
    return loss;
  });
  return async (images, labels, wantLoss) => {
    const loss = step(tensor(images, [batch, 1, 28, 28]), tensor(labels, [batch]));
    return wantLoss ? loss.item() : undefined;
  };
}

/** Forward and gradients of one op, `count` times; gives the mean squares of the output and of each gradient. */
export function op(name, inputs) {
  const { compile, conv2d, gradients, layerNorm, lstm, scaledDotProductAttention, softmax, tensor } = library;
  const { dy, ...rest } = Object.fromEntries(Object.entries(inputs).map(([key, { shape, data }]) => [key, tensor(data, shape).keep()]));
  const functions = {
    conv2d: ({ x, w }) => conv2d(x, w, { padding: 1 }),
    softmax: ({ x }) => softmax(x),
    layerNorm: ({ x, weight, bias }) => layerNorm(x, [x.shape[1]]).mul(weight).add(bias),
    attention: ({ q, k, v }) => scaledDotProductAttention(q, k, v),
    lstm: ({ x, wih, whh, bias }) => lstm(x.transpose(0, 1), { weightIh: wih, weightHh: whh, biasIh: bias }).output.transpose(0, 1),
  };
  const run = compile((xs, seed) => {
    const y = functions[name](xs);
    return [y, ...gradients(y, Object.values(xs), seed)];
  });
  const squares = compile((tensors) => tensors.map((each) => each.square().mean()));
  return async (count) => {
    let results;
    for (let i = 0; i < count; i++) results = run(rest, dy);
    return Promise.all(squares(results).map((value) => value.item()));
  };
}
