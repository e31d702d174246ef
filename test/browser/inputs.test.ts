// Every kind of input as a person uses it, by pointer and keyboard, on projects of the test that stand in the built page.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import type { ElementHandle } from 'puppeteer-core';
import { expect, it } from 'vitest';
import { galleryListener } from '../../runtime/node/serve.ts';
import { pngFile } from '../data/image/picture-files.ts';
import { describeInChromium, type Tab } from './chromium.ts';
import { inputProjects } from './input-projects.ts';
import { ProjectView } from './project-view.ts';

const dist = resolve(import.meta.dirname, '../../dist/gallery');
const gallery = galleryListener(dist);

/** The registry and the projects in one file; the library stays the built page's. */
async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents:
        "import { inputProjects } from './input-projects.ts';\nexport const projects = inputProjects.map((project) => ({ ...project, load: async () => project }));",
      resolveDir: import.meta.dirname,
    },
    ...{ bundle: true, format: 'esm', write: false },
    plugins: [
      {
        name: 'library',
        setup: (builder) => builder.onResolve({ filter: /src\/index\.ts$/ }, () => ({ path: '../tilegrad.js', external: true })),
      },
    ],
  });
  return outputFiles[0].text;
}

const listed = inputProjects.map(({ name, title, summary, document, tags, headline }) => ({
  name,
  title,
  summary,
  document,
  tags,
  headline,
  sets: [],
}));
const files = new Map<string, () => string | Promise<string>>([
  ['/projects.json', () => JSON.stringify({ version: 'test', projects: listed })],
  ['/projects/index.js', bundled],
  ...inputProjects.flatMap(({ name, options, presets, interaction }): [string, () => string][] => [
    [`/projects/${name}.html`, () => '<p>A project of the test.</p>'],
    [
      `/projects/${name}.json`,
      () => JSON.stringify({ options, presets, hasModel: false, weights: false, interaction: { ...interaction, open: undefined } }),
    ],
  ]),
]);

const listener: typeof gallery = async (request, response) => {
  const path = (request.url ?? '').replace(/\?.*/, '');
  const made = files.get(path);
  if (!made) return gallery(request, response);
  const type = { js: 'text/javascript', json: 'application/json', html: 'text/html' }[path.split('.').at(-1) as 'js'];
  response.setHeader('Content-Type', type).end(await made());
};

/** The project's page, its run finished: now there is somebody to ask. */
async function trained(chromium: Parameters<Parameters<typeof describeInChromium>[1]>[0], name: string): Promise<Tab> {
  const view = await ProjectView.open(chromium, `#/small-scale/${name}`);
  await view.train();
  await view.until('finished');
  return view.tab;
}

const answered = (tab: Tab, what: RegExp) =>
  tab.page.waitForFunction((pattern) => new RegExp(pattern).test(document.querySelector('.answer')?.textContent ?? ''), {}, what.source);

const problem = (tab: Tab, what: RegExp) =>
  tab.page.waitForFunction(
    (pattern) => new RegExp(pattern).test(document.querySelector('.inputs .problem')?.textContent ?? ''),
    {},
    what.source,
  );

/** Looked at at a phone's width and a laptop's, light and dark. */
async function lookedAt(tab: Tab, name: string): Promise<void> {
  for (const [width, theme] of [
    [390, 'light'],
    [390, 'dark'],
    [1280, 'dark'],
    [1280, 'light'],
  ] as const) {
    await tab.look({ width, theme });
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await tab.screenshot(`input-${name}-${width}-${theme}`, '.interaction');
    expect(await tab.axe()).toEqual([]);
  }
}

/** Where it is in the window, once it stays there: what is still being loaded above moves it. */
const boxOf = async (tab: Tab, selector: string) => {
  const element = (await tab.page.waitForSelector(selector)) as ElementHandle<HTMLElement>;
  for (;;) {
    await element.evaluate((found) => found.scrollIntoView({ block: 'center' }));
    const before = await element.boundingBox();
    await tab.page.waitForNetworkIdle();
    await tab.settle();
    const box = (await element.boundingBox())!;
    if (box.x === before?.x && box.y === before.y) return box;
  }
};

/** Whether the page has loaded what only inputs of pictures need. */
const pictureScripts = ({ served }: { readonly served: readonly string[] }) =>
  served.filter((path) => /^chunk-[^/]*\.js$/.test(path) && readFileSync(join(dist, path), 'utf8').includes('getUserMedia')).length > 0;

describeInChromium(
  'what a model is given',
  (chromium) => {
    it('a text with examples, numbers and choices; what does not fit is said beside it', async () => {
      const tab = await trained(chromium, 'input-words');
      const { page } = tab;
      await answered(tab, /The \[MASK\] sat on the mat\. · 2 · before · goldfish/);
      await page.waitForSelector('.answer table');
      await page.waitForSelector('.answer img');
      await lookedAt(tab, 'words');
      await page.locator('.examples li:nth-child(2) button').click();
      await answered(tab, /A second \[MASK\]/);
      await page.locator('#input-sentence').fill('no gap');
      await problem(tab, /There is no \[MASK\] in it/);
      await page.locator('#input-sentence').fill('x'.repeat(61));
      await problem(tab, /At most 60 characters; these are 61/);
      await tab.screenshot('input-words-problem', '.interaction');
      expect(await tab.axe()).toEqual([]);
      await page.locator('#input-sentence').fill('[MASK]!');
      await page.locator('#input-severity').fill('7');
      await problem(tab, /It must be 0 … 5/);
      await page.locator('#input-severity').fill('2.5');
      await problem(tab, /whole number/);
      await page.focus('input[aria-label="Severity, slider"]');
      await page.keyboard.press('End');
      await page.select('#input-target', 'flamingo');
      await page.locator('label ::-p-text(after)').click();
      await answered(tab, /\[MASK\]! · 5 · after · flamingo/);
      await page.locator('#input-rates-year').fill('2005');
      await page.waitForFunction(() => document.querySelector('.answer table')?.textContent?.includes('2,005'));
      expect(pictureScripts(chromium)).toBe(false);
      expect(tab.problems).toEqual([]);
    });

    it('a picture: samples, a file, a drop, what is pasted, the camera; one that is broken is refused beside it', async () => {
      const tab = await trained(chromium, 'input-picture');
      const { page } = tab;
      await answered(tab, /784 values.*sample 0/);
      expect(pictureScripts(chromium)).toBe(true);
      await page.focus('.samples button[aria-pressed="true"]');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await answered(tab, /sample 1/);
      await lookedAt(tab, 'picture');

      // Half white, half black, twice as wide as high: the middle of it is kept.
      const values = Array.from({ length: 80 * 40 }, (_, i) => (i % 80 < 40 ? 255 : 0));
      const png = Buffer.from(pngFile({ width: 80, height: 40, depth: 8, type: 0, values })).toString('base64');
      const give = (how: 'drop' | 'paste', base64: string, name: string, type: string) =>
        page.evaluate(
          (event, text, name, type) => {
            const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], name, { type }));
            const init = { bubbles: true, cancelable: true };
            const pad = document.querySelector('.pad.picture')!;
            pad.dispatchEvent(
              event === 'drop'
                ? new DragEvent('drop', { ...init, dataTransfer: data })
                : new ClipboardEvent('paste', { ...init, clipboardData: data }),
            );
          },
          how,
          base64,
          name,
          type,
        );
      await give('drop', png, 'half.png', 'image/png');
      await answered(tab, /784 values, mean 0\.500$/);
      await give('drop', Buffer.from('no picture').toString('base64'), 'notes.txt', 'text/plain');
      await problem(tab, /notes\.txt: expected a picture/);
      await give('drop', png.slice(0, 80), 'cut.png', 'image/png');
      await problem(tab, /cut\.png: expected/);
      await tab.screenshot('input-picture-problem', '.interaction');
      await page.focus('.samples button[tabindex="0"]');
      await page.keyboard.press('Enter');
      await answered(tab, /sample 1/);
      await give('paste', png, 'image.png', 'image/png');
      await answered(tab, /mean 0\.500$/);
      expect(await tab.page.$eval('.data', (data) => data.textContent)).not.toMatch(/half\.png|drop/i);
      // The browser's own formats: a GIF of one white pixel.
      await give('drop', 'R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=', 'white.gif', 'image/gif');
      await answered(tab, /mean 1\.000$/);
      await page.locator('.picture .actions button ::-p-text(Camera)').click();
      await page.waitForSelector('.camera button.primary:not(:disabled)');
      await tab.screenshot('input-camera', '.interaction');
      await tab.click('.camera button.primary');
      await page.waitForFunction(() => !document.querySelector('.camera'));
      await answered(tab, /784 values, mean 0\.[1-9]/);
      expect(tab.problems).toEqual([]);

      const plain = await trained(chromium, 'input-colours');
      await answered(plain, /The answer appears here when there is a picture/);
      const file = (await plain.page.$('input[type="file"][accept="image/*"]')) as ElementHandle<HTMLInputElement>;
      await file.uploadFile(join(import.meta.dirname, '../../docs/images/house-prices-loss.png'));
      await answered(plain, /2304 values/);
      await lookedAt(plain, 'colours');
      expect(plain.problems).toEqual([]);
    });

    it('three pictures out of a grid, in their order, each to be changed', async () => {
      const tab = await trained(chromium, 'input-pictures');
      const { page } = tab;
      await answered(tab, /The answer appears here when all are picked/);
      for (const i of [4, 7, 9]) await page.locator(`.samples button:nth-child(${i})`).click();
      await answered(tab, /anchor: .*sample 3; positive: .*sample 6; negative: .*sample 8/);
      await page.focus('.roles label:nth-child(1) input');
      await page.keyboard.press('ArrowRight');
      await page.focus('.samples button:nth-child(9)');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('Enter');
      await answered(tab, /anchor: .*sample 3; positive: .*sample 7; negative: .*sample 8/);
      await lookedAt(tab, 'pictures');
      expect(tab.problems).toEqual([]);
    });

    it('a node of a graph, by pointer, arrow keys and number', async () => {
      const tab = await trained(chromium, 'input-node');
      const { page } = tab;
      await answered(tab, /node 0/);
      const { x, y, width, height } = await boxOf(tab, '.node canvas');
      await page.mouse.click(x + width / 2, y + height / 2);
      const chosen = () => page.$eval('.node .now', ({ textContent }) => Number(/Node (\d+)/.exec(textContent ?? '')?.[1]));
      await expect.poll(chosen).not.toBe(0);
      const middle = await chosen();
      await answered(tab, new RegExp(`node ${middle}`));
      await page.focus('.node canvas');
      await page.keyboard.press('ArrowRight');
      await expect.poll(chosen).not.toBe(middle);
      await page.locator('#input-paper').fill('300');
      await problem(tab, /It must be 0 … 299/);
      await page.locator('#input-paper').fill('42');
      await answered(tab, /node 42/);
      expect(await page.$eval('.node .now', ({ textContent }) => textContent)).toBe('Node 42: paper 42 on theory');
      await lookedAt(tab, 'node');
      expect(tab.problems).toEqual([]);
    });

    it('boxes on a picture, drawn, moved and removed, with pointer and keyboard', async () => {
      const tab = await trained(chromium, 'input-boxes');
      const { page } = tab;
      await answered(tab, /The answer appears here when a box is drawn/);
      const { x, y, width } = await boxOf(tab, '.drawable');
      const at = (pixel: number) => (pixel * width) / 28;
      await page.mouse.move(x + at(4), y + at(6));
      await page.mouse.down();
      await page.mouse.move(x + at(14), y + at(16), { steps: 4 });
      await page.mouse.up();
      await answered(tab, /"x1":4,"y1":6,"x2":14,"y2":16,"class":"digit"/);
      await page.focus('.drawable button.box');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.down('Shift');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.up('Shift');
      await answered(tab, /"x1":5,"y1":6,"x2":15,"y2":17/);
      await page.select('#input-objects-class', 'noise');
      await page.locator('button ::-p-text(Add a box)').click();
      await answered(tab, /"x1":7,"y1":7,"x2":21,"y2":21,"class":"noise"/);
      await lookedAt(tab, 'boxes');
      await page.focus('.drawable button.box');
      await page.keyboard.press('Delete');
      await answered(tab, /sample 0; \[\{"x1":7/);
      // The focus goes to a box that is left, and where none is, to what makes one.
      const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent);
      expect(await focused()).toMatch(/^Box 1/i);
      await page.locator('::-p-aria([name="Remove box 1"])').click();
      await answered(tab, /The answer appears here when a box is drawn/);
      expect(await focused()).toBe('Add a box');
      expect(tab.problems).toEqual([]);
    });
  },
  { listener, camera: true },
);

describeInChromium('house-prices', (chromium) => {
  it('a house of one’s own: its features are sliders, its answer what they add', async () => {
    const view = await ProjectView.open(chromium, '#/i2dl/house-prices');
    const { tab } = view;
    await view.fill({ epochs: 40, runs: 1 });
    await view.train();
    await view.until('finished');
    await answered(tab, /Expensive with a probability of \d+ %/);
    const probability = async () => Number(/probability of ([\d.]+) %/.exec(await view.text('.answer'))?.[1]);
    // What is asked of a run at work goes with its end: the answer of its last weights comes then.
    let mean = Number.NaN;
    await expect
      .poll(async () => {
        mean = await probability();
        return mean;
      })
      .not.toBeNaN();
    await tab.page.locator('#input-house-OverallQual').fill('10');
    await expect.poll(probability).toBeGreaterThan(mean + 20);
    await lookedAt(tab, 'house');
    await tab.page.locator('#input-house-GrLivArea').fill('9000');
    await problem(tab, /It must be 500 … 3500/);
    expect(tab.problems).toEqual([]);
  });
});
