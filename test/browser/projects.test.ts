// Every project's page as a person uses it: opened, trained at its smallest size, played with. A project is in here by being registered.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { spaced } from '../../runtime/browser/page/spaced.ts';
import { kebabCase } from '../../runtime/run/options.ts';
import { projects } from '../../src/projects/index.ts';
import type { Input } from '../../src/train/input.ts';
import { describeInChromium, type Tab } from './chromium.ts';
import { ProjectView } from './project-view.ts';

/** Milliseconds of work in one task of the page's thread. A browser calls 50 long; on a busy machine the same work counts as more. */
const LONG = 100;
/** Of the load and the run together, as browsers call it good. */
const MOST_SHIFT = 0.1;

const gallery = join(import.meta.dirname, '../../dist/gallery');

describeInChromium('the page of each project', (chromium) => {
  it.each(projects.map((card) => [card.name, card] as const))('%s is opened, trained and played with', async (name, card) => {
    const { presets, interaction, model } = await card.load();
    const smallest = Object.entries(presets.smallest).map(([option, value]) => [kebabCase(option), String(value)]);
    const before = chromium.sent;
    chromium.served.length = 0;
    const view = await ProjectView.open(
      chromium,
      `#/${card.document}/${name}?${new URLSearchParams([['preset', 'default'], ...smallest])}`,
    );
    const { tab } = view;
    const opened = chromium.sent - before;
    await tab.page.waitForSelector('.part.about h2');
    expect(await view.text('h1')).toBe(card.title);
    // What build/budget.mjs reckons with: no pictures, and no weights, which have budgets of their own.
    // The project's own file comes last, after the inputs where weights come with it; what a first answer needs comes after it.
    await expect.poll(() => chromium.served).toContain(`projects/${name}.js`);
    const served = chromium.served.slice(0, chromium.served.indexOf(`projects/${name}.js`) + 1);
    const loaded = new Set(served.map((path) => path || 'index.html').filter((path) => !/\.(webp|safetensors)$/.test(path)));
    const bytes = [...loaded].map((path) => gzipSync(readFileSync(join(gallery, path))).length);
    expect(bytes.reduce((a, b) => a + b)).toBeLessThan(330 * 1024);
    expect(loaded).toContain('tilegrad.js');
    expect([...loaded].filter((path) => /playground/.test(path))).toEqual([]);
    const tasks = await tab.watchMainThread();
    const shifted = await tab.watchLayout();
    const clicked = Date.now();
    await view.train();
    await view.until('finished');
    const [first] = await view.rows();
    const played = interaction ? await play(tab, Object.values<Input>(interaction.inputs)) : undefined;
    const longest = await tasks();
    const { shift, worst } = await shifted();
    console.log(
      [
        `${name}: first step ${(first.time - clicked / 1000).toFixed(2)} s after Train`,
        `layout shift ${shift.toFixed(3)}${shift > 0 ? ` (${worst})` : ''}`,
        `longest task ${longest.cpu.toFixed(0)} ms of work, ${longest.wall.toFixed(0)} ms by the clock`,
        `${Math.round(opened / 1000)} kB to open, ${Math.round((chromium.sent - before) / 1000)} kB with the run, less what the browser had`,
        ...(played === undefined ? [] : [`answers in ${played.toFixed(0)} ms`]),
      ].join('; '),
    );
    expect(Object.keys(await view.results())).toContain(spaced(card.headline.metric));
    // All have their place from the beginning: one more would move what is below.
    expect((await tab.page.$$('.charts .chart')).length).toBeLessThanOrEqual(card.charts ?? 2);
    expect(shift).toBeLessThan(MOST_SHIFT);
    expect(longest.cpu).toBeLessThan(LONG);
    if (model) await lookInside(tab);
    expect(tab.problems).toEqual([]);
    expect(tab.outside).toEqual([]);
    for (const [width, theme] of [
      [390, 'dark'],
      [768, 'light'],
      [1280, 'dark'],
      [1920, 'light'],
    ] as const) {
      await tab.look({ width, theme, height: 2400 });
      expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      if (width === 390) expect(await sideways(tab)).toEqual([]);
      await tab.screenshot(`finished-${name}-${width}`);
      // An answer is pale while a newer one is computed.
      if (interaction) await tab.page.waitForSelector('.interaction .answer:not([aria-busy="true"])');
      if (width < 1000) expect(await tab.axe()).toEqual([]);
    }
  });
});

/** Figures, of the run and of the answer, that have to be scrolled sideways, or whose text is under 10 pixels high: 12 as drawn. */
async function sideways({ page }: Tab): Promise<string[]> {
  for (const summary of await page.$$('.results details:not([open]) > summary')) await summary.click();
  return page.$$eval('.paper', (papers) =>
    papers.flatMap((paper) => {
      const scales = [...paper.querySelectorAll('img')].map((image) => image.offsetWidth / image.naturalWidth);
      if (paper.scrollWidth <= paper.clientWidth && Math.min(...scales) >= 0.83) return [];
      return [
        `${paper.scrollWidth} pixels in ${paper.clientWidth}, panels at ${scales}: ${paper.closest('.figure, .answer')?.textContent}`,
      ];
    }),
  );
}

/** Opens the model: its layers, its weights, and what they give of a sample. */
async function lookInside({ page }: Tab): Promise<void> {
  for (const summary of await page.$$('#model summary')) await summary.click();
  await page.waitForSelector('#model tbody tr');
  await page.waitForSelector('#model .inside figcaption');
  const layers = await page.$$eval('#model tbody tr', (rows) => rows.length);
  if (layers > 1) await page.waitForSelector('#model .inside canvas[aria-label^="What "]');
}

/** Gives what is played with something to answer, other than what it has. @returns milliseconds until it has answered */
async function play({ page }: Tab, inputs: readonly Input[]): Promise<number> {
  const answer = () => page.$eval('.interaction .answer', (element) => element.innerHTML);
  // What holds something at first answers by itself.
  await page.waitForFunction(() => !document.querySelector('.interaction [inert]'));
  const dragged = inputs.some(({ kind }) => kind === 'draw' || kind === 'plane');
  const pad = dragged ? await page.$('.interaction .inputs :is([role="application"], canvas)') : null;
  if (pad) {
    await pad.scrollIntoView();
    const { x, y, width, height } = (await pad.boundingBox())!;
    const before = await answer();
    const began = performance.now();
    await page.mouse.move(x + 0.3 * width, y + 0.25 * height);
    await page.mouse.down();
    await page.mouse.move(x + 0.6 * width, y + 0.7 * height, { steps: 5 });
    await page.mouse.up();
    await page.waitForFunction((before) => document.querySelector('.interaction .answer')!.innerHTML !== before, { polling: 50 }, before);
    await page.waitForSelector('.interaction .answer > :not(.waiting, .notice)');
    return performance.now() - began;
  }
  const began = performance.now();
  if (inputs.some(({ kind }) => kind === 'pictures')) {
    // Two of a kind and another, by their captions less the number.
    const kinds = await page.$$eval('.samples button', (all) => all.map((one) => one.getAttribute('aria-label')?.replace(/ \d+$/, '')));
    for (const i of [0, kinds.indexOf(kinds[0], 1), kinds.findIndex((kind) => kind !== kinds[0])]) {
      await page.locator(`.samples button:nth-child(${i + 1})`).click();
    }
  }
  await page.waitForSelector('.interaction .answer > :not(.waiting, .notice)');
  return performance.now() - began;
}
