// How fast an adapter is, in a number: what a few layers of a small network take on it.
import { closeDevice, compile, setPlatform, tensor } from '../../src/index.ts';
import type { Platform } from '../../src/platform.ts';

/** Samples, units of a layer, layers: each is the same kernel, so that one alone has to be made. */
const [SAMPLES, UNITS, LAYERS] = [64, 128, 12];
/** Milliseconds. */
const MEASURED = 100;

/** Seconds for the quickest pass through them: other work on the machine counts as little as may be. Takes some tenths of a second, and closes the device. */
export async function calibrate(platform: Platform): Promise<number> {
  setPlatform(platform);
  try {
    const weights = tensor(new Float32Array(UNITS * UNITS), [UNITS, UNITS]);
    const input = tensor(new Float32Array(SAMPLES * UNITS), [SAMPLES, UNITS]);
    const pass = compile(() => {
      let x = input;
      for (let layer = 0; layer < LAYERS; layer++) x = x.matmul(weights).relu();
      return x.sum();
    });
    // The first makes the kernels.
    await pass().item();
    const until = performance.now() + MEASURED;
    let least = Number.POSITIVE_INFINITY;
    for (let now = performance.now(); now < until || least === Number.POSITIVE_INFINITY; now = performance.now()) {
      await pass().item();
      least = Math.min(least, performance.now() - now);
    }
    return least / 1000;
  } finally {
    await closeDevice();
  }
}
