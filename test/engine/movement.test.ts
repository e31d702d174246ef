import { describe, it } from 'vitest';
import { movementCases, viewCases } from './cases/movement.ts';
import { checkOp } from './check.ts';

describe('movement ops, and kernels on what they give agree with the float64 reference', () => {
  for (const row of [...movementCases, ...viewCases]) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});
