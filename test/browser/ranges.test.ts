// Parts of archives in Chromium: out of a dropped file, from servers that know ranges and from those that don't, and from what the browser kept of it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { zipSync } from 'fflate';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { bundleTextEsbuild } from '../../build/bundle-text.mjs';
import { wgslEsbuild } from '../../build/wgsl.mjs';
import { galleryListener } from '../../runtime/node/serve.ts';
import { Random } from '../../src/index.ts';
import { describeInChromium } from './chromium.ts';

const base = mkdtempSync(join(tmpdir(), 'tilegrad-browser-ranges-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const [app, data] = [join(base, 'app'), join(base, 'data')];
mkdirSync(app);
mkdirSync(join(data, 'words'), { recursive: true });

const random = new Random(3);
const SIZE = 400_000;
const archive = zipSync({
  'x.100d.txt': Uint8Array.from({ length: SIZE }, () => random.integer(256)),
  'x.2d.txt': new TextEncoder().encode('the 1 2\nof 3 -4\n'),
});
writeFileSync(join(data, 'words/all.zip'), archive);

writeFileSync(join(app, 'index.html'), '<!doctype html><link rel="icon" href="data:,"><script type="module" src="page.js"></script>');
await build({
  stdin: {
    resolveDir: resolve(import.meta.dirname, '../..'),
    loader: 'ts',
    contents: `
      import { pagePlatform } from './runtime/browser/platform.ts';
      import { openDataSet } from './src/data/sets/open.ts';
      import { textsOf } from './src/data/sets/texts.ts';
      import { wordVectors } from './src/data/sets/word-vectors.ts';
      const set = wordVectors({ name: 'words', dimension: 2, files: { folder: 'words', pattern: /\\b2d\\.txt$/, layout: 'x.2d.txt' } });
      globalThis.words = async (data) => {
        const { parts, record } = await openDataSet(pagePlatform({ take: () => Promise.reject() }, data), set);
        return { words: textsOf(parts.words.fields.word), from: record.description, digests: record.files.map(({ sha256 }) => sha256) };
      };
      globalThis.forget = async () => (await navigator.storage.getDirectory()).removeEntry('data', { recursive: true });
      globalThis.dropped = async (url) => {
        const bytes = await (await fetch(url)).arrayBuffer();
        const path = 'my words/all.zip';
        return words({ kind: 'files', files: [{ path, file: new File([bytes], 'all.zip') }] });
      };
    `,
  },
  outfile: join(app, 'page.js'),
  bundle: true,
  format: 'esm',
  plugins: [wgslEsbuild, bundleTextEsbuild],
  logLevel: 'silent',
});

const gallery = galleryListener(app, data);

describeInChromium(
  'a part of an archive',
  (chromium) => {
    it('is read alone where it can be, and kept by itself', async () => {
      const tab = await chromium.newTab();
      onTestFinished(() => tab.close());
      await tab.page.goto(`${chromium.url}index.html`);
      await tab.page.waitForFunction('globalThis.words');
      const ask = (call: string) => tab.page.evaluate(call) as Promise<{ words: string[]; from: string; digests: string[] }>;

      const before = chromium.sent;
      const ranged = await ask(`words({ kind: 'url', url: 'data' })`);
      expect(ranged.words).toEqual(['the', 'of']);
      expect(ranged.from).toMatch(/2 words, from http.*\/data\/words\/all\.zip$/);
      expect(chromium.sent - before).toBeLessThan(SIZE / 2);
      const kept = await ask(`words({ kind: 'kept' })`);
      expect(kept.from).toMatch(/from the browser's kept files: words\//);

      await tab.page.evaluate('forget()');
      chromium.served.length = 0;
      const whole = await ask(`words({ kind: 'url', url: 'plain' })`);
      expect(chromium.served.filter((path) => path.endsWith('all.zip'))).toEqual(['plain/words/all.zip']);

      await tab.page.evaluate('forget()');
      const dropped = await ask(`dropped('data/words/all.zip')`);
      expect(dropped.from).toMatch(/from my words\/all\.zip$/);
      for (const { words, digests } of [kept, whole, dropped]) expect([words, digests]).toEqual([ranged.words, ranged.digests]);
      expect(await ask(`words({ kind: 'kept' })`)).toEqual(kept);
      expect(tab.problems).toEqual([]);
    });
  },
  {
    listener: (request, response) => {
      // A server that knows no ranges.
      if (request.url?.startsWith('/plain/')) {
        request.url = request.url.replace('/plain/', '/data/');
        delete request.headers.range;
      }
      gallery(request, response);
    },
  },
);
