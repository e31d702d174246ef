// Drives the built page's worker from a bare page, and looks into what the browser has kept.
import { resolve } from 'node:path';
import { build } from 'esbuild';
import type { Command, Report } from '../../runtime/browser/protocol.ts';
import type { Chromium, Tab } from './chromium.ts';

type Store = typeof import('../../runtime/browser/store.ts');
type Row = Of<'scalars'>['rows'][number];
type Of<T extends Report['type']> = Extract<Report, { type: T }>;

/** What stands in the page's global scope. */
interface Scope {
  worker: Worker;
  reports: Report[];
  /** The next step pauses the run. */
  holding: boolean;
  /** What the run that begins is asked, and anew with every answer, until it has ended. */
  asking: Extract<Command, { type: 'ask' }> | undefined;
  store: Store;
}
declare const self: Scope & typeof window;

/** In a worker: has `self.watched` be the device that made the latest buffer. One that was closed is used again by the next run. */
export const watchingDevice = `{
  const create = GPUDevice.prototype.createBuffer;
  GPUDevice.prototype.createBuffer = function (...args) {
    self.watched = this;
    return create.apply(this, args);
  };
}`;

let storeCode: Promise<string> | undefined;

/** One bare page with a worker of its own. */
export class WorkerPage {
  private constructor(readonly tab: Tab) {}

  static async open(chromium: Chromium): Promise<WorkerPage> {
    const tab = await chromium.open('data.json');
    storeCode ??= bundleStore();
    // Not as a script of the page: its policy allows none but the server's.
    await tab.page.evaluate(await storeCode);
    await tab.page.evaluate(() => {
      self.reports = [];
      self.worker = new Worker('worker.js', { type: 'module' });
      self.worker.onmessage = ({ data }) => {
        self.reports.push(data);
        if (data.type === 'ended') self.asking = undefined;
        if (self.asking && (data.type === 'started' || data.type === 'answer')) {
          self.asking = { ...self.asking, ...(data.type === 'started' ? { run: data.run } : { id: data.id + 1 }) };
          self.worker.postMessage(self.asking);
        }
        if (data.type !== 'scalars' || !self.holding) return;
        self.holding = false;
        self.worker.postMessage({ type: 'pause' });
      };
      self.worker.onerror = ({ message }) => console.error(`worker: ${message}`);
    });
    return new WorkerPage(tab);
  }

  async send(command: Exclude<Command, { type: 'ask' }>): Promise<void> {
    await this.tab.page.evaluate((data) => self.worker.postMessage(data), command);
  }

  /** Starts a run with files as a person would drop them. */
  async sendWithFiles(command: Extract<Command, { type: 'start' }>, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
    const dropped = Object.entries(files).map(([path, bytes]) => ({ path, base64: Buffer.from(bytes).toString('base64') }));
    await this.tab.page.evaluate(
      (data, given) => {
        const chosen = given.map(({ path, base64 }) => {
          const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
          return { path, file: new File([bytes], path.replace(/.*\//, '')) };
        });
        self.worker.postMessage({ ...data, data: { kind: 'files', files: chosen } });
      },
      command,
      dropped,
    );
  }

  /** Has the run that was sent save itself as soon as it can. @returns the step of its checkpoint */
  async save(): Promise<number> {
    await this.report('started');
    await this.send({ type: 'save' });
    return (await this.report('checkpoint')).step;
  }

  /** Starts a run that pauses at its first steps, as long as one likes: a small one is through before a message from here comes. Saved by then. */
  async hold(command: Extract<Command, { type: 'start' }>): Promise<void> {
    await this.tab.page.evaluate(() => {
      self.holding = true;
    });
    await this.send(command);
    await this.report('paused');
    await this.report('checkpoint');
  }

  /** Asks a project's interaction with a drawing of `size` times the same value. */
  async ask(run: string | undefined, id: number, size: number, value: number): Promise<void> {
    await this.tab.page.evaluate(
      (question, length, grey) => self.worker.postMessage({ ...question, values: { drawing: new Float32Array(length).fill(grey) } }),
      { type: 'ask', project: 'mc-dropout', ...(run !== undefined && { run }), id },
      size,
      value,
    );
  }

  /** Starts a run and asks it as often as it answers, until it has ended: a small one is through before many messages from here come. */
  async sendAndAsk(command: Extract<Command, { type: 'start' }>, id: number, size: number, value: number): Promise<void> {
    await this.tab.page.evaluate(
      (question, length, grey) => {
        self.asking = { ...question, values: { drawing: new Float32Array(length).fill(grey) } };
      },
      { type: 'ask' as const, project: command.project, id },
      size,
      value,
    );
    await this.send(command);
  }

  /** As a closed tab or a crash ends it. */
  async kill(): Promise<void> {
    await this.tab.page.evaluate(() => self.worker.terminate());
  }

  /** All reports of a type so far. */
  async reports<T extends Report['type']>(type: T): Promise<Of<T>[]> {
    return (await this.tab.page.evaluate((wanted) => self.reports.filter((report) => report.type === wanted), type)) as Of<T>[];
  }

  /** The first report of a type that came, or comes, after those forgotten. */
  async report<T extends Report['type']>(type: T): Promise<Of<T>> {
    await this.tab.page.waitForFunction((wanted) => self.reports.some((report) => report.type === wanted), {}, type);
    return (await this.reports(type))[0];
  }

  /** Waits for a row of this step, or a later one. */
  async step(step: number): Promise<void> {
    await this.tab.page.waitForFunction(
      (wanted) => self.reports.some((report) => report.type === 'scalars' && report.rows.some((row) => row.step >= wanted)),
      {},
      step,
    );
  }

  async rows(): Promise<Row[]> {
    return (await this.reports('scalars')).flatMap(({ rows }) => rows);
  }

  /** The rows that a run's folder holds. */
  async storedRows(id: string): Promise<Row[]> {
    return (await this.store('readRun', id))?.rows.map(({ step, values }) => ({ step, values })) ?? [];
  }

  /** Starts a run and waits for its end. */
  async train(command: Extract<Command, { type: 'start' | 'resume' }>): Promise<string> {
    await this.forget();
    await this.send(command);
    const { error } = await this.report('ended');
    if (error) throw new Error(`${error.name}: ${error.message}`);
    return (await this.report('started')).run;
  }

  async forget(): Promise<void> {
    await this.tab.page.evaluate(() => self.reports.splice(0));
  }

  async store<F extends 'listRuns' | 'listDamagedRuns' | 'readRun' | 'removeRun' | 'keptData' | 'removeKeptData'>(
    what: F,
    ...args: Parameters<Store[F]>
  ): Promise<Awaited<ReturnType<Store[F]>>> {
    return this.tab.page.evaluate((name, given) => (self.store[name] as (...values: unknown[]) => unknown)(...given), what, args) as never;
  }

  /** The zip file's bytes. */
  async zip(id: string): Promise<Uint8Array> {
    const text = await this.tab.page.evaluate(async (run) => {
      const bytes = new Uint8Array(await (await self.store.zipRun(run)).arrayBuffer());
      let binary = '';
      for (const byte of bytes) binary += String.fromCharCode(byte);
      return btoa(binary);
    }, id);
    return Buffer.from(text, 'base64');
  }

  /** Makes the worker remember the device that it uses, so that {@link destroyDevice} can take it away. */
  async watchDevice(): Promise<void> {
    await this.inWorker(watchingDevice);
  }

  async destroyDevice(): Promise<void> {
    await this.inWorker('self.watched.destroy()');
  }

  async inWorker(code: string): Promise<unknown> {
    const [worker] = this.tab.page.workers();
    return worker.evaluate(code);
  }
}

async function bundleStore(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [resolve(import.meta.dirname, '../../runtime/browser/store.ts')],
    bundle: true,
    format: 'iife',
    globalName: 'store',
    write: false,
  });
  return outputFiles[0].text;
}
