// The gallery: what is there, how it is found, and that nothing else is asked of the network.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { projects } from '../../src/projects/index.ts';
import { describeInChromium, type Tab } from './chromium.ts';

const gallery = join(import.meta.dirname, '../../dist/gallery');
const titles = (tab: Tab) => tab.page.$$eval('.cards h2', (headings) => headings.map(({ textContent }) => textContent));
const heading = (tab: Tab, text: string) => tab.page.waitForSelector(`h1::-p-text(${text})`);

describeInChromium('the gallery', (chromium) => {
  it('would notice a request elsewhere, of a worker too', async () => {
    const { page, outside } = await chromium.open();
    // The page's own policy would not even let it ask.
    await page.setBypassCSP(true);
    await page.reload();
    await page.evaluate(`new Promise((resolve) => {
      const code = new Blob(["fetch('https://elsewhere.test/').catch(() => postMessage(0))"]);
      new Worker(URL.createObjectURL(code)).onmessage = resolve;
    })`);
    expect(outside.splice(0)).toContain('elsewhere.test:443');
  });

  it('lists every project and finds the GPU, with no error and no request beyond its own origin', async () => {
    const tab = await chromium.open();
    await tab.page.waitForSelector('.gpu .dot');
    expect(await titles(tab)).toEqual(projects.map(({ title }) => title));
    await tab.showPictures();
    for (const theme of ['light', 'dark'] as const) {
      await tab.look({ theme });
      await tab.screenshot(`gallery-${theme}`);
      expect(await tab.axe()).toEqual([]);
    }
    await tab.look({ width: 390, height: 844 });
    await tab.screenshot('gallery-narrow');
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect(tab.problems).toEqual([]);
    expect(tab.outside).toEqual([]);
  });

  it('finds projects by words and by document, and keeps what was asked in the address', async () => {
    const tab = await chromium.open();
    await tab.page.locator('#search').fill('dropout monte');
    await tab.page.waitForFunction(() => document.querySelectorAll('.card').length === 1);
    expect(await titles(tab)).toEqual(['Monte Carlo dropout']);
    expect(tab.page.url()).toContain('#/?search=dropout+monte');
    await tab.page.reload();
    await tab.page.waitForSelector('.card');
    expect(await titles(tab)).toEqual(['Monte Carlo dropout']);
    await tab.page.locator('#search').fill('no such thing');
    await tab.page.waitForSelector('.none');
    await tab.page.locator('.none button').click();
    await tab.page.waitForFunction((count) => document.querySelectorAll('.card').length === count, {}, projects.length);
    await tab.page.select('#document', 'small-scale');
    const there = projects.filter(({ document }) => document === 'small-scale').map(({ title }) => title);
    await tab.page.waitForFunction((count) => document.querySelectorAll('.card').length === count, {}, there.length);
    expect(await titles(tab)).toEqual(there);
    expect(tab.problems).toEqual([]);
  });

  it.each(projects)('opens $name by its address, with its README', async ({ document, name, title }) => {
    chromium.served.length = 0;
    const tab = await chromium.open(`#/${document}/${name}`);
    await heading(tab, title);
    await tab.page.waitForSelector('.run-bar .adapter');
    await tab.page.waitForSelector('.readme h2');
    // What build/budget.mjs reckons with but for the project's own file, which comes when it is trained, and pictures.
    const loaded = new Set(chromium.served.map((path) => path || 'index.html').filter((path) => !path.endsWith('.png')));
    const bytes = [...loaded].map((path) => gzipSync(readFileSync(join(gallery, path))).length);
    expect(bytes.reduce((a, b) => a + b)).toBeLessThan(330_000 - 20_000);
    expect(loaded).toContain('tilegrad.js');
    expect([...loaded].filter((path) => /playground/.test(path))).toEqual([]);
    await tab.showPictures();
    for (const theme of ['light', 'dark'] as const) {
      await tab.look({ theme });
      expect(await tab.axe()).toEqual([]);
    }
    await tab.screenshot(`${name}-dark`);
    await tab.look({ width: 390, height: 844 });
    await tab.screenshot(`${name}-narrow`);
    expect(await tab.page.evaluate(() => globalThis.document.documentElement.scrollWidth)).toBe(390);
    expect(tab.problems).toEqual([]);
  });

  it('says so where an address leads nowhere, and to the playground where it does', async () => {
    const tab = await chromium.open('#/uva/nothing');
    await heading(tab, 'There is no such page');
    await tab.page.locator('a::-p-text(Playground)').click();
    await tab.page.waitForSelector('.cm-editor');
    await tab.page.goBack();
    await heading(tab, 'There is no such page');
    expect(tab.problems).toEqual([]);
  });
});

describeInChromium(
  'the gallery under a sub-path',
  (chromium) => {
    it('loads a project and its worker', async () => {
      const tab = await chromium.open(`#/${projects[0].document}/${projects[0].name}`);
      await tab.page.waitForSelector('.run-bar .adapter');
      expect(tab.page.url()).toContain('/some/where/');
      expect(tab.problems).toEqual([]);
      expect(tab.outside).toEqual([]);
    });
  },
  { path: '/some/where/' },
);
