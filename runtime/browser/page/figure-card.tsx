// A figure as the project drew it, and how it looked before.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { saveBlob, svgToPng } from './files.ts';
import { formatNumber } from './format.ts';
import type { Drawing } from './run-state.ts';

/** A URL for the text, for as long as it is shown. */
export function useSvgUrl(svg: string): string {
  const url = useMemo(() => URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' })), [svg]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return url;
}

/** Wider than this takes a row of its own. */
const WIDE = 1.9;

export function aspectOf(svg: string): number {
  const box = /viewBox="[\d.-]+[ ,][\d.-]+[ ,]([\d.]+)[ ,]([\d.]+)"/.exec(svg);
  return box ? Number(box[1]) / Number(box[2]) : 1.5;
}

export function FigureCard({ name, drawings }: { name: string; drawings: readonly Drawing[] }) {
  // Undefined follows the newest.
  const [chosen, setChosen] = useState<number>();
  const at = Math.min(chosen ?? drawings.length - 1, drawings.length - 1);
  const { svg, step } = drawings[at];
  const url = useSvgUrl(svg);
  const save = async (kind: 'svg' | 'png') => {
    const blob = kind === 'svg' ? new Blob([svg], { type: 'image/svg+xml' }) : await svgToPng(svg);
    saveBlob(blob, `${name}.${kind}`);
  };
  return (
    <figure class={aspectOf(svg) > WIDE ? 'figure wide' : 'figure'}>
      <a class="paper" href={url} target="_blank" rel="noopener" aria-label={`Open the figure ${name} by itself`}>
        <img src={url} alt={textOf(svg) || `figure ${name}`} />
      </a>
      <figcaption>
        <span class="name">{name}</span>
        {drawings.length > 1 && (
          <label class="history">
            <span class="soft">
              {at + 1} of {drawings.length}, step {formatNumber(step)}
            </span>
            <input
              type="range"
              aria-label={`Earlier states of ${name}`}
              min={1}
              max={drawings.length}
              value={at + 1}
              onInput={(event) => {
                const index = Number(event.currentTarget.value) - 1;
                setChosen(index === drawings.length - 1 ? undefined : index);
              }}
            />
          </label>
        )}
        <span class="save">
          <button type="button" class="quiet small" onClick={() => save('svg')} aria-label={`Save ${name} as SVG`}>
            SVG
          </button>
          <button type="button" class="quiet small" onClick={() => save('png')} aria-label={`Save ${name} as PNG`}>
            PNG
          </button>
        </span>
      </figcaption>
    </figure>
  );
}

/** What is written on it: the best description there is. */
function textOf(svg: string): string {
  const texts = [...svg.matchAll(/<text[^>]*>([^<]+)<\/text>/g)].map(([, text]) => text).filter((text) => /[a-z]{3}/i.test(text));
  const unescaped = [...new Set(texts)].join(', ').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  return unescaped.slice(0, 300);
}
