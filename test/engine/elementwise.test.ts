import { describe, it } from 'vitest';
import { elementwiseCases } from './cases/elementwise.ts';
import { checkOp } from './check.ts';

describe('element-wise ops agree with the float64 reference', () => {
  for (const row of elementwiseCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});
