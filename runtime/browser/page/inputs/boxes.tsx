// Boxes on a picture: drawn, moved and pulled larger with the pointer, or put there and moved with the keyboard.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Picture } from '../../../../src/train/figure.ts';
import type { BoxesInput, GivenBox, GivenPicture } from '../../../../src/train/input.ts';
import { type Handle, LEAST, moved, resized, spanned, textOfBox } from './box.ts';
import type { PadProps } from './pad.ts';
import { PictureCanvas } from './picture-canvas.tsx';
import { PictureChooser } from './picture-chooser.tsx';

export function BoxesPad({ give, ...rest }: PadProps<BoxesInput>) {
  const { id, label, input } = rest;
  const [given, setGiven] = useState<GivenPicture>();
  const [boxes, setBoxes] = useState<readonly GivenBox[]>([]);
  const [kind, setKind] = useState(input.classes?.[0]);
  const value = useMemo(() => (given && boxes.length > 0 ? { picture: given, boxes } : undefined), [given, boxes]);
  useEffect(() => give(value), [value]);
  const add = (box: GivenBox) => setBoxes([...boxes, { ...box, ...(kind !== undefined && { class: kind }) }]);
  const change = (i: number, box: GivenBox | undefined) => setBoxes(boxes.flatMap((other, j) => (j !== i ? other : (box ?? []))));
  const middle = { x1: input.width / 4, y1: input.height / 4, x2: (3 * input.width) / 4, y2: (3 * input.height) / 4 };
  return (
    <>
      <PictureChooser
        {...rest}
        chosen={(now) => {
          setGiven(now?.given);
          setBoxes([]);
        }}
      >
        {(picture) => <Boxes id={id} picture={picture} boxes={boxes} add={add} change={change} />}
      </PictureChooser>
      <div class="pad boxes">
        {input.classes && (
          <p class="choice">
            <label for={`${id}-class`}>New boxes are of</label>
            <select id={`${id}-class`} value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
              {input.classes.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </p>
        )}
        <ul aria-label={`${label}: boxes`}>
          {boxes.map((box, i) => (
            <li key={i}>
              <span>{textOfBox(box, i)}</span>
              <button
                type="button"
                class="small"
                aria-label={`Remove box ${i + 1}`}
                onClick={({ currentTarget }) => {
                  stay(currentTarget.closest('li')!, id);
                  change(i, undefined);
                }}
              >
                Remove
              </button>
            </li>
          ))}
        </ul>
        <p class="actions">
          <button id={`${id}-add`} type="button" class="small" disabled={!given} onClick={() => add(middle)}>
            Add a box
          </button>
          <span id={`${id}-keys`} class="help">
            Draw on the picture. With the keyboard: arrows move a box, with Shift they change its size, Delete removes it.
          </span>
        </p>
      </div>
    </>
  );
}

/** The last of a row goes: the focus goes to the one before it. From others it passes to the next, which takes their place. */
function stay(going: Element, id: string): void {
  const { parentElement, previousElementSibling: before } = going;
  if (going !== parentElement?.querySelector(':scope > :last-child')) return;
  const next = before?.matches('button') ? before : before?.querySelector('button');
  ((next ?? document.getElementById(`${id}-add`)) as HTMLElement | null)?.focus();
}

interface Drag {
  readonly from: readonly [x: number, y: number];
  readonly box?: { readonly index: number; readonly was: GivenBox; readonly handle: Handle };
}

function Boxes({
  id,
  picture,
  boxes,
  add,
  change,
}: {
  id: string;
  picture: Picture;
  boxes: readonly GivenBox[];
  add: (box: GivenBox) => void;
  change: (i: number, box: GivenBox | undefined) => void;
}) {
  const surface = useRef<HTMLDivElement>(null);
  const drag = useRef<Drag>();
  const [drawn, setDrawn] = useState<GivenBox>();
  const place = ({ clientX, clientY }: PointerEvent): readonly [number, number] => {
    const { left, top, width, height } = surface.current!.getBoundingClientRect();
    return [((clientX - left) / width) * picture.width, ((clientY - top) / height) * picture.height];
  };
  const begin = (event: PointerEvent, box?: Drag['box']) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    surface.current!.setPointerCapture(event.pointerId);
    drag.current = { from: place(event), ...(box && { box }) };
  };
  const follow = (event: PointerEvent) => {
    if (!drag.current) return;
    const { from, box } = drag.current;
    const to = place(event);
    if (!box) return setDrawn(spanned(from, to, picture));
    const by = [to[0] - from[0], to[1] - from[1]] as const;
    change(box.index, box.handle === 'corner' ? resized(box.was, by, picture) : moved(box.was, by, picture));
  };
  const end = () => {
    // A click draws nothing.
    if (drawn && drawn.x2 - drawn.x1 >= LEAST && drawn.y2 - drawn.y1 >= LEAST) add(drawn);
    setDrawn(undefined);
    drag.current = undefined;
  };
  const press = (event: KeyboardEvent, index: number) => {
    const step = Math.max(1, Math.round(picture.width / 64));
    const steps: Readonly<Record<string, readonly [number, number]>> = {
      ...{ ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] },
    };
    const by = steps[event.key];
    const removes = event.key === 'Delete' || event.key === 'Backspace';
    if (!by && !removes) return;
    event.preventDefault();
    if (removes) stay(event.currentTarget as Element, id);
    const box = boxes[index];
    change(index, by && (event.shiftKey ? resized(box, by, picture) : moved(box, by, picture)));
  };
  const style = ({ x1, y1, x2, y2 }: GivenBox) => ({
    left: `${(100 * x1) / picture.width}%`,
    top: `${(100 * y1) / picture.height}%`,
    width: `${(100 * (x2 - x1)) / picture.width}%`,
    height: `${(100 * (y2 - y1)) / picture.height}%`,
  });
  return (
    <div ref={surface} class="drawable" onPointerDown={begin} onPointerMove={follow} onPointerUp={end} onPointerCancel={end}>
      <PictureCanvas picture={picture} />
      {boxes.map((box, index) => (
        <button
          key={index}
          type="button"
          class="box"
          style={style(box)}
          aria-label={textOfBox(box, index)}
          aria-describedby={`${id}-keys`}
          onPointerDown={(event) => begin(event, { index, was: box, handle: 'inside' })}
          onKeyDown={(event) => press(event, index)}
        >
          <span class="name">{box.class ?? index + 1}</span>
          <i class="corner" onPointerDown={(event) => begin(event, { index, was: box, handle: 'corner' })} />
        </button>
      ))}
      {drawn && <span class="box" style={style(drawn)} />}
    </div>
  );
}
