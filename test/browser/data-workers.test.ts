// A loader's workers in Chromium, from the built package, under the policy that `tilegrad gallery` serves: the bytes that Node gives, errors in the loop.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { encode } from 'jpeg-js';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { galleryListener } from '../../runtime/node/serve.ts';
import * as library from '../../src/index.ts';
import { encodePng } from '../../src/train/png.ts';
import { describeInChromium } from './chromium.ts';

type Library = typeof library & { browserPlatform(): library.Platform };

const app = mkdtempSync(join(tmpdir(), 'tilegrad-data-workers-'));
afterAll(() => rmSync(app, { recursive: true, force: true }));
const dist = join(import.meta.dirname, '../../dist');
cpSync(dist, app, { recursive: true, filter: (path) => !/^(gallery|types|projects)\b|\.map$/.test(relative(dist, path)) });

const [WIDTH, HEIGHT] = [14, 11];
const value = (i: number, k: number) => (k * 7 + i * 31 + (k % 5) * 40) % 256;
/** PNG and JPEG in turns. */
const files = Array.from({ length: 10 }, (_, i) => {
  const size = WIDTH * HEIGHT;
  if (i % 2)
    return encodePng({ width: WIDTH, height: HEIGHT, channels: 3, pixels: Array.from({ length: 3 * size }, (_, k) => value(i, k) / 255) });
  return encode({ width: WIDTH, height: HEIGHT, data: Uint8Array.from({ length: 4 * size }, (_, k) => value(i, k)) }, 90).data;
}).map((bytes) => [...bytes]);

/** Bits of all batches of two epochs. Runs here and in the page. */
async function batches({ DataLoader, transforms }: typeof library, files: readonly number[][], workers: number): Promise<unknown[]> {
  const { colourJitter, crop, decode, erase, flip, normalise, rotate } = transforms;
  const dataset = {
    length: files.length,
    get: async (i: number) => ({
      image: { data: Uint8Array.from(files[i]), shape: [files[i].length] },
      label: { data: Uint32Array.of(i), shape: [] },
    }),
  };
  const augment = [decode(), crop({ size: 8, padding: 2 }), flip(), rotate({ degrees: 20 }), colourJitter({ brightness: 0.2 }), erase()];
  const normal = normalise({ mean: [0.5, 0.4, 0.3], deviation: [0.2, 0.2, 0.3] });
  const loader = new DataLoader(dataset, { batchSize: 4, shuffle: true, seed: 5, workers, transform: [...augment, normal] });
  const all: unknown[] = [];
  for (let epoch = 0; epoch < 2; epoch++) {
    for await (const { image, label } of loader) all.push([image.shape, [...new Uint32Array(image.data.buffer)], [...label.data]]);
  }
  await loader.close();
  return all;
}

/** What comes out of loops whose worker throws within its work, throws outside of it, closes itself; and whether the loader then goes on. Runs in the page. */
async function failures({ DataLoader, ArrayDataset, transforms, setPlatform, browserPlatform }: Library): Promise<string[]> {
  const image = { data: new Uint8Array(3 * 64), shape: [1, 8, 8] };
  const loader = (size: number) =>
    new DataLoader(new ArrayDataset({ image }), { batchSize: 1, workers: 2, transform: [transforms.crop({ size })] });
  const first = (of: ReturnType<typeof loader>) =>
    of[Symbol.asyncIterator]()
      .next()
      .then(
        ({ value }) => `${value?.image.shape}`,
        (error: Error) => `${error.name}: ${error.message}`,
      );
  const seen = [await first(loader(20))];
  for (const ending of ["throw new Error('out of cheese')", 'self.close()']) {
    const platform = browserPlatform();
    let started = 0;
    setPlatform({
      ...platform,
      startWorker: (script, listener) => platform.startWorker!(started++ ? script : `port.on('message', () => { ${ending}; });`, listener),
    });
    const dying = loader(4);
    seen.push(await first(dying), await first(dying));
    await dying.close();
  }
  return seen;
}

const imported = "import * as library from './browser.js';";
writeFileSync(
  join(app, 'nested.js'),
  `${imported} onmessage = async ({ data }) => postMessage(await (${batches})(library, data, 2).catch(String));`,
);
const page = (script: string) => `<!doctype html><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;
writeFileSync(join(app, 'page.js'), `${imported} Object.assign(globalThis, { library, batches: ${batches}, failures: ${failures} });`);
writeFileSync(join(app, 'index.html'), page('page.js'));

describeInChromium(
  "a loader's workers in Chromium",
  (chromium) => {
    it("give Node's bytes, in the page and in a worker of it, and tell what goes wrong", async () => {
      const tab = await chromium.newTab();
      onTestFinished(() => tab.close());
      await tab.page.goto(`${chromium.url}index.html`);
      await tab.page.waitForFunction('globalThis.library');
      const expected = await batches(library, files, 0);
      expect(expected).toHaveLength(6);
      const given = JSON.stringify(files);
      expect(await tab.page.evaluate(`batches(library, ${given}, 2)`)).toEqual(expected);
      const nested = `new Promise((done, failed) => {
        const worker = new Worker('nested.js', { type: 'module' });
        worker.onmessage = ({ data }) => done(data);
        worker.onerror = ({ message }) => failed(new Error(message));
        worker.postMessage(${given});
      })`;
      expect(await tab.page.evaluate(nested)).toEqual(expected);
      expect(tab.problems).toEqual([]);
      expect(tab.outside).toEqual([]);

      expect(await tab.page.evaluate('failures(library)')).toEqual([
        'ShapeError: crop: expected images of at least 20 × 20 with their padding of 0, got 8 × 8',
        'TilegradError: DataLoader: a worker ended: Uncaught Error: out of cheese',
        '1,1,4,4',
        'TilegradError: DataLoader: a worker ended: it closed itself',
        '1,1,4,4',
      ]);
    });
  },
  { listener: galleryListener(app) },
);
