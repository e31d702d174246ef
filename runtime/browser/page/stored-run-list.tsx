// This project's runs that the browser keeps: open, go on, compare, delete.
import { useState } from 'preact/hooks';
import type { CatalogueEntry } from '../catalogue.ts';
import type { StoredRun } from '../store.ts';
import { formatBytes, formatNumber, formatSeconds, formatTime } from './format.ts';
import { sessionOf } from './projects.ts';
import { formatRoute } from './router.ts';
import { DamagedActions, optionsText, RunActions } from './run-actions.tsx';
import { phaseTexts } from './run-bar.tsx';
import { damagedRunsOf, storageProblem, storedRuns } from './stored-runs.ts';

export function StoredRunList({ project }: { project: CatalogueEntry }) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const runs = (storedRuns.value ?? []).filter((run) => run.project === project.name);
  if (storageProblem.value !== undefined) {
    return (
      <div class="notice warn" role="alert">
        <p>Runs can’t be stored: {storageProblem.value}</p>
      </div>
    );
  }
  const damaged = damagedRunsOf(project.name);
  if (runs.length + damaged.length === 0) return null;
  const shown = sessionOf(project).run.value.run;
  const still = chosen.filter((id) => runs.some((run) => run.id === id));
  const choose = (id: string, on: boolean) =>
    setChosen((before) => [...before.filter((one) => one !== id && runs.some((run) => run.id === one)), ...(on ? [id] : [])].slice(-2));
  const [a, b] = still;
  return (
    <section class="stored" aria-labelledby="stored">
      <h2 id="stored">Stored runs</h2>
      <ul class="runs">
        {runs.map((run) => (
          <li key={run.id} class={run.id === shown ? 'shown' : ''}>
            <input
              type="checkbox"
              aria-label={`Compare the run of ${formatTime(run.started, new Date())}`}
              checked={still.includes(run.id)}
              onChange={(event) => choose(run.id, event.currentTarget.checked)}
            />
            <div class="what">
              <span class="when">
                {formatTime(run.started, new Date())}{' '}
                <span class={`badge ${run.status}`}>{run.status === 'running' ? 'training' : phaseTexts[run.status]}</span>
              </span>
              <span class="soft">{optionsText(run)}</span>
              <span class="soft">{resultText(run)}</span>
            </div>
            <RunActions run={run} />
          </li>
        ))}
        {damaged.map(({ id, bytes }) => (
          <li key={id}>
            <div class="what">
              <span class="when">
                {id} <span class="badge failed">damaged</span>
              </span>
              <span class="soft">Its record can’t be read, so it can’t be opened. {formatBytes(bytes)}</span>
            </div>
            <DamagedActions id={id} />
          </li>
        ))}
      </ul>
      {runs.length > 1 && (
        <p class="actions">
          {a !== undefined && b !== undefined ? (
            <a class="button" href={formatRoute({ view: 'compare', document: project.document, name: project.name, runs: [a, b] })}>
              Compare the two
            </a>
          ) : (
            <button type="button" disabled>
              Compare the two
            </button>
          )}
          {still.length < 2 && <span class="help">Tick two runs to compare them.</span>}
        </p>
      )}
    </section>
  );
}

function resultText({ results, seconds, bytes }: StoredRun): string {
  const numbers = Object.entries(results).filter(([, value]) => typeof value === 'number' && !Number.isInteger(value));
  const [best] = numbers.slice(-1).map(([name, value]) => `${name} ${formatNumber(value as number)}`);
  return [best, formatSeconds(seconds), formatBytes(bytes)].filter(Boolean).join(' · ');
}
