// Something to play with: at once with what comes with the project, in training with the newest weights, afterwards with the run's.
import { expect, it } from 'vitest';
import { describeInChromium } from './chromium.ts';
import { ProjectView } from './project-view.ts';

const vae = '#/uva/vae';

describeInChromium('the play area', (chromium) => {
  it('works before Train, stays live in training, and says whose weights answer', async () => {
    const view = await ProjectView.open(chromium, `${vae}?train-images=400&test-images=20&epochs=40`, { width: 390, height: 844 });
    const { tab } = view;
    const { page } = tab;
    const fetched = () => chromium.served.filter((path) => path === 'projects/vae.safetensors').length;
    // On a phone it is further down: nothing of it is loaded until somebody comes by.
    expect(fetched()).toBe(0);
    const come = () => page.$eval('#play', (section) => section.scrollIntoView());
    await come();
    await page.waitForSelector('#play .answer img');
    expect(fetched()).toBe(1);
    const says = () => view.text('.plays-with');
    expect(await says()).toMatch(/weights that come with the project, trained with tilegrad run vae --quick .*: test bits 0\.\d/);
    await page.waitForSelector('#play .surface img.below');
    expect(await tab.axe()).toEqual([]);

    const shown = () => page.$eval('#play .answer img', (image) => (image as HTMLImageElement).src);
    /** Does something, and waits for another answer. */
    const answered = async (what: () => Promise<void>) => {
      const before = await shown();
      const place = await view.text('#play .place');
      await what();
      expect(await view.text('#play .place')).not.toBe(place);
      await page.waitForFunction(
        (old) => (document.querySelector('#play .answer img') as HTMLImageElement | null)?.src !== old,
        { polling: 50 },
        before,
      );
    };
    // Until the answer to where the point is now is there, what stands there is marked.
    await page.evaluate(() => {
      const seen = { busy: 0 };
      new MutationObserver(() => {
        seen.busy += document.querySelectorAll('.answer[aria-busy="true"] > .computing').length;
      }).observe(document.querySelector('#play')!, { subtree: true, childList: true });
      Object.assign(globalThis, { seenBusy: seen });
    });
    const { x, y, width, height } = (await (await page.$('#play .surface'))!.boundingBox())!;
    await answered(async () => {
      await page.mouse.move(x + width / 2, y + height / 2);
      await page.mouse.down();
      await page.mouse.move(x + 0.8 * width, y + 0.2 * height, { steps: 4 });
      await page.mouse.up();
    });
    expect(await page.evaluate(() => (globalThis as unknown as { seenBusy: { busy: number } }).seenBusy.busy)).toBeGreaterThan(0);
    await answered(() => page.keyboard.press('ArrowLeft'));
    await answered(() => page.touchscreen.tap(x + 0.2 * width, y + 0.8 * height));

    await tab.look({});
    await view.train();
    await come();
    await page.waitForFunction(() => /weights of this run, at step \d/.test(document.querySelector('.plays-with')?.textContent ?? ''));
    const step = async () => Number(/at step ([\d,]+)/.exec(await says())?.[1]?.replace(',', ''));
    // Nobody touches anything: it is asked anew.
    const first = await step();
    const seen = new Set<string>();
    await expect.poll(async () => seen.add(await shown()) && (await step()) > first && seen.size > 1).toBeTruthy();
    await tab.screenshot('play-live', '#play');
    await view.press('Stop');
    await view.until('stopped');
    await page.waitForFunction(() => /this run, as saved at step/.test(document.querySelector('.plays-with')?.textContent ?? ''));
    await page.waitForSelector('#play .answer img');
    expect(tab.problems).toEqual([]);
  });

  it('keeps what a person has set while the project trains', async () => {
    const view = await ProjectView.open(chromium, '#/i2dl/house-prices?epochs=30&runs=1');
    const { page } = view.tab;
    await page.$eval('#play', (section) => section.scrollIntoView());
    await page.waitForSelector('#play .answer img');
    const field = '#play .number input:not([type="range"])';
    await page.locator(field).fill('777');
    await view.train();
    await view.until('finished');
    await page.waitForFunction(() => !document.querySelector('.interaction [inert]'));
    expect(await page.$eval(field, (input) => (input as HTMLInputElement).value)).toBe('777');
    expect(view.tab.problems).toEqual([]);
  });

  it('looks well in every project, on a phone and a screen, by day and night', async () => {
    for (const [project, kind] of [
      [vae, 'plane'],
      ['#/applied/optimizers', 'plane'],
      ['#/i2dl/house-prices', 'numbers'],
      ['#/small-scale/mc-dropout', 'draw'],
      ['#/small-scale/mimo', 'picture'],
    ] as const) {
      const view = await ProjectView.open(chromium, project);
      const { tab } = view;
      const { page } = tab;
      await page.waitForSelector('#play');
      await page.$eval('#play', (section) => section.scrollIntoView());
      if (kind === 'plane') await page.waitForSelector('#play .surface img.below');
      else if (kind === 'draw') {
        const { x, y, width, height } = (await (await page.$('#play canvas'))!.boundingBox())!;
        await page.mouse.move(x + 0.5 * width, y + 0.2 * height);
        await page.mouse.down();
        await page.mouse.move(x + 0.45 * width, y + 0.8 * height, { steps: 10 });
        await page.mouse.up();
      }
      await page.waitForSelector('#play .answer img');
      const name = project.split('/').at(-1);
      for (const theme of ['light', 'dark'] as const) {
        await tab.look({ theme });
        await tab.screenshot(`play-${name}-1280-${theme}`, '#play');
      }
      expect(await tab.axe()).toEqual([]);
      await tab.look({ width: 390, height: 844 });
      await tab.screenshot(`play-${name}-390`, '#play');
      expect(tab.problems).toEqual([]);
    }
  });
});
