// How many runs the form asks for, which of them is under way, and what a closed page left of them.
import { MOST_RUNS, runCount } from './form.ts';
import { plural } from './format.ts';
import type { Session } from './session.ts';

/** In the form. */
export function SweepCount({ session: { project, form } }: { session: Session }) {
  const count = runCount(project, form.value);
  if (count <= 1) return null;
  return count > MOST_RUNS ? (
    <p class="sweep problem" role="alert">
      {count} runs are too many: {MOST_RUNS} at most, one for each combination.
    </p>
  ) : (
    <p class="sweep help">
      <strong>{count} runs</strong>, one after the other: one for each combination.
    </p>
  );
}

/** Beside the run's state. */
export function SweepLine({ session }: { session: Session }) {
  const { value } = session.sweep;
  if (!value) return null;
  const { left, count } = value;
  if (session.active)
    return (
      <span class="soft">
        run {count - left.length} of {count}
      </span>
    );
  if (left.length === 0) return null;
  return (
    <span class="sweep-left">
      {left.length} of {plural(count, 'run')} not begun
      <button type="button" class="small" onClick={() => session.trainRest()}>
        Train them
      </button>
      <button type="button" class="quiet small" onClick={() => session.endSweep()} aria-label="Forget the runs that have not begun">
        Forget
      </button>
    </span>
  );
}
