// The gallery: what is there, how it is found, and that nothing else is asked of the network.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { galleryListener } from '../../runtime/node/serve.ts';
import { projects } from '../../src/projects/index.ts';
import { describeInChromium, type Tab } from './chromium.ts';

const gallery = join(import.meta.dirname, '../../dist/gallery');
const titles = (tab: Tab) => tab.page.$$eval('.cards h3', (headings) => headings.map(({ textContent }) => textContent));
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

  it('finds projects by the words of cards and descriptions, by document and tags, and keeps what was asked in the address', async () => {
    const tab = await chromium.open();
    const shows = async (wanted: readonly string[]) => {
      await tab.page.waitForFunction((count) => document.querySelectorAll('.card').length === count, {}, wanted.length);
      expect(await titles(tab)).toEqual(wanted);
    };
    await tab.page.locator('#search').fill('dropout monte');
    await shows(['Monte Carlo dropout']);
    expect(tab.page.url()).toContain('#/?search=dropout+monte');
    await tab.page.reload();
    await tab.page.waitForSelector('.card');
    await shows(['Monte Carlo dropout']);
    // Its README alone speaks of Nadam.
    await tab.page.locator('#search').fill('nadam');
    await shows(['Optimisers side by side']);
    await tab.page.locator('#search').fill('no such thing as xylophones');
    await tab.page.waitForSelector('.none');
    await tab.page.locator('.none button').click();
    await shows(projects.map(({ title }) => title));
    const titlesOf = (wanted: (card: (typeof projects)[number]) => boolean) => projects.filter(wanted).map(({ title }) => title);
    await tab.page.select('.choices label:nth-child(1) select', 'small-scale');
    await shows(titlesOf(({ document }) => document === 'small-scale'));
    await tab.page.locator('.count button').click();
    await tab.page.select('.choices label:nth-child(2) select', 'generation');
    await shows(titlesOf(({ tags }) => tags.includes('generation')));
    await tab.page.locator('.count button').click();
    await tab.page.select('.choices label:nth-child(5) select', 'title');
    await shows(titlesOf(() => true).sort((a, b) => a.localeCompare(b, 'en')));
    expect(tab.page.url()).toContain('#/?sort=title');
    expect(tab.problems).toEqual([]);
  });

  it.each(projects)('opens $name by its address, with its README', async ({ document, name, title }) => {
    chromium.served.length = 0;
    const tab = await chromium.open(`#/${document}/${name}`);
    await heading(tab, title);
    await tab.page.waitForSelector('.run-bar .adapter');
    await tab.page.waitForSelector('.part.about h2');
    // What build/budget.mjs reckons with: no pictures, and no weights, which have budgets of their own.
    const loaded = new Set(chromium.served.map((path) => path || 'index.html').filter((path) => !/\.(webp|safetensors)$/.test(path)));
    const bytes = [...loaded].map((path) => gzipSync(readFileSync(join(gallery, path))).length);
    expect(bytes.reduce((a, b) => a + b)).toBeLessThan(330_000);
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

  it('fills the form from a link, starts nothing, and has the form in the address', async () => {
    const tab = await chromium.open('#/uva/vae?epochs=3&seed=7');
    await tab.page.waitForSelector('.run-bar .adapter');
    const command = (text: string) => tab.page.waitForSelector(`code::-p-text(${text})`);
    await command('npx tilegrad run vae --quick --epochs 3 --seed 7');
    expect(await tab.page.$eval('.run-bar .badge', ({ textContent }) => textContent)).toBe('ready');
    await tab.page.evaluate(() => {
      location.hash = '#/uva/vae?preset=default&latent-size=4';
    });
    await command('npx tilegrad run vae --latent-size 4');
    await tab.page.locator('input[value="full"]').click();
    await tab.page.waitForFunction(() => location.hash.includes('preset=full'));
    expect(tab.page.url()).toContain('#/uva/vae?preset=full');
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

/** Forty cards, in the documents and with the pictures of those that there are. */
const forty = Array.from({ length: 40 }, (_, i) => {
  const { load: _load, ...card } = projects[i % projects.length];
  return {
    ...card,
    name: `${card.name}-${i}`,
    title: `${card.title} ${i}`,
    sets: ['MNIST'],
    picture: { src: `projects/${card.name}.webp?${i}`, paper: false },
  };
});
const built = galleryListener(gallery);

describeInChromium(
  'a gallery of forty projects',
  (chromium) => {
    it('shows its cards within a second on a slow line, loads the pictures in sight alone, and is where it was on Back', async () => {
      const tab = await chromium.newTab();
      await tab.look({});
      const network = await tab.page.createCDPSession();
      await network.send('Network.enable');
      await network.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 40,
        downloadThroughput: 200_000,
        uploadThroughput: 90_000,
      });
      const requests: string[] = [];
      let bytes = 0;
      network.on('Network.responseReceived', ({ response }) => requests.push(response.url));
      network.on('Network.loadingFinished', ({ encodedDataLength }) => {
        bytes += encodedDataLength;
      });
      await tab.page.goto(chromium.url);
      await tab.page.waitForSelector('.card');
      const shown = await tab.page.evaluate(() => performance.now());
      await tab.page.waitForNetworkIdle({ idleTime: 500 });
      const pictures = requests.filter((url) => /webp/.test(url)).length;
      console.log(`gallery of forty at 1.6 Mbit/s: cards after ${Math.round(shown)} ms, ${bytes} bytes with ${pictures} pictures`);
      // Without the time that a machine takes that does other work beside: the bytes alone make some 400 ms of it.
      expect(shown).toBeLessThan(2500);
      expect(bytes).toBeLessThan(400_000);
      expect(pictures).toBeGreaterThan(0);
      expect(pictures).toBeLessThan(20);
      expect(await tab.page.$$eval('.group h2', (all) => all.length)).toBe(new Set(forty.map(({ document }) => document)).size);
      // Far down, and back.
      await tab.page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2));
      await tab.page.waitForFunction(() => history.state?.scroll > 0);
      const before = await tab.page.evaluate(() => scrollY);
      expect(before).toBeGreaterThan(1000);
      await tab.page.evaluate(() => {
        location.hash = '#/playground';
      });
      await tab.page.waitForSelector('.cm-editor');
      expect(await tab.page.evaluate(() => scrollY)).toBe(0);
      await tab.page.goBack();
      await tab.page.waitForSelector('.card');
      await tab.page.waitForFunction((y) => Math.abs(scrollY - y) < 2, {}, before);
      await tab.page.reload();
      await tab.page.waitForFunction((y) => Math.abs(scrollY - y) < 2, {}, before);
      for (const [width, theme] of [
        [390, 'light'],
        [768, 'dark'],
        [1280, 'light'],
        [1920, 'dark'],
      ] as const) {
        await tab.look({ width, height: 1000, theme });
        await tab.showPictures();
        await tab.screenshot(`gallery-forty-${width}-${theme}`);
        expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      }
      expect(tab.problems).toEqual([]);
      await tab.close();
    });
  },
  {
    listener: (request, response) => {
      if (!request.url?.startsWith('/projects.json')) return built(request, response);
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ version: '0', projects: forty }));
    },
  },
);
