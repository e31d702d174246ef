// Random graphs, thousands of them: every plan is made within its time and binds no more buffers than the adapter has, and the code of a
// sample compiles on Dawn's null backend. fuzz-run.test.ts runs such graphs.
import { createContext, runInContext } from 'node:vm';
import { expect, it } from 'vitest';
import { create } from 'webgpu';
import type { Plan } from '../../src/engine/compiler/plan.ts';
import { plan } from '../../src/engine/compiler/planner.ts';
import { Device } from '../../src/engine/gpu/device.ts';
import { InputLeaf, Trace, withTrace } from '../../src/engine/graph/tensor.ts';
import { ADAPTERS } from './plan-of.ts';
import { type RandomGraph, randomGraph, showGraph } from './random-graph.ts';

const LIMITS = [8, 10, 12, 16];
/** Milliseconds for one plan, on a busy machine; the median is far below one. */
const PLANNING = 10_000;

// One instance a process, reachable for good: Dawn kills the process when it is collected.
const gpu = create(['backend=null']);

const context = createContext({ body: undefined as (() => unknown) | undefined });

/** Breaks off a loop without an end, which would block the process. */
function within<T>(milliseconds: number, body: () => T): T {
  context.body = body;
  return runInContext('body()', context, { timeout: milliseconds }) as T;
}

function planRandom(seed: number, graph: RandomGraph, maxStorageBuffersPerStage: number): Plan {
  const kinds = Object.values(ADAPTERS);
  const traits = { ...kinds[seed % kinds.length], maxStorageBuffersPerStage };
  const trace = new Trace();
  const leaves = graph.inputs.map(({ shape, dtype }, i) => new InputLeaf(i, shape, dtype));
  const outputs = withTrace(trace, () => graph.make(...leaves).map(({ tensor }) => tensor));
  const about = () => `seed ${seed}, ${maxStorageBuffersPerStage} buffers\n${showGraph(outputs)}`;
  let made: Plan;
  try {
    const program = { outputs, assigned: trace.assigned, inputs: graph.inputs.map(({ data }) => Math.max(4, 4 * data.length)) };
    made = within(PLANNING, () => plan(program, traits));
  } catch (error) {
    throw new Error(`${about()}\n${(error as Error).stack}`);
  }
  for (const { bindings, label, code } of made.steps) {
    if (bindings.length > maxStorageBuffersPerStage) expect.fail(`${label} binds ${bindings.length} buffers\n${about()}`);
    if (code.length > 400_000) expect.fail(`${label} is ${code.length} characters long\n${about()}`);
  }
  return made;
}

it('thousands of random graphs are planned, each in its time and within the limit of buffers', () => {
  for (let seed = 1; seed <= 2000; seed++) planRandom(seed, randomGraph(seed, 3 + (seed % 20), true), LIMITS[seed % LIMITS.length]);
});

it('the code of a sample compiles', async () => {
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('the null backend gave no adapter');
  const device = await Device.open({ adapter, name: 'null', kind: 'gpu', reason: 'nothing runs' });
  for (let seed = 3001; seed <= 3040; seed++) {
    const { steps } = planRandom(seed, randomGraph(seed, 20, true), device.traits.maxStorageBuffersPerStage);
    await Promise.all(steps.map((step) => device.pipeline(step)));
  }
  device.check();
  device.gpu.destroy();
});
