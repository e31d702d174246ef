// Fails when the library exports an op that no row of the tables checks.
import { expect, it } from 'vitest';
import * as opModule from '../../src/engine/ops/index.ts';
import { methodNames } from '../../src/engine/ops/methods.ts';
import { losses } from '../../src/index.ts';
import { allCases } from './all-cases.ts';

/** Exported by ops/index.ts, but no ops: their tests are those of states and random numbers. `tensor` is in every row. */
const NOT_OPS = ['tensor', 'hostValues', 'manualSeed', 'randomState', 'setRandomState'];
/** Their values are tested by their statistics (random.test.ts). */
const RANDOM = ['bernoulli', 'dropout', 'rand', 'randn', 'randomBits'];

it('every op has a row in a table', () => {
  const rows = new Set(allCases.map(({ op }) => op));
  const functions = Object.entries(opModule).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
  const names = [...functions, ...methodNames, ...Object.keys(losses)];
  expect(names.filter((name) => !rows.has(name) && ![...NOT_OPS, ...RANDOM].includes(name))).toEqual([]);
});

it('every op with a formula and a derivative is checked to second order', () => {
  const checked = new Set(allCases.filter(({ second }) => second).map(({ op }) => op));
  const differentiable = [
    'add',
    'sub',
    'mul',
    'div',
    'pow',
    'exp',
    'log',
    'tanh',
    'sigmoid',
    'gelu',
    'where',
    'sum',
    'mean',
    'variance',
    'logSumExp',
  ];
  const kernels = ['matmul', 'conv2d', 'softmax', 'logSoftmax', 'crossEntropy', 'embedding', 'layerNorm'];
  expect([...differentiable, ...kernels].filter((op) => !checked.has(op))).toEqual([]);
});
