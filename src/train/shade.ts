// Colours for amounts: white for nothing, blue for much, vermilion for as much below nothing. The blues and reds are those of the lines.

const paper = [0xff, 0xff, 0xff] as const;
const above = [0x00, 0x4c, 0x86] as const;
const below = [0xa6, 0x3c, 0x00] as const;
const unknown = '#e0e0e0';

/** The colour of a shade −1 … 1, as `#rrggbb`; grey for NaN. */
export function shadeColour(shade: number): string {
  if (Number.isNaN(shade)) return unknown;
  const to = shade < 0 ? below : above;
  const share = Math.min(1, Math.abs(shade));
  return `#${paper
    .map((from, i) =>
      Math.round(from + share * (to[i]! - from))
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

/** Whether text on it must be white. */
export const isDark = (shade: number): boolean => Math.abs(shade) > 0.72;
