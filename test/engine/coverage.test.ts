// Fails when the library exports an op that no row of the tables checks.
import { expect, it } from 'vitest';
import * as conv from '../../src/engine/ops/conv.ts';
import * as create from '../../src/engine/ops/create.ts';
import * as elementwise from '../../src/engine/ops/elementwise.ts';
import * as indexing from '../../src/engine/ops/indexing.ts';
import * as matmul from '../../src/engine/ops/matmul.ts';
import * as movement from '../../src/engine/ops/movement.ts';
import * as norm from '../../src/engine/ops/norm.ts';
import * as pool from '../../src/engine/ops/pool.ts';
import * as reduce from '../../src/engine/ops/reduce.ts';
import * as softmax from '../../src/engine/ops/softmax.ts';
import { elementwiseCases } from './cases/elementwise.ts';
import { movementCases, viewCases } from './cases/movement.ts';
import { poolCases, productCases } from './cases/products.ts';
import { reduceCases } from './cases/reduce.ts';
import { rowCases } from './cases/rows.ts';

/** Exported functions that aren't ops: WGSL helpers, host values (tested in state.test.ts), and `tensor`, which every row uses. */
const NOT_OPS = ['isNan', 'literal', 'wgslType', 'toTensor', 'tensor', 'hostValues', 'windows'];

it('every op has a row in a table', () => {
  const rows = new Set(
    [...elementwiseCases, ...movementCases, ...viewCases, ...productCases, ...poolCases, ...reduceCases, ...rowCases].map(({ op }) => op),
  );
  const modules = [conv, create, elementwise, indexing, matmul, movement, norm, pool, reduce, softmax];
  const functions = modules.flatMap((module) =>
    Object.entries(module).flatMap(([name, value]) => (typeof value === 'function' ? [name] : [])),
  );
  const ops = [...functions, ...Object.keys(elementwise.unaryOps), ...Object.keys(elementwise.binaryOps)];
  expect(ops.filter((name) => !rows.has(name) && !NOT_OPS.includes(name))).toEqual([]);
});

it('every op with a formula and a derivative is checked to second order', () => {
  const checked = new Set(
    [...elementwiseCases, ...productCases, ...rowCases, ...reduceCases].filter(({ second }) => second).map(({ op }) => op),
  );
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
  const kernels = ['matmul', 'conv2d', 'softmax', 'logSoftmax', 'crossEntropyRows', 'embedding', 'layerNorm'];
  expect([...differentiable, ...kernels].filter((op) => !checked.has(op))).toEqual([]);
});
