// Every test file runs with Node as the platform, on the adapter that TILEGRAD_ADAPTER names or else the best there is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { cacheFolder } from '../runtime/node/files.ts';

/** They compute for longer than they compile. */
const long =
  /\/test\/(models\/|projects\/(aae|carlini-wagner|cifar10-mlp|dataset-tour|facial-keypoints|graph-networks|guide|mimo|mnist-autoencoder|semantic-segmentation)\.)/;
/** Of kernels that share work among the lanes of a subgroup, which are to be as many as users have; and of large pictures. */
const wide = /\/test\/(engine\/(conv|einsum|kernels|products)\.|models\/)/;

// How lavapipe compiles; read when the driver is loaded, and without meaning to other adapters.
const path = expect.getState().testPath ?? '';
// LLVM's optimisations take longer than they save where each of many kernels is executed a few times.
if (!long.test(path)) process.env.GALLIVM_PERF ??= 'nopt';
if (!wide.test(path)) {
  // Half as many lanes take three quarters of the time. Mesa doesn't tell the two apart in its cache.
  process.env.LP_NATIVE_VECTOR_WIDTH ??= '128';
  process.env.MESA_SHADER_CACHE_DIR ??= join(cacheFolder(), 'narrow-shaders');
}

// Weights are compared as a whole: element by element takes seconds. Where bytes differ, the usual way tells how.
expect.addEqualityTesters([
  (a, b) => {
    if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return undefined;
    const [one, other] = [a, b].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength));
    return one.equals(other) || undefined;
  },
]);

// A test that names nothing of the library is spared it: it takes a fifth of a second to load.
if (/\/src\/|memory-host|check\.ts/.test(readFileSync(path, 'utf8'))) {
  const [{ nodePlatform }, { setPlatform }] = await Promise.all([import('../runtime/node/platform.ts'), import('../src/index.ts')]);
  setPlatform(nodePlatform());
}
