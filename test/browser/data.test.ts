// A data folder behind the page: `tilegrad gallery --data` offers it, the run reads it from there, and the browser keeps what it read.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ElementHandle } from 'puppeteer-core';
import { afterAll, expect, it } from 'vitest';
import { syntheticDigits } from '../../src/data/synthetic-digits.ts';
import { idxFile } from '../data/idx-files.ts';
import { describeInChromium } from './chromium.ts';
import { ProjectView } from './project-view.ts';

const data = mkdtempSync(join(tmpdir(), 'tilegrad-data-'));
mkdirSync(join(data, 'mnist'));
for (const [split, name, count] of [
  ['train', 'train', 64],
  ['test', 't10k', 20],
] as const) {
  const { images, labels } = syntheticDigits({ count, seed: 1, split });
  writeFileSync(join(data, `mnist/${name}-images-idx3-ubyte.gz`), gzipSync(idxFile(8, [count, 28, 28], images)));
  writeFileSync(join(data, `mnist/${name}-labels-idx1-ubyte.gz`), gzipSync(idxFile(8, [count], labels)));
}
afterAll(() => rmSync(data, { recursive: true }));

describeInChromium(
  'a data folder behind the page',
  (chromium) => {
    it('is what a run uses, and the next one can do without it', async () => {
      const view = await ProjectView.open(chromium, '#/small-scale/mc-dropout');
      const { page } = view.tab;
      const chosen = () => page.$eval('input[name=data]:checked', (input) => (input as HTMLInputElement).value);
      expect(await chosen()).toBe('served');

      // The files that the set wants, by its record; they may come one after the other.
      await page.locator('input[name=data][value=files]').click();
      const wanted = () => page.$eval('.wanted', (list) => (list as HTMLElement).innerText);
      expect(await wanted()).toMatch(/MNIST.*licence: .*four IDX files: 4 of 4 missing.*mnist\/train-images-idx3-ubyte\.gz.*9\.9 MB/s);
      expect(await page.$eval('.wanted a', (link) => (link as HTMLAnchorElement).href)).toMatch(/^https?:/);
      const input = await page.$('input[aria-label="Data files"]');
      for (const [name, left] of [
        ['train-images-idx3-ubyte.gz', /3 of 4 missing/],
        ['train-labels-idx1-ubyte.gz', /2 of 4 missing/],
      ] as const) {
        await (input as ElementHandle<HTMLInputElement>).uploadFile(join(data, 'mnist', name));
        await page.waitForFunction(
          (source) => new RegExp(source).test(document.querySelector('.wanted')?.textContent ?? ''),
          {},
          left.source,
        );
      }
      await view.tab.screenshot('wanted-files', '.data');
      await page.locator('input[name=data][value=served]').click();

      await view.fill({ epochs: 1, batchSize: 16, passes: 1 });
      await view.train();
      await view.until('finished');
      const { data: used } = JSON.parse(await view.file('config.json'));
      expect(used).toMatchObject([{ name: 'mnist', synthetic: false }]);
      expect(used[0].files).toHaveLength(4);
      expect(view.tab.problems).toEqual([]);
      expect(view.tab.outside).toEqual([]);

      await page.locator('input[name=data][value=kept]').click();
      chromium.served.length = 0;
      await view.train();
      await view.until('finished');
      expect(chromium.served.filter((path) => path.startsWith('data/'))).toEqual([]);
      expect(JSON.parse(await view.file('config.json')).data[0].files.map(({ sha256 }: { sha256: string }) => sha256)).toEqual(
        used[0].files.map(({ sha256 }: { sha256: string }) => sha256),
      );
    });
  },
  { data },
);
