import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readExamples } from '../../build/examples.mjs';
import { resolveImports } from '../../runtime/browser/playground/imports.ts';
import * as tilegrad from '../../src/index.ts';

const examples = await readExamples();

it('lists every example once, each with a title and a summary', () => {
  expect(examples.map(({ name }) => `${name}.mjs`).sort()).toEqual(readdirSync('examples').sort());
  expect(new Set(examples.map(({ title }) => title)).size).toBe(examples.length);
  for (const { title, summary } of examples) {
    expect(title.length).toBeLessThan(24);
    expect(summary).toMatch(/^[A-Z].{20,160}\.$/);
  }
});

it.each(examples)('$name imports nothing that the playground lacks', ({ code }) => {
  expect(resolveImports(code, 'tilegrad.js', Object.keys(tilegrad))).toContain('"tilegrad.js"');
});

it('refuses a file that its list lacks, and one without a title', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tilegrad-examples-'));
  try {
    for (const { name } of examples) writeFileSync(join(folder, `${name}.mjs`), name === 'digits' ? 'let a;\n' : '// A\n// b\n');
    await expect(readExamples(folder)).rejects.toThrow('digits.mjs: expected comment lines first, a title and a summary');
    writeFileSync(join(folder, 'more.mjs'), '// A\n// b\n');
    await expect(readExamples(folder)).rejects.toThrow('more: expected in');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
