// What came of a run, in the order a person wants it: numbers, a thing to play with, figures, tables, files.
import type { Table } from '../../../src/train/project.ts';
import type { ResultValues } from '../../run/record.ts';
import { Downloads } from './downloads.tsx';
import { FigureCard } from './figure-card.tsx';
import { formatNumber } from './format.ts';
import { InteractionPanel } from './interaction.tsx';
import { isActive } from './run-state.ts';
import { Scroller } from './scroller.tsx';
import { PageSection } from './sections.tsx';
import type { Session } from './session.ts';

export function Results({ session }: { session: Session }) {
  const { phase, results, curves, figures, tables, run, resumable } = session.run.value;
  // A curve of one point is a number, of interest until the results are there.
  const single = Object.entries(curves).filter(([, { buckets }]) => buckets.length === 1);
  const values: ResultValues =
    Object.keys(results).length > 0 ? results : Object.fromEntries(single.map(([name, { last }]) => [name, last]));
  return (
    <PageSection name="results" title="Results">
      {Object.keys(values).length > 0 && <ResultTiles values={values} />}
      {session.project.interaction && run !== undefined && resumable && !isActive(phase) && (
        <InteractionPanel key={run} session={session} interaction={session.project.interaction} />
      )}
      {Object.keys(figures).length > 0 && (
        <section aria-label="Figures" class="figures">
          {Object.entries(figures).map(([name, drawings]) => (
            <FigureCard key={`${run} ${name}`} name={name} drawings={drawings} />
          ))}
        </section>
      )}
      {Object.entries(tables).map(([name, table]) => (
        <TableView key={name} table={table} />
      ))}
      {run !== undefined && <Downloads run={run} project={session.project.name} saved={resumable} changing={isActive(phase)} />}
    </PageSection>
  );
}

/** Shares and losses as they are; the names are the project's. */
export function ResultTiles({ values }: { values: ResultValues }) {
  return (
    <dl class="tiles" aria-label="Results">
      {Object.entries(values).map(([name, value]) => (
        <div key={name}>
          <dt>{spaced(name)}</dt>
          <dd>{typeof value === 'number' ? formatNumber(value) : String(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** `ensembleAccuracy` reads better as `ensemble accuracy`. */
export const spaced = (name: string) =>
  name.includes(' ') ? name : name.replace(/([a-z\d])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);

export function TableView({ table: { title, columns, rows }, label = title }: { table: Table; label?: string }) {
  return (
    <Scroller class="table" label={label}>
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j} class={j > 0 && isNumeric(cell) ? 'number' : ''}>
                  {typeof cell === 'number' ? formatNumber(cell) : cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}

const isNumeric = (cell: string | number) => typeof cell === 'number' || /^[-+−]?[\d.,]+/.test(cell);
