// The package in a web page of the user's own: the README's page, served as it stands and bundled, trains in Chromium.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { sendFile } from '../../runtime/node/static-files.ts';
import { type Chromium, describeInChromium, type Tab } from './chromium.ts';

const root = join(import.meta.dirname, '../..');
const app = mkdtempSync(join(tmpdir(), 'tilegrad-app-'));
afterAll(() => rmSync(app, { recursive: true, force: true }));

const page = /^```html\n(.*?)^```$/ms.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? '';
const script = /<script type="module">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
const withoutMap = page.replace(/<script type="importmap">.*?<\/script>/s, '');

// What `npm install` of the packed package leaves in an app; in a browser it needs none of the packages that it depends on.
beforeAll(() => {
  const module = join(app, 'node_modules/tilegrad');
  mkdirSync(module, { recursive: true });
  const archive = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', app], { cwd: root, encoding: 'utf8' });
  execFileSync('tar', ['-xzf', join(app, archive.trim()), '-C', module, '--strip-components=1']);
  writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }');
  writeFileSync(join(app, 'index.html'), page);
});

async function open(chromium: Chromium, path: string): Promise<Tab> {
  const tab = await chromium.newTab();
  onTestFinished(() => tab.close());
  await tab.page.goto(new URL(path, chromium.url).href);
  return tab;
}

/** The losses that the page shows, once it shows all. */
async function trained(tab: Tab): Promise<number[]> {
  await tab.page.waitForFunction(() => document.querySelector('pre')?.textContent?.includes('step 300'));
  const text = await tab.page.$eval('pre', ({ textContent }) => textContent ?? '');
  return [...text.matchAll(/loss (\S+)/g)].map(([, loss]) => Number(loss));
}

async function expectToTrain(tab: Tab): Promise<void> {
  const losses = await trained(tab);
  expect(losses).toHaveLength(3);
  expect(losses[2]).toBeLessThan(0.02);
  expect(tab.problems.filter((problem) => !/favicon/.test(problem))).toEqual([]);
  expect(tab.outside).toEqual([]);
}

const listener: RequestListener = (request, response) => sendFile(app, request.url ?? '/', request, response);

describeInChromium(
  'the page of the README',
  (chromium) => {
    it('trains as it stands, with no bundler', async () => {
      await expectToTrain(await open(chromium, 'index.html'));
    });

    it('trains when Vite has built it', async () => {
      writeFileSync(join(app, 'bare.html'), withoutMap);
      const input = join(app, 'bare.html');
      await vite({ root: app, base: './', configFile: false, logLevel: 'error', build: { outDir: 'vite', rollupOptions: { input } } });
      await expectToTrain(await open(chromium, 'vite/bare.html'));
    });

    it('trains in a worker that esbuild has bundled, shaken of what nobody calls', async () => {
      const inWorker = script.replace("document.querySelector('pre')", '{ append: (text) => postMessage(text) }');
      writeFileSync(join(app, 'worker.js'), inWorker);
      await esbuild({
        entryPoints: [join(app, 'worker.js')],
        outfile: join(app, 'esbuild/worker.js'),
        ...{ bundle: true, format: 'esm', minify: true, treeShaking: true, logLevel: 'error' },
      });
      writeFileSync(
        join(app, 'esbuild/index.html'),
        `<!doctype html><pre></pre><script type="module">
          new Worker('worker.js', { type: 'module' }).onmessage = ({ data }) => document.querySelector('pre').append(data);
        </script>`,
      );
      await expectToTrain(await open(chromium, 'esbuild/index.html'));
    });
  },
  { listener },
);

describeInChromium(
  'a browser without an adapter',
  (chromium) => {
    it('is told by the package what would bring one', async () => {
      const tab = await open(chromium, 'index.html');
      await expect.poll(() => tab.problems.join()).toMatch(/NoAdapterError: no WebGPU adapter: .*chrome:\/\/flags/);
    });
  },
  { listener, webgpu: false },
);
