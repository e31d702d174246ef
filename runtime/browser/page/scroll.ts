// Where a person was in a view that they come back to. Views are built anew, so the browser's own memory of it comes too early.

const STILL_MS = 100;

/** Notes it in the history's entry, from where `scrollPosition` reads it. */
export function keepScrollPositions(): void {
  history.scrollRestoration = 'manual';
  let timer: ReturnType<typeof setTimeout> | undefined;
  const note = () => {
    if (timer === undefined) return;
    forget();
    history.replaceState({ scroll: scrollY }, '');
  };
  const forget = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  addEventListener(
    'scroll',
    () => {
      clearTimeout(timer);
      timer = setTimeout(note, STILL_MS);
    },
    { passive: true },
  );
  // A link may be followed before it stood still.
  addEventListener('click', note, { capture: true });
  addEventListener('keydown', note, { capture: true });
  // What was to be noted was of the entry before.
  addEventListener('popstate', forget);
}

/** Of the history's present entry, in pixels; 0 for a new one. */
export function scrollPosition(): number {
  const { scroll } = (history.state ?? {}) as { readonly scroll?: unknown };
  return typeof scroll === 'number' ? scroll : 0;
}
