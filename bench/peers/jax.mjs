// jax-js on its WebGPU backend: one jitted training step (valueAndGrad and Adam together), in NCHW.
// jax-js moves arrays into whatever uses them; `.ref` keeps a copy for a later use.
import { readFileSync } from 'node:fs';
import { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy as np, random, tree, valueAndGrad, vjp } from '@jax-js/jax';
import { provideNavigatorGpu } from './gpu.mjs';

export const notes = {
  matmul: 'jit(matmul)',
  ops: 'one jit of the op and its vjp; layerNorm and attention composed of ops',
  cnn: 'one jit of valueAndGrad and a handwritten Adam (its optax is not on npm); dropout by random.bernoulli; max-pool by reduceWindow',
};

export async function start({ adapter }) {
  const name = await provideNavigatorGpu(adapter);
  await init('webgpu');
  defaultDevice('webgpu');
  const manifest = new URL('package.json', import.meta.resolve('@jax-js/jax').replace(/dist\/[^/]*$/, ''));
  return { adapter: name, version: JSON.parse(readFileSync(manifest, 'utf8')).version };
}

/** Multiplies `c = a · c` `count` times from `b` and reads the result back. */
export function matmul(size, a, b) {
  const left = np.array(a, { shape: [size, size] });
  const right = np.array(b, { shape: [size, size] });
  const multiply = jit((x, y) => np.matmul(x, y));
  return async (count) => {
    let c = right.ref;
    for (let i = 0; i < count; i++) c = multiply(left.ref, c);
    return c.data();
  };
}

export function cnn({ batch, dropout, lr, weights }) {
  let params = weights.map(({ shape, data }) => np.array(data, { shape }));
  let m = params.map((p) => np.zeros(p.shape));
  let v = params.map((p) => np.zeros(p.shape));
  let key = random.key(0);
  let count = 0;

  const lossOf = (weights, images, labels, keys) => {
    let x = images;
    for (let i = 0; i < 4; i++) {
      const bias = weights[2 * i + 1].reshape([1, -1, 1, 1]);
      x = nn.relu(lax.convGeneralDilated(x, weights[2 * i], [1, 1], 'SAME').add(bias));
      if (i < 3) x = maxPool(x);
      if (dropout > 0) x = drop(x, keys[i], dropout);
    }
    const logits = np.matmul(x.reshape([batch, -1]), weights[8].transpose()).add(weights[9]);
    return nn
      .logSoftmax(logits, -1)
      .mul(nn.oneHot(labels, 10))
      .sum()
      .mul(-1 / batch);
  };

  const step = jit((params, m, v, key, correction, images, labels) => {
    const [next, ...keys] = dropout > 0 ? np.unstack(random.split(key, 5)) : [key];
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(params), images, labels, keys);
    const newM = m.map((old, i) => old.mul(0.9).add(gradients[i].ref.mul(0.1)));
    const newV = v.map((old, i) => old.mul(0.999).add(np.square(gradients[i]).mul(0.001)));
    const [first, second] = np.unstack(correction);
    const newParams = params.map((p, i) => {
      const update = newM[i].ref.mul(first.ref).div(np.sqrt(newV[i].ref.mul(second.ref)).add(1e-8));
      return p.sub(update.mul(lr));
    });
    first.dispose();
    second.dispose();
    return [newParams, newM, newV, next, loss];
  });

  return async (images, labels, wantLoss) => {
    count++;
    const correction = np.array([1 / (1 - 0.9 ** count), 1 / (1 - 0.999 ** count)]);
    const x = np.array(images, { shape: [batch, 1, 28, 28] });
    const y = np.array(Int32Array.from(labels), { shape: [batch] });
    let loss;
    [params, m, v, key, loss] = step(params, m, v, key, correction, x, y);
    if (wantLoss) return (await loss.data())[0];
    loss.dispose();
    return undefined;
  };
}

const maxPool = (x) => lax.reduceWindow(x, (window) => np.max(window), [2, 2], [2, 2]);

function drop(x, key, rate) {
  const keep = random.bernoulli(key, 1 - rate, x.shape);
  return np.where(keep, x.mul(1 / (1 - rate)), 0);
}

/** Forward and gradients of one op, `count` times; gives the mean squares of the output and of each gradient. */
export function op(name, inputs) {
  const functions = {
    conv2d: (x, w) => lax.convGeneralDilated(x, w, [1, 1], 'SAME'),
    softmax: (x) => nn.softmax(x, -1),
    layerNorm: (x, weight, bias) => nn.standardize(x, -1, { epsilon: 1e-5 }).mul(weight).add(bias),
    attention: (q, k, v) => {
      const scores = np.matmul(q, np.swapaxes(k, -1, -2)).mul(1 / 8);
      return np.matmul(nn.softmax(scores, -1), v);
    },
  };
  if (!functions[name]) throw new Error(`jax: no ${name} (it has no scan)`);
  const arrays = Object.values(inputs).map(({ shape, data }) => np.array(data, { shape }));
  const run = jit((...all) => {
    const dy = all.pop();
    const [y, pull] = vjp(functions[name], all);
    return [y, ...pull(dy)];
  });
  const squares = jit((...all) => all.map((each) => np.mean(np.square(each))));
  return async (count) => {
    let results = [];
    for (let i = 0; i < count; i++) {
      for (const each of results) each.dispose();
      results = run(...arrays.map((each) => each.ref));
      // What nobody reads isn't computed.
      await blockUntilReady(results.map((each) => each.ref));
    }
    return Promise.all(squares(...results).map(async (value) => (await value.data())[0]));
  };
}
