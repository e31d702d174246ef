// A square to draw on, by pointer, finger or keyboard.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { DrawInput } from '../../../../src/train/input.ts';
import { paintStroke } from './brush.ts';
import type { PadProps } from './pad.ts';

type Point = readonly [x: number, y: number];

export function DrawPad({ id, label, input: { size }, give }: PadProps<DrawInput>) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = useRef(new Float32Array(size * size));
  const last = useRef<Point>();
  const [pen, setPen] = useState<{ readonly at: Point; readonly down: boolean }>();
  const draw = useCallback(() => show(canvas.current, picture.current, size), [size]);
  useEffect(draw, [draw]);

  const stroke = (to: Point) => {
    paintStroke(picture.current, size, last.current ?? to, to);
    last.current = to;
  };
  const tell = () => {
    draw();
    give(picture.current.slice());
  };
  const pointOf = ({ clientX, clientY }: PointerEvent): Point => {
    const { left, top, width, height } = canvas.current!.getBoundingClientRect();
    return [((clientX - left) / width) * size, ((clientY - top) / height) * size];
  };
  const move = (event: PointerEvent) => {
    if (last.current === undefined || !(event.buttons & 1)) return;
    // Fast strokes have several points an event.
    for (const one of event.getCoalescedEvents?.() ?? [event]) stroke(pointOf(one));
    stroke(pointOf(event));
    tell();
  };
  const press = (event: KeyboardEvent) => {
    const step = event.shiftKey ? 3 : 1;
    const moves: Record<string, Point> = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const by = moves[event.key];
    if (!by && event.key !== ' ') return;
    event.preventDefault();
    const { at, down } = pen ?? { at: [size / 2, size / 2] as Point, down: false };
    const inside = (value: number) => Math.min(size - 0.5, Math.max(0.5, value));
    const next: Point = by ? [inside(at[0] + by[0]), inside(at[1] + by[1])] : at;
    const drawing = by ? down : !down;
    setPen({ at: next, down: drawing });
    if (!drawing) return;
    paintStroke(picture.current, size, at, next);
    tell();
  };
  const clear = () => {
    picture.current.fill(0);
    setPen(undefined);
    draw();
    give(undefined);
  };
  return (
    <div class="pad draw">
      <div class="surface">
        {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: an application takes the arrow keys */}
        <canvas
          ref={canvas}
          width={size}
          height={size}
          tabIndex={0}
          role="application"
          aria-label={label}
          aria-describedby={`${id}-help`}
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            last.current = undefined;
            stroke(pointOf(event));
            tell();
          }}
          onPointerMove={move}
          onPointerUp={() => (last.current = undefined)}
          onPointerCancel={() => (last.current = undefined)}
          onKeyDown={press}
          onBlur={() => setPen(undefined)}
        />
        {pen && (
          <span
            class={pen.down ? 'pen down' : 'pen'}
            style={{ left: `${(100 * pen.at[0]) / size}%`, top: `${(100 * pen.at[1]) / size}%` }}
            aria-hidden="true"
          />
        )}
      </div>
      <p class="under">
        <button type="button" onClick={clear}>
          Clear
        </button>
        <span id={`${id}-help`} class="help">
          Keyboard: arrows move the pen, space lowers and lifts it.
        </span>
      </p>
    </div>
  );
}

function show(canvas: HTMLCanvasElement | null, picture: Float32Array, size: number): void {
  const context = canvas?.getContext('2d');
  if (!context) return;
  const image = context.createImageData(size, size);
  picture.forEach((value, i) => image.data.set([255 * value, 255 * value, 255 * value, 255], 4 * i));
  context.putImageData(image, 0, 0);
}
