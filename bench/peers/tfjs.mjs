// TensorFlow.js on its WebGPU backend: core ops and its own Adam, in NHWC, its natural layout.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients, which in Node no other entry does
import { permute } from './data.mjs';
import { provideNavigatorGpu } from './gpu.mjs';

export const notes = {
  matmul: 'tf.matMul, intermediates disposed',
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
