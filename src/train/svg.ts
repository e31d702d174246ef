// The few things that every part of a figure needs: elements as text, and how wide a text will stand.

export const fontFamily = 'DejaVu Sans, Verdana, sans-serif';

export const ink = { text: '#222222', soft: '#555555', axis: '#888888', grid: '#e6e6e6', paper: '#ffffff' } as const;

/** Font sizes in pixels. */
export const fontSize = { title: 18, panel: 14, label: 13, tick: 12, caption: 12 } as const;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A drawn part, its origin at its top left corner. */
export interface Drawing extends Size {
  readonly svg: string;
  /** Of a chart: where its plot begins, below title and legend. */
  readonly plotTop?: number;
}

/** For XML text and attributes. Control characters, which XML 1.0 can't hold at all, become the replacement character. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\uffef\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}

/** A coordinate: a tenth of a pixel is as fine as anyone sees. */
export function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One element. Numbers are rounded to tenths; attributes that are `undefined` are left out. */
export function element(name: string, attributes: Attributes, content = ''): string {
  let text = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) text += ` ${key}="${typeof value === 'number' ? at(value) : escapeXml(value)}"`;
  }
  return content ? `${text}>${content}</${name}>` : `${text}/>`;
}

export function textElement(text: string, attributes: Attributes): string {
  return element('text', attributes, escapeXml(text));
}

export function moved(x: number, y: number, svg: string): string {
  return svg ? element('g', { transform: `translate(${at(x)} ${at(y)})` }, svg) : '';
}

/** About how wide DejaVu Sans sets a text, in pixels: no platform-free way to ask, and a few percent are near enough to place labels. */
export function textWidth(text: string, size: number, bold = false): number {
  let ems = 0;
  for (const letter of text) {
    if (/[ijlI.,:;|!'`\s]/.test(letter)) ems += 0.33;
    else if (/[ftr()[\]{}\-/\\"]/.test(letter)) ems += 0.41;
    else if (/[mwMW@%]/.test(letter)) ems += 0.93;
    else if (/[A-Z+−=<>≤≥]/.test(letter)) ems += 0.72;
    else ems += 0.62;
  }
  return ems * size * (bold ? 1.1 : 1);
}

/** Breaks a text into lines no wider than `width` pixels. A word that is wider stands alone. */
export function wrap(text: string, width: number, size: number, bold = false): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(/\s+/)) {
      const longer = line ? `${line} ${word}` : word;
      if (line && textWidth(longer, size, bold) > width) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    lines.push(line);
  }
  return lines;
}
