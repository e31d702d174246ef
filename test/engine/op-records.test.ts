// What an op is like, its record says (ops/op.ts): nothing is decided by its name, and its attributes have the record's type.
import { expect, it } from 'vitest';

const sources = Object.entries(
  import.meta.glob<string>(['../../src/**/*.ts', '!../../src/projects/**'], { query: '?raw', import: 'default', eager: true }),
).flatMap(([file, text]) => text.split('\n').map((line, i) => ({ place: `${file.slice(6)}:${i + 1}`, line })));

const OP = String.raw`\bop\.name`;
/** Comparing, switching on or looking up an op's name, or taking it out of the record to do so. */
const BY_NAME = new RegExp(
  [
    `${OP}\\s*[!=]==?`,
    `[!=]==?\\s*[\\w.]*${OP}`,
    `switch \\(.*${OP}`,
    `\\.(?:has|get|includes|indexOf|startsWith|endsWith|test|match)\\([^)]*${OP}`,
    `\\[[\\w.]*${OP}\\]`,
    String.raw`\{[^{}]*\bname\b[^{}]*\} = [\w.]*\bop\b`,
  ].join('|'),
);
const CAST = /\battrs(?:\.\w+|\[[^\]]*\])?\)? as\b/;

const found = (pattern: RegExp): string[] => sources.flatMap(({ place, line }) => (pattern.test(line) ? [`${place}: ${line.trim()}`] : []));

it('nothing is decided by the name of an op', () => {
  for (const line of [
    "if (node.op.name === 'reshape') continue;",
    "return 'expand' !== node.op.name;",
    'switch (node.op.name) {',
    'if (CHEAP.has(node.op.name)) return;',
    'const rule = RULES[input.op.name];',
    'const { name, kind } = node.op;',
  ]) {
    expect(line).toMatch(BY_NAME);
  }
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a line of code
  expect('throw new TilegradError(`${node.op.name}: expected …`);').not.toMatch(BY_NAME);
  expect(found(BY_NAME)).toEqual([]);
});

it('attributes are read as the type that their op declares', () => {
  for (const line of ['node.attrs as unknown as ConvSpec', 'node.attrs.axes as readonly number[]', 'attrs[name] as number']) {
    expect(line).toMatch(CAST);
  }
  expect(found(CAST)).toEqual([]);
});
