// A figure as SVG and PNG. The PNG is drawn with fonts that come along, so it looks the same on a machine that has none.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { renderFigureSvg } from '../../src/index.ts';
import type { Figure } from '../../src/train/figure.ts';
import { findPackage } from './packages.ts';

interface Painter {
  readonly fonts: Uint8Array[];
}

let painter: Promise<Painter> | undefined;

async function loadPainter(): Promise<Painter> {
  await initWasm(readFileSync(findPackage('@resvg/resvg-wasm/index_bg.wasm')));
  const folder = join(dirname(findPackage('dejavu-fonts-ttf/package.json')), 'ttf');
  return { fonts: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', 'DejaVuSans-Oblique.ttf'].map((name) => readFileSync(join(folder, name))) };
}

export async function renderFigureFiles(figure: Figure): Promise<{ readonly svg: string; readonly png: Uint8Array }> {
  const svg = await renderFigureSvg(figure);
  painter ??= loadPainter();
  const { fonts } = await painter;
  // Twice the size: sharp on the screens of today and in print.
  const image = new Resvg(svg, {
    background: 'white',
    fitTo: { mode: 'zoom', value: 2 },
    font: { fontBuffers: fonts, defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' },
  });
  try {
    const drawn = image.render();
    const png = drawn.asPng();
    drawn.free();
    return { svg, png };
  } finally {
    image.free();
  }
}
