import { csvFormatRows, csvParseRows } from 'd3-dsv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeCsv, numbersOf } from '../../src/data/csv.ts';
import { DataFormatError } from '../../src/engine/graph/errors.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => decodeCsv(bytes(text), 'x.csv');

function complaint(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(DataFormatError);
    return (error as Error).message;
  }
  throw new Error('expected a DataFormatError');
}

describe('what it reads', () => {
  test('quoted cells with commas, quotes and line breaks; rows know the line they begin in', () => {
    const table = read('name,note\n"a, b","say ""no"""\r\n\nc,"two\nlines"\nd,\n');
    expect(table.columns).toEqual(['name', 'note']);
    expect(table.rows).toEqual([
      { line: 2, cells: ['a, b', 'say "no"'] },
      { line: 4, cells: ['c', 'two\nlines'] },
      { line: 6, cells: ['d', ''] },
    ]);
  });

  test('with or without a byte order mark and a last line break; a header alone', () => {
    expect(read('\uFEFFa,b\n1,2')).toEqual(read('a,b\r\n1,2\r\n'));
    expect(read('a,b\n').rows).toEqual([]);
  });

  test('whatever d3-dsv writes, as d3-dsv reads it', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '1', ',', '"', '\n', '\r', ' ', 'ä', ';'), maxLength: 6 });
    const tables = fc
      .integer({ min: 2, max: 4 })
      .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 6 }));
    fc.assert(
      fc.property(tables, (rows) => {
        const header = (rows[0] ?? ['', '']).map((_, i) => `c${i}`);
        const text = csvFormatRows([header, ...rows]);
        const table = read(text);
        expect([table.columns, ...table.rows.map(({ cells }) => cells)]).toEqual(csvParseRows(text));
        for (const { line } of table.rows) expect(text.split(/\r\n|\r|\n/).length).toBeGreaterThanOrEqual(line);
      }),
      { numRuns: 500 },
    );
  });

  test('numbers, with empty cells and NA missing', () => {
    const table = read('a,b\n1,-2.5e1\nNA, 7 \n.5,\n');
    expect([...numbersOf(table, 'a')]).toEqual([1, Number.NaN, 0.5]);
    expect([...numbersOf(table, 'b')]).toEqual([-25, 7, Number.NaN]);
  });
});

describe('what it refuses, and how it says so', () => {
  test.each([
    ['', /x\.csv: expected a header line .*, found an empty file/],
    ['a,b\n1,2\n3\n4,5\n', /x\.csv, line 3: expected 2 cells, as the header has, found 1\./],
    ['a,b\n1,2\n3,4,5\n', /line 3: expected 2 cells, as the header has, found 3\./],
    ['a,b\n"x\ny",2\n3', /line 4: .* It is the last line: the file is cut off/],
    ['a,b\n1,"open\n2,3\n', /line 2, cell 2: expected a closing quote, found the end of the file/],
    ['a,b\n1,"open""', /line 2, cell 2: expected a closing quote/],
    ['a,b\n"1" x,2\n', /line 2, cell 1: expected a comma or the end of the line after the closing quote, found ' x'/],
    ['a,b\n1,5" pipe\n', /line 2, cell 2: expected quotes around the whole cell or none, found '5" pipe'/],
    ['a,b,a\n', /line 1: expected columns of different names, found 'a' twice/],
    ['a;b\n1;2\n', /line 1: expected cells separated by commas, found semicolons\. Export/],
    ['a\tb\n1\t2\n', /found tabs/],
  ])('%j', (text, message) => {
    expect(complaint(() => read(text))).toMatch(message);
  });

  test('bytes that are no text', () => {
    expect(complaint(() => decodeCsv(Uint8Array.of(0x1f, 0x8b, 8, 0), 'x.csv.gz'))).toMatch(/x\.csv\.gz: expected text in UTF-8/);
  });

  test('a column that is not there, or not all numbers', () => {
    const table = read('Area,Zone\n1,A\nabout 5,B\n');
    expect(complaint(() => numbersOf(table, 'area'))).toMatch(/expected a column 'area', found 'Area'\. Write it as 'Area'/);
    expect(complaint(() => numbersOf(table, 'Price'))).toMatch(/found 2 others\. Its columns: 'Area', 'Zone'\./);
    expect(complaint(() => numbersOf(table, 'Area'))).toMatch(/x\.csv, line 3, column 'Area': expected a number, or NA, found 'about 5'/);
  });

  test.each(['Infinity', '0x10', '1,000', '1 2', '--1', 'e5'])('%s is no number', (text) => {
    expect(complaint(() => numbersOf(read(`a\n"${text}"\n`), 'a'))).toMatch(/expected a number/);
  });
});

describe('hostile files cost time in proportion to their size', () => {
  const soon = (work: () => unknown) => {
    const start = process.cpuUsage();
    work();
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(5);
  };

  test('a header of 80,000 columns', () => {
    const header = Array.from({ length: 80_000 }, (_, i) => `c${i}`).join();
    soon(() => expect(read(header).columns).toHaveLength(80_000));
    soon(() => expect(complaint(() => read(`${header},c7`))).toMatch(/'c7' twice/));
  });

  test('a number of 400,000 digits that is none after all', () => {
    const table = read(`a\n${'1'.repeat(400_000)}x\n`);
    soon(() => expect(complaint(() => numbersOf(table, 'a'))).toMatch(/expected a number/));
  });

  test('a quoted cell of 16 MB full of quotes', () => {
    const cell = 'ab""\n'.repeat(3_300_000);
    soon(() => expect(read(`a\n"${cell}"\n`).rows[0]!.cells[0]).toHaveLength(4 * 3_300_000));
    soon(() => expect(complaint(() => read(`a\n"${cell}`))).toMatch(/closing quote/));
  });

  test('a cell that a terminal would obey is shown, not sent', () => {
    expect(complaint(() => numbersOf(read('a\n\u001b]0;owned\u0007\n'), 'a'))).toContain("'\\u001b]0;owned\\u0007'");
  });
});
