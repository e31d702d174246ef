// A drawing as PNG, painted by a thread beside this one with fonts that come along, so that it looks the same on a machine that has none.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PlatformWorker } from '../../src/platform.ts';
import { findPackage } from './packages.ts';
import script from './paint-worker.ts?bundle';
import { startWorker } from './worker.ts';

export interface PaintTask {
  readonly svg: string;
  /** With the first one. */
  readonly tools?: { readonly resvg: string; readonly wasm: Uint8Array; readonly fonts: readonly Uint8Array[] };
}

export type PaintAnswer = { readonly png: Uint8Array } | { readonly error: string };

interface Asked {
  resolve(png: Uint8Array): void;
  reject(error: Error): void;
}

/** Those that wait, in their order. */
const asked: Asked[] = [];
let worker: PlatformWorker | undefined;

function tools(): PaintTask['tools'] {
  const wasm = findPackage('@resvg/resvg-wasm/index_bg.wasm');
  const folder = join(dirname(findPackage('dejavu-fonts-ttf/package.json')), 'ttf');
  return {
    resvg: pathToFileURL(join(dirname(wasm), 'index.mjs')).href,
    wasm: readFileSync(wasm),
    fonts: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', 'DejaVuSans-Oblique.ttf'].map((name) => readFileSync(join(folder, name))),
  };
}

const start = () =>
  startWorker(script, {
    message: (message) => {
      const answer = message as PaintAnswer;
      const { resolve, reject } = asked.shift() as Asked;
      if ('png' in answer) resolve(answer.png);
      else reject(new Error(answer.error));
    },
    error: (error) => {
      worker = undefined;
      for (const { reject } of asked.splice(0)) reject(error);
    },
  });

/**
 * Twice the size of the SVG, sharp on the screens of today and in print.
 * @throws Error for what is no SVG, where a package that it needs is missing, or when the thread ended
 */
export async function paint(svg: string): Promise<Uint8Array> {
  const task: PaintTask = worker ? { svg } : { svg, tools: tools() };
  return new Promise((resolve, reject) => {
    worker ??= start();
    asked.push({ resolve, reject });
    worker.post(task, []);
  });
}
