// What may be wider or longer than its place: it scrolls, and the keyboard can reach it.
import type { ComponentChildren } from 'preact';

export function Scroller({ label, class: name, children }: { label: string; class: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard could not scroll
    <section class={name} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
