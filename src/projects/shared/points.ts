import { figures } from '../../index.ts';

/** How much larger one share is than another, for a person: `1.7 points more`, `1.7 ± 1.3 points less`. */
export function pointsMore(gain: number, interval?: number): string {
  const reach = interval === undefined ? '' : ` ± ${figures.fixed(100 * interval, 1)}`;
  return `${figures.fixed(100 * Math.abs(gain), 1)}${reach} points ${gain < 0 ? 'less' : 'more'}`;
}
