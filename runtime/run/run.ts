// One project at work: executes it against a store for its files and a host that listens. The command line and the page's worker share it.

import type { DataRecord } from '../../src/data/record.ts';
import { closeDevice, DeviceLostError, manualSeed, onCompile, openDevice, setPlatform } from '../../src/index.ts';
import type { Platform } from '../../src/platform.ts';
import type { Figure } from '../../src/train/figure.ts';
import type { Checkpoint, OptionSpecs, OptionValues, ProgressUpdate, Project, ProjectContext, Table } from '../../src/train/project.ts';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { decodeRows, encodeRow, keptRows, type MetricsRow, toJson } from './metrics.ts';
import type { ResultValues, RunConfig, RunState, RunSummary } from './record.ts';
import { type AppendFile, type RunStore, runFiles } from './store.ts';
import { checkSameData } from './stored.ts';

/** What a run tells while it goes. */
export type RunEvent =
  | { readonly type: 'log'; readonly text: string }
  | { readonly type: 'data'; readonly record: DataRecord }
  /** The rows that metrics.jsonl begins with: none in a new run; in one that goes on from a checkpoint, those that the checkpoint knows. */
  | { readonly type: 'rows'; readonly rows: readonly MetricsRow[] }
  | { readonly type: 'scalars'; readonly row: MetricsRow }
  | { readonly type: 'progress'; readonly update: ProgressUpdate }
  | { readonly type: 'figure'; readonly name: string; readonly svg: string }
  | { readonly type: 'table'; readonly name: string; readonly table: Table }
  | { readonly type: 'summary'; readonly values: ResultValues }
  | { readonly type: 'checkpoint'; readonly step: number }
  /** The device was lost: the run goes on from this step. */
  | { readonly type: 'recovering'; readonly message: string; readonly step: number };

/** What a run needs of the program it runs in. */
export interface RunHost {
  readonly platform: Platform;
  readonly store: RunStore;
  /** True once the user asked to stop. */
  readonly stopping: boolean;
  /** Comes back at once, or, in a pause, at its end. */
  ready(): Promise<void>;
  /** The files that a figure is kept as, by their endings. */
  drawFigure(figure: Figure): Promise<{ readonly svg: string; readonly [ending: string]: string | Uint8Array }>;
  report(event: RunEvent): void;
}

interface Found {
  values: Record<string, number | string | boolean>;
  tables: Record<string, Table>;
  figures: string[];
}

/** The device may be lost so often without a new checkpoint in between; then something is wrong that a new device doesn't mend. */
const MOST_LOSSES = 3;
/** Milliseconds to wait before asking again for a device: a browser restarts its GPU process, a driver resets itself. */
const REOPEN_AFTER = [0, 500, 1000, 2000, 4000];

/** From so many kernels on, compiling a plan has a progress bar. */
const MANY_KERNELS = 8;

export class Run {
  private found: Found = { values: {}, tables: {}, figures: [] };
  private step = 0;
  private rows = 0;
  private metrics: AppendFile | undefined;
  private logFile: AppendFile | undefined;
  private configWritten: Promise<void> = Promise.resolve();
  /** performance.now(), less what was spent before this process. Pauses move it on. */
  private start = performance.now();
  private losses = 0;
  private attempt = 0;

  /** @param saved the checkpoint to go on from, as its file holds it */
  constructor(
    private readonly project: Project,
    private config: RunConfig,
    private readonly host: RunHost,
    private saved?: Uint8Array,
  ) {}

  /** Whether a checkpoint is stored. */
  get resumable(): boolean {
    return this.saved !== undefined;
  }

  /** Returns when the project is through, or was asked to stop. Throws when it failed; summary.json then says so too. */
  async execute(): Promise<RunSummary> {
    const { host } = this;
    const stopListening = onCompile(({ kernels, done }) => {
      // Few are there before anybody has read the line.
      if (kernels < MANY_KERNELS) return;
      host.report({ type: 'progress', update: { phase: `compiling ${kernels} kernels`, done, total: kernels } });
    });
    try {
      await this.runProject(await this.begin());
      await this.configWritten;
      return await this.summarise(host.stopping ? 'interrupted' : 'finished');
    } catch (error) {
      await this.summarise('failed', error instanceof Error ? error.message : String(error)).catch(() => {
        // The disk may be what failed. The first error is the one to report.
      });
      throw error;
    } finally {
      this.attempt = 0;
      stopListening();
      this.metrics?.close();
      this.logFile?.close();
      await closeDevice();
    }
  }

  private async begin(): Promise<Checkpoint | undefined> {
    const { store } = this.host;
    await this.writeConfig();
    // A resumed run is not finished, whatever its last process left behind.
    await store.remove(runFiles.summary);
    this.logFile = await store.append(runFiles.log);
    const from = this.goBack();
    this.start -= 1000 * (from?.run.seconds ?? 0);
    await this.openMetrics(from?.run);
    const { seed, preset, adapter: then, resumed } = this.config;
    const { adapter } = resumed.at(-1) ?? this.config;
    this.log(`Adapter: ${adapter.name}: ${adapter.reason}`);
    const further = from ? `, going on after step ${from.run.step}` : '';
    this.log(`Run: ${store.path}${further} (seed ${seed}${preset === 'default' ? '' : `, ${preset}`})`);
    if (adapter.name !== then.name || adapter.driver !== then.driver) {
      this.log(
        `Note: the run began on ${then.name} (${then.driver}); on another adapter or driver its results are not the same bit for bit.`,
      );
    }
    return from?.checkpoint;
  }

  private async runProject(resume: Checkpoint | undefined): Promise<void> {
    const { project, config, host } = this;
    setPlatform(host.platform);
    manualSeed(config.seed);
    try {
      await project.run(this.context(++this.attempt, resume), config.options as OptionValues<OptionSpecs>);
    } catch (error) {
      if (!(error instanceof DeviceLostError)) throw error;
      await this.runProject(await this.recover(error));
    }
  }

  /** Takes up the state of the last checkpoint, or that of a run's beginning. */
  private goBack(): ReturnType<typeof decodeCheckpoint> | undefined {
    // A copy: the decoded tensors are views, and the project may write to them.
    const from = this.saved && decodeCheckpoint(this.saved.slice(), `${this.host.store.path}/${runFiles.checkpoint}`);
    this.found = structuredClone((from?.run.results as Found | undefined) ?? { values: {}, tables: {}, figures: [] });
    this.step = from?.run.step ?? 0;
    return from;
  }

  /** Makes ready for going on. @returns the checkpoint to go on from */
  private async recover(cause: DeviceLostError): Promise<Checkpoint | undefined> {
    if (++this.losses > MOST_LOSSES) {
      throw new DeviceLostError(
        `${cause.message}. It was lost ${this.losses} times without a checkpoint in between, so a new device does not help. Close other programs that use the GPU, make a step of the run smaller (a smaller batch or model), update the GPU's driver, or choose another adapter; then go on with the run from its last checkpoint.`,
        { cause },
      );
    }
    const from = this.goBack();
    const message = `${cause.message}. Going on ${from ? `from the checkpoint of step ${from.run.step}` : 'from the beginning'} on a new device.`;
    this.log(message);
    await this.openMetrics(from?.run);
    this.host.report({ type: 'recovering', message, step: this.step });
    await this.reopenDevice();
    return from?.checkpoint;
  }

  private async reopenDevice(): Promise<void> {
    for (const [tries, wait] of REOPEN_AFTER.entries()) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      setPlatform(this.host.platform);
      try {
        await openDevice();
        return;
      } catch (error) {
        if (tries === REOPEN_AFTER.length - 1) throw error;
      }
    }
  }

  /** Starts metrics.jsonl, with the rows that the checkpoint knows. */
  private async openMetrics(checkpoint: RunState | undefined): Promise<void> {
    const { store } = this.host;
    this.metrics?.close();
    const before = checkpoint && (await store.read(runFiles.metrics));
    const kept = checkpoint && before ? keptRows(decodeRows(new TextDecoder().decode(before)), checkpoint) : [];
    await store.write(runFiles.metrics, kept.map(encodeRow).join(''));
    this.metrics = await store.append(runFiles.metrics);
    this.rows = kept.length;
    this.host.report({ type: 'rows', rows: kept });
  }

  private log(text: string): void {
    this.host.report({ type: 'log', text });
    try {
      this.logFile?.append(`${text}\n`);
    } catch {
      // Out of space: a line of the log is the smallest loss. What matters more is written next, and fails loudly.
    }
  }

  private context(attempt: number, resume: Checkpoint | undefined): ProjectContext {
    const { host, config } = this;
    /** What is left running of an attempt whose device was lost must not write into the next one. */
    const own =
      <A extends unknown[], R>(body: (...args: A) => R) =>
      (...args: A): R => {
        if (attempt !== this.attempt) throw new DeviceLostError('the GPU device was lost, and this part of the run with it');
        return body(...args);
      };
    return {
      platform: host.platform,
      seed: config.seed,
      get stopping() {
        return host.stopping;
      },
      resume,
      ready: async () => {
        const asked = performance.now();
        await host.ready();
        this.start += performance.now() - asked;
      },
      log: own((text) => this.log(text)),
      data: own((record) => this.recordData(record)),
      scalars: own((step, values) => {
        const row = { step, time: Date.now() / 1000, values };
        this.metrics?.append(encodeRow(row));
        this.step = Math.max(this.step, step);
        this.rows++;
        host.report({ type: 'scalars', row });
      }),
      progress: own((update) => host.report({ type: 'progress', update })),
      figure: own((name, figure) => this.saveFigure(name, figure)),
      table: own((name, table) => {
        this.found.tables[name] = table;
        host.report({ type: 'table', name, table });
      }),
      summary: own((values) => {
        Object.assign(this.found.values, values);
        host.report({ type: 'summary', values });
      }),
      checkpoint: own((checkpoint) => this.saveCheckpoint(checkpoint)),
    };
  }

  private async saveFigure(name: string, figure: Figure): Promise<void> {
    const files = await this.host.drawFigure(figure);
    for (const [ending, content] of Object.entries(files)) {
      const file = `${name}.${ending}`;
      await this.host.store.write(file, content);
      if (!this.found.figures.includes(file)) this.found.figures.push(file);
    }
    this.host.report({ type: 'figure', name, svg: files.svg });
  }

  private async saveCheckpoint(checkpoint: Checkpoint): Promise<void> {
    // The project knows best which step its state belongs to: losses are read back late.
    const { step } = checkpoint.state;
    const run: RunState = {
      step: typeof step === 'number' ? step : this.step,
      rows: this.rows,
      seconds: this.seconds(),
      results: this.found,
    };
    const bytes = encodeCheckpoint(checkpoint, run);
    await this.configWritten;
    await this.host.store.write(runFiles.checkpoint, bytes);
    this.saved = bytes;
    this.losses = 0;
    this.host.report({ type: 'checkpoint', step: run.step });
  }

  private recordData(record: DataRecord): void {
    checkSameData(this.config.data, record);
    this.config = { ...this.config, data: [...this.config.data.filter(({ name }) => name !== record.name), record] };
    // The next checkpoint, or the end, waits for it and hears of its failure.
    this.configWritten = this.configWritten.then(() => this.writeConfig());
    this.configWritten.catch(() => {});
    this.log(`Data: ${record.description}${record.synthetic ? ' (synthetic: made by the program, not the real set)' : ''}`);
    this.host.report({ type: 'data', record });
  }

  private writeConfig(): Promise<void> {
    return this.host.store.write(runFiles.config, `${toJson(this.config, 2)}\n`);
  }

  /** Of all the processes that worked on the run, up to the checkpoint each went on from. */
  private seconds(): number {
    return (performance.now() - this.start) / 1000;
  }

  private async summarise(status: RunSummary['status'], error?: string): Promise<RunSummary> {
    const { project, host, config, found } = this;
    const summary: RunSummary = {
      project: project.name,
      status,
      folder: host.store.path,
      seconds: Math.round(this.seconds() * 1000) / 1000,
      seed: config.seed,
      adapter: (config.resumed.at(-1) ?? config).adapter.name,
      data: config.data.map(({ description }) => description),
      results: found.values,
      tables: found.tables,
      figures: found.figures,
      ...(error !== undefined && { error }),
    };
    await host.store.write(runFiles.summary, `${toJson(summary, 2)}\n`);
    return summary;
  }
}
