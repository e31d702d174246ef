// Two fingers on a chart: what was under them stays under them.
import type { Range } from './plot-data.ts';

/**
 * The range that has two values at two places.
 * @param places pixels from the left end of an axis that is `width` pixels wide
 */
export function pinched([a, b]: Range, [left, right]: Range, width: number): Range | undefined {
  const scale = (b - a) / (right - left);
  // Fingers that passed each other, or lie one above the other, say nothing.
  if (!(scale > 0) || !Number.isFinite(scale)) return undefined;
  const from = a - left * scale;
  return [from, from + width * scale];
}

/**
 * @param area whose pixels are meant
 * @param valueAt the value at a pixel from its left
 * @returns what ends it
 */
export function onPinch(area: HTMLElement, valueAt: (left: number) => number, zoom: (range: Range) => void): () => void {
  let values: Range | undefined;
  const places = ({ touches }: TouchEvent): Range | undefined => {
    if (touches.length !== 2) return undefined;
    const { left } = area.getBoundingClientRect();
    const [one, other] = [touches[0].clientX - left, touches[1].clientX - left];
    return one < other ? [one, other] : [other, one];
  };
  const begin = (event: TouchEvent) => {
    const found = places(event);
    values = found && [valueAt(found[0]), valueAt(found[1])];
    if (values) event.preventDefault();
  };
  const move = (event: TouchEvent) => {
    const now = places(event);
    if (!values || !now) return;
    event.preventDefault();
    const range = pinched(values, now, area.clientWidth);
    if (range) zoom(range);
  };
  const listeners = { touchstart: begin, touchmove: move, touchend: begin, touchcancel: begin } as const;
  for (const [name, listener] of Object.entries(listeners)) area.addEventListener(name as 'touchstart', listener, { passive: false });
  return () => {
    for (const [name, listener] of Object.entries(listeners)) area.removeEventListener(name as 'touchstart', listener);
  };
}
