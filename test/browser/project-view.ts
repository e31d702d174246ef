// A project's page as a person uses it: fields, buttons, what it shows; and what the browser has kept of the run.
import { decodeRows, type MetricsRow } from '../../runtime/run/metrics.ts';
import type { Chromium, Look, Tab } from './chromium.ts';

export class ProjectView {
  private constructor(readonly tab: Tab) {}

  /** @param address `#/small-scale/mc-dropout`, and a stored run's name where one is meant */
  static async open(chromium: Chromium, address: string, look: Look = {}): Promise<ProjectView> {
    const view = new ProjectView(await chromium.open(address, look));
    await view.ready();
    return view;
  }

  /** Until the worker has found the GPU. */
  async ready(): Promise<void> {
    await this.tab.page.waitForSelector('.run-bar .adapter');
  }

  async fill(options: Readonly<Record<string, number | string>>): Promise<void> {
    for (const [name, value] of Object.entries(options)) await this.tab.page.locator(`#option-${name}`).fill(String(value));
  }

  async press(button: string): Promise<void> {
    await this.tab.page.locator(`.run-bar button:not([aria-disabled="true"])::-p-text(${button})`).click();
  }

  /** Presses Train, says yes where the page asks first (on a busy machine much takes long), and waits until a new run has begun. */
  async train(): Promise<void> {
    await this.tab.page.evaluate(() => {
      const badge = document.querySelector('.run-bar .badge')!;
      badge.toggleAttribute('data-before', true);
      new MutationObserver(() => badge.removeAttribute('data-before')).observe(badge, { attributeFilter: ['class'] });
    });
    await this.press('Train');
    await this.tab.page.waitForFunction(() => {
      document.querySelector<HTMLElement>('dialog.question[open] .actions button:last-child')?.click();
      return !document.querySelector('.run-bar .badge[data-before]');
    });
  }

  /** Waits until the run's state reads so. Any failure ends the wait, unless it is what is waited for; so does `tooLate`. */
  async until(state: string, tooLate?: string): Promise<void> {
    const found = await this.tab.page.waitForFunction(
      (ends) => {
        const text = document.querySelector('.run-bar .badge')?.textContent ?? '';
        return ends.includes(text) ? text : undefined;
      },
      { polling: 100 },
      [state, 'failed', tooLate],
    );
    const reached = await found.jsonValue();
    if (reached === state) return;
    throw new Error(`the run is ${reached}, not ${state}${reached === 'failed' ? `: ${await this.text('.notice.bad')}` : ''}`);
  }

  async text(selector: string): Promise<string> {
    return this.tab.page.$eval(selector, (element) => (element as HTMLElement).innerText);
  }

  /**
   * Pauses the run once steps of it are shown, and the bar shows this text, and waits until it is saved. The page itself presses the button: a small run is
   * through before a message from here comes.
   */
  async hold(text = ''): Promise<void> {
    await this.tab.page.waitForFunction(
      (wanted) => {
        const bar = document.querySelector<HTMLElement>('.run-bar');
        const step = document.querySelector('.part.run .facts dd')?.textContent ?? '0';
        const buttons = bar?.querySelectorAll<HTMLElement>('button:not([aria-disabled="true"])') ?? [];
        const pause = [...buttons].find(({ textContent }) => textContent === 'Pause');
        if (!bar?.innerText.includes(wanted) || step === '0' || !pause) return false;
        pause.click();
        return true;
      },
      { polling: 'mutation' },
      text,
    );
    await this.until('paused', 'finished');
    await this.tab.page.waitForFunction(() => /saved at step\d/.test(document.querySelector('.part.run .facts')?.textContent ?? ''));
  }

  /** The headline results by the names they are shown under. */
  async results(): Promise<Record<string, string>> {
    const pairs = await this.tab.page.$$eval('.part.results .tiles > div', (tiles) =>
      tiles.map((tile) => [...tile.children].map((child) => child.textContent)),
    );
    return Object.fromEntries(pairs);
  }

  /** The shown run's name: it stands in the address. */
  get run(): string {
    return decodeURIComponent(this.tab.page.url().split('?')[0].split('/').at(-1) ?? '');
  }

  /** One of the run's files, as the browser keeps it. */
  async file(name: string): Promise<string> {
    return this.tab.page.evaluate(
      async (run, name) => {
        const runs = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs');
        const file = await (await runs.getDirectoryHandle(run)).getFileHandle(name);
        for (;;) {
          try {
            return await (await file.getFile()).text();
          } catch (error) {
            // The run has written into it meanwhile.
            if ((error as Error).name !== 'NotReadableError') throw error;
          }
        }
      },
      this.run,
      name,
    );
  }

  async rows(): Promise<MetricsRow[]> {
    return decodeRows(await this.file('metrics.jsonl'));
  }

  /** Step and values of each row, without the time. */
  async losses(): Promise<unknown[]> {
    return (await this.rows()).map(({ step, values }) => [step, values]);
  }
}
