// Colours of the style sheet, for what is drawn on a canvas; and whether the system is dark.
import { useEffect, useState } from 'preact/hooks';

const darkness = matchMedia('(prefers-color-scheme: dark)');

export function useDark(): boolean {
  const [dark, setDark] = useState(darkness.matches);
  useEffect(() => {
    const changed = () => setDark(darkness.matches);
    darkness.addEventListener('change', changed);
    return () => darkness.removeEventListener('change', changed);
  }, []);
  return dark;
}

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
