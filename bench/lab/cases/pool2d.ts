import {
  type AvgPool2dSpec,
  lowerAvgPool2d,
  lowerAvgPool2dBackward,
  lowerMaxPool2d,
  lowerMaxPool2dBackward,
} from '../../../src/engine/ops/lower/pool2d.ts';
import type { Case } from '../case.ts';
import { values } from './random.ts';

/** Places in x of one window's pixels, in row order. */
function windowOf(spec: AvgPool2dSpec, y: number): number[] {
  const plane = Math.floor(y / (spec.outHeight * spec.outWidth));
  const oy = Math.floor(y / spec.outWidth) % spec.outHeight;
  const ox = y % spec.outWidth;
  const places = [];
  for (let ky = 0; ky < spec.kh; ky++) {
    for (let kx = 0; kx < spec.kw; kx++) {
      const iy = oy * spec.strideH - spec.padTop + ky * spec.dilationH;
      const ix = ox * spec.strideW - spec.padLeft + kx * spec.dilationW;
      if (iy >= 0 && ix >= 0 && iy < spec.height && ix < spec.width) places.push((plane * spec.height + iy) * spec.width + ix);
    }
  }
  return places;
}

function maximum(x: Float32Array, places: readonly number[]): number {
  let best = places[0]!;
  for (const place of places) if (x[place]! > x[best]! || (Number.isNaN(x[place]!) && !Number.isNaN(x[best]!))) best = place;
  return best;
}

export function* pool2dCases(): Generator<Case> {
  const shapes = [
    { planes: 6, size: [28, 28], kernel: 2, stride: 2, pad: 0, dilation: 1 },
    { planes: 3, size: [7, 7], kernel: 2, stride: 2, pad: 0, dilation: 1 },
    { planes: 3, size: [9, 6], kernel: 3, stride: 2, pad: 1, dilation: 1 },
    { planes: 2, size: [9, 8], kernel: 3, stride: 1, pad: 1, dilation: 1 },
    { planes: 2, size: [9, 8], kernel: 3, stride: 2, pad: 0, dilation: 2 },
    { planes: 2, size: [1, 1], kernel: 1, stride: 1, pad: 0, dilation: 1 },
    { planes: 0, size: [4, 4], kernel: 2, stride: 2, pad: 0, dilation: 1 },
  ] as const;
  for (const { planes, size, kernel, stride, pad, dilation } of shapes) {
    const out = (length: number) => Math.floor((length + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
    const base = {
      planes,
      height: size[0],
      width: size[1],
      kh: kernel,
      kw: kernel,
      strideH: stride,
      strideW: stride,
      padTop: pad,
      padLeft: pad,
      padBottom: pad,
      padRight: pad,
      dilationH: dilation,
      dilationW: dilation,
      outHeight: out(size[0]),
      outWidth: out(size[1]),
      adaptive: false,
    };
    // Coarse values: equal maxima are common. One NaN where there is room.
    const x = values(planes * size[0] * size[1], 1).map((value) => Math.round(value * 3) / 2 - 2);
    if (x.length > 30) x[17] = Number.NaN;
    const dy = values(planes * base.outHeight * base.outWidth, 2);
    const name = `${planes}×${size.join('×')} ${kernel}/${stride} pad ${pad} dilation ${dilation}`;
    const spec = { ...base, countIncludePad: true };
    yield {
      name: `maxPool2d ${name}`,
      launches: (traits) => lowerMaxPool2d(base, traits),
      inputs: () => [x],
      expected: () => Float64Array.from(dy, (_, i) => x[maximum(x, windowOf(spec, i))]!),
    };
    yield {
      name: `maxPool2d dx ${name}`,
      launches: (traits) => lowerMaxPool2dBackward(base, traits),
      inputs: () => [x, dy],
      expected: () => {
        const dx = new Float64Array(x.length);
        dy.forEach((value, i) => {
          dx[maximum(x, windowOf(spec, i))]! += value;
        });
        return dx;
      },
    };
    if (dilation > 1) continue;
    for (const countIncludePad of [true, false]) {
      const average = { ...base, countIncludePad };
      const count = (i: number) => (countIncludePad ? kernel ** 2 : windowOf(spec, i).length);
      yield {
        name: `avgPool2d ${name} ${countIncludePad}`,
        launches: (traits) => lowerAvgPool2d(average, traits),
        inputs: () => [x],
        expected: () => Float64Array.from(dy, (_, i) => windowOf(spec, i).reduce((sum, place) => sum + x[place]!, 0) / count(i)),
      };
      yield {
        name: `avgPool2d dx ${name} ${countIncludePad}`,
        launches: (traits) => lowerAvgPool2dBackward(average, traits),
        inputs: () => [dy],
        expected: () => {
          const dx = new Float64Array(x.length);
          dy.forEach((value, i) => {
            for (const place of windowOf(spec, i)) dx[place]! += value / count(i);
          });
          return dx;
        },
      };
    }
  }
}
