// Headless Chromium from npm, with WebGPU on the SwiftShader that Node's tests run on, and the built page served to it from this machine.
// Several processes as in real life: the page, its workers and the GPU do not share a thread.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { AxeResults } from 'axe-core';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import { galleryListener } from '../../runtime/node/serve.ts';
import { findSwiftshader, readBrotli, readTar, swiftshaderVariables, unpackOnce } from '../../runtime/node/swiftshader.ts';

const root = resolve(import.meta.dirname, '../..');
const require = createRequire(import.meta.url);

export interface ChromiumOptions {
  /** What is served in place of the built page. */
  readonly listener?: RequestListener;
  /** A folder of data files, as `tilegrad gallery --data` serves it. */
  readonly data?: string;
  /** Where on the server the page stands: `/` or a sub-path such as `/some/where/`. */
  readonly path?: string;
  /** A camera that shows a test picture, and is allowed. */
  readonly camera?: boolean;
  /** False for a browser that finds no adapter. */
  readonly webgpu?: boolean;
}

/**
 * Tests that share one browser. Where there can be none (it is built for Linux on x86-64 alone) they are skipped and say so.
 * Where nobody is there to start it again, a test that failed is tried once more, and both are told: three processes and their timers are at work.
 */
export function describeInChromium(name: string, define: (chromium: Chromium) => void, options: ChromiumOptions = {}): void {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    describe.skip(`${name} (Chromium from npm needs Linux on x86-64; this is ${process.platform} ${process.arch})`, () => {});
    return;
  }
  describe(name, { retry: process.env.CI ? 1 : 0 }, () => {
    const chromium = new Chromium(options);
    beforeAll(() => chromium.start());
    afterAll(() => chromium.stop());
    define(chromium);
  });
}

export class Chromium {
  /** Requests that left the page's own origin, of pages, workers and the browser itself. */
  readonly outside: string[] = [];
  /** Paths below the page's address that were asked for, of workers too. */
  readonly served: string[] = [];
  /** Bytes that the server has sent, headers and all, as a host that compresses sends them. */
  sent = 0;
  browser!: Browser;
  private server!: Server;
  private profile!: string;
  private readonly path: string;

  constructor(private readonly options: ChromiumOptions) {
    this.path = options.path ?? '/';
  }

  /** The page's address. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${this.path}`;
  }

  async start(): Promise<void> {
    const { data, camera, webgpu = true } = this.options;
    const folder = join(root, 'dist/gallery');
    if (!existsSync(folder)) throw new Error(`${folder} is missing: npm run build makes it`);
    const files = await unpackChromium();
    this.profile = mkdtempSync(join(tmpdir(), 'tilegrad-chromium-'));
    writeFileSync(join(this.profile, 'fonts.conf'), fontConfiguration(files));
    const listener = this.options.listener ?? galleryListener(folder, data);
    this.server = createServer((request, response) => {
      const path = request.url ?? '';
      const { socket } = request;
      const before = socket.bytesWritten;
      response.on('close', () => (this.sent += socket.bytesWritten - before));
      if (!path.startsWith('/')) this.outside.push(path);
      if (path.startsWith(this.path)) {
        this.served.push(path.slice(this.path.length));
        request.url = `/${path.slice(this.path.length)}`;
        listener(request, response);
      } else {
        response.writeHead(404).end();
      }
    });
    this.server.on('connect', (request, socket) => {
      this.outside.push(request.url ?? '');
      socket.end();
    });
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    this.browser = await puppeteer.launch({
      executablePath: join(files, 'chromium'),
      headless: 'shell',
      userDataDir: join(this.profile, 'profile'),
      // Its own time limit for one answer of the browser; a busy test machine takes its time.
      protocolTimeout: 480_000,
      args: [
        '--no-sandbox',
        '--no-zygote',
        '--font-render-hinting=none',
        // The server poses as a proxy: whatever is asked of another host than this machine arrives there and is noted.
        `--proxy-server=127.0.0.1:${(this.server.address() as AddressInfo).port}`,
        ...(camera ? ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] : []),
        ...(webgpu ? ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'] : []),
      ],
      env: {
        ...process.env,
        ...swiftshaderVariables({ loader: '', manifest: join(files, 'vk_swiftshader_icd.json') }),
        LD_LIBRARY_PATH: files,
        FONTCONFIG_FILE: join(this.profile, 'fonts.conf'),
      },
    });
  }

  async stop(): Promise<void> {
    await this.browser?.close();
    this.server?.closeAllConnections();
    await new Promise((done) => this.server?.close(done));
    if (this.profile) rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async newTab(): Promise<Tab> {
    return new Tab(await this.browser.newPage(), this);
  }

  /** Deletes all that the browser keeps for the page. */
  private async forgetRuns(): Promise<void> {
    const page = await this.browser.newPage();
    const session = await page.createCDPSession();
    await session.send('Storage.clearDataForOrigin', { origin: new URL(this.url).origin, storageTypes: 'all' });
    await page.close();
  }

  /** Opens the page (`#/uva/vae` for a part of it) in a tab of its own, which is closed with the test. */
  async open(hash = '', look: Look = {}): Promise<Tab> {
    const tab = await this.newTab();
    onTestFinished(async ({ task }) => {
      const failed = task.result?.state === 'fail';
      if (failed) await tab.screenshot(`failed-${task.name.replace(/\W+/g, '-').slice(0, 60)}`);
      await tab.close();
      // Runs that it left behind would stand in the tables of its second try.
      if (failed) await this.forgetRuns();
    });
    await tab.look(look);
    await tab.page.goto(this.url + hash);
    return tab;
  }
}

export interface Look {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
}

/** Of Chromium's tracing; times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** One tab, and everything about it that should not have happened. */
export class Tab {
  /** Console errors and warnings (workers' too), uncaught errors, failed requests. */
  readonly problems: string[] = [];

  constructor(
    readonly page: Page,
    private readonly chromium: Chromium,
  ) {
    page.setDefaultTimeout(240_000);
    page.on('console', (message) => {
      if (['error', 'warn', 'assert'].includes(message.type()))
        this.problems.push(`console ${message.type()}: ${message.text()} (${message.location().url ?? ''})`);
    });
    page.on('pageerror', (error) => this.problems.push(`uncaught: ${error instanceof Error ? (error.stack ?? error.message) : error}`));
    page.on('error', (error) => this.problems.push(`crash: ${error.message}`));
    page.on('requestfailed', (request) => {
      // Whoever goes on to another page stops what this one was still loading.
      const error = request.failure()?.errorText;
      if (error !== 'net::ERR_ABORTED') this.problems.push(`failed: ${request.url()} ${error}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) this.problems.push(`status ${response.status()}: ${response.url()}`);
    });
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== new URL(chromium.url).origin) chromium.outside.push(request.url());
    });
  }

  /** Light on a wide screen unless told otherwise; 390 is a phone's width. */
  async look({ theme = 'light', width = 1280, height = 1000 }: Look): Promise<void> {
    await this.page.setViewport({ width, height });
    await this.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
    await this.settle();
  }

  /** Clicks on what has come to rest, in the middle of the window: clear of the bar that stays at the top, whatever comes in above meanwhile. */
  async click(selector: string): Promise<void> {
    const found = await this.page.waitForSelector(selector);
    await found?.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    await this.page.locator(selector).click();
  }

  /** Clicks on a button by what it is called. */
  async press(button: string): Promise<void> {
    await this.click(`::-p-aria([name="${button}"][role="button"])`);
  }

  /** A look in the middle of a transition would show colours that nobody reads by. */
  async settle(): Promise<void> {
    await this.page.evaluate(async () => {
      // What is drawn anew for another width or theme, or for a click, is there after the next frame.
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      for (const animation of document.getAnimations()) if (animation instanceof CSSTransition) animation.finish();
    });
  }

  /** Keeps a picture as test-artifacts/<name>.png: of an element, else of what the window shows of the page's top. */
  async screenshot(name: string, selector?: string): Promise<void> {
    const folder = join(root, 'test-artifacts');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${name}.png`) as `${string}.png`;
    if (selector !== undefined) {
      await (await this.page.waitForSelector(selector))!.screenshot({ path });
      return;
    }
    await this.page.evaluate(() => scrollTo(0, 0));
    await this.page.screenshot({ path });
  }

  /** What axe-core finds wrong, a line each. */
  async axe(): Promise<string[]> {
    await this.settle();
    const loaded = await this.page.evaluate(() => 'axe' in globalThis);
    if (!loaded) await this.page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
    const { violations } = (await this.page.evaluate("axe.run({ resultTypes: ['violations'] })")) as AxeResults;
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} (${help}) at ${target.join(' ')}: ${failureSummary}`),
    );
  }

  /** Scrolls through the page, so that pictures further down are loaded, and back. */
  async showPictures(): Promise<void> {
    await this.page.evaluate(async () => {
      for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
        scrollTo(0, y);
        // Pictures that are made as they come near are there after the next frame.
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      }
      for (const picture of document.images) {
        picture.scrollIntoView();
        await picture.decode();
      }
      scrollTo(0, 0);
    });
  }

  /**
   * Watches the page's own thread until the function that it gives is called. That one gives the milliseconds of the longest task: the
   * processor's, and the clock's, which also count where the thread had to wait for a processor that others used.
   */
  async watchMainThread(): Promise<() => Promise<{ readonly cpu: number; readonly wall: number }>> {
    await this.page.tracing.start({ categories: ['disabled-by-default-devtools.timeline', '__metadata'] });
    return async () => {
      const { traceEvents } = JSON.parse(new TextDecoder().decode(await this.page.tracing.stop())) as { traceEvents: TraceEvent[] };
      const mains = new Set(traceEvents.filter(({ args }) => args?.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`));
      const tasks = traceEvents.filter(({ name, pid, tid }) => /RunTask$/.test(name) && mains.has(`${pid} ${tid}`));
      if (tasks.length === 0) throw new Error('the trace holds no task of the page');
      const longest = (of: (task: TraceEvent) => number) => Math.max(...tasks.map(of)) / 1000;
      return { cpu: longest(({ tdur = 0 }) => tdur), wall: longest(({ dur = 0 }) => dur) };
    };
  }

  /**
   * Lets everything come over a line of so many milliseconds until an answer begins and so many bytes a second, and watches what comes: a file's
   * `round` is 1 for the page, and one more than that of what asked for it.
   */
  async watchLoading({ latency, throughput }: { readonly latency: number; readonly throughput: number }) {
    const session = await this.page.createCDPSession();
    await session.send('Network.enable');
    // Durations of the thread's own time, not of the clock.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const rates = { downloadThroughput: throughput, uploadThroughput: throughput };
    await session.send('Network.emulateNetworkConditions', { offline: false, latency, ...rates });
    const seen = new Map<string, { readonly url: string; readonly round: number; bytes: number }>();
    session.on('Network.requestWillBeSent', ({ requestId, request: { url }, documentURL, initiator }) => {
      let { stack } = initiator;
      while (stack?.callFrames.length === 0) stack = stack.parent;
      const by = initiator.url ?? stack?.callFrames[0].url ?? documentURL;
      const asked =
        url === documentURL ? 0 : Math.max(1, ...[...seen.values()].filter((file) => file.url === by).map(({ round }) => round));
      seen.set(requestId, { url, round: asked + 1, bytes: 0 });
    });
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      const file = seen.get(requestId);
      if (file) file.bytes = encodedDataLength;
    });
    return {
      files: () => [...seen.values()],
      /** What the page's own thread has worked since then. */
      async cpuSeconds(): Promise<number> {
        const { metrics } = await session.send('Performance.getMetrics');
        return metrics.find(({ name }) => name === 'TaskDuration')!.value;
      },
    };
  }

  /**
   * Watches how much the page jumps by itself, since it was loaded and until the function that it gives is called: that one gives the sum of its layout
   * shifts, and what moved in the worst of them.
   */
  async watchLayout(): Promise<() => Promise<{ readonly shift: number; readonly worst: string }>> {
    await this.page.evaluate(() => {
      interface Shift extends PerformanceEntry {
        readonly value: number;
        readonly hadRecentInput: boolean;
        readonly sources: readonly { readonly node?: Node }[];
      }
      const seen = { shift: 0, worst: '', most: 0 };
      const nameOf = ({ node }: Shift['sources'][number]) =>
        node instanceof Element ? `${node.tagName.toLowerCase()}.${node.className}` : (node?.textContent ?? '');
      const add = (entries: PerformanceEntryList) => {
        for (const { value, hadRecentInput, sources } of entries as Shift[]) {
          if (hadRecentInput) continue;
          seen.shift += value;
          if (value > seen.most) Object.assign(seen, { most: value, worst: `${value.toFixed(3)} by ${sources.map(nameOf).join(', ')}` });
        }
      };
      new PerformanceObserver((list) => add(list.getEntries())).observe({ type: 'layout-shift', buffered: true });
      Object.assign(globalThis, { seenShift: seen });
    });
    return () => this.page.evaluate(() => (globalThis as unknown as { seenShift: { shift: number; worst: string } }).seenShift);
  }

  /** Requests beyond the own origin, since the browser started. */
  get outside(): string[] {
    return this.chromium.outside;
  }

  async close(): Promise<void> {
    if (!this.page.isClosed()) await this.page.close();
  }
}

const nss = ['freebl3', 'freeblpriv3', 'nspr4', 'nss3', 'nssutil3', 'plc4', 'plds4', 'softokn3'].map((name) => `lib${name}.so`);
const graphics = ['libEGL.so', 'libGLESv2.so', 'libvk_swiftshader.so', 'libvulkan.so.1', 'vk_swiftshader_icd.json'];
const fonts = ['OpenSans-Regular.ttf', 'OpenSans-Bold.ttf', 'OpenSans-Italic.ttf'];

/** The folder of the unpacked browser: once for all test runs, in the cache. */
async function unpackChromium(): Promise<string> {
  const found = findSwiftshader();
  if (!found) throw new Error('@sparticuz/chromium is not installed: npm ci');
  const folder = dirname(found.archive);
  return unpackOnce(`chromium-${found.version}`, ['chromium', 'libexpat.so.1', ...nss, ...graphics, ...fonts], folder, async () => {
    const archives = ['al2023', 'swiftshader', 'fonts'].map(async (name) => [...readTar(await readBrotli(join(folder, `${name}.tar.br`)))]);
    return new Map([...(await Promise.all(archives)).flat(), ['chromium', await readBrotli(join(folder, 'chromium.br'))]]);
  });
}

/** Fonts from npm alone, so that pictures look the same on every machine. */
function fontConfiguration(files: string): string {
  const prefer = (generic: string, font: string) => `<alias><family>${generic}</family><prefer><family>${font}</family></prefer></alias>`;
  const dejavu = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>${files}</dir><dir>${dejavu}</dir><cachedir>${files}/font-cache</cachedir>
${prefer('sans-serif', 'Open Sans')}${prefer('system-ui', 'Open Sans')}${prefer('monospace', 'DejaVu Sans Mono')}${prefer('serif', 'DejaVu Serif')}
</fontconfig>`;
}
