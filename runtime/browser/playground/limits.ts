// How much of what a program prints is kept, in the worker until it goes out and in the page: as much as can be drawn at once.
import type { Entry } from './protocol.ts';

/** Characters of one entry's text, and of an error's, which is also shown in the editor. */
const MOST_TEXT = 20_000;
export const MOST_MESSAGE = 2000;
const MOST_TEXT_IN_ALL = 100_000;
/** Characters of SVG. */
export const MOST_FIGURE = 1_000_000;
const MOST_FIGURES_IN_ALL = 5_000_000;

/** The last of the entries, as many as may be shown. */
export function newest(entries: readonly Entry[], most: number): readonly Entry[] {
  let [text, figures] = [0, 0];
  let first = entries.length;
  while (first > 0 && entries.length - first < most) {
    const entry = entries[first - 1];
    text += entry.text.length;
    figures += entry.figures.reduce((sum, svg) => sum + svg.length, 0);
    if (text > MOST_TEXT_IN_ALL || figures > MOST_FIGURES_IN_ALL) break;
    first--;
  }
  return entries.slice(first);
}

export function clipped(text: string, most = MOST_TEXT): string {
  return text.length > most ? `${text.slice(0, most)}… ${(text.length - most).toLocaleString('en-GB')} more characters` : text;
}
