import { expect } from 'vitest';

/** The texts of an SVG, after a check that its elements open and close as XML's must. */
export function texts(svg: string): string[] {
  const open: string[] = [];
  const out: string[] = [];
  let end = 0;
  for (const match of svg.matchAll(/<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/g)) {
    const between = svg.slice(end, match.index);
    expect(between).not.toMatch(/[<>]|&(?!(amp|lt|gt|quot);)/);
    if (open.at(-1) === 'text')
      out.push(
        between
          .replace(/&lt;/g, '<')
          .replace(/&gt;/g, '>')
          .replace(/&quot;/g, '"')
          .replace(/&amp;/g, '&'),
      );
    if (match[1]) expect(open.pop()).toBe(match[2]);
    else if (!match[4]) open.push(match[2]!);
    end = match.index + match[0].length;
  }
  expect(open).toEqual([]);
  expect(end).toBe(svg.length);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  return out.filter(Boolean);
}
