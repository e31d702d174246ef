// A table for the terminal.
import type { Table } from '../../src/train/project.ts';

/** Numbers stand right, words left. */
export function formatTable({ title, columns, rows }: Table): string {
  const cells = [columns, ...rows].map((row) => row.map(String));
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const right = columns.map(
    (_, column) =>
      rows.length > 0 && rows.every((row) => typeof row[column] === 'number' || /^[-+]?[\d.,]+( ?%)?( ±.*)?$/.test(String(row[column]))),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const [head = [], ...body] = cells;
  return [title, line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...body.map(line)].join('\n');
}
