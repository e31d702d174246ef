// What the model holds and what its layers make of one sample: histograms and pictures, layer by layer, as new as there are weights.
import { useEffect, useRef } from 'preact/hooks';
import type { Histogram, LayerInside, Pictures, TensorInside } from '../protocol.ts';
import { formQuery } from './form.ts';
import { formatNumber } from './format.ts';
import type { Session } from './session.ts';
import { useDark } from './theme.ts';

export function Inside({ session }: { session: Session }) {
  useLooks(session);
  const { value } = session.inside;
  if (!value) return <p class="soft">Loading …</p>;
  if ('message' in value) return <p>The weights can’t be shown: {value.message}</p>;
  const { layers, input } = value;
  return (
    <>
      <p>
        {whose(session)} Blue is above 0, orange below; each picture’s strongest colour is its largest value.
        {layers.some(({ maps }) => maps) && ' What a layer gives, it gives of one sample.'}
      </p>
      <ol class="inside">
        {input && (
          <li class="layer">
            <h3>Sample</h3>
            <PictureSheet pictures={input} label="The sample" />
          </li>
        )}
        {layers.map((layer) => (
          <Layer key={layer.name} layer={layer} />
        ))}
      </ol>
    </>
  );
}

/** Asks for the model's state as often as there is a new one to be seen. */
function useLooks(session: Session): void {
  const { run } = session.run.value;
  const { active } = session;
  const form = run === undefined ? formQuery(session.project, session.form.value) : '';
  const seen = active ? session.inside.value : undefined;
  useEffect(() => {
    // Who looks elsewhere costs the run nothing.
    const look = () => document.hidden || session.look();
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [session, run, active, form, seen]);
}

function whose({ active, run }: Session): string {
  if (active) return 'The weights of the run at work, as they are now.';
  return run.value.run === undefined
    ? 'The weights that a run with these options begins with.'
    : 'The weights of the run above, from its last checkpoint.';
}

function Layer({ layer: { name, type, tensors, maps } }: { layer: LayerInside }) {
  return (
    <li class="layer">
      <h3>
        {type} <span class="soft">{name}</span>
      </h3>
      {tensors.map((tensor) => (
        <Weights key={tensor.name} tensor={tensor} layer={name} />
      ))}
      {maps && (
        <figure>
          <PictureSheet pictures={maps} label={`What ${name || 'the model'} gives`} />
          <figcaption>gives {countOf(maps)}</figcaption>
        </figure>
      )}
    </li>
  );
}

function Weights({ tensor: { name, shape, histogram, kernels }, layer }: { tensor: TensorInside; layer: string }) {
  // So few values that each has a pixel.
  const single = kernels?.count === 1 && kernels.height === 1;
  return (
    <figure>
      {!single && <Bars name={name} histogram={histogram} />}
      {kernels && <PictureSheet pictures={kernels} label={`${name} as pictures`} />}
      <figcaption>
        {layer ? name.slice(layer.length + 1) : name} {shape.join('×') || '1'}: {formatNumber(histogram.mean)} ±{' '}
        {formatNumber(histogram.deviation)}
        {histogram.broken > 0 && <strong class="bad">, {histogram.broken} NaN or infinite</strong>}
      </figcaption>
    </figure>
  );
}

const WIDTH = 160;
const HEIGHT = 44;

function Bars({ name, histogram: { low, high, counts, mean, deviation } }: { name: string; histogram: Histogram }) {
  const most = Math.max(1, ...counts);
  const step = WIDTH / counts.length;
  const bars = counts.map((count, i) => {
    const height = (HEIGHT * count) / most;
    return `M${i * step} ${HEIGHT}v${-height}h${step - 0.5}v${height}z`;
  });
  const zero = low < 0 && high > 0 ? (WIDTH * -low) / (high - low) : undefined;
  const [from, to] = [formatNumber(low), formatNumber(high)];
  return (
    <>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Histogram of ${name}: ${from} to ${to}, mean ${formatNumber(mean)}, standard deviation ${formatNumber(deviation)}`}
      >
        <path class="bars" d={bars.join('')} />
        {zero !== undefined && <path class="zero" d={`M${zero} 0V${HEIGHT}`} />}
      </svg>
      <span class="ends" aria-hidden="true">
        <span>{from}</span>
        {low !== high && <span>{to}</span>}
      </span>
    </>
  );
}

/** Pixels between pictures, and those that a sheet has room for. */
const GAP = 2;
const SHEET = 240;
/** Side of a small picture, as shown. */
const SIDE = 44;
/** Of one that stands alone. */
const ALONE = 128;

function PictureSheet({ pictures, label }: { pictures: Pictures; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const dark = useDark();
  const { width, height, shown } = pictures;
  const scale = Math.max(1, Math.min(8, Math.floor((shown > 1 ? SIDE : ALONE) / Math.max(width, height))));
  const columns = Math.min(shown, Math.max(1, Math.floor((SHEET + GAP) / (width * scale + GAP))));
  const rows = Math.ceil(shown / columns);
  const size = { width: columns * (width * scale + GAP) - GAP, height: rows * (height * scale + GAP) - GAP };
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.clearRect(0, 0, size.width, size.height);
    for (let i = 0; i < shown; i++) {
      const [x, y] = [(i % columns) * (width * scale + GAP), Math.floor(i / columns) * (height * scale + GAP)];
      context.putImageData(painted(pictures, i, scale, dark), x, y);
    }
  }, [pictures, dark, scale, columns, size.width, size.height]);
  return <canvas ref={canvas} {...size} role="img" aria-label={`${label}: ${countOf(pictures)}`} />;
}

function countOf({ count, shown, width, height }: Pictures): string {
  const size = `${height}×${width}`;
  if (count === 1) return height === 1 ? String(width) : size;
  return shown < count ? `${count} of ${size}, the first ${shown} shown` : `${count} of ${size}`;
}

const light = { none: [255, 255, 255], above: [0, 76, 134], below: [166, 60, 0] } as const;
const night = { none: [27, 30, 33], above: [108, 184, 238], below: [242, 166, 90] } as const;

/** One picture, each of its pixels a square. */
function painted({ channels, width, height, shades }: Pictures, place: number, scale: number, dark: boolean): ImageData {
  const { none, above, below } = dark ? night : light;
  const image = new ImageData(width * scale, height * scale);
  const plane = width * height;
  const from = place * channels * plane;
  for (let y = 0; y < height * scale; y++) {
    for (let x = 0; x < width * scale; x++) {
      const pixel = from + Math.floor(y / scale) * width + Math.floor(x / scale);
      const at = 4 * (y * width * scale + x);
      for (let c = 0; c < 3; c++) {
        const shade = shades[pixel + (channels === 3 ? c * plane : 0)] / 127;
        const to = shade < 0 ? below : above;
        image.data[at + c] = channels === 3 ? 128 + 127 * shade : none[c] + Math.abs(shade) * (to[c] - none[c]);
      }
      image.data[at + 3] = 255;
    }
  }
  return image;
}
