// Runs of one project over each other: a table of how they differ, their curves in common charts, their figures and tables side by side.
import { useEffect, useState } from 'preact/hooks';
import type { CatalogueEntry } from '../catalogue.ts';
import type { ChartOf } from './charts.ts';
import { Curves } from './curves.tsx';
import { FigureCard } from './figure-card.tsx';
import { plural } from './format.ts';
import { Swatch } from './line-legend.tsx';
import { formatRoute, replaceRoute } from './router.ts';
import { titlesOf } from './run-columns.ts';
import { RunTable } from './run-table.tsx';
import { type OpenedRun, openRun, storedRuns } from './stored-runs.ts';
import { TableView } from './table-view.tsx';

export function CompareView({ project, runs: chosen }: { project: CatalogueEntry; runs: readonly string[] }) {
  const { document, name } = project;
  const runs = storedRuns.value?.filter((run) => run.project === name);
  const here = chosen.filter((id) => runs?.some((run) => run.id === id));
  const missing = runs ? chosen.filter((id) => !here.includes(id)) : [];
  const opened = useOpened(here);
  const back = formatRoute({ view: 'project', document, name });
  return (
    <>
      <nav class="crumbs" aria-label="Place">
        <a href="#/">Gallery</a> <span aria-hidden="true">/</span> <a href={back}>{project.title}</a>
      </nav>
      <h1>Runs side by side</h1>
      {missing.length > 0 && (
        <div class="notice bad" role="alert">
          <p>
            This browser keeps no run <code>{missing.join(', ')}</code> of this project: it was deleted, or made in another browser.
          </p>
        </div>
      )}
      {!runs && <p class="loading">Loading …</p>}
      {runs?.length === 0 && (
        <p class="none">
          There are no runs of this project yet. <a href={back}>Train one</a>
        </p>
      )}
      {runs && runs.length > 0 && (
        <div class="comparison">
          <RunTable
            project={project}
            runs={runs}
            chosen={here}
            choose={(next) => replaceRoute({ view: 'compare', document, name, runs: next })}
            everything
          />
          {here.length === 0 ? <p class="none">Tick the runs to compare.</p> : <Overlay runs={opened} />}
        </div>
      )}
    </>
  );
}

/** Those that are there already, in the order of the names; others follow as they are read. */
function useOpened(ids: readonly string[]): readonly OpenedRun[] {
  const [opened, setOpened] = useState<ReadonlyMap<string, OpenedRun>>(new Map());
  useEffect(() => {
    let left = false;
    for (const id of ids) {
      if (opened.has(id)) continue;
      void openRun(id).then((run) => {
        if (run && !left) setOpened((before) => new Map(before).set(id, run));
      });
    }
    return () => {
      left = true;
    };
  }, [ids.join('\n')]);
  return ids.flatMap((id) => opened.get(id) ?? []);
}

/** Figures and tables of more runs than this are folded at first. */
const FEW = 3;

function Overlay({ runs }: { runs: readonly OpenedRun[] }) {
  const stored = storedRuns.value ?? [];
  // A name may have been given since the run was read.
  const titles = titlesOf(
    runs.map((run) => stored.find(({ id }) => id === run.stored.id) ?? run.stored),
    new Date(),
  );
  const named = (of: (run: OpenedRun) => object) => [...new Set(runs.flatMap((run) => Object.keys(of(run))))];
  const [figures, tables] = [named(({ state }) => state.figures), named(({ state }) => state.tables)];
  const side = (i: number) => (
    <p>
      <Swatch place={i} /> {titles[i]}
    </p>
  );
  return (
    <>
      <div>
        <h2>Curves</h2>
        <Curves charts={overlaid(runs, titles)} />
      </div>
      {figures.length + tables.length > 0 && (
        <details class="pairs" open={runs.length <= FEW}>
          <summary>
            <h2>
              {[figures.length > 0 && plural(figures.length, 'figure'), tables.length > 0 && plural(tables.length, 'table')]
                .filter(Boolean)
                .join(' and ')}
            </h2>
          </summary>
          {figures.map((name) => (
            <section key={name} class="pair" aria-label={`Figure ${name}`}>
              {runs.map(({ stored: { id }, state }, i) => (
                <div key={id}>
                  {side(i)}
                  {state.figures[name] ? <FigureCard name={name} drawings={state.figures[name]} /> : <p class="soft">No {name} yet.</p>}
                </div>
              ))}
            </section>
          ))}
          {tables.map((name) => (
            <section key={name} class="pair" aria-label={`Table ${name}`}>
              {runs.map(({ stored: { id }, state }, i) => (
                <div key={id}>
                  {side(i)}
                  {state.tables[name] ? (
                    <TableView table={state.tables[name]} label={`${state.tables[name].title}, ${titles[i]}`} />
                  ) : (
                    <p class="soft">No {name} yet.</p>
                  )}
                </div>
              ))}
            </section>
          ))}
        </details>
      )}
    </>
  );
}

/** A chart a metric, a line a run. A run has one colour in all of them. */
function overlaid(runs: readonly OpenedRun[], titles: readonly string[]): ChartOf[] {
  const metrics = [...new Set(runs.flatMap(({ state }) => Object.keys(state.curves)))];
  return metrics.flatMap((name) => {
    const lines = runs.flatMap(({ state }, place) => {
      const curve = state.curves[name];
      return curve && curve.buckets.length > 1 ? [{ label: titles[place], curve, place }] : [];
    });
    return lines.length > 0 ? [{ name, lines }] : [];
  });
}
