// A project's work in this page: its worker, its form, the run it shows. It lives on while the person looks at other views.
import { type Signal, signal } from '@preact/signals';
import type { PictureSize } from '../../../src/data/image/resize.ts';
import type { GivenRun } from '../../run/options.ts';
import type { CatalogueEntry } from '../catalogue.ts';
import type { Command, DataChoice, ErrorReport, InsideReport, Report } from '../protocol.ts';
import { estimateOf, tooLong } from './estimate.ts';
import { type FormState, formOfRun, readRuns, untouchedForm } from './form.ts';
import { noteAdapter } from './gpu.ts';
import { Playing } from './playing.ts';
import { advance, type Deed, idleRun, isActive, type RunState } from './run-state.ts';
import { servedData } from './served-data.ts';
import { dropFailedRuns, openRun, refreshStoredRuns } from './stored-runs.ts';
import { holdSweep, leftSweep, type Sweep, storeSweep } from './sweep.ts';
import { type ToldModel, tooLarge } from './too-large.ts';

/** Between two updates of the page: it stays quick to answer, however fast the worker reports. */
const UPDATE_MS = 250;

export class Session {
  readonly run = signal<RunState>(idleRun);
  readonly form = signal<FormState>(untouchedForm);
  readonly data = signal<DataChoice>({ kind: 'synthetic' });
  readonly playing: Playing;
  /** What was told last of the model, and of which form. */
  readonly model = signal<ToldModel | undefined>(undefined);
  /** What the model holds, as it was seen last. */
  readonly inside = signal<InsideReport | ErrorReport | undefined>(undefined);
  /** Seconds that the run would take, while a person is asked whether they want that. */
  readonly question = signal<number | undefined>(undefined);
  /** The runs that follow the one under way, one after the other; or that a closed page left. */
  readonly sweep: Signal<Sweep | undefined>;
  /** Figures that a person sees now. */
  private readonly seen = new Set<string>();
  private worker: Worker | undefined;
  private watched = false;
  private releaseSweep: (() => void) | undefined;
  private queue: Report[] = [];
  private updated = 0;
  private scheduled = false;
  private modelId = 0;
  /** The form whose model was asked for last. */
  private modelAsked: FormState | undefined;
  private pictures = 0;
  /** Who waits for which picture. */
  private readonly reading = new Map<number, { done(picture: Float32Array): void; failed(error: Error): void }>();

  constructor(readonly project: CatalogueEntry) {
    this.sweep = signal(undefined);
    void this.findSweep();
    this.playing = new Playing(
      project,
      () => this.run.value,
      (command) => this.send(command),
    );
  }

  get active(): boolean {
    return isActive(this.run.value.phase);
  }

  /** Called when the project's page opens: the worker looks for a GPU and loads the library while the person still reads. */
  enter(): void {
    this.watched = true;
    this.wakeWorker();
  }

  /** A worker without work is let go, and the GPU's memory with it. */
  leave(): void {
    this.watched = false;
    if (!this.active) this.endWorker();
  }

  /** The page goes out of sight, and may never come back. */
  save(): void {
    if (this.active) this.worker?.postMessage({ type: 'save' } satisfies Command);
  }

  /**
   * Shows a stored run, and its options in the form unless that is given already. @returns `missing` when there is none of this name, or it is another
   * project's; `busy` while one is under way.
   */
  async open(id: string, formGiven = false): Promise<'shown' | 'missing' | 'busy'> {
    if (this.run.value.run === id && this.run.value.phase !== 'elsewhere') return 'shown';
    const opened = await openRun(id);
    if (this.run.value.run === id && this.active) return 'shown';
    if (opened?.stored.project !== this.project.name) return 'missing';
    if (this.active) return 'busy';
    this.playing.forget();
    if (this.run.value.run !== id && !formGiven) this.form.value = formOfRun(this.project, opened.stored);
    this.apply({ type: 'open', state: opened.state });
    return 'shown';
  }

  /** @param sure not to be asked whether to, however long it takes on a software adapter */
  train(sure = false): void {
    const runs = readRuns(this.project, this.form.value);
    if (!runs || this.active || tooLarge(this)) return;
    const estimate = estimateOf(this.project, this.form.value);
    if (!sure && estimate && tooLong(estimate)) {
      this.question.value = estimate.seconds;
      return;
    }
    // Runs should outlast a shortage of disk space. A browser that says no keeps them as long as it can.
    navigator.storage?.persist().catch(() => false);
    this.trainInTurn(runs, runs.length);
  }

  /** Goes on with the runs of a sweep that never began: their page was closed. */
  async trainRest(): Promise<void> {
    // Another page may have taken it up meanwhile.
    if (!this.active) await this.findSweep();
    const { value } = this.sweep;
    if (value && !this.active) this.trainInTurn(value.left, value.count);
  }

  private async findSweep(): Promise<void> {
    const left = await leftSweep(this.project);
    if (!this.active) this.sweep.value = left;
  }

  /** The runs of a sweep that have not begun never will. */
  endSweep(): void {
    this.keepSweep(undefined);
  }

  private trainInTurn([first, ...left]: readonly GivenRun[], count: number): void {
    if (!first) return;
    this.keepSweep(count > 1 ? { left, count } : undefined);
    this.playing.forget();
    this.apply({ type: 'begin' });
    this.send({ type: 'start', project: this.project.name, ...first, data: this.data.value });
  }

  private keepSweep(sweep: Sweep | undefined): void {
    this.sweep.value = sweep;
    storeSweep(this.project.name, sweep);
    if (sweep) this.releaseSweep ??= holdSweep(this.project.name);
    else {
      this.releaseSweep?.();
      this.releaseSweep = undefined;
    }
  }

  /** A run of a sweep has ended: the next one begins, whatever came of this one, unless it never began or the person stopped it. */
  private goOnWithSweep(): void {
    const { value } = this.sweep;
    const { phase, run } = this.run.value;
    if (!value || this.active) return;
    const begun = phase === 'finished' || (phase === 'failed' && run !== undefined);
    if (begun && value.left.length > 0) this.trainInTurn(value.left, value.count);
    else if (begun || phase === 'interrupted') this.endSweep();
  }

  pause(): void {
    this.send({ type: 'pause' });
  }

  /** Ends a pause, or goes on with the run that is shown from its checkpoint. */
  resume(): void {
    const { phase, run } = this.run.value;
    if (phase === 'paused') this.send({ type: 'unpause' });
    else if (run !== undefined && !this.active) {
      this.apply({ type: 'continue' });
      this.send({ type: 'resume', run, ...(this.givenData && { data: this.givenData }) });
    }
  }

  /** Asks the worker to save and end; asked a second time, ends it without waiting. */
  stop(): void {
    this.endSweep();
    if (this.run.value.phase !== 'stopping') {
      this.apply({ type: 'stopping' });
      this.send({ type: 'stop' });
      return;
    }
    this.replaceWorker({ type: 'givenUp' });
  }

  /** Back to the beginning: no run shown, the form as the preset has it. The stored run stays. */
  reset(): void {
    if (this.active) return;
    this.playing.forget();
    this.form.value = { ...untouchedForm, preset: this.form.value.preset };
    this.run.value = idleRun;
  }

  /** Asks what the model is made of with the options of the form, if they can be read: of a sweep's first run. */
  askModel(): void {
    const form = this.form.value;
    const given = readRuns(this.project, form)?.[0];
    if (!given || this.modelAsked === form) return;
    this.modelAsked = form;
    this.modelId++;
    this.send({ type: 'model', id: this.modelId, project: this.project.name, preset: given.preset, options: given.options });
  }

  /** Asks what the model holds: of the run that is shown, else of one that would begin. */
  look(): void {
    const { run } = this.run.value;
    const given = readRuns(this.project, this.form.value)?.[0] ?? { preset: 'quick', options: {}, seed: 0 };
    this.send({ type: 'look', project: this.project.name, ...given, ...(run !== undefined && { run }) });
  }

  /** Pixels of a picture that a person gave. @throws Error that says why it can't be read */
  readPicture(file: Blob, size: PictureSize): Promise<Float32Array> {
    const id = ++this.pictures;
    this.send({ type: 'picture', id, file, size });
    return new Promise((done, failed) => this.reading.set(id, { done, failed }));
  }

  /** A figure has come into sight, or gone out of it. */
  see(figure: string, inSight: boolean): void {
    if (inSight) this.seen.add(figure);
    else this.seen.delete(figure);
    this.worker?.postMessage({ type: 'see', figures: [...this.seen] } satisfies Command);
  }

  /** Data that the person gave by hand. A resumed run has kept its own, unless the browser had no room for it. */
  private get givenData(): DataChoice | undefined {
    const { value } = this.data;
    const given =
      value.kind === 'files' ? value.files.length > 0 : value.kind === 'url' && value.url !== '' && value.url !== servedData.value;
    return given ? value : undefined;
  }

  private send(command: Command): void {
    this.wakeWorker().postMessage(command);
  }

  private wakeWorker(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: `tilegrad ${this.project.name}` });
    worker.onmessage = ({ data }: MessageEvent<Report>) => this.receive(data);
    worker.onmessageerror = () => this.replaceWorker({ type: 'workerDied', message: 'A message from it could not be read.' });
    worker.onerror = (event) => {
      event.preventDefault();
      // Where it is a file that can't be loaded, there is no message.
      const message = event.message || 'Its files could not be loaded: check the connection to the server of this page, and reload it.';
      this.replaceWorker({ type: 'workerDied', message });
    };
    this.worker = worker;
    return worker;
  }

  private endWorker(): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.modelAsked = undefined;
    for (const { failed } of this.reading.values()) failed(new Error('The picture was not read: try it once more.'));
    this.reading.clear();
    this.playing.stop();
  }

  private replaceWorker(deed: Deed): void {
    const wasActive = this.active;
    this.flush();
    this.endWorker();
    this.apply(deed);
    // Not for one that died with nothing to do: it would die again.
    if (wasActive && this.watched) this.wakeWorker();
    void refreshStoredRuns();
  }

  private receive(report: Report): void {
    switch (report.type) {
      case 'adapter':
      case 'noAdapter':
        noteAdapter(report);
        return;
      case 'offers':
        this.playing.offers.value = report.offers;
        return;
      case 'answer':
      case 'surface':
      case 'noAnswer':
        this.playing.receive(report);
        return;
      case 'picture':
        this.receivePicture(report);
        return;
      case 'model':
        if (report.id === this.modelId && this.modelAsked) this.model.value = { form: this.modelAsked, model: report.model };
        return;
      case 'inside':
        this.inside.value = report.inside;
        return;
    }
    this.queue.push(report);
    this.schedule();
  }

  private receivePicture({ id, picture }: Extract<Report, { type: 'picture' }>): void {
    const waiting = this.reading.get(id);
    this.reading.delete(id);
    if (picture instanceof Float32Array) waiting?.done(picture);
    else waiting?.failed(new Error(picture.message));
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    const wait = Math.max(0, this.updated + UPDATE_MS - performance.now());
    // Frames stop while the page is hidden; reports don't.
    setTimeout(() => (document.hidden ? this.flush() : requestAnimationFrame(() => this.flush())), wait);
  }

  private flush(): void {
    this.scheduled = false;
    this.updated = performance.now();
    const reports = this.queue;
    this.queue = [];
    if (reports.length === 0) return;
    this.run.value = reports.reduce<RunState>(advance, this.run.value);
    if (reports.some(({ type }) => type === 'ended')) this.goOnWithSweep();
    if (reports.some(({ type }) => type === 'started' || type === 'ended'))
      void refreshStoredRuns().then(() => dropFailedRuns(this.project.name, this.run.value.run));
    if (!this.active && !this.watched) this.endWorker();
  }

  private apply(deed: Deed): void {
    this.run.value = advance(this.run.value, deed);
  }
}
