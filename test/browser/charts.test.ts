// Curves of a run, as a person reads them: raw and averaged, on either scale, line by line, a part of the steps.
import { expect, it } from 'vitest';
import { describeInChromium, type Tab } from './chromium.ts';
import { keepRuns } from './stored-run.ts';

const rules = [
  'sgd',
  'momentum',
  'nesterov',
  'adagrad',
  'adadelta',
  'rmsprop',
  'adam',
  'adamw',
  'adamax',
  'nadam',
  'radam',
  'lion',
  'lamb',
  'muon',
];
const noise = (i: number) => Math.abs(Math.sin(i * i)) ** 3;
const STEPS = 3000;
const PEAK = 1234;

/** Losses of 3000 steps with one spike, a validation beside them, a divergence that falls below zero, fourteen lines in one chart. */
const rows = Array.from({ length: STEPS + 1 }, (_, step) => {
  const values: Record<string, number> = { loss: step === PEAK ? 500 : 2 * Math.exp(-step / 600) + 0.3 * noise(step) };
  values.accuracy = 1 - Math.exp(-step / 500) + 0.02 * noise(step);
  values.gap = 40 * Math.exp(-step / 200) * Math.cos(step / 90);
  if (step % 250 === 0) Object.assign(values, { 'validation loss': 2.1 * Math.exp(-step / 620), 'test loss': 2.3 * Math.exp(-step / 610) });
  if (step % 10 === 0)
    rules.forEach((rule, i) =>
      Object.assign(values, { [`valley, ${rule}`]: 10 ** (1 - (step / STEPS) * (1 + i / 3)) + 0.001 * noise(step + i) }),
    );
  return { step, values };
});

const chart = (name: string) => `.chart[data-name="${name}"]`;

/** The mouse over this share of the chart's width. */
async function pointAt({ page }: Tab, name: string, across: number, down = 0.5) {
  const over = (await page.$(`${chart(name)} .u-over`))!;
  await over.evaluate((element) => element.scrollIntoView({ block: 'center' }));
  const { x, y, width, height } = (await over.boundingBox())!;
  await page.mouse.move(x + across * width, y + down * height);
  return { x, y, width, height };
}

describeInChromium('curves', (chromium) => {
  it('are raw, averaged when asked, read by mouse and keyboard, and look right', async () => {
    const tab = await chromium.open('#/applied/optimizers');
    const { page } = tab;
    const id = 'optimizers-20261122-163200';
    await keepRuns(tab, [{ id, project: 'optimizers', rows, summary: { results: { bestAccuracy: 0.9 } } }]);
    await page.goto(`${chromium.url}#/applied/optimizers/${id}`);
    await page.reload();
    await page.waitForSelector('.charts .chart');
    const text = async (selector: string) =>
      (await page.waitForSelector(selector))!.evaluate((element) => (element as HTMLElement).innerText);

    // What hover says was recorded: the spike, at its own step.
    await pointAt(tab, 'loss', PEAK / STEPS);
    expect(await text('.readout')).toMatch(/step 1,234[\s\S]*training\s*500/);
    await page.focus(`${chart('accuracy')} .plot`);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await text('[role="status"]')).toMatch(/^step 1: /);
    await page.keyboard.press('Escape');

    for (const [theme, width] of [
      ['light', 390],
      ['dark', 768],
      ['light', 1280],
      ['dark', 1920],
    ] as const) {
      await tab.look({ theme, width, height: 1400 });
      await tab.screenshot(`curves-raw-${theme}-${width}`, '.curves');
    }
    await tab.look({});

    // Averaged: raw and smoothed side by side.
    await page.$eval('.smoothing input', (input) => {
      (input as HTMLInputElement).value = '0.9';
      input.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await pointAt(tab, 'loss', PEAK / STEPS);
    const [, raw, average] = /training\s+([\d.]+)\s+([\d.]+)/.exec(await text('.readout'))!;
    expect(raw).toBe('500');
    expect(Number(average)).toBeLessThan(30);

    // On a log axis a spike stays a spike. Zeros and negative values have a place.
    await tab.press('log axis for loss');
    await tab.press('log axis for gap');
    await tab.press('log axis for valley');
    expect(await text(`${chart('gap')} .tools`)).toMatch(/symmetric log/);
    await pointAt(tab, 'valley', 0.4);
    await page.waitForSelector('.readout');
    await tab.screenshot('curves-smoothed-log', '.curves');
    await tab.press('log axis for loss');
    await page.mouse.move(0, 0);

    // Outliers.
    await tab.press('clip outliers of loss');
    expect(await text(`${chart('loss')} .clipped`)).toMatch(/up to 500 at step 1,234/);

    // Lines off and on; of many, from a list.
    await tab.click(`${chart('loss')} .line ::-p-text(test)`);
    await pointAt(tab, 'loss', 0.5);
    expect(await text('.readout')).not.toMatch(/test/);
    await tab.click(`${chart('valley')} summary`);
    await tab.press('none of the lines of valley');
    await tab.click(`${chart('valley')} .line ::-p-text(lion)`);
    expect(await text(`${chart('valley')} summary`)).toMatch(/1 of 14 lines/);
    await tab.screenshot('curves-lines', '.curves');
    await page.keyboard.press('Escape');

    // A part of the steps, and all of them again.
    const { x, y, width, height } = await pointAt(tab, 'accuracy', 0.5);
    await page.mouse.down();
    await page.mouse.move(x + 0.6 * width, y + 0.5 * height, { steps: 5 });
    await page.mouse.up();
    await page.waitForSelector(`${chart('accuracy')} ::-p-text(all steps)`);
    await tab.screenshot('curves-zoomed', '.curves');
    await page.mouse.move(x + 0.05 * width, y + 0.5 * height);
    const [, step] = /step ([\d,]+)/.exec(await text('.readout'))!;
    expect(Number(step.replace(',', ''))).toBeGreaterThan(1400);
    await tab.screenshot('curves-zoomed', '.curves');
    await page.mouse.click(x + 0.5 * width, y + 0.5 * height, { count: 2 });
    await page.waitForFunction(() => !/all steps/.test(document.querySelector('.charts')?.textContent ?? ''));
    await page.focus(`${chart('accuracy')} .plot`);
    await page.keyboard.press('+');
    await page.waitForSelector(`${chart('accuracy')} ::-p-text(all steps)`);
    await page.keyboard.press('0');
    await page.waitForFunction(() => !/all steps/.test(document.querySelector('.charts')?.textContent ?? ''));

    expect(await tab.axe()).toEqual([]);
    expect(tab.problems).toEqual([]);
  });
});
