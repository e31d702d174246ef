// docs/ops.md says what the sources say. `npm run docs` writes it anew.
import { expect, it } from 'vitest';
import { NOT_OPS } from './not-ops.ts';
import { documented, markdown, opNames, opRows } from './ops-table.ts';

it('every public op has a docstring with its formula, shapes and PyTorch name', () => {
  const docs = documented();
  const lacking = opNames(NOT_OPS).flatMap((name) => {
    const missing = ['formula', 'shapes', 'torch'].filter((tag) => !docs.get(name)?.tags[tag]);
    return missing.length > 0 ? [`${name}: ${missing.join(', ')}`] : [];
  });
  expect(lacking).toEqual([]);
});

it('docs/ops.md is up to date', async () => {
  await expect(markdown(opRows(NOT_OPS))).toMatchFileSnapshot('../../docs/ops.md');
});
