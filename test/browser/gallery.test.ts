// The gallery: what is there, how it is found, and that nothing else is asked of the network.
import { join } from 'node:path';
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

/** A slow line: milliseconds until an answer begins, and bytes a second. */
const [LATENCY, THROUGHPUT] = [40, 200_000];

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
    it('has its cards within a second on a slow line, loads the pictures in sight alone, and is where it was on Back', async () => {
      const tab = await chromium.newTab();
      await tab.look({});
      const loaded = await tab.watchLoading({ latency: LATENCY, throughput: THROUGHPUT });
      await tab.page.goto(chromium.url);
      await tab.page.waitForSelector('.card');
      const cpu = await loaded.cpuSeconds();
      await tab.page.waitForNetworkIdle({ idleTime: 500 });
      const pictures = loaded.files().filter(({ url }) => url.includes('.webp'));
      const cards = loaded.files().filter((file) => !pictures.includes(file));
      const sum = (files: readonly { readonly bytes: number }[]) => files.reduce((total, { bytes }) => total + bytes, 0);
      const rounds = Math.max(...cards.map(({ round }) => round));
      const line = sum(cards) / THROUGHPUT + (rounds * LATENCY) / 1000;
      console.log(
        `gallery of forty at 1.6 Mbit/s: ${sum(cards)} bytes in ${rounds} rounds before the cards take ${line.toFixed(2)} s, their scripts ` +
          `${cpu.toFixed(2)} s of the processor; ${sum(loaded.files())} bytes with ${pictures.length} pictures`,
      );
      expect(line + cpu).toBeLessThan(1);
      expect(sum(loaded.files())).toBeLessThan(400_000);
      expect(pictures.length).toBeGreaterThan(0);
      expect(pictures.length).toBeLessThan(20);
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
