// A figure as the project drew it, how it looked before, and the same by itself, large.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { panelsOf } from './figure-panels.ts';
import { Panels, textOf, useFigure } from './figure-view.tsx';
import { saveBlob, svgToPng } from './files.ts';
import { formatNumber } from './format.ts';
import { useInSight } from './in-sight.ts';
import type { Drawing } from './run-state.ts';

interface FigureProps {
  readonly name: string;
  readonly drawings: readonly Drawing[];
  /** Told whether it is in sight. */
  readonly see?: (name: string, inSight: boolean) => void;
}

/** Nothing is drawn of it while it is folded. */
export function FoldedFigure({ open: atFirst, ...rest }: FigureProps & { readonly open: boolean }) {
  const { name, drawings } = rest;
  const [open, setOpen] = useState(atFirst);
  const { title } = useFigure(drawings[drawings.length - 1].svg);
  return (
    <details class="fold" open={atFirst} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title || name}</summary>
      {open && <FigureCard {...rest} titled={false} />}
    </details>
  );
}

/** @param titled whether its title stands above it */
export function FigureCard({ name, drawings, see, titled = true }: FigureProps & { readonly titled?: boolean }) {
  const card = useRef<HTMLElement>(null);
  const inSight = useInSight(card);
  useEffect(() => {
    see?.(name, inSight);
    return () => see?.(name, false);
  }, [see, name, inSight]);
  // Undefined follows the newest.
  const [chosen, setChosen] = useState<number>();
  const [large, setLarge] = useState(false);
  const at = Math.min(chosen ?? drawings.length - 1, drawings.length - 1);
  const { svg, step } = drawings[at];
  const figure = useFigure(svg);
  return (
    <figure class="figure" ref={card}>
      {titled && figure.title && <p class="title">{figure.title}</p>}
      <div class="paper">
        <button type="button" class="open" aria-label={`Enlarge the figure ${name}`} onClick={() => setLarge(true)}>
          <Panels figure={figure} label={textOf(svg) || `figure ${name}`} />
        </button>
      </div>
      <figcaption>
        {figure.caption && <p class="help">{figure.caption}</p>}
        <div class="under">
          <span class="name soft">{name}</span>
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
          <SaveButtons name={name} svg={svg} />
        </div>
      </figcaption>
      {large && <Enlarged name={name} svg={svg} close={() => setLarge(false)} />}
    </figure>
  );
}

function SaveButtons({ name, svg }: { name: string; svg: string }) {
  const save = async (kind: 'svg' | 'png') => {
    const blob = kind === 'svg' ? new Blob([svg], { type: 'image/svg+xml' }) : await svgToPng(svg);
    saveBlob(blob, `${name}.${kind}`);
  };
  return (
    <span class="save">
      <button type="button" class="quiet small" onClick={() => save('svg')} aria-label={`Save ${name} as SVG`}>
        SVG
      </button>
      <button type="button" class="quiet small" onClick={() => save('png')} aria-label={`Save ${name} as PNG`}>
        PNG
      </button>
    </span>
  );
}

/** Over all of the page, until Escape or Close: the browser then gives the focus back to what opened it. */
function Enlarged({ name, svg, close }: { name: string; svg: string; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const figure = useMemo(() => panelsOf(svg), [svg]);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="enlarged" aria-label={figure.title || name} onClose={close}>
      <div class="head">
        <p class="title">{figure.title || name}</p>
        <SaveButtons name={name} svg={svg} />
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard could not scroll */}
      <div class="paper" tabIndex={0}>
        <Panels figure={figure} label={textOf(svg) || `figure ${name}`} enlarged />
      </div>
      {figure.caption && <p class="help">{figure.caption}</p>}
    </dialog>
  );
}
