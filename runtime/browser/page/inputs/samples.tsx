// Pictures to choose from: a grid of buttons, one of which the tab key comes to, and the arrow keys go through.
import { useRef, useState } from 'preact/hooks';
import type { Picture } from '../../../../src/train/figure.ts';
import { PictureCanvas } from './picture-canvas.tsx';

/** @param mark of a sample that is chosen: what it is chosen as, and what stands in its corner; undefined for the others */
export function Samples({
  label,
  samples,
  mark,
  choose,
}: {
  label: string;
  samples: readonly Picture[];
  mark: (sample: number) => { readonly as: string; readonly badge?: string | number } | undefined;
  choose: (sample: number) => void;
}) {
  const group = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState(0);
  const press = (event: KeyboardEvent) => {
    const buttons = [...(group.current?.children ?? [])] as HTMLElement[];
    const columns = Math.max(
      1,
      buttons.findIndex(({ offsetTop }) => offsetTop > buttons[0].offsetTop),
    );
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns },
      ...{ Home: -place, End: samples.length - 1 - place },
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = place + step;
    if (next < 0 || next >= samples.length) return;
    setPlace(next);
    buttons[next].focus();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be a box within a box
    <div ref={group} class="samples" role="group" aria-label={label} onKeyDown={press}>
      {samples.map((picture, i) => {
        const on = mark(i);
        return (
          <button
            key={i}
            type="button"
            tabIndex={i === place ? 0 : -1}
            aria-pressed={on !== undefined}
            aria-label={[picture.caption ?? `sample ${i + 1}`, on?.badge, on?.as].filter((part) => part !== undefined).join(', ')}
            title={picture.caption}
            onFocus={() => setPlace(i)}
            onClick={() => choose(i)}
          >
            <PictureCanvas picture={picture} />
            {on?.badge !== undefined && <span class="mark">{on.badge}</span>}
          </button>
        );
      })}
    </div>
  );
}
