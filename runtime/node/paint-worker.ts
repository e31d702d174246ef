// The script of the thread that paints.
import type { PaintAnswer, PaintTask } from './paint.ts';

declare const port: {
  postMessage(answer: PaintAnswer, transfer: readonly ArrayBufferLike[]): void;
  on(event: 'message', listener: (task: PaintTask) => void): void;
};

type Tools = NonNullable<PaintTask['tools']>;

let ready: ReturnType<typeof prepare> | undefined;

async function prepare({ resvg, wasm, fonts }: Tools) {
  // A package of its own: where it lies the caller knows.
  const { initWasm, Resvg }: typeof import('@resvg/resvg-wasm') = await import(/* @vite-ignore */ resvg);
  await initWasm(wasm);
  return { Resvg, fonts };
}

async function paint({ svg, tools }: PaintTask): Promise<Uint8Array> {
  ready ??= prepare(tools as Tools);
  const { Resvg, fonts } = await ready;
  // Pixels are to stay pixels; resvg knows it by SVG 1.1's name alone, and takes four times as long to smooth them.
  const image = new Resvg(svg.replaceAll('image-rendering:pixelated', 'image-rendering:optimizeSpeed'), {
    background: 'white',
    fitTo: { mode: 'zoom', value: 2 },
    font: { fontBuffers: [...fonts], defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' },
  });
  try {
    const drawn = image.render();
    const png = drawn.asPng();
    drawn.free();
    return png;
  } finally {
    image.free();
  }
}

port.on('message', (task) => {
  paint(task).then(
    (png) => port.postMessage({ png }, [png.buffer]),
    (error: unknown) => port.postMessage({ error: error instanceof Error ? error.message : String(error) }, []),
  );
});
