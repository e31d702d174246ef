// Colours of the style sheet, for what is drawn on a canvas; and whether the system is dark.
import { useMedia } from './screen.ts';

const darkness = matchMedia('(prefers-color-scheme: dark)');

export const useDark = () => useMedia(darkness);

/** Of the lines of charts: `--line-0` and so on. */
export const COLOURS = 10;

export function colours(): { readonly lines: readonly string[]; readonly axis: string; readonly grid: string } {
  const probe = document.body.appendChild(document.createElement('i'));
  // A custom property may read `light-dark(…)`; a colour is always one colour.
  const read = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const found = { lines: Array.from({ length: COLOURS }, (_, i) => read(`--line-${i}`)), axis: read('--soft'), grid: read('--hair') };
  probe.remove();
  return found;
}
