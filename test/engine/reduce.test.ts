import { describe, it } from 'vitest';
import { reduceCases } from './cases/reduce.ts';
import { checkOp } from './check.ts';

describe('reductions agree with the float64 reference', () => {
  for (const row of reduceCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});
