// The model in a project's page: its layers with the options of the form, asked of the worker and of no run.
import { expect, it } from 'vitest';
import { describeInChromium } from './chromium.ts';
import { ProjectView } from './project-view.ts';

describeInChromium('the model of a project', (chromium) => {
  it('is shown layer by layer, and follows the form', async () => {
    const tab = await chromium.open('#/uva/vae?section=model');
    await tab.page.waitForSelector('#model summary');
    await tab.page.locator('#model summary').click();
    await tab.page.waitForSelector('#model tbody tr');
    const table = () =>
      tab.page.$$eval('#model tbody tr', (rows) => rows.map((row) => (row as HTMLElement).innerText.replace(/\s+/g, ' ')));
    // Eight channels in the quick preset: 8 × (1 · 3 · 3) weights and 8 biases; each of 14 × 14 places is 8 × 9 products.
    expect((await table())[0]).toMatch(/^Vae /);
    expect(await table()).toContain('Conv2d encoder.0 8×14×14 80 14,112');
    expect(await tab.page.$$eval('#model li.product', (boxes) => boxes.length)).toBe(13);
    for (const [width, theme] of [
      [390, 'dark'],
      [1280, 'light'],
    ] as const) {
      await tab.look({ width, height: 1000, theme });
      expect(await tab.axe()).toEqual([]);
      expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      await tab.screenshot(`model-${width}-${theme}`, '#model');
    }
    await tab.page.evaluate(() => {
      location.hash = '#/uva/vae?section=model&filters=4';
    });
    await tab.page.waitForFunction(() => document.querySelector('#model tbody')?.textContent?.includes('4×14×14'));
    expect(await table()).toContain('Conv2d encoder.0 4×14×14 40 7,056');
    expect(tab.problems).toEqual([]);
  });

  it('shows weights and activations before, during and after a run, which goes as if nobody looked', async () => {
    const size = 'epochs=2&batch-size=16&train-images=960&test-images=20&passes=1';
    const train = async (view: ProjectView) => {
      await view.train();
      await view.until('finished');
      const rows = await view.rows();
      return { losses: await view.losses(), seconds: rows[119].time - rows[0].time };
    };
    const view = await ProjectView.open(chromium, `#/small-scale/mc-dropout?${size}`);
    const { page } = view.tab;
    await page.locator('#model details:last-of-type summary').click();
    await page.waitForSelector('.inside canvas[aria-label^="What "]');
    expect(await view.text('.model-parts:last-of-type')).toContain('begins with');
    const layers = await page.$$eval('.inside h3', (titles) => titles.map((title) => title.textContent));
    expect(layers[0]).toBe('Sample');
    expect(layers[1]).toMatch(/^Conv2d /);
    await page.evaluate(() => {
      const seen = new Set<string>();
      const note = () => seen.add([...document.querySelectorAll('.inside svg')].map((svg) => svg.getAttribute('aria-label')).join());
      new MutationObserver(note).observe(document.querySelector('.model-parts:last-of-type')!, {
        subtree: true,
        attributes: true,
        childList: true,
      });
      Object.assign(globalThis, { seenWeights: seen });
    });
    const looked = await train(view);
    const states = await page.evaluate(() => (globalThis as unknown as { seenWeights: Set<string> }).seenWeights.size);
    await page.waitForFunction(() =>
      document.querySelector('.model-parts:last-of-type')?.textContent?.includes('from its last checkpoint'),
    );
    // The same, and nobody looks.
    const details = () => page.$eval('#model details:last-of-type', (element) => (element as HTMLDetailsElement).open);
    await page.locator('#model details:last-of-type summary').click();
    expect(await details()).toBe(false);
    const alone = await train(view);
    expect(looked.losses).toEqual(alone.losses);
    await page.locator('#model details:last-of-type summary').click();
    await page.waitForSelector('.inside canvas[aria-label^="What "]');
    console.log(
      `120 steps of mc-dropout: ${alone.seconds.toFixed(2)} s alone, ${looked.seconds.toFixed(2)} s with its weights and activations on show, in ${states} states`,
    );
    expect(states).toBeGreaterThan(0);
    for (const [width, theme] of [
      [390, 'dark'],
      [1280, 'light'],
    ] as const) {
      await view.tab.look({ width, height: 1400, theme });
      expect(await view.tab.axe()).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      await view.tab.screenshot(`inside-${width}-${theme}`, '#model');
    }
    expect(view.tab.problems).toEqual([]);
  });
});
