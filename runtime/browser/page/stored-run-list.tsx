// This project's runs that the browser keeps.
import { useState } from 'preact/hooks';
import type { CatalogueEntry } from '../catalogue.ts';
import { formatBytes, plural } from './format.ts';
import { formatRoute } from './router.ts';
import { DamagedActions } from './run-actions.tsx';
import { RunTable } from './run-table.tsx';
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
  const still = chosen.filter((id) => runs.some((run) => run.id === id));
  return (
    <section class="stored" aria-labelledby="stored">
      <h2 id="stored">Stored runs</h2>
      {runs.length > 0 && <RunTable project={project} runs={runs} chosen={still} choose={setChosen} />}
      {runs.length > 1 &&
        (still.length > 0 ? (
          <p class="actions">
            <a class="button" href={formatRoute({ view: 'compare', document: project.document, name: project.name, runs: still })}>
              Compare {plural(still.length, 'run')}
            </a>
          </p>
        ) : (
          <p class="help">Tick runs to lay their curves over each other.</p>
        ))}
      {damaged.length > 0 && (
        <ul class="runs">
          {damaged.map(({ id, bytes }) => (
            <li key={id}>
              <div class="what">
                <span>
                  {id} <span class="badge failed">damaged</span>
                </span>
                <span class="soft">Its record can’t be read, so it can’t be opened. {formatBytes(bytes)}</span>
              </div>
              <DamagedActions id={id} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
