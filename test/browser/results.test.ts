// What a person does with runs that are done: play with what was learned, compare two of them, keep their files.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { expect, it, onTestFinished } from 'vitest';
import { describeInChromium } from './chromium.ts';
import { ProjectView } from './project-view.ts';

describeInChromium('runs that are done', (chromium) => {
  it('a drawn digit is answered with the spread of the passes, two runs are compared, files are kept', async () => {
    const view = await ProjectView.open(chromium, '#/small-scale/mc-dropout');
    const { tab } = view;
    const { page } = tab;
    const downloads = mkdtempSync(join(tmpdir(), 'tilegrad-downloads-'));
    onTestFinished(() => rmSync(downloads, { recursive: true, force: true }));
    const [worker] = page.workers();
    await worker.evaluate(`{
      const create = GPUDevice.prototype.createComputePipelineAsync;
      self.kernels = 0;
      GPUDevice.prototype.createComputePipelineAsync = function (...args) {
        self.kernels++;
        return create.apply(this, args);
      };
    }`);
    await view.fill({ epochs: 2, trainImages: 320, testImages: 50, passes: 2 });
    await view.train();
    await view.until('finished');
    const first = view.run;

    const pad = (await page.$('.pad canvas'))!;
    await pad.scrollIntoView();
    const { x, y, width, height } = (await pad.boundingBox())!;
    await page.mouse.move(x + 0.5 * width, y + 0.2 * height);
    await page.mouse.down();
    await page.mouse.move(x + 0.5 * width, y + 0.8 * height, { steps: 10 });
    await page.mouse.up();
    await page.waitForSelector('.answer img');
    await tab.screenshot('drawing');

    await (await page.createCDPSession()).send('Browser.setDownloadBehavior', {
      behavior: 'allow',
      downloadPath: downloads,
      eventsEnabled: true,
    });
    const buttons = ['Run (zip)', 'Checkpoint', 'Weights', 'Metrics', 'Save accuracy as SVG', 'Save accuracy as PNG'];
    const done = () => readdirSync(downloads).filter((name) => !/crdownload$|^\./.test(name));
    for (const [i, button] of buttons.entries()) {
      await tab.press(button);
      await expect.poll(() => done().length, { message: button }).toBe(i + 1);
    }
    const kept = done();
    const zip = unzipSync(readFileSync(join(downloads, `${first}.zip`)));
    for (const name of ['config.json', 'checkpoint.safetensors', 'model.safetensors', 'metrics.jsonl', 'summary.json', 'accuracy.svg'])
      expect(Object.keys(zip).some((path) => path.endsWith(name))).toBe(true);
    const png = kept.find((name) => name.endsWith('.png'))!;
    expect([...readFileSync(join(downloads, png)).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);

    // The next run finds all kernels of the first compiled, and those of the answer.
    const kernels = await worker.evaluate('self.kernels');
    expect(kernels).toBeGreaterThan(50);
    await view.fill({ lr: 0.001 });
    await view.train();
    await view.until('finished');
    expect(await worker.evaluate('self.kernels')).toBe(kernels);
    // A run that has ended stands in the table as soon as the browser's storage was read again.
    await page.waitForFunction(() => document.querySelectorAll('.run-table tbody .badge.finished').length === 2);
    await tab.click('.run-table thead input');
    await page.locator('a ::-p-text(Compare 2 runs)').click();
    await page.waitForFunction(() => /side by side/.test(document.body.innerText) && document.querySelector('.charts .chart'));
    await tab.screenshot('compare');
    expect(await view.text('main')).toMatch(/lr[\s\S]*0\.006[\s\S]*0\.001|lr[\s\S]*0\.001[\s\S]*0\.006/);
    expect(await tab.axe()).toEqual([]);
    expect(tab.problems).toEqual([]);
  });

  it('a run that can’t be read is listed as damaged, and can be deleted', async () => {
    const { tab } = await ProjectView.open(chromium, '#/small-scale/mc-dropout');
    const { page } = tab;
    await page.evaluate(async () => {
      const runs = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs', { create: true });
      for (const id of ['mc-dropout-20260101-120000', 'vae-20260101-120000']) {
        const folder = await runs.getDirectoryHandle(id, { create: true });
        const file = await (await folder.getFileHandle('config.json', { create: true })).createWritable();
        await file.write('{"project":');
        await file.close();
      }
    });
    await page.reload();
    const row = (await page.waitForSelector('section.stored li ::-p-text(damaged)'))!;
    expect(await row.evaluate((element) => element.closest('section')?.innerText)).not.toContain('vae');
    await tab.screenshot('damaged-run');
    await page.locator('::-p-aria([name="Delete the damaged run mc-dropout-20260101-120000"])').click();
    await page.locator('section.stored button.danger').click();
    await page.waitForFunction(() => !document.body.innerText.includes('mc-dropout-20260101-120000'));
    expect(tab.problems).toEqual([]);
  });

  it('Train waits for nothing but the project’s own: page, worker, library and GPU are there by then', async () => {
    const view = await ProjectView.open(chromium, '#/small-scale/mc-dropout');
    chromium.served.length = 0;
    const clicked = Date.now();
    await view.train();
    await view.hold();
    const loaded = chromium.served.filter((path) => !/^(projects|library)\b/.test(path));
    await view.press('Stop');
    await view.until('stopped');
    const [{ time }] = await view.rows();
    console.log(`mc-dropout quick in Chromium: first step ${(time - clicked / 1000).toFixed(2)} s after Train`);
    expect(loaded).toEqual([]);
  });
});
