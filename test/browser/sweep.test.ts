// A sweep from the form: runs one after the other, cut off by a reload, gone on with, stopped.
import { expect, it } from 'vitest';
import { describeInChromium } from './chromium.ts';
import { ProjectView } from './project-view.ts';

describeInChromium('a sweep', (chromium) => {
  it('trains one run after the other, outlives a reload, ends with Stop, and stands in the table', async () => {
    const view = await ProjectView.open(chromium, '#/i2dl/house-prices');
    const { tab } = view;
    const { page } = tab;
    await view.fill({ runs: 1, lr: '1, 0.5' });
    await page.locator('#seed').fill('0, 1');
    await page.waitForSelector('.sweep');
    expect(await view.text('.sweep')).toMatch(/4 runs, one after the other/);
    for (const [theme, width] of [
      ['light', 390],
      ['dark', 1280],
    ] as const) {
      await tab.look({ theme, width, height: 900 });
      await tab.screenshot(`sweep-${theme}-${width}`, '.setup');
    }
    await tab.look({});
    expect(await tab.axe()).toEqual([]);

    // The second is long: a busy page hears late of what its worker does, and would find a short one over.
    await view.fill({ lr: 1, epochs: '100, 1000, 50' });
    await page.locator('#seed').fill('0');
    await view.train();
    await view.hold('run 2 of 3');
    // Another tab must not begin what this one will.
    const other = await ProjectView.open(chromium, '#/i2dl/house-prices');
    await other.ready();
    expect(await other.text('.run-bar .state')).not.toMatch(/not begun/);
    await other.tab.close();
    await page.reload();
    await view.ready();
    await view.until('cut off');
    expect(await view.text('.run-bar .state')).toMatch(/1 of 3 runs not begun/);
    await tab.screenshot('sweep-cut-off');
    expect(await tab.axe()).toEqual([]);

    // The one that was cut off, and then the last by itself.
    await view.press('Resume');
    await page.waitForFunction(
      () =>
        document.querySelectorAll('.run-table .badge.finished').length === 3 &&
        document.querySelectorAll('.run-table tbody tr').length === 3,
    );
    const heads = await page.$$eval('.run-table th', (cells) => cells.map((cell) => cell.textContent));
    expect(heads).toEqual(expect.arrayContaining(['epochs', 'test accuracy']));
    await tab.screenshot('sweep-table', '.stored');

    // Stop ends the run and those that would follow.
    await view.fill({ epochs: '20000, 100' });
    await view.train();
    await view.hold();
    await view.press('Stop');
    await view.until('stopped');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await view.text('.run-bar .state')).toBe('stopped');
    expect(await page.$$eval('.run-table tbody tr', (rows) => rows.length)).toBe(4);
    expect(tab.problems).toEqual([]);
  });
});
