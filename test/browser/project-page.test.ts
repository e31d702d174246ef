// How a project's page is laid out: what is in sight at which size, what the keyboard comes to, where links lead.
import { expect, it } from 'vitest';
import { kebabCase } from '../../runtime/run/options.ts';
import { describeInChromium, type Tab } from './chromium.ts';
import { ProjectView } from './project-view.ts';

const mcDropout = '#/small-scale/mc-dropout';
const tiny = { epochs: 1, batchSize: 16, trainImages: 96, testImages: 20, passes: 1 };

/** Whether all of an element is in the window. */
const inSight = (tab: Tab, selector: string) =>
  tab.page.$eval(selector, (element) => {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
  });

/** What has the focus, as a person would name it. */
const focused = (tab: Tab) => tab.page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');

describeInChromium("a project's page", (chromium) => {
  it('leads with its buttons at every size and in the order of tabs, and its links go to its sections', async () => {
    const view = await ProjectView.open(chromium, mcDropout);
    const { tab } = view;
    // Phone, tablet, laptop, 1280 × 1024 at 200 %, a small window, a phone at 400 %.
    for (const [width, height] of [
      [390, 844],
      [768, 1024],
      [1280, 900],
      [640, 512],
      [640, 400],
      [320, 256],
    ]) {
      await tab.look({ width, height });
      expect([width, height, await inSight(tab, '.run-bar .primary')]).toEqual([width, height, true]);
      expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    }
    await tab.look({});
    const order: string[] = [];
    await tab.page.focus('.crumbs a:last-child');
    for (let i = 0; i < 7; i++) {
      await tab.page.keyboard.press('Tab');
      order.push(await focused(tab));
    }
    expect(order).toEqual(['Train', 'Pause', 'Stop', 'Reset', 'Setup', 'Play', 'About']);
    await tab.page.keyboard.press('Enter');
    expect(await focused(tab)).toBe('About this project');
    expect(tab.page.url()).toMatch(/mc-dropout\?section=about$/);
    expect(await inSight(tab, '.part.about h2')).toBe(true);

    const linked = await ProjectView.open(chromium, `${mcDropout}?section=about`);
    await linked.tab.page.waitForFunction(() => document.activeElement?.textContent === 'About this project');
    expect(tab.problems).toEqual([]);
  });

  it('by keyboard alone, on a phone: shows the first curve on Train, keeps the focus there, and its status in sight, to the end', async () => {
    const form = Object.entries(tiny).map(([option, value]) => `${kebabCase(option)}=${value}`);
    const view = await ProjectView.open(chromium, `${mcDropout}?${form.join('&')}`, { width: 390, height: 844 });
    const { tab } = view;
    for (let i = 0; i < 9 && (await focused(tab)) !== 'Train'; i++) await tab.page.keyboard.press('Tab');
    await tab.page.keyboard.press('Enter');
    await tab.page.waitForSelector('.part.run .chart canvas');
    await tab.page.waitForFunction(() => {
      const { top = -1, bottom = 0 } = document.querySelector('.part.run .chart')?.getBoundingClientRect() ?? {};
      return top >= 0 && bottom <= innerHeight;
    });
    expect(await focused(tab)).toBe('Train');
    expect(await inSight(tab, '.run-bar .badge')).toBe(true);
    await view.until('finished');
    expect(await focused(tab)).toBe('Train');
    expect(await inSight(tab, '.run-bar progress')).toBe(true);
    // The description's own, older figures step back.
    expect(await tab.page.$eval('.part.about img', (picture) => (picture as HTMLElement).checkVisibility())).toBe(false);
    await tab.page.locator('.part.about button ::-p-text(Show them)').click();
    expect(await tab.page.$eval('.part.about img', (picture) => (picture as HTMLElement).checkVisibility())).toBe(true);
    expect(await tab.axe()).toEqual([]);

    // A figure's text is 12 pixels high as drawn (11 in some, see panelsOf), and never under 10 as shown.
    for (const width of [390, 1280]) {
      await tab.look({ width, height: 844 });
      const scales = await tab.page.$$eval('.figure .panels img', (images) =>
        images.map((image) => (image as HTMLImageElement).offsetWidth / (image as HTMLImageElement).naturalWidth),
      );
      expect(Math.min(...scales)).toBeGreaterThanOrEqual(0.83);
    }
    /** Of the first figure's pixels, ink on no paper. */
    const darkest = () =>
      tab.page.$eval('.figure .panels img', async (element) => {
        const image = element as HTMLImageElement;
        await image.decode();
        const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
        const context = canvas.getContext('2d')!;
        context.drawImage(image, 0, 0);
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
        let least = 255;
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) least = Math.min(least, data[i], data[i + 1], data[i + 2]);
        return least;
      });
    await tab.look({ theme: 'light' });
    expect(await darkest()).toBeLessThan(0x30);
    await tab.look({ theme: 'dark' });
    await tab.screenshot('figures-dark');
    await expect.poll(darkest).toBeGreaterThanOrEqual(0x2d);
    // Large, and back to where it was opened from.
    await tab.page.focus('.figure .open');
    await tab.page.keyboard.press('Enter');
    await tab.page.waitForSelector('dialog.enlarged[open] img');
    expect(await tab.page.$$eval('dialog.enlarged button', (buttons) => buttons.map((button) => button.textContent))).toEqual([
      'SVG',
      'PNG',
      'Close',
    ]);
    expect(await tab.axe()).toEqual([]);
    await tab.page.keyboard.press('Escape');
    await tab.page.waitForFunction(() => !document.querySelector('dialog.enlarged') && document.activeElement?.matches('.figure .open'));
    expect(tab.problems).toEqual([]);
  });
});
