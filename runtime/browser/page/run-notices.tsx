// What a person must know of the run at once: it failed, was cut off, lost its GPU.
import { explain } from './failure.ts';
import { changesSince, formOfRun } from './form.ts';
import { formatNumber } from './format.ts';
import type { Session } from './session.ts';
import { storedRuns } from './stored-runs.ts';

/** Marks results that are not those of the form as it stands. */
function EditedSince({ session }: { session: Session }) {
  const { run } = session.run.value;
  const stored = storedRuns.value?.find(({ id }) => id === run);
  const changes = stored && changesSince(session.project, session.form.value, stored);
  if (session.active || !stored || !changes || changes.length === 0) return null;
  return (
    <p class="notice edited actions">
      <span>
        <span class="badge changed">form edited since</span> What is shown was made with {changes.join('; ')}.
      </span>
      <button type="button" onClick={() => (session.form.value = formOfRun(session.project, stored))}>
        Set the form back
      </button>
    </p>
  );
}

export function RunNotices({ session }: { session: Session }) {
  const { phase, error, recovering, resumable, step } = session.run.value;
  return (
    <>
      <EditedSince session={session} />
      {phase === 'failed' && error && (
        <div class="notice bad" role="alert">
          <h2>{explain(error).title}</h2>
          <p class="message">{error.message}</p>
          {error.stack && (
            <details>
              <summary>Where it was thrown</summary>
              <pre>{error.stack}</pre>
            </details>
          )}
          <p>
            {explain(error).advice}
            {resumable && ' The last checkpoint is kept.'}
          </p>
        </div>
      )}
      {recovering && (
        <div class="notice warn" role="status">
          <h2>The GPU was lost</h2>
          <p>{recovering.message} Nothing is to be done: the run goes on by itself.</p>
        </div>
      )}
      {phase === 'cutOff' && (
        <div class="notice warn">
          <h2>This run was cut off</h2>
          {resumable ? (
            <p class="actions">
              <span>Its page went away around step {formatNumber(step)}. It can go on from its last checkpoint.</span>
              <button type="button" class="primary" onClick={() => session.resume()}>
                Resume this run
              </button>
            </p>
          ) : (
            <p>Its page went away before the first checkpoint was saved, so it can’t go on: press Train for a new one.</p>
          )}
        </div>
      )}
      {phase === 'elsewhere' && (
        <div class="notice">
          <p>This run is going on in another tab. What is shown here is as it was when this page was opened.</p>
        </div>
      )}
      {phase === 'interrupted' && (
        <div class="notice">
          <p>
            {resumable
              ? 'Stopped. Resume goes on from the checkpoint, step for step as if it had never stopped.'
              : 'Stopped before the first checkpoint was saved, so it can’t go on: press Train for a new run.'}
          </p>
        </div>
      )}
    </>
  );
}
