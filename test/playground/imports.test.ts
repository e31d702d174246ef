import { describe, expect, it } from 'vitest';
import { resolveImports, SourceError } from '../../runtime/browser/playground/imports.ts';

const names = ['tensor', 'compile', 'nn'];
const resolve = (code: string) => resolveImports(code, 'http://host/t.js', names);
const failure = (code: string) => {
  try {
    resolve(code);
  } catch (error) {
    if (error instanceof SourceError) return { message: error.message, place: error.places[0] };
    throw error;
  }
  throw new Error('it was taken');
};

describe('imports of a program', () => {
  it('tilegrad becomes its address, in every form of import, and nothing else changes', () => {
    expect(resolve("import { tensor } from 'tilegrad';\nlet s = 'tilegrad';")).toBe(
      'import { tensor } from "http://host/t.js";\nlet s = \'tilegrad\';',
    );
    expect(resolve('import * as t from "tilegrad"; const u = await import("tilegrad");')).toBe(
      'import * as t from "http://host/t.js"; const u = await import("http://host/t.js");',
    );
    expect(resolve("export { compile } from 'tilegrad'")).toBe('export { compile } from "http://host/t.js"');
  });

  it('lines stay where they are', () => {
    const code = "import {\n  tensor,\n  nn,\n} from 'tilegrad';\nthrow 1;";
    expect(resolve(code).split('\n')).toHaveLength(code.split('\n').length);
  });

  it('another module is refused at its place', () => {
    expect(failure("// first\nimport fs from 'node:fs';")).toEqual({
      message: "ImportError: can't import \"node:fs\": a program in the playground can import 'tilegrad' alone",
      place: { line: 2, column: 16 },
    });
    expect(failure('if (1) {\n  await import("https://host/x.js");\n}').place).toEqual({ line: 2, column: 16 });
    expect(failure('const n = "x";\nimport(n);').message).toContain('plain string');
  });

  it('a name that the library lacks is refused, with the one that was meant', () => {
    expect(failure("import { tensor, complie } from 'tilegrad';")).toEqual({
      message: "ImportError: tilegrad has no 'complie'; did you mean 'compile'?",
      place: { line: 1, column: 18 },
    });
  });

  it('wrong syntax is refused with line and column', () => {
    expect(failure('let a = 1;\nlet b = (2;')).toEqual({ message: 'SyntaxError: Unexpected token', place: { line: 2, column: 11 } });
  });
});
