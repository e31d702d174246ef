// One project at work: executes it against a store for its files and a program that listens. The command line and the page's worker share it.
import type { Parts } from '../../src/data/sets/set.ts';
import {
  closeDevice,
  DeviceLostError,
  onCompile,
  openDevice,
  renderFigureSvg,
  runProject,
  StageDone,
  Stopped,
  setPlatform,
  TilegradError,
} from '../../src/index.ts';
import type { Platform } from '../../src/platform.ts';
import type { Figure } from '../../src/train/figure.ts';
import type { DoneRecord, LiveRun, ProgressUpdate, RunCheckpoint, RunHost, Table } from '../../src/train/host.ts';
import type { DataRecord, Project } from '../../src/train/project.ts';
import type { RenderOptions } from '../../src/train/render.ts';
import {
  decodeCheckpoint,
  decodeRecord,
  decodeStageData,
  elsewhereFile,
  encodeCheckpoint,
  encodeModel,
  encodeRecord,
  recordFile,
  type Saved,
} from './checkpoint.ts';
import { type Estimate, inWords } from './estimate.ts';
import { decodeRows, encodeRow, type MetricsRow, toJson } from './metrics.ts';
import { Pictures } from './pictures.ts';
import { type ResultValues, type RunConfig, type RunState, type RunSummary, sameOpening } from './record.ts';
import { sharedResults } from './shared.ts';
import { type AppendFile, type FileParts, type RunStore, runFiles } from './store.ts';
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
export interface RunProgram {
  readonly platform: Platform;
  readonly store: RunStore;
  /** True once the user asked to stop. */
  readonly stopping: boolean;
  /** How long the run will take in all, where that is known before its first step. */
  readonly estimate?: Estimate | undefined;
  /** Seconds between checkpoints. Default 10, or fifty times as long as the last one took. */
  readonly saveEvery?: number | undefined;
  /**
   * Comes back at once, or, in a pause, at its end: only where the run is `savable` may one begin. Until then the run may be looked into; `found` are its headline
   * results so far.
   */
  ready(live: LiveRun, found: ResultValues, savable: boolean): Promise<void>;
  /** @throws TilegradError for data that would surprise who gave other data */
  checkData?(record: DataRecord): void;
  /** Gets each data set that the run opens, for whoever wants to look into it while it is at work. */
  opened?(parts: Parts): void;
  /** How figures are drawn. */
  readonly drawing?: RenderOptions;
  /** Makes a PNG of a drawing, where the run's files are looked at with programs that don't all show SVG. */
  paint?(svg: string): Promise<Uint8Array>;
  /** What shows a figure for a moment, where somebody looks on and it was not drawn just now. */
  glimpse?(name: string): ((figure: Figure) => Promise<void>) | undefined;
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

/** From so many kernels on, compiling a plan is told. */
const MANY_KERNELS = 8;

/** Seconds between checkpoints, of which the first comes sooner: who looks in and leaves has something then. */
const SAVE_EVERY = 10;
const FIRST_SAVE = 3;
/** Saving takes at most one part in so many of a run's time. */
const SAVING_SHARE = 50;

export const dataLine = ({ description, synthetic }: DataRecord): string =>
  `Data: ${description}${synthetic ? ' (synthetic: made by the program, not the real set)' : ''}`;

const toTheMillisecond = (seconds: number): number => Math.round(seconds * 1000) / 1000;

export class Run {
  private found: Found = { values: {}, tables: {}, figures: [] };
  private step = 0;
  private metrics: AppendFile | undefined;
  private logFile: AppendFile | undefined;
  private configWritten: Promise<void> = Promise.resolve();
  /** performance.now(), less what was spent before this process. Pauses move it on. */
  private start = performance.now();
  private losses = 0;
  private attempt = 0;
  private fraction = 0;
  /** performance.now() from which on a checkpoint is due. */
  private dueAt: number;
  /** When one was last asked for, so that all it takes counts: reading back what is kept, too. */
  private savingSince: number | undefined;
  /** Milliseconds from asking for checkpoints to having them. */
  private saving = 0;
  /** Stages that were done elsewhere. */
  private readonly takenIn = new Set<string>();
  /** What is being written: a checkpoint takes its time while the run goes on. */
  private readonly writing = new Set<Promise<void>>();

  private readonly pictures: Pictures | undefined;

  /** @param saved whether the store holds a checkpoint, to go on from */
  constructor(
    private readonly project: Project,
    private config: RunConfig,
    private readonly program: RunProgram,
    private saved = false,
  ) {
    this.dueAt = performance.now() + 1000 * (program.saveEvery ?? FIRST_SAVE);
    const { paint } = program;
    this.pictures = paint && new Pictures((name, svg) => this.paint(name, svg, paint));
  }

  /** Whether a checkpoint is stored. */
  get resumable(): boolean {
    return this.saved;
  }

  /** Has a checkpoint saved as soon as the run comes to a place for one. */
  saveSoon(): void {
    this.dueAt = 0;
  }

  /** Returns when the project is through, or was asked to stop. Throws when it failed; summary.json then says so too. */
  async execute(): Promise<RunSummary> {
    const stopListening = onCompile(({ kernels, done }) => {
      // Few are there before anybody has read the line.
      if (kernels >= MANY_KERNELS) this.tell(done < kernels ? `compiling ${kernels} kernels, ${done} done` : `compiled ${kernels} kernels`);
    });
    try {
      const finished = await this.runProject(await this.begin());
      await this.configWritten;
      return await this.summarise(finished ? 'finished' : 'interrupted');
    } catch (error) {
      await this.summarise('failed', error instanceof Error ? error.message : String(error)).catch(() => {
        // The disk may be what failed. The first error is the one to report.
      });
      throw error;
    } finally {
      this.attempt = 0;
      stopListening();
      await this.settle();
      this.metrics?.close();
      this.logFile?.close();
      await closeDevice();
    }
  }

  /**
   * Does one stage of the run by itself, from the results of earlier ones that lie in the store, and gives its result and all that it told, as a
   * file for the run's folder. Writes nothing: the run may be at work elsewhere.
   *
   * @throws TilegradError when the run comes to its end without it, or results that it needs are missing
   */
  async executeStage(path: string): Promise<FileParts> {
    try {
      const from = await this.goBack();
      setPlatform(this.program.platform);
      await runProject(this.project, this.config.options, this.host(++this.attempt, from, path));
    } catch (error) {
      if (error instanceof StageDone) return encodeRecord(path, error.record, { run: this.identity(), data: this.config.data });
      throw error;
    } finally {
      this.attempt = 0;
      await closeDevice();
    }
    throw new TilegradError(`${this.project.name} has no stage ${path}, or it is done already as a part of another.`);
  }

  /** What a stage's record must agree with. */
  private identity(): string {
    const { project, seed, options } = this.config;
    return toJson({ project, seed, options });
  }

  private async begin(): Promise<Saved | undefined> {
    const { store } = this.program;
    await this.writeConfig();
    // A resumed run is not finished, whatever its last process left behind.
    await store.remove(runFiles.summary);
    this.logFile = await store.append(runFiles.log);
    const from = await this.goBack();
    await this.removeRecords(from?.position.done ?? []);
    this.start -= 1000 * (from?.run.seconds ?? 0);
    this.saving = 1000 * (from?.run.saving ?? 0);
    await this.openMetrics(from);
    await this.takeUpFigures();
    const { seed, preset, adapter: then, resumed } = this.config;
    const { adapter } = resumed.at(-1) ?? this.config;
    this.log(`Adapter: ${adapter.name}: ${adapter.reason}`);
    const further = from ? `, going on after step ${from.run.step}` : '';
    this.log(`Run: ${store.path}${further} (seed ${seed}${preset === 'default' ? '' : `, ${preset}`})`);
    const { estimate } = this.program;
    this.log(`Time: ${estimate ? `${inWords(estimate)}${from ? ', in all' : ''}` : 'not known before the first steps'}`);
    if (adapter.name !== then.name || adapter.driver !== then.driver) {
      this.log(
        `Note: the run began on ${then.name} (${then.driver}); on another adapter or driver its results are not the same bit for bit.`,
      );
    }
    return from;
  }

  /** Gives whether it went to the end. */
  private async runProject(from: Saved | undefined): Promise<boolean> {
    const { project, config, program } = this;
    setPlatform(program.platform);
    try {
      await runProject(project, config.options, this.host(++this.attempt, from));
      return true;
    } catch (error) {
      if (error instanceof Stopped) return false;
      if (!(error instanceof DeviceLostError)) throw error;
      return this.runProject(await this.recover(error));
    }
  }

  /** Takes up the state of the last checkpoint, or that of a run's beginning. */
  private async goBack(): Promise<Saved | undefined> {
    const { store } = this.program;
    const bytes = this.saved ? await store.read(runFiles.checkpoint) : undefined;
    const from = bytes && decodeCheckpoint(bytes, `${store.path}/${runFiles.checkpoint}`);
    this.found = structuredClone((from?.run.results as Found | undefined) ?? { values: {}, tables: {}, figures: [] });
    this.step = from?.run.step ?? 0;
    return from;
  }

  /** Makes ready for going on. @returns the checkpoint to go on from */
  private async recover(cause: DeviceLostError): Promise<Saved | undefined> {
    if (++this.losses > MOST_LOSSES) {
      throw new DeviceLostError(
        `${cause.message}. It was lost ${this.losses} times without a checkpoint in between, so a new device does not help. Close other programs that use the GPU, make a step of the run smaller (a smaller batch or model), update the GPU's driver, or choose another adapter; then go on with the run from its last checkpoint.`,
        { cause },
      );
    }
    this.attempt++;
    await this.settle();
    const from = await this.goBack();
    const message = `${cause.message}. Going on ${from ? `from the checkpoint of step ${from.run.step}` : 'from the beginning'} on a new device.`;
    this.log(message);
    await this.openMetrics(from);
    this.program.report({ type: 'recovering', message, step: this.step });
    await this.reopenDevice();
    return from;
  }

  private async reopenDevice(): Promise<void> {
    for (const [tries, wait] of REOPEN_AFTER.entries()) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      setPlatform(this.program.platform);
      try {
        await openDevice();
        return;
      } catch (error) {
        if (tries === REOPEN_AFTER.length - 1) throw error;
      }
    }
  }

  /** Starts metrics.jsonl, with the rows that the checkpoint knows: what comes after them comes again. */
  private async openMetrics(from: Saved | undefined): Promise<void> {
    const { store } = this.program;
    this.metrics?.close();
    const before = from && (await store.read(runFiles.metrics));
    const kept = from && before ? decodeRows(new TextDecoder().decode(before)).slice(0, from.position.rows) : [];
    await store.write(runFiles.metrics, kept.map(encodeRow).join(''));
    this.metrics = await store.append(runFiles.metrics);
    this.program.report({ type: 'rows', rows: kept });
  }

  private write(file: string, content: string | Uint8Array | FileParts): Promise<void> {
    const writing = this.program.store.write(file, content);
    const done = writing.finally(() => this.writing.delete(done));
    this.writing.add(done);
    return done;
  }

  /** Nothing is being written any more. Who asked for it hears of a failure. */
  private async settle(): Promise<void> {
    await Promise.allSettled(this.writing);
  }

  private log(text: string): void {
    this.program.report({ type: 'log', text });
    try {
      this.logFile?.append(`${text}\n`);
    } catch {
      // Out of space: a line of the log is the smallest loss. What matters more is written next, and fails loudly.
    }
  }

  /** What is being done, where it moves the bar by nothing. */
  private tell(phase: string): void {
    this.program.report({ type: 'progress', update: { phase, fraction: this.fraction } });
  }

  private host(attempt: number, from: Saved | undefined, only?: string): RunHost {
    const { program, config } = this;
    const { store } = program;
    /** What is left running of an attempt whose device was lost must not write into the next one. */
    const own =
      <A extends unknown[], R>(body: (...args: A) => R) =>
      (...args: A): R => {
        if (attempt !== this.attempt) throw new DeviceLostError('the GPU device was lost, and this part of the run with it');
        return body(...args);
      };
    return {
      platform: program.platform,
      seed: config.seed,
      only,
      position: from?.position,
      get stopping() {
        return program.stopping;
      },
      ready: async (live, savable) => {
        const asked = performance.now();
        await program.ready(live, this.found.values, savable);
        const waited = performance.now() - asked;
        this.start += waited;
        this.dueAt += waited;
      },
      due: () => {
        const now = performance.now();
        const due = now >= this.dueAt;
        if (due) this.savingSince = now;
        return due;
      },
      readRecord: async (path) => {
        const file = recordFile(path);
        const bytes = await store.read(file);
        if (!bytes) throw new TilegradError(`${store.path}/${file} is missing: it is what ${path} has left. Start the run anew.`);
        return decodeRecord(bytes, path, `${store.path}/${file}`);
      },
      doneElsewhere: async (path) => {
        const file = elsewhereFile(path);
        const bytes = await store.read(file);
        if (!bytes) return undefined;
        const name = `${store.path}/${file}`;
        const record = decodeRecord(bytes, path, name, this.identity());
        for (const data of decodeStageData(bytes, name)) checkSameData(this.config.data, data, `the stage in ${name}`);
        this.takenIn.add(path);
        return record;
      },
      shared: program.platform.cache && sharedResults(program.platform.cache, config, (text) => this.log(text)),
      writeRecord: own((path: string, record: DoneRecord) => this.write(recordFile(path), encodeRecord(path, record))),
      found: () => structuredClone(this.found),
      save: own((checkpoint: RunCheckpoint) => this.saveCheckpoint(checkpoint)),
      saveModel: own((weights) => this.write(runFiles.model, encodeModel(weights))),
      log: own((text) => this.log(text)),
      reading: (title, done, total) => {
        if (total > 1) this.tell(`reading ${title}, ${done.toLocaleString('en')} of ${total.toLocaleString('en')} files`);
      },
      data: own((record, parts) => {
        if (only === undefined) this.recordData(record);
        else this.takeData(record);
        if (parts) program.opened?.(parts);
      }),
      row: own((step, values) => {
        const row = { step, time: Date.now() / 1000, values };
        this.metrics?.append(encodeRow(row));
        this.step = Math.max(this.step, step);
        program.report({ type: 'scalars', row });
      }),
      progress: own((update) => {
        this.fraction = Math.max(this.fraction, update.fraction);
        program.report({ type: 'progress', update: { ...update, fraction: this.fraction } });
      }),
      figure: own(async (name, figure) => {
        if (only === undefined) await this.saveFigure(name, figure);
      }),
      glimpse: own((name) => program.glimpse?.(name)),
      table: own((name, table) => {
        this.found.tables[name] = table;
        program.report({ type: 'table', name, table });
      }),
      summary: own((values) => {
        Object.assign(this.found.values, values);
        program.report({ type: 'summary', values });
      }),
      file: own(async (name, bytes) => {
        if (only === undefined) await this.write(name, bytes);
      }),
    };
  }

  private async saveFigure(name: string, figure: Figure): Promise<void> {
    const svg = await renderFigureSvg(figure, this.program.drawing);
    await this.write(`${name}.svg`, svg);
    this.pictures?.add(name, svg);
    for (const file of [`${name}.svg`, ...(this.pictures ? [`${name}.png`] : [])]) {
      if (!this.found.figures.includes(file)) this.found.figures.push(file);
    }
    this.program.report({ type: 'figure', name, svg });
  }

  private async paint(name: string, svg: string, by: (svg: string) => Promise<Uint8Array>): Promise<void> {
    try {
      await this.write(`${name}.png`, await by(svg));
    } catch (error) {
      // The drawing is there, and the training worth more than its picture.
      this.log(`${name}.png could not be made: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The process that went before may have ended before it had made their pictures. Drawings that somebody has deleted are the run's no more. */
  private async takeUpFigures(): Promise<void> {
    for (const file of this.found.figures.filter((file) => file.endsWith('.svg'))) {
      const svg = await this.program.store.read(file);
      const name = file.slice(0, -4);
      if (svg) this.pictures?.add(name, new TextDecoder().decode(svg));
      else this.found.figures = this.found.figures.filter((other) => other !== file && other !== `${name}.png`);
    }
  }

  private async saveCheckpoint(checkpoint: RunCheckpoint): Promise<void> {
    const began = this.savingSince ?? performance.now();
    const { step, done } = checkpoint;
    const run: RunState = { step, seconds: this.seconds(), saving: this.saving / 1000, results: checkpoint.found as Found };
    await this.configWritten;
    await this.write(runFiles.checkpoint, encodeCheckpoint(checkpoint, run));
    this.saved = true;
    this.losses = 0;
    await this.removeRecords(done);
    const now = performance.now();
    this.saving += now - began;
    this.savingSince = undefined;
    const { saveEvery } = this.program;
    this.dueAt = now + (saveEvery === undefined ? Math.max(1000 * SAVE_EVERY, SAVING_SHARE * (now - began)) : 1000 * saveEvery);
    this.program.report({ type: 'checkpoint', step });
  }

  /** Removes what is left of parts that are done as part of others by now, or that no checkpoint knows. */
  private async removeRecords(done: readonly string[]): Promise<void> {
    const { store } = this.program;
    const kept = new Set(done.map(recordFile));
    // Those of other stages still have to be taken in.
    const within = [...this.takenIn].filter((path) => done.some((other) => path.startsWith(`${other}/`)));
    const stale = new Set([...done, ...within].map(elsewhereFile));
    for (const file of await store.list()) {
      if (stale.has(file) || (/^done-.*\.safetensors$/.test(file) && !kept.has(file))) await store.remove(file);
    }
  }

  private takeData(record: DataRecord): void {
    this.program.checkData?.(record);
    checkSameData(this.config.data, record);
    this.config = { ...this.config, data: [...this.config.data.filter((other) => !sameOpening(other, record)), record] };
    this.program.report({ type: 'data', record });
  }

  private recordData(record: DataRecord): void {
    this.takeData(record);
    // The next checkpoint, or the end, waits for it and hears of its failure.
    this.configWritten = this.configWritten.then(() => this.writeConfig());
    this.configWritten.catch(() => {});
    this.log(dataLine(record));
  }

  private writeConfig(): Promise<void> {
    return this.write(runFiles.config, `${toJson(this.config, 2)}\n`);
  }

  /** Of all the processes that worked on the run, up to the checkpoint each went on from. */
  private seconds(): number {
    return (performance.now() - this.start) / 1000;
  }

  private async summarise(status: RunSummary['status'], error?: string): Promise<RunSummary> {
    await this.pictures?.done();
    const { project, program, config, found } = this;
    const summary: RunSummary = {
      project: project.name,
      status,
      folder: program.store.path,
      seconds: toTheMillisecond(this.seconds()),
      saving: toTheMillisecond(this.saving / 1000),
      seed: config.seed,
      adapter: (config.resumed.at(-1) ?? config).adapter.name,
      data: config.data.map(({ description }) => description),
      results: found.values,
      headline: project.headline,
      tables: found.tables,
      figures: found.figures,
      ...(error !== undefined && { error }),
    };
    await program.store.write(runFiles.summary, `${toJson(summary, 2)}\n`);
    return summary;
  }
}
