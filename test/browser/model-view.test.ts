// The model in a project's page: its layers with the options of the form, asked of the worker and of no run.
import { expect, it } from 'vitest';
import { describeInChromium } from './chromium.ts';

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
      await tab.page.$eval('#model', (element) => element.scrollIntoView());
      await tab.page.screenshot({ path: `test-artifacts/model-${width}-${theme}.png` });
    }
    await tab.page.evaluate(() => {
      location.hash = '#/uva/vae?section=model&filters=4';
    });
    await tab.page.waitForFunction(() => document.querySelector('#model tbody')?.textContent?.includes('4×14×14'));
    expect(await table()).toContain('Conv2d encoder.0 4×14×14 40 7,056');
    expect(tab.problems).toEqual([]);
  });
});
