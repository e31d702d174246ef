// The files of a run, to keep or to go on with on the command line.
import { useState } from 'preact/hooks';
import { runFiles } from '../../run/store.ts';
import type { CatalogueEntry } from '../catalogue.ts';
import { readRunFile, zipRun } from '../store.ts';
import { saveBlob } from './files.ts';

/** Single files, and what is said where a run hasn't one. */
const single = [
  { label: 'Checkpoint', file: runFiles.checkpoint, afterSave: true, none: 'There is no checkpoint yet.' },
  { label: 'Weights', file: runFiles.model, afterSave: true, none: 'There are no weights yet: they are saved when a training is through.' },
  { label: 'Metrics', file: runFiles.metrics, afterSave: false, none: 'There are no metrics yet.' },
] as const;

/** @param run undefined for one that is about to begin: its files have their place */
export function Downloads({
  run,
  project,
  saved,
  changing,
}: {
  run: string | undefined;
  project: CatalogueEntry;
  saved: boolean;
  changing: boolean;
}) {
  const [problem, setProblem] = useState<string>();
  const offered = single.filter(({ file }) => file !== runFiles.model || project.weights);
  const save = async (name: string, read: () => Promise<Blob | undefined>, none?: string) => {
    setProblem(undefined);
    try {
      const file = await read();
      if (file) saveBlob(file, name);
      else setProblem(none);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <section class="downloads" aria-labelledby="downloads">
      <h3 id="downloads">Files</h3>
      <p class="actions">
        <button type="button" disabled={run === undefined} onClick={() => run !== undefined && save(`${run}.zip`, () => zipRun(run))}>
          Run (zip)
        </button>
        {offered.map(({ label, file, afterSave, none }) => (
          <button
            key={file}
            type="button"
            disabled={run === undefined || (afterSave && !saved)}
            onClick={() => run !== undefined && save(`${run}-${file}`, () => readRunFile(run, file), none)}
          >
            {label}
          </button>
        ))}
      </p>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <p class="help">
        {changing ? 'As they stand now. ' : ''}Unpacked, the zip is a run’s folder:{' '}
        <code>
          npx tilegrad run {project.name} --resume {run ?? 'FOLDER'}
        </code>{' '}
        goes on with it.
      </p>
    </section>
  );
}
