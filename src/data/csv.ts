import { formatError, quoted } from './format-error.ts';

/** A table read from a CSV file: a header, and rows with as many cells as it has. */
export interface CsvTable {
  /** Where it came from, for errors. */
  readonly source: string;
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
}

export interface CsvRow {
  /** Of the file, from 1, where the row begins. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Reads comma-separated values (RFC 4180: quoted cells may hold commas, line breaks and doubled quotes) with a header, in UTF-8. Empty
 * lines are skipped.
 *
 * @throws DataFormatError with the line where the file isn't that: broken quotes, a row that is shorter or longer than the header, columns of
 *   one name
 */
export function decodeCsv(bytes: Uint8Array, source: string): CsvTable {
  const [header, ...rows] = rowsOf(textOf(bytes, source), source);
  if (!header) throw formatError(source, 'a header line and rows below it', 'an empty file');
  const columns = header.cells;
  const seen = new Set<string>();
  const double = columns.find((name) => seen.size === seen.add(name).size);
  if (double !== undefined) throw formatError(`${source}, line ${header.line}`, 'columns of different names', `${quoted(double)} twice`);
  const other = [';', '\t'].find((separator) => columns.length === 1 && columns[0].includes(separator));
  if (other) {
    const name = other === ';' ? 'semicolons' : 'tabs';
    throw formatError(`${source}, line ${header.line}`, 'cells separated by commas', name, 'Export the table again as CSV with commas.');
  }
  for (const [i, { line, cells }] of rows.entries()) {
    if (cells.length === columns.length) continue;
    const end = i === rows.length - 1 && cells.length < columns.length;
    throw formatError(
      `${source}, line ${line}`,
      `${columns.length} cells, as the header has`,
      `${cells.length}`,
      end ? 'It is the last line: the file is cut off. Get a fresh copy of it.' : undefined,
    );
  }
  return { source, columns, rows };
}

/**
 * One column as numbers, NaN where a cell is empty or `NA`.
 *
 * @throws DataFormatError when there is no such column, or where a cell is neither a number nor missing
 */
export function numbersOf(table: CsvTable, column: string): Float64Array {
  const place = table.columns.indexOf(column);
  if (place < 0) {
    const near = table.columns.find((name) => name.toLowerCase() === column.toLowerCase());
    throw formatError(
      table.source,
      `a column ${quoted(column)}`,
      near ? quoted(near) : `${table.columns.length} others`,
      near
        ? `Write it as ${quoted(near)}.`
        : `Its columns: ${table.columns.slice(0, 100).map(quoted).join(', ')}${table.columns.length > 100 ? ' …' : ''}.`,
    );
  }
  return Float64Array.from(table.rows, ({ line, cells }) => {
    const text = cells[place].trim();
    if (text === '' || text === 'NA') return Number.NaN;
    // Number() alone would also take 0x1F and Infinity.
    if (/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number(text);
    throw formatError(
      `${table.source}, line ${line}, column ${quoted(column)}`,
      'a number, or NA',
      quoted(text),
      'Mend the cell, or choose a column of numbers.',
    );
  });
}

function textOf(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw formatError(
      source,
      'text in UTF-8',
      'bytes that are not',
      'Save the table again as CSV in UTF-8; if it is compressed, unpack it.',
    );
  }
}

interface Cell {
  readonly text: string;
  /** Where it ends: at a comma, the end of the line or of the file. */
  readonly end: number;
  /** Line breaks inside its quotes. */
  readonly breaks: number;
}

/** Written by hand because CSV libraries small enough for a page pass over broken quotes and don't know lines. */
function rowsOf(text: string, source: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const begin = line;
    const start = at;
    const cells: string[] = [];
    for (;;) {
      const cell = cellAt(text, at, () => `${source}, line ${line}, cell ${cells.length + 1}`);
      cells.push(cell.text);
      line += cell.breaks;
      at = cell.end;
      if (text[at] !== ',') break;
      at++;
    }
    if (at > start) rows.push({ line: begin, cells });
    at += text.startsWith('\r\n', at) ? 2 : 1;
    line++;
  }
  return rows;
}

const upToSeparator = /[^,\r\n]*/y;

function plainAt(text: string, at: number): string {
  upToSeparator.lastIndex = at;
  // It matches the empty text at least.
  return (upToSeparator.exec(text) as RegExpExecArray)[0];
}

function cellAt(text: string, at: number, place: () => string): Cell {
  if (text[at] !== '"') {
    const plain = plainAt(text, at);
    if (plain.includes('"'))
      throw formatError(place(), 'quotes around the whole cell or none', quoted(plain), 'Double the quotes inside a quoted cell.');
    return { text: plain, end: at + plain.length, breaks: 0 };
  }
  let close = text.indexOf('"', at + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close < 0) throw formatError(place(), 'a closing quote', 'the end of the file', 'The file is cut off, or a quote is left open.');
  const rest = plainAt(text, close + 1);
  if (rest) throw formatError(place(), 'a comma or the end of the line after the closing quote', quoted(rest));
  const inside = text.slice(at + 1, close);
  return { text: inside.replaceAll('""', '"'), end: close + 1, breaks: inside.match(/\r\n|\r|\n/g)?.length ?? 0 };
}
