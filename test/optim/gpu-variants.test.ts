// The variants for GPUs of the updates that have their own, on whatever adapter there is: a few steps equal the float64 reference.
import { beforeAll, expect, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { openDevice, setPlatform } from '../../src/index.ts';
import { expectClose } from '../engine/check.ts';
import { cases } from './cases.ts';
import { makeParameters, referenceRun, run, valuesOf } from './problem.ts';

const STEPS = 2;

beforeAll(() => {
  const node = nodePlatform();
  setPlatform({ ...node, requestAdapter: async () => ({ ...(await node.requestAdapter()), kind: 'gpu' as const }) });
});

// A tiled product takes a software adapter seconds, so Muon's is the case of two iterations.
const rows = cases.filter(({ name }) => /^(Adafactor|LAMB, a group|LARS|Muon, groups|AdamW, two)/.test(name));

it.each(rows.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
  expect((await openDevice()).kind).toBe('gpu');
  const parameters = makeParameters();
  const { weights, gradients } = referenceRun(row, STEPS);
  run(row.make(parameters), gradients);
  const found = await valuesOf(parameters);
  for (const [i, { name }] of parameters.entries()) expectClose(name, found[i], weights[i], 2e-5);
});
