// A figure's drawing in the room there is: its panels side by side or one below the other, its text never too small to read.
import { useEffect, useMemo } from 'preact/hooks';
import { darkened, type FigurePanels, panelsOf, type Unit, unescaped } from './figure-panels.ts';
import { narrowScreen, useMedia } from './screen.ts';
import { useDark } from './theme.ts';

/** Pixels: more than there are beside the inputs of an interaction on a tablet. */
const WIDE = 350;

/** @param enlarged panels as large as drawn, or larger */
export function Panels({ figure, label, enlarged = false }: { figure: FigurePanels; label: string; enlarged?: boolean }) {
  const { units, columns, leastScale } = figure;
  const widest = Math.max(...units.map(({ width }) => width));
  const least = widest * Math.max(leastScale, enlarged ? 1 : 0);
  return (
    <span
      role="img"
      aria-label={label}
      class={least > WIDE ? 'panels wide' : 'panels'}
      style={{ '--least': `${Math.ceil(least)}px`, '--columns': columns }}
    >
      {units.map((unit, i) => (
        <PanelImage key={i} unit={unit} widest={widest} enlarged={enlarged} />
      ))}
    </span>
  );
}

function PanelImage({ unit: { svg, width, height }, widest, enlarged }: { unit: Unit; widest: number; enlarged: boolean }) {
  const dark = useDark();
  const url = useSvgUrl(useMemo(() => (dark ? darkened(svg) : svg), [svg, dark]));
  // Beside a wider one, at its scale.
  const share = width / widest;
  return (
    <img
      src={url}
      alt=""
      width={width}
      height={height}
      style={{ width: `${100 * share}%`, maxWidth: enlarged ? undefined : `${width}px`, aspectRatio: `${width} / ${height}` }}
    />
  );
}

/** For the screen there is. */
export function useFigure(svg: string): FigurePanels {
  const narrow = useMedia(narrowScreen);
  return useMemo(() => panelsOf(svg, narrow), [svg, narrow]);
}

/** A URL for the text, for as long as it is shown. */
export function useSvgUrl(svg: string): string {
  const url = useMemo(() => URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' })), [svg]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return url;
}

/** What is written on it: the best description there is. */
export function textOf(svg: string): string {
  const texts = [...svg.matchAll(/<text[^>]*>([^<]+)<\/text>/g)].map(([, text]) => text).filter((text) => /[a-z]{3}/i.test(text));
  return unescaped([...new Set(texts)].join(', ')).slice(0, 300);
}
