import { describe, expect, it } from 'vitest';
import { gru, lstm, lstmCell, rnn, zeros } from '../../src/index.ts';
import { cellCases, recurrentCases } from './cases/recurrent.ts';
import { checkOp } from './check.ts';

describe('recurrent layers agree with the float64 recursion', () => {
  for (const row of [...recurrentCases, ...cellCases]) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

describe('recurrent layers refuse what does not fit', () => {
  const x = zeros([3, 2, 5]);
  const weights = (gates: number) => ({ weightIh: zeros([gates * 4, 5]), weightHh: zeros([gates * 4, 4]) });
  const rows: readonly (readonly [string, () => unknown, string])[] = [
    ['rank of x', () => lstm(zeros([3, 5]), weights(4)), 'lstm: expected x [steps ≥ 1, batch, features], got [3, 5]'],
    ['rank of x in a cell', () => lstmCell(x, x, x, weights(4)), 'lstmCell: expected x [batch, features], got [3, 2, 5]'],
    ['no steps', () => gru(zeros([0, 2, 5]), weights(3)), 'gru: expected x [steps ≥ 1, batch, features], got [0, 2, 5]'],
    ['features', () => rnn(zeros([3, 2, 6]), weights(1)), 'rnn: expected weightIh [4, 6], got [4, 5]'],
    ['gates', () => lstm(x, weights(3)), 'lstm: expected weightHh [16, 4], got [12, 4]'],
    ['rank of a weight', () => rnn(x, { ...weights(1), weightHh: zeros([4]) }), 'rnn: expected weightHh [1 · units, units], got [4]'],
    ['bias', () => gru(x, { ...weights(3), biasHh: zeros([4]) }), 'gru: expected biasHh [12], got [4]'],
    ['h0', () => gru(x, weights(3), { h0: zeros([1, 2, 4]) }), 'gru: expected h0 [2, 4], got [1, 2, 4]'],
    ['c0', () => lstm(x, weights(4), { c0: zeros([2, 5]) }), 'lstm: expected c0 [2, 4], got [2, 5]'],
    ['lengths', () => rnn(x, weights(1), { lengths: zeros([3], 'u32') }), 'rnn: expected lengths [2], got [3]'],
    ['lengths that are no integers', () => rnn(x, weights(1), { lengths: zeros([2]) }), 'rnn: expected u32 or i32 indices, got f32'],
    ['integers', () => lstm(zeros([3, 2, 5], 'i32'), weights(4)), 'lstm: expected f32, got i32 and f32 and f32'],
  ];
  for (const [name, call, message] of rows) it(name, () => expect(call).toThrow(message));
});
