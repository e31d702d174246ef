// Random graphs on the adapter, with few buffers a kernel and with many: values and slopes are those of float64.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { closeDevice, compile, gradients, openDevice, setPlatform, type Tensor, tensor } from '../../src/index.ts';
import { Random } from '../../src/random.ts';
import { expectClose, toTensor } from './check.ts';
import { randomGraph, showGraph } from './random-graph.ts';
import type { Values } from './reference.ts';

describe.each([8, 10, 12, 16])('a sample runs, with %i buffers a kernel at most', (limit) => {
  beforeAll(async () => {
    const platform = nodePlatform();
    setPlatform({
      ...platform,
      requestAdapter: async () => {
        const choice = await platform.requestAdapter();
        const { maxStorageBuffersPerShaderStage } = choice.adapter.limits;
        return { ...choice, traits: { maxStorageBuffersPerStage: Math.min(limit, maxStorageBuffersPerShaderStage) } };
      },
    });
    await openDevice();
  });
  afterAll(async () => {
    await closeDevice();
    setPlatform(nodePlatform());
  });

  it('to the values of float64, and to their slope along a random direction', async () => {
    for (let seed = 1; seed <= 3; seed++) await runRandom(1000 * limit + seed);
  });
});

async function runRandom(seed: number): Promise<void> {
  const graph = randomGraph(seed, 6 + 2 * (seed % 4), false);
  const noise = new Random(seed, 1);
  const like = ({ shape, data }: Values): Values => ({ shape, data: data.map(() => noise.uniform(-1, 1)) });
  const directions = graph.inputs.slice(0, graph.own).map(like);
  const fixed = graph.make(...graph.inputs.map(toTensor));
  const about = (what: string) => `seed ${seed}, ${what}\n${showGraph(fixed.map(({ tensor }) => tensor))}\n`;

  const run = compile((leaves: readonly Tensor[], along: readonly Tensor[]) => {
    const results = graph.make(...leaves).map(({ tensor }) => tensor);
    const loss = results.map((result) => result.mul(result).sum()).reduce((a, b) => a.add(b));
    const slopes = gradients(loss, leaves.slice(0, graph.own)).map((slope, i) => slope.mul(along[i]).sum());
    return { results, slope: slopes.reduce((a, b) => a.add(b)) };
  });
  const made = run(
    graph.inputs.map(toTensor),
    directions.map(({ shape, data }) => tensor(Float32Array.from(data), shape)),
  );
  const [slope, ...results] = await Promise.all([made.slope, ...made.results].map((each) => each.data()));
  for (const [i, node] of fixed.entries()) expectClose(about(`result ${i}`), results[i], node.value(graph.inputs).data, 1e-4);

  const lossAt = (step: number): number => {
    const moved = graph.inputs.map((input, i) =>
      i < graph.own ? { ...input, data: input.data.map((value, k) => value + step * directions[i].data[k]) } : input,
    );
    return fixed.reduce((sum, node) => sum + node.value(moved).data.reduce((total, value) => total + value * value, 0), 0);
  };
  expectClose(about('slope'), slope, [(lossAt(1e-5) - lossAt(-1e-5)) / 2e-5], 1e-3);
}
