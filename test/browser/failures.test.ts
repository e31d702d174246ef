// Failures as a person meets them: a message that says what to do, and a page that goes on.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElementHandle } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInChromium } from './chromium.ts';
import { ProjectView } from './project-view.ts';

const mcDropout = '#/small-scale/mc-dropout';
const short = { epochs: 1, batchSize: 16, trainImages: 160, testImages: 50, passes: 1 };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilegrad-bad-files-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeInChromium('a failure in the page', (chromium) => {
  it('of the data: bad files are refused with a reason, and the run after it works', async () => {
    const names = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'];
    const paths = names.map((name) => join(folder, name));
    for (const path of paths) writeFileSync(path, 'this is no IDX file');
    const view = await ProjectView.open(chromium, mcDropout);
    const { page } = view.tab;
    await page.locator('input[name=data][value=files]').click();
    const input = (await page.waitForSelector('input[aria-label="Data files"]')) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(...paths);
    await page.waitForSelector('::-p-text(4 files)');
    await view.train();
    await view.until('failed');
    expect(await view.text('.notice.bad')).toMatch(/data can’t be used[\s\S]*idx/i);
    expect(await view.tab.axe()).toEqual([]);
    await view.tab.screenshot('bad-files');
    await page.locator('input[name=data][value=synthetic]').click();
    await view.fill(short);
    await view.train();
    await view.until('finished');
    expect(view.tab.problems).toEqual([]);
  });

  it('of a project: its message is shown, and the run after it works', async () => {
    const view = await ProjectView.open(chromium, '#/i2dl/house-prices');
    await view.fill({ runs: 1, epochs: 20 });
    const [worker] = view.tab.page.workers();
    // Whatever a project asks of the GPU fails. The device may be open already.
    await worker.evaluate(`{
      self.whole = GPUDevice.prototype.createBindGroup;
      GPUDevice.prototype.createBindGroup = () => {
        throw new RangeError('planted by the test');
      };
    }`);
    await view.train();
    await view.until('failed');
    expect(await view.text('.notice.bad')).toContain('planted by the test');
    await view.tab.screenshot('exception');
    await worker.evaluate('GPUDevice.prototype.createBindGroup = self.whole');
    await view.train();
    await view.until('finished');
    expect(view.tab.problems).toEqual([]);
  });
});

describeInChromium(
  'a browser without a GPU',
  (chromium) => {
    it('says what to do, and lets one read', async () => {
      const tab = await chromium.open(mcDropout);
      await tab.page.waitForSelector('.no-gpu');
      const text = await tab.page.$eval('.no-gpu', (element) => (element as HTMLElement).innerText);
      expect(text).toContain('No GPU to train on');
      expect(text.split('\n').length).toBeGreaterThan(3);
      await tab.page.waitForSelector('.part.about h2');
      expect(await tab.page.$eval('.run-bar .primary', (button) => button.getAttribute('aria-disabled'))).toBe('true');
      expect(await tab.axe()).toEqual([]);
      await tab.screenshot('no-gpu');
      expect(tab.problems).toEqual([]);
    });
  },
  { webgpu: false },
);
