// The playground as a person meets it: programs are typed and run, fail at their lines, and are stopped.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { describe, expect, it } from 'vitest';
import { encodeProgram } from '../../runtime/browser/playground/share.ts';
import { describeInChromium, type Tab } from './chromium.ts';

const examples = readdirSync(join(import.meta.dirname, '../../examples')).map((file) => file.replace('.mjs', ''));

const click = (page: Page, name: string) => page.locator(`::-p-aria([name="${name}"][role="button"])`).click();
const text = (page: Page, selector: string) => page.$eval(selector, (element) => (element as HTMLElement).innerText);

/** Waits for the run to be in one of these states, which it tells. */
async function state(page: Page, ...states: readonly string[]): Promise<string> {
  const found = await page.waitForFunction(
    (wanted) => {
      const shown = document.querySelector('.status [role=status]')?.textContent ?? '';
      return wanted.includes(shown) && shown;
    },
    {},
    states,
  );
  return found.jsonValue() as Promise<string>;
}

/** Tries every way out, and prints what it got. */
const sandboxed = `import { ones } from 'tilegrad';
console.log(await ones([3, 4]).sum().item());
const ways = {
  folder: () => navigator.storage.getDirectory(),
  database: () => new Promise((got, failed) => { const asked = indexedDB.open('x'); asked.onsuccess = got; asked.onerror = failed; }),
  caches: () => caches.open('x'),
  locks: () => navigator.locks.query(),
  page: () => fetch('ADDRESSsecret'),
  elsewhere: () => fetch('https://elsewhere.test/secret'),
  socket: () => new Promise((got, failed) => { const socket = new WebSocket('wss://elsewhere.test/secret'); socket.onopen = got; socket.onerror = failed; }),
  stream: () => new Promise((got, failed) => { const source = new EventSource('https://elsewhere.test/secret'); source.onopen = got; source.onerror = failed; }),
  module: () => new Function('return import("ADDRESSsecret.js")')(),
  worker: () => new Promise((got, failed) => {
    const inner = new Worker(URL.createObjectURL(new Blob(['fetch("ADDRESSsecret").then(() => postMessage(1), () => postMessage(0))'])));
    inner.onmessage = ({ data }) => data ? got() : failed();
    inner.onerror = failed;
  }),
  post: () => postMessage('secret'),
};
for (const [name, way] of Object.entries(ways)) {
  const got = await Promise.resolve().then(way).then(() => 'something', () => 'nothing');
  console.log(name + ': ' + got);
}
`;

describeInChromium('the playground', (chromium) => {
  /** The playground with a program that came in a link. */
  const openWith = async (code: string): Promise<Tab> => {
    const tab = await chromium.open(`#/playground?code=${encodeProgram(code)}`);
    await tab.page.waitForFunction((first) => document.querySelector('.cm-line')?.textContent === first, {}, code.split('\n')[0]);
    return tab;
  };
  const runAll = async (code: string): Promise<{ tab: Tab; ended: string; output: string }> => {
    const tab = await openWith(code);
    await click(tab.page, 'Run');
    const ended = await state(tab.page, 'Finished', 'Failed');
    return { tab, ended, output: await text(tab.page, '.output') };
  };
  /** Line numbers that carry a mark, from 1. */
  const markedLines = (page: Page) =>
    page.$$eval('.cm-line', (lines) => lines.flatMap((line, i) => (line.querySelector('.cm-lintRange-error') ? [i + 1] : [])));

  it('opens a project from its page, whole, and runs it', async () => {
    const tab = await chromium.open('#/i2dl/house-prices?section=code');
    await tab.page.waitForSelector('#code .code-files');
    await tab.page.locator('.code-files summary').click();
    await tab.page.waitForSelector('.code-files pre .keyword');
    expect(await tab.page.$$eval('.code-files h3', (all) => all.map(({ textContent }) => textContent))).toContain('model.ts');
    for (const theme of ['light', 'dark'] as const) {
      await tab.look({ theme });
      expect(await tab.axe()).toEqual([]);
    }
    await tab.screenshot('code-dark', '#code');
    await tab.page.locator('#code a').click();
    await tab.page.waitForFunction(() => document.querySelector('.cm-content')?.textContent?.includes("from 'tilegrad'"));
    await click(tab.page, 'Run');
    expect(await state(tab.page, 'Finished', 'Failed')).toBe('Finished');
    expect(await tab.page.$$eval('.output img, .output svg', (all) => all.length)).toBeGreaterThan(0);
    await tab.screenshot('playground-project');
    expect(tab.problems).toEqual([]);
    await tab.page.evaluate(() => {
      location.hash = '#/playground/project-nothing';
    });
    await tab.page.waitForFunction(() =>
      document.querySelector('.note')?.textContent?.includes('There is no program named project-nothing'),
    );
  });

  it('tensors are printed with their values, and a figure is drawn', async () => {
    const { tab, ended, output } = await runAll(`import { tensor } from 'tilegrad';
const x = tensor([[1, 2], [3, 4]]);
console.log('x is', x.matmul(x));
console.log({ title: 'Growth', panels: [{ kind: 'chart', x: { label: 'x' }, y: { label: 'y' }, series: [{ name: 'y', x: [0, 1], y: [0, 1] }] }] });
`);
    expect(ended).toBe('Finished');
    expect(output).toContain('x is tensor([[ 7., 10.],\n        [15., 22.]], shape=[2, 2], dtype=f32)');
    const { width, alt } = await tab.page.$eval('.output img', (image) => ({ width: image.naturalWidth, alt: image.alt }));
    expect(width).toBeGreaterThan(100);
    expect(alt).toBe('Growth');
    expect(await text(tab.page, '.status')).toContain('swiftshader');
    expect(tab.problems).toEqual([]);
    expect(tab.outside).toEqual([]);
  });

  it('wrong syntax is marked at its line, and the program does not start', async () => {
    const { tab, ended, output } = await runAll('console.log("begun");\nconst a = (1;\n');
    expect(ended).toBe('Failed');
    expect(output).toContain('SyntaxError: Unexpected token');
    expect(output).toContain('line 2');
    expect(output).not.toContain('begun');
    expect(await markedLines(tab.page)).toEqual([2]);
    expect(tab.problems).toEqual([]);
  });

  it('an error of the library is marked at the line that caused it, and says who called that', async () => {
    const { tab, ended, output } = await runAll(`import { tensor } from 'tilegrad';
const x = tensor([[1, 2, 3]]);
const square = () => {
  return x.matmul(x);
};
console.log('begun');
square();
`);
    expect(ended).toBe('Failed');
    expect(output).toContain('begun');
    expect(output).toContain('ShapeError: matmul');
    expect(output).toMatch(/line 4\s*called from line 7/);
    expect(await markedLines(tab.page)).toEqual([4]);
    await click(tab.page, 'called from line 7');
    expect(await tab.page.$eval('.cm-activeLine', (line) => line.textContent)).toBe('square();');
    expect(tab.problems).toEqual([]);
  });

  it('a kernel that the driver refuses says where in its WGSL, and is marked where it was run', async () => {
    const { tab, output } = await runAll(`import { defineKernel, tensor } from 'tilegrad';
const wgsl = \`
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() { y[0] = z; }
\`;
const launch = () => ({ shape: [1], workgroups: 1 });
const copy = defineKernel({ name: 'copy', wgsl, entry: 'main', inputs: ['x'], output: 'y', launch });
const y = copy(tensor([1]));
await y.data();
`);
    expect(output).toContain("copy.wgsl:4:48: unresolved value 'z'");
    expect(await markedLines(tab.page)).toEqual([10]);
  });

  it('a rejection that nobody handles is told, at its line', async () => {
    const { output, tab } = await runAll(
      'const later = async () => {\n  throw new Error("late");\n};\nlater();\nawait new Promise((done) => setTimeout(done, 100));\n',
    );
    expect(output).toContain('Error: late');
    expect(await markedLines(tab.page)).toEqual([2]);
    expect(tab.problems).toEqual([]);
  });

  it('Stop ends a loop without end, and the next run works', async () => {
    const tab = await openWith('console.log("round and round");\nfor (;;);\n');
    const { page } = tab;
    await click(page, 'Run');
    await page.waitForFunction(() => document.querySelector('.output')?.textContent?.includes('round'));
    await click(page, 'Stop');
    await state(page, 'Stopped');
    await tab.click('.cm-content');
    await page.keyboard.down('Control');
    await page.keyboard.press('a');
    await page.keyboard.up('Control');
    await page.keyboard.sendCharacter('import { ones } from "tilegrad";\nconsole.log(await ones([3]).sum().item());');
    await page.keyboard.down('Control');
    await page.keyboard.press('Enter');
    await page.keyboard.up('Control');
    await state(page, 'Finished');
    expect(await text(page, '.output')).toBe('3');
    expect(tab.problems).toEqual([]);
  });

  it('a program has the GPU, and nothing of what the browser keeps for the page, and no network', async () => {
    const tab = await openWith(sandboxed.replaceAll('ADDRESS', chromium.url));
    const { page } = tab;
    await page.evaluate(async () => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs', { create: true });
      await folder.getDirectoryHandle('precious', { create: true });
    });
    chromium.served.length = 0;
    chromium.outside.length = 0;
    await click(page, 'Run');
    expect(await state(page, 'Finished', 'Failed')).toBe('Finished');
    const lines = (await text(page, '.output')).split('\n');
    expect(lines[0]).toBe('12');
    expect(lines.slice(1).map((line) => line.split(': ')[1])).toEqual(Array(11).fill('nothing'));
    expect(chromium.served.filter((path) => /secret/.test(path))).toEqual([]);
    // What arrived at the proxy, that is; the browser also tells of requests that it refused to send.
    expect(chromium.outside).not.toContain('elsewhere.test:443');
    const kept = await page.evaluate(async () => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs');
      return (await folder.getDirectoryHandle('precious')).name;
    });
    expect(kept).toBe('precious');
    expect(await text(page, '.program')).toMatch(/can't see or delete stored runs.*can't reach the network/);
  });

  it('a program that prints 200 MB, posts ten thousand messages or puts another clock in does not freeze the page', async () => {
    const tab = await openWith(`performance.now = () => NaN;
for (let i = 0; i < 4; i++) console.log("x".repeat(5e7));
for (let i = 0; i < 4000; i++) console.log("y".repeat(1e4));
for (let i = 0; i < 10_000; i++) { try { postMessage(i); } catch {} }
let told = 0;
addEventListener("unhandledrejection", () => told++);
for (let i = 0; i < 200; i++) Promise.reject(new Error("z".repeat(1e6)));
while (told < 200) await new Promise((done) => setTimeout(done, 10));
console.log({ title: 'Points', panels: [{ kind: 'chart', x: { label: 'x' }, y: { label: 'y' }, series: [{ name: 'y', x: Array(1e5).fill(1), y: Array(1e5).fill(1), style: 'points' }] }] });
await new Promise((done) => setTimeout(done, 500));
console.log("through");
`);
    const { page } = tab;
    const longest = await tab.watchMainThread();
    await click(page, 'Run');
    await state(page, 'Finished', 'Failed');
    const { cpu } = await longest();
    const output = await text(page, '.output');
    expect(output.slice(-200)).toMatch(/a figure of \d+ MB is too large to show: give it fewer points\)\s+through$/);
    expect(output.length).toBeLessThan(150_000);
    expect(cpu).toBeLessThan(300);
  });

  it('a program that prints without end neither drowns nor freezes the page', async () => {
    const tab = await openWith('for (let i = 0; ; i++) console.log("line", i);\n');
    const { page } = tab;
    const longest = await tab.watchMainThread();
    await click(page, 'Run');
    await page.waitForFunction(() => document.querySelector('.output .note')?.textContent?.includes('earlier lines'));
    await new Promise((done) => setTimeout(done, 2000));
    await click(page, 'Stop');
    await state(page, 'Stopped');
    expect((await text(page, '.output')).split('\n').length).toBeLessThanOrEqual(1010);
    expect((await longest()).cpu).toBeLessThan(150);
    expect(tab.problems).toEqual([]);
  });

  it('a program whose GPU is destroyed leaves the page alive', async () => {
    const { tab, ended, output } = await runAll(`import { closeDevice, ones } from 'tilegrad';
await closeDevice();
await ones([3]).data();
`);
    expect(ended).toBe('Failed');
    expect(output).toContain('DeviceLostError');
    await tab.page.goto(`${chromium.url}#/playground/second-order`);
    await tab.page.waitForFunction(() => document.querySelector('.cm-line')?.textContent === '// Second order');
    await click(tab.page, 'Run');
    expect(await state(tab.page, 'Finished', 'Failed')).toBe('Finished');
    expect(tab.problems).toEqual([]);
  });

  it('changes to an example are kept over a reload, until it is reset', async () => {
    const tab = await chromium.open('#/playground/tensors');
    const { page } = tab;
    const firstLine = (line: string) =>
      page.waitForFunction((wanted) => document.querySelector('.cm-line')?.textContent === wanted, {}, line);
    await firstLine('// Tensors');
    await page.focus('.cm-content');
    await page.keyboard.sendCharacter('// mine');
    await firstLine('// mine// Tensors');
    await page.reload();
    await firstLine('// mine// Tensors');
    await click(page, 'Reset example');
    await firstLine('// Tensors');
    expect(tab.problems).toEqual([]);
  });

  it('undoing stops where a program was opened, and undoes a reset', async () => {
    const tab = await chromium.open('#/playground/own');
    const { page } = tab;
    const opened = (line: string) => page.waitForFunction((wanted) => document.querySelector('.cm-line')?.textContent === wanted, {}, line);
    const go = async (name: string, line: string) => {
      await page.evaluate((hash) => (location.hash = hash), `#/playground/${name}`);
      await opened(line);
      await page.focus('.cm-content');
    };
    const undo = async () => {
      await page.keyboard.down('Control');
      await page.keyboard.press('z');
      await page.keyboard.up('Control');
    };
    await page.waitForSelector('.cm-line');
    await go('tensors', '// Tensors');
    await go('second-order', '// Second order');
    await undo();
    await undo();
    await opened('// Second order');
    await page.keyboard.sendCharacter('// mine');
    await click(page, 'Reset example');
    await opened('// Second order');
    await page.focus('.cm-content');
    await undo();
    await opened('// mine// Second order');
    await go('tensors', '// Tensors');
    expect(tab.problems).toEqual([]);
  });

  it('the keyboard gets into the editor and out of it again', async () => {
    const { page } = await openWith('1;');
    await page.focus('.cm-content');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.querySelector('.editor')?.contains(document.activeElement))).toBe(false);
  });

  it.each(['light', 'dark'] as const)('%s: axe finds nothing serious, wide and narrow', async (theme) => {
    const { tab } = await runAll('console.log({ a: 1 });\nconsole.warn("careful");\nthrow new Error("no");\n');
    for (const width of [1280, 390]) {
      await tab.look({ theme, width });
      await tab.screenshot(`playground-${theme}-${width}`);
      expect(await tab.axe()).toEqual([]);
    }
  });

  describe('every example runs', () => {
    it.each(examples)('%s', async (name) => {
      const tab = await chromium.open(`#/playground/${name}`);
      await tab.page.waitForFunction(
        (end) => document.querySelector('.playground-view [aria-current]')?.getAttribute('href')?.endsWith(end),
        {},
        name,
      );
      await click(tab.page, 'Run');
      expect([await state(tab.page, 'Finished', 'Failed'), await text(tab.page, '.output')]).toEqual([
        'Finished',
        expect.stringMatching(/./),
      ]);
      await tab.screenshot(`example-${name}`);
      expect(tab.problems).toEqual([]);
    });
  });
});

describeInChromium(
  'the playground without a GPU',
  (chromium) => {
    it('says what to do, and a program fails with the reason', async () => {
      const tab = await chromium.open('#/playground/tensors');
      await tab.page.waitForSelector('.result [role=alert]');
      expect(await text(tab.page, '.result [role=alert]')).toMatch(/No GPU[\s\S]*chrome:\/\/flags/);
      await tab.screenshot('playground-no-gpu');
      await click(tab.page, 'Run');
      await tab.page.waitForFunction(() => document.querySelector('.entry-error')?.textContent?.includes('NoAdapterError'));
      expect(await tab.axe()).toEqual([]);
      expect(tab.problems).toEqual([]);
    });
  },
  { webgpu: false },
);
