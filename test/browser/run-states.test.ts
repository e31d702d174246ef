// What a person is told of runs beside the one that trains: edited options, other tabs, failures, what Reset and Delete take away.
import { expect, it } from 'vitest';
import { describeInChromium } from './chromium.ts';
import { ProjectView } from './project-view.ts';

const optimizers = '#/applied/optimizers';
const tiny = { optimizers: 'sgd, adam', steps: 40, networkSteps: 0 };

describeInChromium('runs and their states', (chromium) => {
  it('are marked when the form was edited since, keep their figures’ history, are reset and deleted with a word and the focus in place', async () => {
    const view = await ProjectView.open(chromium, optimizers);
    const { tab } = view;
    const { page } = tab;
    const buttonIn = (place: string, text: string) => page.locator(`${place} button ::-p-text(${text})`);
    await page.select('#option-surface', 'valley');
    await view.fill(tiny);
    await view.train();
    await view.until('finished');

    await page.waitForSelector('.history');
    const drawn = await view.text('.history');
    await view.fill({ steps: 50 });
    await page.waitForSelector('.edited');
    expect(await view.text('.edited')).toContain('steps 40, now 50');
    // The address has what was typed.
    await page.waitForFunction(() => location.hash.includes('steps=50'));
    await page.reload();
    await view.ready();
    await page.waitForSelector('.edited');
    expect(await view.text('.edited')).toContain('steps 40, now 50');
    await buttonIn('.edited', 'Set the form back').click();
    await page.waitForFunction(() => !document.querySelector('.edited'));
    await page.reload();
    await view.ready();
    await view.until('finished');
    await page.waitForSelector('.history');
    expect(await view.text('.history')).toBe(drawn);

    await view.press('Reset');
    await page.waitForSelector('dialog.question[open] code');
    expect(await view.text('dialog.question[open]')).toMatch(/discards what you typed[\s\S]*steps 40[\s\S]*stays among the stored runs/);
    expect(await tab.axe()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.activeElement?.textContent === 'Reset');
    await view.press('Reset');
    await page.waitForSelector('dialog.question[open] code');
    await page.locator('dialog.question[open] button:last-child').click();
    await view.until('ready');

    // Of runs that failed at once only the newest is kept.
    await view.fill({ optimizers: 'no such one' });
    for (let i = 0; i < 3; i++) {
      await view.train();
      await view.until('failed');
    }
    await page.waitForFunction(
      (newest) => document.querySelector(`.stored a[href*="${newest}"]`) && document.querySelectorAll('.stored .badge.failed').length === 1,
      {},
      view.run.split('?')[0],
    );

    // The finished run, the last of the list.
    const buttons = await page.$$('.stored button[aria-label^="Delete"]');
    await buttons.at(-1)!.focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.matches('.danger'));
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => !document.querySelector('.stored .badge.finished'));
    await page.waitForFunction(() => document.activeElement?.matches('.stored a, .stored button'));
    expect(tab.problems).toEqual([]);
  });

  it('are not opened while another is under way: the page says so, and stays with that one', async () => {
    const view = await ProjectView.open(chromium, optimizers);
    const { page } = view.tab;
    await page.select('#option-surface', 'valley');
    await view.fill(tiny);
    await view.train();
    await view.until('finished');
    const first = view.run.split('?')[0]!;
    await view.fill({ steps: 10_000 });
    await view.train();
    await view.hold();
    const second = view.run.split('?')[0]!;
    expect(second).not.toBe(first);
    await page.waitForSelector('.stored button[disabled][aria-label^="Open the run"]');
    await page.evaluate((from, to) => (location.hash = location.hash.replace(from, to)), second, first);
    await page.waitForFunction((run) => location.hash.includes(run), {}, second);
    expect(await page.$('.notice code')).toBeNull();
    await view.press('Stop');
    await view.until('stopped');
    expect(view.tab.problems).toEqual([]);
  });

  it('of another tab are heard to end', async () => {
    const view = await ProjectView.open(chromium, optimizers);
    await view.tab.page.select('#option-surface', 'valley');
    await view.fill({ ...tiny, steps: 10_000 });
    await view.train();
    await view.hold();
    const other = await ProjectView.open(chromium, view.tab.page.url().slice(view.tab.page.url().indexOf('#')));
    await other.until('in another tab');
    await view.tab.page.bringToFront();
    await view.press('Stop');
    await view.until('stopped');
    await other.until('stopped');
    expect(other.tab.problems).toEqual([]);
  });
});
