// What a replayed step costs the host: Dawn's null backend executes nothing, so all the time is ours and the driver front end's.
import { create } from 'webgpu';
import { cnnStep } from './models.mjs';

// Dawn's instance must stay reachable for the life of the process.
const gpu = create(['backend=null']);

/** Host microseconds for each dispatch of the CNN's training step, inputs and host values included. */
export async function measureOverhead(library, { steps = 1000 } = {}) {
  library.setPlatform({
    name: 'node',
    requestAdapter: async () => ({
      adapter: await gpu.requestAdapter(),
      name: 'null backend',
      kind: 'gpu',
      reason: 'the benchmark of host overhead',
    }),
    readData: async () => undefined,
    listData: async () => undefined,
    fetchCached: async () => undefined,
  });
  const { step, image, label } = cnnStep(library, { batch: 128, channels: [4, 8, 16, 32], dropout: 0.2 });
  await step(image, label).data();
  const dispatches = Number.parseInt(await step.describe(), 10);
  const samples = [];
  for (let round = 0; round < 5; round++) {
    const begin = performance.now();
    for (let i = 0; i < steps / 5; i++) {
      step(image, label);
      // Gives way, so that the step is submitted on its own, as in a training loop.
      await undefined;
    }
    samples.push(((performance.now() - begin) * 1000) / (steps / 5) / dispatches);
  }
  await library.closeDevice();
  samples.sort((a, b) => a - b);
  return { dispatches, microseconds: samples[2] };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const result = await measureOverhead(await import('../dist/tilegrad.js'));
  console.log(JSON.stringify(result));
  process.exit(0);
}
