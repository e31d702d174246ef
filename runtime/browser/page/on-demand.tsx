// Views whose code is loaded when they are wanted: the gallery shows its cards without them.
import { signal } from '@preact/signals';
import type { ComponentChildren, FunctionComponent } from 'preact';

export interface OnDemand<P> {
  (props: P): ComponentChildren;
  /** Begins to load it, before it is shown. */
  load(): void;
}

/** @param failed what stands in place of one that could not be loaded */
export function onDemand<P extends object>(
  load: () => Promise<FunctionComponent<P>>,
  waiting: string,
  failed: (problem: string) => ComponentChildren,
): OnDemand<P> {
  const loaded = signal<{ readonly View: FunctionComponent<P> } | { readonly problem: string } | undefined>(undefined);
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    load().then(
      (View) => {
        loaded.value = { View };
      },
      (error) => {
        loaded.value = { problem: String(error) };
      },
    );
  };
  const Shown = (props: P) => {
    begin();
    const { value } = loaded;
    if (!value) return <p class="loading">{waiting}</p>;
    return 'problem' in value ? failed(value.problem) : <value.View {...props} />;
  };
  return Object.assign(Shown, { load: begin });
}
