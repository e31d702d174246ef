// What may be wider or longer than its place: it scrolls, and the keyboard can reach it.
import type { ComponentChildren } from 'preact';

export function Scroller({ label, class: name, children }: { label: string; class: string; children: ComponentChildren }) {
  return (
    // As landmarks dozens of them would hide the few that lead through the page.
    // biome-ignore lint/a11y/useSemanticElements: a fieldset holds fields, and doesn't scroll
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard could not scroll
    <div class={name} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
