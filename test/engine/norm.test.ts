import { describe, expect, it } from 'vitest';
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm, State, zeros } from '../../src/index.ts';
import { normCases } from './cases/norm.ts';
import { checkOp } from './check.ts';

describe('normalisations agree with the float64 reference', () => {
  for (const row of normCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

const x23 = zeros([2, 3]);

it.each([
  ['layerNorm', () => layerNorm(x23, [4]), 'layerNorm: expected [.., 4], got [2, 3]'],
  ['layerNorm of nothing', () => layerNorm(x23, []), 'layerNorm: expected [.., ], got [2, 3]'],
  ['a weight', () => layerNorm(x23, [3], { weight: zeros([2]) }), 'layerNorm: expected weight and bias [3], got [2] for [2, 3]'],
  ['rmsNorm', () => rmsNorm(x23, [2, 4]), 'rmsNorm: expected [.., 2, 4], got [2, 3]'],
  ['groups', () => groupNorm(x23, 2), 'groupNorm: expected groups that divide 3 channels, got 2 for [2, 3]'],
  ['instanceNorm', () => instanceNorm(x23), 'instanceNorm: expected [n, channels, ..] with places to normalise over, got [2, 3]'],
  ['batchNorm', () => batchNorm(zeros([3])), 'batchNorm: expected [n, channels, ..], got [3]'],
  [
    'statistics',
    () => batchNorm(x23, { runningMean: new State('mean', [2], 'f32') }),
    'batchNorm: expected running statistics [3], got [2]',
  ],
  ['no statistics', () => batchNorm(x23, { training: false }), 'batchNorm: expected running statistics outside of training, got none'],
  ['whole numbers', () => layerNorm(zeros([2, 3], 'i32'), [3]), 'layerNorm: expected f32 or f16, all alike, got i32'],
])('%s that does not fit is refused', (_name, call, message) => {
  expect(call).toThrow(message);
});
