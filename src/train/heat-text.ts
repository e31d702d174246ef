// Text whose words stand on colours: what a model looked at, what speaks for and against its decision.
import type { HeatText, Key } from './figure.ts';
import { keyLegend } from './legend.ts';
import { isDark, shadeColour } from './shade.ts';
import { type Drawing, element, fontSize, ink, moved, type Size, textElement, textWidth, wrap } from './svg.ts';

const word = { size: 14, height: 22, pad: 3, gap: 3, line: 28 } as const;

/** Draws lines of words, broken to this width. */
export function drawHeatText({ title, lines, meaning }: HeatText, size: Size): Drawing {
  const parts = title ? [textElement(title, { x: 0, y: 14, 'font-size': fontSize.panel, 'font-weight': 'bold', fill: ink.text })] : [];
  let y = title ? 26 : 0;
  const keys: Key[] = [
    ...(meaning?.negative ? [{ name: meaning.negative, colour: shadeColour(-0.8) }] : []),
    ...(meaning?.positive ? [{ name: meaning.positive, colour: shadeColour(0.8) }] : []),
  ];
  if (keys.length > 0) {
    const key = keyLegend(keys, size.width);
    parts.push(moved(0, y, key.svg));
    y += key.height + 8;
  }
  for (const { caption, words } of lines) {
    for (const line of caption ? wrap(caption, size.width, fontSize.caption) : []) {
      parts.push(textElement(line, { x: 0, y: y + 12, 'font-size': fontSize.caption, fill: ink.soft }));
      y += 18;
    }
    let x = 0;
    words.forEach(({ text, weight, joined }, i) => {
      // Parts of one word stand close.
      const [before, after] = [joined ? 0.5 : word.pad, words[i + 1]?.joined ? 0.5 : word.pad];
      const letters = textWidth(text, word.size);
      const width = before + letters + after;
      if (i > 0 && !joined) x += word.gap;
      if (x > 0 && x + width > size.width) {
        x = 0;
        y += word.line;
      }
      const box = element('rect', { x, y, width, height: word.height, rx: 3, fill: shadeColour(weight) });
      const place = { x: x + before + letters / 2, y: y + 16, 'text-anchor': 'middle', 'font-size': word.size };
      parts.push(box + textElement(text, { ...place, fill: isDark(weight) ? ink.paper : ink.text }));
      x += width;
    });
    y += word.line + 6;
  }
  return { width: size.width, height: Math.max(0, y - 6), svg: parts.join('') };
}
