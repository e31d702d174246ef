import { describe, it } from 'vitest';
import { productCases } from './cases/products.ts';
import { checkOp } from './check.ts';

describe('matrix products and convolutions agree with the float64 reference', () => {
  for (const row of productCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});
