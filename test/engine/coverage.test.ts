// Fails when the library exports an op that no row of the tables checks.
import { expect, it } from 'vitest';
import { allCases, statistics } from './all-cases.ts';
import { NOT_OPS } from './not-ops.ts';
import { opNames } from './ops-table.ts';

it('every op has a row in a table', () => {
  const rows = new Set([...allCases, ...statistics].map(({ op }) => op));
  expect(opNames(NOT_OPS).filter((name) => !rows.has(name))).toEqual([]);
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
