// TensorFlow.js on its WebGPU backend: core ops and its own Adam, in NHWC, its natural layout.
import * as tf from '@tensorflow/tfjs-core';
// Importing the layers also registers the gradients, which in Node no other entry does.
import { layers } from '@tensorflow/tfjs-layers';
import { permute } from './data.mjs';
import { provideNavigatorGpu } from './gpu.mjs';

export const notes = {
  matmul: 'tf.matMul, intermediates disposed',
  ops: 'tf.grads of the op; layerNorm and attention composed of ops; tf.layers.lstm',
  cnn: 'NHWC, tf.train.adam minimize; tf.dropout draws its numbers on the CPU',
};

export async function start({ adapter }) {
  const name = await provideNavigatorGpu(adapter);
  await import('@tensorflow/tfjs-backend-webgpu');
  tf.enableProdMode();
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs: its webgpu backend did not start');
  return { adapter: name, version: tf.version_core };
}

/** Multiplies `c = a · c` `count` times from `b` and reads the result back. */
export function matmul(size, a, b) {
  const left = tf.tensor2d(a, [size, size]);
  const right = tf.tensor2d(b, [size, size]);
  return async (count) => {
    let c = right.clone();
    for (let i = 0; i < count; i++) {
      const next = tf.matMul(left, c);
      c.dispose();
      c = next;
    }
    const result = await c.data();
    c.dispose();
    return result;
  };
}

export function cnn({ batch, dropout, lr, weights }) {
  const params = weights.map((weight, i) => {
    const { shape, data } =
      i === weights.length - 2 ? nhwcLinear(weight) : weight.shape.length === 4 ? permute(weight, [2, 3, 1, 0]) : weight;
    return tf.variable(tf.tensor(data, shape));
  });
  const adam = tf.train.adam(lr, 0.9, 0.999, 1e-8);

  function forward(images) {
    let x = images;
    for (let i = 0; i < 4; i++) {
      x = tf.relu(tf.add(tf.conv2d(x, params[2 * i], 1, 'same'), params[2 * i + 1]));
      if (i < 3) x = tf.maxPool(x, 2, 2, 'valid');
      if (dropout > 0) x = tf.dropout(x, dropout);
    }
    return tf.add(tf.matMul(tf.reshape(x, [batch, -1]), params[8]), params[9]);
  }

  return async (images, labels, wantLoss) => {
    const loss = tf.tidy(() => {
      const x = tf.tensor4d(images, [batch, 28, 28, 1]);
      const y = tf.oneHot(tf.tensor1d(Int32Array.from(labels), 'int32'), 10);
      return adam.minimize(() => tf.losses.softmaxCrossEntropy(y, forward(x)), true, params);
    });
    const value = wantLoss ? (await loss.data())[0] : undefined;
    loss.dispose();
    return value;
  };
}

/** A linear weight over flattened [channels, 3, 3] features, turned into tfjs's [features, out] over flattened [3, 3, channels]. */
function nhwcLinear({ shape: [out, features], data }) {
  const result = permute({ shape: [out, features / 9, 3, 3], data }, [2, 3, 1, 0]);
  return { shape: [features, out], data: result.data };
}

/** Forward and gradients of one op, `count` times; gives the mean squares of the output and of each gradient. */
export function op(name, inputs) {
  const nhwc = { x: [0, 2, 3, 1], w: [2, 3, 1, 0], dy: [0, 2, 3, 1] };
  const { dy, ...rest } = Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => {
      const { shape, data } = name === 'conv2d' ? permute(value, nhwc[key]) : value;
      return [key, tf.tensor(data, shape)];
    }),
  );
  const functions = {
    conv2d: (x, w) => tf.conv2d(x, w, 1, 'same'),
    softmax: (x) => tf.softmax(x),
    layerNorm: (x, weight, bias) => {
      const { mean, variance } = tf.moments(x, 1, true);
      return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), weight), bias);
    },
    attention: (q, k, v) => tf.matMul(tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape[3]))), v),
  };
  const pass =
    name === 'lstm'
      ? lstmPass(rest, dy)
      : () => {
          const y = functions[name](...Object.values(rest));
          return [y, ...tf.grads(functions[name])(Object.values(rest), dy)];
        };
  return async (count) => {
    for (let i = 1; i < count; i++) tf.tidy(() => void pass());
    const values = tf.tidy(() => tf.stack(pass().map((each) => tf.mean(tf.square(each)))));
    const result = await values.data();
    values.dispose();
    return [...result];
  };
}

/** tf.layers.lstm with PyTorch's weights: transposed, the gates in the same order. */
function lstmPass({ x, wih, whh, bias }, dy) {
  const units = whh.shape[1];
  const lstm = layers.lstm({ units, recurrentActivation: 'sigmoid', recurrentInitializer: 'zeros', returnSequences: true });
  tf.dispose(lstm.apply(x)); // builds its weights
  lstm.setWeights([tf.transpose(wih), tf.transpose(whh), bias]);
  const [kernel, recurrent, offset] = lstm.trainableWeights.map((weight) => weight.read());
  const input = tf.variable(x);
  let y;
  return () => {
    y?.dispose();
    const loss = () => {
      y = tf.keep(lstm.apply(input));
      return tf.sum(tf.mul(y, dy));
    };
    const { grads } = tf.variableGrads(loss, [input, kernel, recurrent, offset]);
    return [y, ...Object.values(grads)];
  };
}
