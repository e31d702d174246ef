// The files of a run, to keep or to go on with on the command line.
import { useState } from 'preact/hooks';
import { runFiles } from '../../run/store.ts';
import { announce } from './announce.ts';
import { saveBlob, zipFolder } from './files.ts';
import { filesOfRun } from './stored-runs.ts';

export function Downloads({ run, project, changing }: { run: string; project: string; changing: boolean }) {
  const [problem, setProblem] = useState<string>();
  const save = async (what: 'all' | string) => {
    setProblem(undefined);
    const files = await filesOfRun(run);
    const file = files.get(what);
    try {
      if (what === 'all' && files.size > 0) saveBlob(await zipFolder(run, files), `${run}.zip`);
      else if (file) saveBlob(file, `${run}-${what}`);
      else setProblem(what === runFiles.checkpoint ? 'There is no checkpoint yet.' : 'This run has no such file.');
    } catch (error) {
      setProblem(`It could not be put together: ${error instanceof Error ? error.message : error}`);
    }
    announce('Download started');
  };
  return (
    <section class="downloads" aria-labelledby="downloads">
      <h2 id="downloads">Files</h2>
      <p class="actions">
        <button type="button" onClick={() => save('all')}>
          Run (zip)
        </button>
        <button type="button" onClick={() => save(runFiles.checkpoint)}>
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
      <p class="help">
        {changing ? 'As they stand now. ' : ''}Unpacked, the zip is a run’s folder:{' '}
        <code>
          npx tilegrad run {project} --resume {run}
        </code>{' '}
        goes on with it.
      </p>
    </section>
  );
}
