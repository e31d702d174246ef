// A graph in the plane, one of whose nodes is chosen: by pointer, finger, arrow keys or number.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { NodeInput, OfferedGraph } from '../../../../src/train/input.ts';
import { readValue } from '../../../run/options.ts';
import { colours, useDark } from '../theme.ts';
import { ahead, type Direction, nearest, placedIn } from './node-places.ts';
import type { PadProps } from './pad.ts';

/** Of the drawing, which is shown at half of it: sharp on fine screens too. */
const SIDE = 720;
const directions: Readonly<Record<string, Direction>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function NodePad(props: PadProps<NodeInput>) {
  const { label, offer } = props;
  return (
    <fieldset class="pad node">
      <legend>{label}</legend>
      {offer ? <Nodes {...props} graph={offer} /> : <p class="surface" />}
    </fieldset>
  );
}

function Nodes({ id, label, graph, give }: PadProps<NodeInput> & { graph: OfferedGraph }) {
  const count = graph.points.length / 2;
  const [text, setText] = useState('0');
  const read = readValue({ type: 'number', default: 0, help: '', min: 0, max: count - 1, integer: true }, text);
  const [chosen, setNode] = useState(0);
  const node = Math.min(chosen, count - 1);
  const choose = (next: number) => {
    setNode(next);
    setText(String(next));
  };
  useEffect(() => give(node), [node]);
  const canvas = useRef<HTMLCanvasElement>(null);
  const places = placedIn(graph.points, SIDE);
  const dark = useDark();
  useLayoutEffect(() => drawGraph(canvas.current, graph, places, node), [graph, node, dark]);
  return (
    <>
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: an application takes the arrow keys */}
      <canvas
        ref={canvas}
        class="surface"
        width={SIDE}
        height={SIDE}
        tabIndex={0}
        role="application"
        aria-label={`${label}: ${count} nodes in the plane`}
        aria-describedby={`${id}-now ${id}-help`}
        onPointerDown={(event) => {
          const { left, top, width } = event.currentTarget.getBoundingClientRect();
          choose(nearest(places, ((event.clientX - left) / width) * SIDE, ((event.clientY - top) / width) * SIDE));
        }}
        onKeyDown={(event) => {
          const direction = directions[event.key];
          if (!direction) return;
          event.preventDefault();
          choose(ahead(places, node, direction));
        }}
      />
      {graph.legend && (
        <ul class="keys" aria-label="Colours">
          {graph.legend.map(({ name, colour }) => (
            <li key={name}>
              <i style={{ background: typeof colour === 'number' ? `var(--line-${colour})` : colour }} /> {name}
            </li>
          ))}
        </ul>
      )}
      <p class="number">
        <label for={id}>Number</label>
        <input
          id={id}
          inputMode="numeric"
          autocomplete="off"
          value={text}
          aria-invalid={'problem' in read}
          aria-describedby={`${id}-now`}
          onInput={(event) => {
            setText(event.currentTarget.value);
            const wanted = readValue(
              { type: 'number', default: 0, help: '', min: 0, max: count - 1, integer: true },
              event.currentTarget.value,
            );
            if ('value' in wanted) setNode(Number(wanted.value));
          }}
        />
      </p>
      {'problem' in read ? (
        <p id={`${id}-now`} class="problem" role="alert">
          {read.problem}
        </p>
      ) : (
        <p id={`${id}-now`} class="now">
          Node {node}
          {graph.names && `: ${graph.names[node]}`}
        </p>
      )}
      <p id={`${id}-help`} class="help">
        Click a node, or go from one to the next with the arrow keys.
      </p>
    </>
  );
}

function drawGraph(canvas: HTMLCanvasElement | null, { edges, classes, legend }: OfferedGraph, places: Float32Array, node: number): void {
  const context = canvas?.getContext('2d');
  if (!canvas || !context) return;
  const { lines, axis } = colours();
  const place = (i: number) => [places[2 * i], places[2 * i + 1]] as const;
  const join = (own: boolean) => {
    context.beginPath();
    for (let e = 0; e < edges.length; e += 2) {
      if ((edges[e] === node || edges[e + 1] === node) !== own) continue;
      context.moveTo(...place(edges[e]));
      context.lineTo(...place(edges[e + 1]));
    }
    context.stroke();
  };
  const disc = (i: number, radius: number) => {
    context.beginPath();
    context.arc(...place(i), radius, 0, 2 * Math.PI);
    context.fill();
  };
  const colourOf = (i: number) => {
    const colour = classes && legend?.[classes[i]]?.colour;
    return typeof colour === 'string' ? colour : lines[colour ?? 0];
  };
  const count = places.length / 2;
  const radius = Math.max(3, Math.min(10, 160 / Math.sqrt(count)));
  context.clearRect(0, 0, SIDE, SIDE);
  [context.strokeStyle, context.lineWidth, context.globalAlpha] = [axis, 1, 0.3];
  join(false);
  context.globalAlpha = 1;
  for (let i = 0; i < count; i++) {
    context.fillStyle = colourOf(i);
    disc(i, radius);
  }
  [context.strokeStyle, context.lineWidth] = [axis, 3];
  join(true);
  context.fillStyle = axis;
  disc(node, radius + 14);
  context.fillStyle = getComputedStyle(canvas).backgroundColor;
  disc(node, radius + 9);
  context.fillStyle = colourOf(node);
  disc(node, radius + 4);
}
