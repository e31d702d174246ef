// The files of a run, to keep or to go on with on the command line.
import { useState } from 'preact/hooks';
import { runFiles } from '../../run/store.ts';
import { readRunFile, zipRun } from '../store.ts';
import { saveBlob } from './files.ts';

export function Downloads({ run, project, saved, changing }: { run: string; project: string; saved: boolean; changing: boolean }) {
  const [problem, setProblem] = useState<string>();
  const save = async (what: (typeof runFiles)['checkpoint' | 'metrics'] | undefined) => {
    setProblem(undefined);
    try {
      const file = what === undefined ? await zipRun(run) : await readRunFile(run, what);
      if (file) saveBlob(file, what === undefined ? `${run}.zip` : `${run}-${what}`);
      else setProblem(what === runFiles.checkpoint ? 'There is no checkpoint yet.' : 'There are no metrics yet.');
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <section class="downloads" aria-labelledby="downloads">
      <h2 id="downloads">Files</h2>
      <p class="actions">
        <button type="button" onClick={() => save(undefined)}>
          Run (zip)
        </button>
        <button type="button" disabled={!saved} onClick={() => save(runFiles.checkpoint)}>
          Checkpoint
        </button>
        <button type="button" onClick={() => save(runFiles.metrics)}>
          Metrics
        </button>
      </p>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {saved && (
        <p class="help">
          {changing ? 'As they stand now. ' : ''}Unpacked, the zip is a run’s folder:{' '}
          <code>
            npx tilegrad run {project} --resume {run}
          </code>{' '}
          goes on with it.
        </p>
      )}
    </section>
  );
}
