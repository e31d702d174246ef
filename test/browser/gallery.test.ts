import { expect, it } from 'vitest';
import { describeInChromium } from './chromium.ts';

describeInChromium('the gallery', (chromium) => {
  it('finds an adapter in the page and in a worker', async () => {
    const { page } = await chromium.open();
    const ask = `(async () => (await navigator.gpu.requestAdapter()).info.architecture)()`;
    expect(await page.evaluate(ask)).toBe('swiftshader');
    const inWorker = `new Promise((resolve) => {
      const code = new Blob(["(async () => postMessage(" + ${JSON.stringify(`await ${ask}`)} + "))()"]);
      new Worker(URL.createObjectURL(code)).onmessage = ({ data }) => resolve(data);
    })`;
    expect(await page.evaluate(inWorker)).toBe('swiftshader');
  });

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

  it('loads without an error and without a request beyond its own origin', async () => {
    const tab = await chromium.open();
    await tab.page.waitForSelector('main');
    await tab.screenshot('gallery-light');
    expect(await tab.axe()).toEqual([]);
    expect(tab.problems).toEqual([]);
    expect(tab.outside).toEqual([]);
  });
});

describeInChromium(
  'the gallery under a sub-path',
  (chromium) => {
    it('loads', async () => {
      const tab = await chromium.open();
      await tab.page.waitForSelector('main');
      expect(tab.page.url()).toContain('/some/where/');
      expect(tab.problems).toEqual([]);
    });
  },
  { path: '/some/where/' },
);
