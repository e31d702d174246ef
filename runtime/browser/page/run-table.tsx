// The stored runs of a project: how they differ and what came of them; which are laid over each other; names, CSV, delete.
import { useState } from 'preact/hooks';
import type { CatalogueEntry } from '../catalogue.ts';
import { readRun, type StoredRun } from '../store.ts';
import { announce } from './announce.ts';
import { saveBlob } from './files.ts';
import { formatTime, plural } from './format.ts';
import { Swatch } from './line-legend.tsx';
import { sessionOf } from './projects.ts';
import { RunActions } from './run-actions.tsx';
import { bestOf, type Column, columnsOf, curvesCsv, firstOrder, type Order, runsCsv, sorted } from './run-columns.ts';
import { Scroller } from './scroller.tsx';
import { deleteRun, nameRun } from './stored-runs.ts';

interface RunTableProps {
  readonly project: CatalogueEntry;
  readonly runs: readonly StoredRun[];
  /** Names of the runs that are laid over each other, in the order of their colours. */
  readonly chosen: readonly string[];
  choose(chosen: readonly string[]): void;
  /** Begins with every result, not the headline alone. */
  readonly everything?: boolean;
}

export function RunTable({ project, runs, chosen, choose, everything = false }: RunTableProps) {
  const [all, setAll] = useState(everything);
  const [order, setOrder] = useState<Order>({ by: 'started', descending: true });
  const columns = columnsOf(runs, project, all);
  const shown = sessionOf(project).run.value.run;
  const best = bestOf(runs, columns[0]);
  const toggle = (id: string) => choose(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  const whole = chosen.length === runs.length;
  return (
    <>
      <Scroller class="table run-table" label="Table of stored runs">
        <table>
          <thead>
            <tr>
              <th scope="col">
                <input
                  type="checkbox"
                  aria-label="Lay all runs over each other"
                  checked={whole}
                  ref={(box) => {
                    if (box) box.indeterminate = !whole && chosen.length > 0;
                  }}
                  onChange={() => choose(whole ? [] : runs.map(({ id }) => id))}
                />
              </th>
              <th scope="col">name</th>
              {columns.map((column) => (
                <Header key={column.id} column={column} order={order} setOrder={setOrder} />
              ))}
              <td />
            </tr>
          </thead>
          <tbody>
            {sorted(runs, columns, order).map((run) => {
              const place = chosen.indexOf(run.id);
              return (
                <tr key={run.id} class={run.id === shown ? 'shown' : ''}>
                  <td class="choice">
                    <input
                      type="checkbox"
                      aria-label={`Lay over: the run of ${formatTime(run.started, new Date())}`}
                      checked={place >= 0}
                      onChange={() => toggle(run.id)}
                    />
                    {place >= 0 && <Swatch place={place} />}
                  </td>
                  <td>
                    <Name key={run.name} run={run} />
                  </td>
                  {columns.map((column) => (
                    <Cell key={column.id} column={column} run={run} best={run === best && column === columns[0]} />
                  ))}
                  <td>
                    <RunActions run={run} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroller>
      <Actions project={project} runs={runs} chosen={chosen} all={all} setAll={setAll} />
    </>
  );
}

function Header({ column, order, setOrder }: { column: Column; order: Order; setOrder(order: Order): void }) {
  const mine = order.by === column.id;
  return (
    <th scope="col" aria-sort={mine ? (order.descending ? 'descending' : 'ascending') : 'none'}>
      <button type="button" class="sort" onClick={() => setOrder(mine ? { ...order, descending: !order.descending } : firstOrder(column))}>
        {column.title}
        <span aria-hidden="true">{mine ? (order.descending ? '↓' : '↑') : ''}</span>
      </button>
    </th>
  );
}

function Cell({ column, run, best }: { column: Column; run: StoredRun; best: boolean }) {
  const value = column.value(run);
  if (value === undefined) return <td class="soft">–</td>;
  if (column.id === 'status') {
    return (
      <td>
        <span class={`badge ${run.status}`}>{column.text(value)}</span>
      </td>
    );
  }
  return (
    <td class={typeof value === 'number' ? 'number' : ''}>
      {best ? (
        <strong>
          {column.text(value)} <span class="soft">best</span>
        </strong>
      ) : (
        column.text(value)
      )}
    </td>
  );
}

/** Written like a note: kept when one is through with it; Escape leaves it as it was. */
function Name({ run }: { run: StoredRun }) {
  const when = formatTime(run.started, new Date());
  return (
    <input
      class="run-name"
      type="text"
      maxLength={60}
      value={run.name}
      placeholder={when}
      aria-label={`Name of the run of ${when}`}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.value = run.name;
        if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
      }}
      onChange={async (event) => {
        await nameRun(run.id, event.currentTarget.value.trim());
        announce('Name kept');
      }}
    />
  );
}

interface ActionsProps extends Pick<RunTableProps, 'project' | 'runs' | 'chosen'> {
  readonly all: boolean;
  setAll(all: boolean): void;
}

/** Of the chosen runs, or of all where none is chosen. */
function Actions({ project, runs, chosen, all, setAll }: ActionsProps) {
  const [asking, setAsking] = useState(false);
  const own = chosen.length > 0 ? runs.filter(({ id }) => chosen.includes(id)) : runs;
  const deletable = runs.filter(({ id, status }) => chosen.includes(id) && status !== 'running');
  const save = (text: string, what: string) => saveBlob(new Blob([text], { type: 'text/csv' }), `${project.name}-${what}.csv`);
  const saveCurves = async () => {
    const read = await Promise.all(own.map(({ id }) => readRun(id)));
    save(curvesCsv(read.flatMap((run) => run ?? [])), 'curves');
  };
  const remove = async () => {
    for (const { id } of deletable) {
      await deleteRun(id);
      if (sessionOf(project).run.value.run === id) sessionOf(project).reset();
    }
    setAsking(false);
    announce(`${plural(deletable.length, 'run')} deleted`);
  };
  return (
    <p class="actions table-actions">
      <button type="button" class="quiet" aria-pressed={all} onClick={() => setAll(!all)}>
        All results
      </button>
      <button type="button" class="quiet" onClick={() => save(runsCsv(own), 'runs')}>
        Table as CSV
      </button>
      <button type="button" class="quiet" onClick={saveCurves}>
        Curves as CSV
      </button>
      {deletable.length > 1 &&
        (asking ? (
          <>
            <span>Delete them for good?</span>
            <button type="button" class="danger" onClick={remove}>
              Delete {deletable.length}
            </button>
            <button type="button" onClick={() => setAsking(false)}>
              Keep
            </button>
          </>
        ) : (
          <button type="button" class="quiet" onClick={() => setAsking(true)}>
            Delete {plural(deletable.length, 'run')}
          </button>
        ))}
    </p>
  );
}
