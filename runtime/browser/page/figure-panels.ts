// A figure taken apart into its panels, so that they can be set anew for the room there is, and its colours for the dark.

/** What stays together: a panel, or a column of panels of which only the first has a title. */
export interface Unit {
  readonly svg: string;
  /** Pixels, as drawn. */
  readonly width: number;
  readonly height: number;
}

export interface FigurePanels {
  readonly title: string;
  readonly caption: string;
  /** Units that stand side by side where there is room. */
  readonly columns: number;
  readonly units: readonly Unit[];
  /** Text shown at this scale is at least {@link LEAST_TEXT} pixels high. */
  readonly leastScale: number;
}

/** Pixels. */
const LEAST_TEXT = 10;

/** Of the panels of one column. */
const GUTTER = 30;

/**
 * A drawing of another origin, or of an older version, is one panel with its title and caption in it.
 * @param narrow the narrow form of each panel that has one
 */
export function panelsOf(svg: string, narrow = false): FigurePanels {
  const sizes = [...svg.matchAll(/font-size="([\d.]+)"/g)].map(([, size]) => Number(size));
  const leastScale = LEAST_TEXT / Math.min(12, ...sizes);
  const opening = /<svg class="panel( narrow)?" x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="([\d.]+)"[^>]*>/g;
  const panels: { readonly x: string; readonly width: number; readonly height: number; readonly content: string }[] = [];
  for (const {
    index,
    0: { length },
    1: isNarrow,
    2: x,
    3: width,
    4: height,
  } of svg.matchAll(opening)) {
    if (isNarrow && !narrow) continue;
    // A panel's narrow form follows it.
    if (isNarrow) panels.pop();
    panels.push({ x, width: Number(width), height: Number(height), content: upToItsEnd(svg.slice(index + length)) });
  }
  const word = (name: string) => unescaped(new RegExp(`<${name}>([^<]*)</${name}>`).exec(svg)?.[1] ?? '');
  const columns = Number(/data-columns="(\d+)"/.exec(svg)?.[1] ?? 1);
  if (panels.length === 0) {
    const [width, height] = sizeOf(svg);
    return { title: word('title'), caption: '', columns: 1, units: [{ svg, width, height }], leastScale };
  }
  const groups = /data-flow="columns"/.test(svg)
    ? [...new Set(panels.map(({ x }) => x))].map((x) => panels.filter((panel) => panel.x === x))
    : panels.map((panel) => [panel]);
  const family = /font-family="[^"]*"/.exec(svg)?.[0] ?? '';
  const units = groups.map((group): Unit => {
    const width = Math.max(...group.map((panel) => panel.width));
    let height = -GUTTER;
    const parts = group.map((panel) => {
      const y = height + GUTTER;
      height = y + panel.height;
      return `<g transform="translate(0 ${y})">${panel.content}</g>`;
    });
    const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
    return {
      svg: `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${family} text-rendering="geometricPrecision">${parts.join('')}</svg>`,
      width,
      height,
    };
  });
  return { title: word('title'), caption: word('desc'), columns: Math.min(columns, units.length), units, leastScale };
}

/** What stands before the end of the element that the text is inside of. */
function upToItsEnd(text: string): string {
  let depth = 1;
  for (const { index, 0: tag } of text.matchAll(/<svg\b[^>]*>|<\/svg>/g)) {
    if (tag === '</svg>') depth--;
    else if (!tag.endsWith('/>')) depth++;
    if (depth === 0) return text.slice(0, index);
  }
  return text;
}

function sizeOf(svg: string): readonly [width: number, height: number] {
  const box = /viewBox="[\d.-]+[ ,][\d.-]+[ ,]([\d.]+)[ ,]([\d.]+)"/.exec(svg);
  return box ? [Number(box[1]), Number(box[2])] : [600, 400];
}

/** Text as it reads. */
export const unescaped = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

/** Inks and lines: theirs are the page's own colours in the dark. */
const night: Readonly<Record<string, string>> = {
  '#ffffff': '#1b1e21',
  '#222222': '#e7e7e3',
  '#555555': '#a1a7ae',
  '#888888': '#6d747b',
  '#e6e6e6': '#2d3236',
  '#0072b2': '#6cb8ee',
  '#d55e00': '#f2a65a',
  '#009e73': '#4fcdaa',
  '#cc79a7': '#ea94cb',
  '#e69f00': '#e6b73c',
  '#56b4e9': '#9ad4f7',
  '#882255': '#e07aa8',
  '#999933': '#d3cc58',
  '#999999': '#8f959b',
};

/** A figure's drawing for the dark: inks and lines by the table, all else (bands, cells) as light as it was dark. Pictures stay as they are. */
export function darkened(svg: string): string {
  return svg.replace(/"(#[\da-f]{6})"/g, (_, colour: string) => `"${night[colour] ?? turned(colour)}"`);
}

/** White becomes the page's card, black nearly white; hue and order of lightness stay. */
function turned(colour: string): string {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const [most, least] = [Math.max(...channels), Math.min(...channels)];
  // Lightness l becomes 255 − l, squeezed to between the card's and near white.
  const shift = 255 - most - least;
  return `#${channels
    .map((value, i) =>
      Math.round([27, 30, 33][i] + ((value + shift) / 255) * 205)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}
