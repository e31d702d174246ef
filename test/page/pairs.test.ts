// Two runs' values side by side.
import { expect, test } from 'vitest';
import { pairs } from '../../runtime/browser/page/pairs.ts';

test('names of either run stand once, with a gap where a run has none', () => {
  expect(pairs({ epochs: 1, lr: 0.1 }, { lr: 0.2, cell: 'gru' })).toEqual([
    { name: 'epochs', values: [1, undefined] },
    { name: 'lr', values: [0.1, 0.2] },
    { name: 'cell', values: [undefined, 'gru'] },
  ]);
});
