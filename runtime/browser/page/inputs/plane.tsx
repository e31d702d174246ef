// A plane with two axes and a point to move, by pointer, finger or arrow keys.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PlaneAxis, PlaneInput } from '../../../../src/train/input.ts';
import { darkened } from '../figure-panels.ts';
import { useSvgUrl } from '../figure-view.tsx';
import { formatNumber } from '../format.ts';
import { useDark } from '../theme.ts';
import type { PadProps } from './pad.ts';

const KEY_STEPS = 50;

export function PlanePad({ id, label, input: { x, y }, surface: below, give }: PadProps<PlaneInput>) {
  const surface = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState({ x: (x.min + x.max) / 2, y: (y.min + y.max) / 2 });
  // It has a point from the beginning.
  useEffect(() => give([at.x, at.y]), []);
  const go = (toX: number, toY: number) => {
    const next = { x: within(toX, x), y: within(toY, y) };
    setAt(next);
    give([next.x, next.y]);
  };
  const follow = (event: PointerEvent) => {
    const { left, top, width, height } = surface.current!.getBoundingClientRect();
    go(x.min + ((event.clientX - left) / width) * (x.max - x.min), y.max - ((event.clientY - top) / height) * (y.max - y.min));
  };
  const press = (event: KeyboardEvent) => {
    const far = event.shiftKey ? 5 : 1;
    const [dx, dy] = [(far * (x.max - x.min)) / KEY_STEPS, (far * (y.max - y.min)) / KEY_STEPS];
    const moves: Record<string, () => void> = {
      ArrowLeft: () => go(at.x - dx, at.y),
      ArrowRight: () => go(at.x + dx, at.y),
      ArrowUp: () => go(at.x, at.y + dy),
      ArrowDown: () => go(at.x, at.y - dy),
      Home: () => go((x.min + x.max) / 2, (y.min + y.max) / 2),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  };
  const share = (value: number, { min, max }: PlaneAxis) => (100 * (value - min)) / (max - min);
  return (
    <div class="pad plane">
      <div class="axes">
        <span class="y-label">{y.label}</span>
        <Ticks axis={y} side="bottom" />
        <div
          ref={surface}
          class="surface"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes the arrow keys
          tabIndex={0}
          role="application"
          aria-label={`${label}: in the plane of ${x.label} and ${y.label}`}
          aria-describedby={`${id}-place ${id}-help`}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            follow(event);
          }}
          onPointerMove={(event) => event.buttons & 1 && follow(event)}
          onKeyDown={press}
        >
          {below !== undefined ? (
            <Surface svg={below} />
          ) : (
            places.flatMap((place) => [
              <i key={`x${place}`} class="vertical" style={{ left: `${place}%` }} />,
              <i key={`y${place}`} class="horizontal" style={{ bottom: `${place}%` }} />,
            ])
          )}
          <span class="point" style={{ left: `${share(at.x, x)}%`, bottom: `${share(at.y, y)}%` }} aria-hidden="true" />
        </div>
        <Ticks axis={x} side="left" />
        <span class="x-label">{x.label}</span>
      </div>
      <p class="under">
        <span id={`${id}-place`} class="place">
          {x.label} {at.x.toFixed(2)}, {y.label} {at.y.toFixed(2)}
        </span>
        <span id={`${id}-help`} class="help">
          Drag, or use the arrow keys (with Shift in larger steps; Home for the middle).
        </span>
      </p>
    </div>
  );
}

/** What lies in the plane, from edge to edge. */
function Surface({ svg }: { svg: string }) {
  const dark = useDark();
  return <img class="below" src={useSvgUrl(useMemo(() => (dark ? darkened(svg) : svg), [svg, dark]))} alt="" draggable={false} />;
}

const within = (value: number, { min, max }: PlaneAxis) => Math.min(max, Math.max(min, value));

/** Of grid lines and numbers, in percent. */
const places = [0, 25, 50, 75, 100];

function Ticks({ axis: { min, max }, side }: { axis: PlaneAxis; side: 'left' | 'bottom' }) {
  return (
    <span class={side === 'left' ? 'x-ticks' : 'y-ticks'} aria-hidden="true">
      {places.map((place) => (
        <span key={place} style={{ [side]: `${place}%` }}>
          {formatNumber(min + (place / 100) * (max - min))}
        </span>
      ))}
    </span>
  );
}
