import { type Conv2dSpec, lowerConv2d, lowerConv2dInput, lowerConv2dWeight } from '../../../src/engine/ops/lower/conv2d.ts';
import type { Case } from '../cases.ts';
import { values } from './random.ts';

/** Calls `visit` with the places in x, w and y of every product that the convolution sums. */
function products(spec: Conv2dSpec, visit: (x: number, w: number, y: number) => void): void {
  const { inChannels, outChannels, groups, height, width, outHeight, outWidth, kh, kw } = spec;
  const ins = inChannels / groups;
  const outs = outChannels / groups;
  for (let n = 0; n < spec.n; n++) {
    for (let o = 0; o < outChannels; o++) {
      for (let oy = 0; oy < outHeight; oy++) {
        for (let ox = 0; ox < outWidth; ox++) {
          const y = ((n * outChannels + o) * outHeight + oy) * outWidth + ox;
          for (let i = 0; i < ins; i++) {
            const channel = Math.floor(o / outs) * ins + i;
            for (let ky = 0; ky < kh; ky++) {
              for (let kx = 0; kx < kw; kx++) {
                const iy = oy * spec.strideH - spec.padTop + ky * spec.dilationH;
                const ix = ox * spec.strideW - spec.padLeft + kx * spec.dilationW;
                if (iy < 0 || ix < 0 || iy >= height || ix >= width) continue;
                visit(((n * inChannels + channel) * height + iy) * width + ix, ((o * ins + i) * kh + ky) * kw + kx, y);
              }
            }
          }
        }
      }
    }
  }
}

interface Short {
  n?: number;
  c?: readonly [number, number];
  size?: readonly [number, number];
  kernel?: readonly [number, number];
  stride?: readonly [number, number];
  /** top, left, bottom, right */
  pad?: readonly [number, number, number, number];
  dilation?: readonly [number, number];
  groups?: number;
}

function specOf(short: Short): Conv2dSpec {
  const { n = 2, c = [3, 5], size = [7, 6], kernel = [3, 3], stride = [1, 1], pad = [0, 0, 0, 0], dilation = [1, 1], groups = 1 } = short;
  const out = (axis: 0 | 1) =>
    Math.floor((size[axis] + pad[axis] + pad[axis + 2]! - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
  return {
    n,
    groups,
    inChannels: c[0],
    outChannels: c[1],
    height: size[0],
    width: size[1],
    kh: kernel[0],
    kw: kernel[1],
    strideH: stride[0],
    strideW: stride[1],
    padTop: pad[0],
    padLeft: pad[1],
    padBottom: pad[2],
    padRight: pad[3],
    dilationH: dilation[0],
    dilationW: dilation[1],
    outHeight: out(0),
    outWidth: out(1),
  };
}

const shapes: readonly Short[] = [
  {},
  { pad: [1, 1, 1, 1] },
  { n: 5, c: [1, 4], size: [28, 28], pad: [1, 1, 1, 1] },
  { n: 9, c: [4, 8], size: [14, 14], pad: [1, 1, 1, 1] },
  { n: 9, c: [8, 16], size: [7, 7], pad: [1, 1, 1, 1] },
  { n: 9, c: [16, 32], size: [3, 3], pad: [1, 1, 1, 1] },
  { n: 3, c: [17, 33], size: [5, 9], pad: [1, 1, 1, 1] },
  { c: [2, 3], size: [9, 8], kernel: [5, 5], pad: [2, 2, 2, 2] },
  { c: [70, 66], size: [5, 4], kernel: [1, 1] },
  { size: [9, 10], stride: [2, 2], pad: [1, 1, 1, 1] },
  { size: [9, 10], stride: [3, 2], pad: [2, 0, 1, 3], kernel: [2, 3] },
  { size: [11, 10], dilation: [2, 3], pad: [1, 2, 3, 0] },
  { c: [4, 6], groups: 2, pad: [1, 1, 1, 1] },
  { c: [6, 6], groups: 6, pad: [1, 1, 1, 1], stride: [2, 1] },
  { size: [1, 1], pad: [1, 1, 1, 1] },
  { size: [3, 1], kernel: [3, 1] },
  { n: 0 },
  { n: 1, c: [1, 1], size: [64, 64], kernel: [7, 7], stride: [2, 2], pad: [3, 3, 3, 3] },
];

export function* conv2dCases(): Generator<Case> {
  for (const short of shapes) {
    const spec = specOf(short);
    const name = `conv2d ${JSON.stringify(short)}`;
    const x = values(spec.n * spec.inChannels * spec.height * spec.width, 1);
    const w = values((spec.outChannels * spec.inChannels * spec.kh * spec.kw) / spec.groups, 2);
    const dy = values(spec.n * spec.outChannels * spec.outHeight * spec.outWidth, 3);
    yield {
      name: `${name} forward`,
      launches: (traits) => lowerConv2d(spec, traits),
      inputs: () => [x, w],
      expected: () => {
        const y = new Float64Array(dy.length);
        products(spec, (ix, iw, iy) => {
          y[iy]! += x[ix]! * w[iw]!;
        });
        return y;
      },
    };
    yield {
      name: `${name} dx`,
      launches: (traits) => lowerConv2dInput(spec, traits),
      inputs: () => [dy, w],
      expected: () => {
        const dx = new Float64Array(x.length);
        products(spec, (ix, iw, iy) => {
          dx[ix]! += dy[iy]! * w[iw]!;
        });
        return dx;
      },
    };
    yield {
      name: `${name} dw`,
      launches: (traits) => lowerConv2dWeight(spec, traits),
      inputs: () => [x, dy],
      expected: () => {
        const dw = new Float64Array(w.length);
        products(spec, (ix, iw, iy) => {
          dw[iw]! += x[ix]! * dy[iy]!;
        });
        return dw;
      },
    };
  }
}
