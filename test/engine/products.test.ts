import { describe, it } from 'vitest';
import { poolCases, productCases } from './cases/products.ts';
import { checkOp } from './check.ts';

describe('matrix products, convolutions and pooling agree with the float64 reference', () => {
  for (const row of [...productCases, ...poolCases]) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});
