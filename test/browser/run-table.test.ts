// The runs that the browser keeps: how they differ, which is best, over each other, by name, as CSV, deleted.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { describeInChromium } from './chromium.ts';
import { keepRuns } from './stored-run.ts';

const downloads = mkdtempSync(join(tmpdir(), 'tilegrad-csv-'));
afterAll(() => rmSync(downloads, { recursive: true, force: true }));

const rates = [0.0003, 0.001, 0.003, 0.01, 0.03];
const drawing = (text: string) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200"><text x="20" y="100">${text}</text></svg>`;
const runs = rates.map((lr, i) => ({
  ...{ id: `vae-2026112${i}-163200`, project: 'vae', options: { lr, epochs: 3 }, started: `2026-11-2${i}T16:32:00.000Z` },
  rows: Array.from({ length: 400 }, (_, step) => ({
    step,
    values: {
      loss: 1 + 2 * Math.exp((-step * lr) / 0.3) + (i === 4 ? step / 200 : 0),
      'validation loss': 1.2 + 2 * Math.exp((-step * lr) / 0.3),
    },
  })),
  summary: {
    seconds: 60 + i,
    results: { testBits: [0.9, 0.5, 0.3, 0.2, 0.8][i], testKl: 3 - i },
    ...(i === 4 && { status: 'failed' as const }),
  },
  figures: { 'samples.svg': drawing(`lr ${lr}`) },
}));

describeInChromium('stored runs', (chromium) => {
  it('stand in a table, are compared, named, saved as CSV, deleted', async () => {
    const tab = await chromium.open('#/uva/vae');
    const { page } = tab;
    await keepRuns(tab, runs);
    await page.reload();
    await page.waitForSelector('.run-table');
    const names = () =>
      page.$$eval('.run-table tbody tr', (rows) => rows.map((row) => row.querySelector('.run-name')!.getAttribute('aria-label')!));
    const column = (title: string) =>
      page.$$eval(
        '.run-table tr',
        ([head, ...rows], title) => {
          const at = [...head.children].findIndex((cell) => cell.textContent!.trim().replace(/[↓↑]$/, '') === title);
          return rows.map((row) => row.children[at].textContent!.trim());
        },
        title,
      );

    expect(await column('lr')).toEqual(['0.03', '0.01', '0.003', '0.001', '3e-4']);
    await tab.press('test bits');
    expect(await column('test bits')).toEqual(['0.2 best', '0.3', '0.5', '0.8', '0.9']);
    expect(await column('state')).toEqual(['finished', 'finished', 'finished', 'failed', 'finished']);

    await page.locator('.run-table tbody tr .run-name').fill('the good one');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('[role="status"]')?.textContent === 'Name kept');
    await page.locator('.run-table tbody tr .run-name').fill('not this');
    await page.keyboard.press('Escape');
    expect(await page.$eval('.run-table tbody tr .run-name', (input) => (input as HTMLInputElement).value)).toBe('the good one');
    await page.reload();
    await page.waitForSelector('.run-table');
    expect(await page.$$eval('.run-table .run-name', (inputs) => inputs.map((input) => (input as HTMLInputElement).value))).toContain(
      'the good one',
    );
    for (const [theme, width] of [
      ['dark', 390],
      ['light', 1280],
    ] as const) {
      await tab.look({ theme, width, height: 900 });
      await tab.screenshot(`run-table-${theme}-${width}`, '.stored');
    }
    expect(await tab.axe()).toEqual([]);

    await tab.click('.run-table thead input');
    await page.locator('a ::-p-text(Compare 5 runs)').click();
    await page.waitForFunction(() => document.querySelectorAll('.comparison .chart').length === 2);
    expect(decodeURIComponent(page.url())).toMatch(/#\/uva\/vae\/compare(\/vae-2026112\d-163200){5}$/);
    await page.waitForFunction(() => document.querySelector('.comparison .legend summary')?.textContent?.includes('5 lines'));
    await tab.click('.comparison .legend summary');
    expect(
      await page.$$eval('.comparison .chart:first-child .line .label', (labels) => labels.map((label) => label.textContent)),
    ).toContain('the good one');
    for (const [theme, width] of [
      ['light', 390],
      ['dark', 768],
      ['light', 1280],
      ['dark', 1920],
    ] as const) {
      await tab.look({ theme, width, height: 1400 });
      await tab.screenshot(`compare-${theme}-${width}`);
    }
    await tab.look({});
    expect(await tab.axe()).toEqual([]);

    // The address holds the choice.
    await tab.click('.run-table tbody tr:first-child .choice input');
    await page.waitForFunction(() => location.hash.split('/').length === 8);
    await page.reload();
    await page.waitForFunction(() => document.querySelector('.comparison .legend summary')?.textContent?.includes('4 lines'));

    await (await page.createCDPSession()).send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads });
    await tab.press('Table as CSV');
    await tab.press('Curves as CSV');
    const done = () => readdirSync(downloads).filter((name) => name.endsWith('.csv'));
    await expect.poll(() => done().length).toBe(2);
    expect(readFileSync(join(downloads, 'vae-runs.csv'), 'utf8').split('\r\n')).toHaveLength(1 + 4 + 1);
    const curves = readFileSync(join(downloads, 'vae-curves.csv'), 'utf8').split('\r\n');
    expect(curves[0]).toBe('run,name,step,time,loss,validation loss');
    expect(curves).toHaveLength(1 + 4 * 400 + 1);

    await tab.press('Delete 4 runs');
    await tab.press('Delete 4');
    await page.waitForFunction(() => document.querySelectorAll('.run-table tbody tr').length === 1);
    expect(await names()).toHaveLength(1);
    expect(tab.problems).toEqual([]);
  });
});
