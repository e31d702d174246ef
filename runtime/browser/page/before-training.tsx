// What a person should know before Train: how long it will take; and the question whether to, where that is long and there is no real GPU.
import { useEffect, useRef } from 'preact/hooks';
import { roughly } from '../../run/estimate.ts';
import { estimateOf } from './estimate.ts';
import type { Session } from './session.ts';

const sources = {
  runs: 'As earlier runs in this browser took',
  card: 'A rough reckoning: what it took on another machine, made up for by how fast this one is where that is known',
} as const;

export function TimeToTrain({ session }: { session: Session }) {
  const estimate = estimateOf(session.project, session.form.value);
  return (
    <p class="estimate" title={estimate && sources[estimate.by]}>
      {estimate && `takes ${roughly(estimate.seconds)}`}
    </p>
  );
}

export function LongRunQuestion({ session }: { session: Session }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const seconds = session.question.value;
  useEffect(() => {
    if (seconds !== undefined) dialog.current?.showModal();
    else dialog.current?.close();
  }, [seconds]);
  const answer = (yes: boolean) => {
    session.question.value = undefined;
    if (yes) session.train(true);
  };
  return (
    <dialog ref={dialog} class="question" aria-labelledby="question-title" onClose={() => answer(false)}>
      <h2 id="question-title">That takes {roughly(seconds ?? 0)}</h2>
      <p>This browser gives no real GPU, only one in software. A smaller size or fewer epochs show the same in minutes.</p>
      <p class="actions">
        <button type="button" class="primary" onClick={() => answer(false)}>
          Not now
        </button>
        <button type="button" onClick={() => answer(true)}>
          Train all the same
        </button>
      </p>
    </dialog>
  );
}
