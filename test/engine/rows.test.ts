import { describe, it } from 'vitest';
import { rowCases } from './cases/rows.ts';
import { checkOp } from './check.ts';

describe('softmax and embedding agree with the float64 reference', () => {
  for (const row of rowCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});
