// A project's table.
import type { Table } from '../../../src/train/project.ts';
import { formatNumber } from './format.ts';
import { Scroller } from './scroller.tsx';

/** @param titled whether its title stands above it, as its caption */
export function TableView({
  table: { title, columns, rows },
  label = title,
  titled = true,
}: {
  table: Table;
  label?: string;
  titled?: boolean;
}) {
  return (
    <Scroller class="table" label={label}>
      <table>
        {titled && <caption>{title}</caption>}
        <thead>
          <tr>
            {columns.map((column) =>
              // A corner without a word heads nothing.
              column === '' ? (
                <td key={column} />
              ) : (
                <th key={column} scope="col">
                  {column}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j}>{typeof cell === 'number' ? formatNumber(cell) : cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}
