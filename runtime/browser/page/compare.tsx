// Two runs of one project side by side.
import { useEffect, useState } from 'preact/hooks';
import type { OptionValue } from '../../run/options.ts';
import type { CatalogueEntry } from '../catalogue.ts';
import type { Line } from './charts.ts';
import { emptyCurve } from './curve.ts';
import { Curves } from './curves.tsx';
import { FigureCard } from './figure-card.tsx';
import { formatNumber, formatSeconds, formatTime } from './format.ts';
import { Swatch } from './line-legend.tsx';
import { type Pair, pairs } from './pairs.ts';
import { spaced, TableView } from './results.tsx';
import { formatRoute } from './router.ts';
import { phaseTexts } from './run-bar.tsx';
import { Scroller } from './scroller.tsx';
import { type OpenedRun, openRun } from './stored-runs.ts';

export function CompareView({ project, runs }: { project: CatalogueEntry; runs: readonly [string, string] }) {
  const [opened, setOpened] = useState<readonly [OpenedRun, OpenedRun] | { readonly missing: string }>();
  const [first, second] = runs;
  useEffect(() => {
    let left = false;
    Promise.all([openRun(first), openRun(second)]).then(([a, b]) => {
      if (left) return;
      const isHere = (run: OpenedRun | undefined): run is OpenedRun => run?.stored.project === project.name;
      if (isHere(a) && isHere(b)) setOpened([a, b]);
      else setOpened({ missing: isHere(a) ? second : first });
    });
    return () => {
      left = true;
    };
  }, [first, second, project]);
  const back = formatRoute({ view: 'project', document: project.document, name: project.name });
  return (
    <>
      <nav class="crumbs" aria-label="Place">
        <a href="#/">Gallery</a> <span aria-hidden="true">/</span> <a href={back}>{project.title}</a>
      </nav>
      <h1>Two runs, side by side</h1>
      {!opened && <p class="loading">Loading …</p>}
      {opened && 'missing' in opened && (
        <div class="notice bad" role="alert">
          <p>
            This browser keeps no run <code>{opened.missing}</code> of this project: it was deleted, or made in another browser.{' '}
            <a href={back}>Choose others</a>
          </p>
        </div>
      )}
      {opened && !('missing' in opened) && <Comparison project={project} runs={opened} />}
    </>
  );
}

function Comparison({ project, runs }: { project: CatalogueEntry; runs: readonly [OpenedRun, OpenedRun] }) {
  const [a, b] = runs;
  const labels = runs.map(({ stored }, i) => `${'AB'[i]} · ${formatTime(stored.started, new Date())}`);
  const settings = ({ stored: { options, seed, adapter, data } }: OpenedRun) => ({
    ...options,
    seed,
    adapter,
    data: data.map(({ description }) => description).join('; '),
  });
  const outcomes = ({ state }: OpenedRun) => ({
    state: phaseTexts[state.phase],
    ...state.results,
    steps: state.step,
    ...(state.seconds !== undefined && { time: formatSeconds(state.seconds) }),
  });
  const metrics = [...new Set(runs.flatMap(({ state }) => Object.keys(state.curves)))].filter((name) =>
    runs.some(({ state }) => (state.curves[name]?.buckets.length ?? 0) > 1),
  );
  const figures = [...new Set(runs.flatMap(({ state }) => Object.keys(state.figures)))];
  const tables = [...new Set(runs.flatMap(({ state }) => Object.keys(state.tables)))];
  const changed = pairs(settings(a), settings(b)).filter(({ values }) => values[0] !== values[1]);
  return (
    <div class="comparison">
      <ul class="who">
        {runs.map(({ stored: { id } }, i) => (
          <li key={id}>
            <Swatch place={i} />{' '}
            <a href={formatRoute({ view: 'project', document: project.document, name: project.name, run: id })}>{labels[i]}</a>
          </li>
        ))}
      </ul>
      <Pairs title="What was different" rows={changed} labels={labels} none="Nothing: same options, seed, data and adapter." />
      <Pairs title="What came of it" rows={pairs(outcomes(a), outcomes(b))} labels={labels} />
      <Curves charts={metrics.map((name) => ({ name, lines: linesOf(runs, labels, name) }))} />
      {figures.map((name) => (
        <section key={name} class="pair" aria-label={`Figure ${name} of both runs`}>
          {runs.map(({ stored: { id }, state }, i) => (
            <div key={id}>
              <p>
                <Swatch place={i} /> {labels[i]}
              </p>
              {state.figures[name] ? <FigureCard name={name} drawings={state.figures[name]} /> : <p class="soft">No {name} yet.</p>}
            </div>
          ))}
        </section>
      ))}
      {tables.map((name) => (
        <section key={name} class="pair" aria-label={`Table ${name} of both runs`}>
          {runs.map(({ stored: { id }, state }, i) => (
            <div key={id}>
              <p>
                <Swatch place={i} /> {labels[i]}
              </p>
              {state.tables[name] ? (
                <TableView table={state.tables[name]} label={`${state.tables[name].title}, ${labels[i]}`} />
              ) : (
                <p class="soft">No {name} yet.</p>
              )}
            </div>
          ))}
        </section>
      ))}
    </div>
  );
}

function linesOf(runs: readonly OpenedRun[], labels: readonly string[], name: string): Line[] {
  return runs.map(({ state }, i) => ({ label: labels[i], curve: state.curves[name] ?? emptyCurve, place: i }));
}

function Pairs({ title, rows, labels, none }: { title: string; rows: readonly Pair[]; labels: readonly string[]; none?: string }) {
  const text = (value: OptionValue | undefined) =>
    value === undefined ? '–' : typeof value === 'number' ? formatNumber(value) : String(value);
  return (
    <Scroller class="table" label={title}>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p class="soft">{none}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <td />
              {labels.map((label, i) => (
                <th key={label} scope="col">
                  <Swatch place={i} /> {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, values }) => (
              <tr key={name}>
                <th scope="row">{spaced(name)}</th>
                {values.map((value, i) => (
                  <td key={i}>{text(value)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Scroller>
  );
}
