// Reset says what it would discard, and asks where that is something that a person typed.
import { useEffect, useRef } from 'preact/hooks';
import { kebabCase } from '../../run/options.ts';
import { fieldsOf, untouchedForm } from './form.ts';
import type { Session } from './session.ts';

/** What was typed: `epochs 2`, `seed 7`. */
export function typed({ project, form }: Session): string[] {
  const changed = fieldsOf(project, form.value).filter((field) => field.changed);
  const seed = form.value.seed.trim();
  return [...changed.map(({ name, text }) => `${kebabCase(name)} ${text}`), ...(seed === untouchedForm.seed ? [] : [`seed ${seed}`])];
}

export function ResetQuestion({ session, close }: { session: Session; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const reset = () => {
    dialog.current?.close();
    session.reset();
  };
  return (
    <dialog ref={dialog} class="question" aria-labelledby="reset-title" onClose={close}>
      <h2 id="reset-title">Reset discards what you typed</h2>
      <p>
        <code>{typed(session).join(', ')}</code>
      </p>
      <p>{session.run.value.run === undefined ? 'Nothing was stored.' : 'The run itself stays among the stored runs.'}</p>
      <p class="actions">
        <button type="button" class="primary" onClick={() => dialog.current?.close()}>
          Keep it
        </button>
        <button type="button" onClick={reset}>
          Reset
        </button>
      </p>
    </dialog>
  );
}
