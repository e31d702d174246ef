// A run in the page, from Train to the end, with what may come between.
import { expect, it } from 'vitest';
import { describeInChromium } from './chromium.ts';
import { ProjectView } from './project-view.ts';
import { watchingDevice } from './worker-pages.ts';

const mcDropout = '#/small-scale/mc-dropout';
const short = { epochs: 4, batchSize: 16, trainImages: 320, testImages: 50, passes: 2 };

describeInChromium('a run in the page', (chromium) => {
  let plain: { losses: unknown[]; results: Record<string, string> } | undefined;

  /** What the short run comes to when nothing happens to it. The page's form is filled for it. */
  async function undisturbed(view: ProjectView) {
    await view.fill(short);
    if (plain) return plain;
    await view.train();
    await view.until('finished');
    plain = { losses: await view.losses(), results: await view.results() };
    expect(plain.losses).toHaveLength(81);
    return plain;
  }

  it('says before Train how long it takes, and asks where that is long in software', async () => {
    const view = await ProjectView.open(chromium, '#/uva/vae');
    const { page } = view.tab;
    expect(await view.text('.estimate')).toBe('takes about 1 minute');
    await page.locator('input[name=preset][value=full]').click();
    await view.press('Train');
    await page.waitForSelector('dialog[open]');
    expect(await view.text('dialog[open] h2')).toBe('That takes about 17 hours');
    expect(await view.tab.axe()).toEqual([]);
    await view.tab.screenshot('long-run-question');
    await page.locator('dialog[open] ::-p-aria([name="Not now"][role="button"])').click();
    await page.waitForFunction(() => !document.querySelector('dialog[open]'));
    expect(await view.text('.run-bar .badge')).toBe('ready');
    expect(view.tab.problems).toEqual([]);
  });

  it('pauses and goes on, is cut off by a reload and goes on, and ends as if nothing had been', async () => {
    const view = await ProjectView.open(chromium, mcDropout);
    const { losses, results } = await undisturbed(view);
    await view.train();
    await view.hold();
    const paused = (await view.rows()).length;
    await view.tab.screenshot('paused');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await view.rows()).length - paused).toBeLessThan(6);
    await view.tab.page.reload();
    await view.ready();
    await view.until('cut off');
    await view.tab.screenshot('cut-off');
    await view.press('Resume');
    await view.until('finished');
    expect(await view.losses()).toEqual(losses);
    expect(await view.results()).toEqual(results);
    expect(view.tab.problems).toEqual([]);
  });

  it('goes on by itself when the GPU is lost, to the same losses', async () => {
    const view = await ProjectView.open(chromium, mcDropout);
    const { losses } = await undisturbed(view);
    const [worker] = view.tab.page.workers();
    await worker.evaluate(watchingDevice);
    await view.train();
    await view.hold();
    await worker.evaluate('self.watched.destroy()');
    await view.press('Resume');
    await view.until('finished');
    expect(await view.file('log.txt')).toMatch(/Going on from the checkpoint of step \d+ on a new device/);
    expect(await view.losses()).toEqual(losses);
    expect(view.tab.problems).toEqual([]);
  });
});
