// What came of a run, in the order a person wants it: numbers, figures, tables, files.
import { useCallback } from 'preact/hooks';
import type { ResultValues } from '../../run/record.ts';
import { Downloads } from './downloads.tsx';
import { FoldedFigure } from './figure-card.tsx';
import { panelsOf } from './figure-panels.ts';
import { formatNumber } from './format.ts';
import { type Drawing, isActive } from './run-state.ts';
import { oneColumn } from './screen.ts';
import { Scroller } from './scroller.tsx';
import { PageSection } from './sections.tsx';
import type { Session } from './session.ts';
import { spaced } from './spaced.ts';
import { TableView } from './table-view.tsx';

export function Results({ session }: { session: Session }) {
  const { phase, results, curves, figures, tables, run, resumable } = session.run.value;
  const active = isActive(phase);
  // A curve of one point is a number, of interest until the results are there.
  const single = Object.entries(curves).filter(([, { buckets }]) => buckets.length === 1);
  const values: ResultValues =
    Object.keys(results).length > 0 ? results : Object.fromEntries(single.map(([name, { last }]) => [name, last]));
  const drawn = Object.entries(figures);
  const see = useCallback((figure: string, inSight: boolean) => session.see(figure, inSight), [session]);
  const listed = Object.entries(tables);
  return (
    <PageSection name="results" title="Results">
      {Object.keys(values).length > 0 ? <ResultValuesView values={values} /> : active && <p class="tiles to-come">Numbers come here.</p>}
      {drawn.length > 0 ? (
        <section class="figures" aria-label="Figures">
          {drawn.map(([name, drawings], i) => (
            <FoldedFigure
              key={`${run} ${name}`}
              name={name}
              drawings={drawings}
              see={see}
              open={panelsIn(drawn.slice(0, i)) < (oneColumn.matches ? 4 : 8)}
            />
          ))}
        </section>
      ) : (
        active && <p class="figure to-come">Figures come here.</p>
      )}
      {listed.map(([name, table], i) => (
        <details key={name} class="fold" open={i < OPEN_TABLES}>
          <summary>{table.title}</summary>
          <TableView table={table} titled={false} />
        </details>
      ))}
      {(run !== undefined || active) && <Downloads run={run} project={session.project} saved={resumable} changing={active} />}
    </PageSection>
  );
}

/** All can be folded, so that none has to change its form when there come to be many; of many the later ones are folded at first. */
const OPEN_TABLES = 2;
const panelsIn = (drawn: readonly (readonly [string, readonly Drawing[]])[]) =>
  drawn.reduce((sum, [, drawings]) => sum + panelsOf(drawings[0].svg).units.length, 0);

/** A longer text is no headline. */
const LONGEST_TILE = 24;
const MOST_TILES = 12;

/** Shares and losses as they are; the names are the project's. Numbers stand large; lists, and all beyond a dozen, in a table. */
function ResultValuesView({ values }: { values: ResultValues }) {
  const all = Object.entries(values);
  const isShort = ([, value]: (typeof all)[number]) => typeof value !== 'string' || value.length <= LONGEST_TILE;
  const tiles = all.filter(isShort).slice(0, MOST_TILES);
  const rest = all.filter((entry) => !tiles.includes(entry));
  const text = (value: ResultValues[string]) => (typeof value === 'number' ? formatNumber(value) : String(value));
  return (
    <>
      {tiles.length > 0 && (
        <dl class="tiles" aria-label="Results">
          {tiles.map(([name, value]) => (
            <div key={name}>
              <dt>{spaced(name)}</dt>
              <dd>{text(value)}</dd>
            </div>
          ))}
        </dl>
      )}
      {rest.length > 0 && (
        <Scroller class="table" label="More results">
          <table>
            <tbody>
              {rest.map(([name, value]) => (
                <tr key={name}>
                  <th scope="row">{spaced(name)}</th>
                  <td>{text(value) || 'none'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroller>
      )}
    </>
  );
}
