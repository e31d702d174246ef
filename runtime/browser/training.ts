// One run in the worker: started or gone on with, paused, stopped, reported to the page.
import { memoryUse, TilegradError } from '../../src/index.ts';
import type { Platform } from '../../src/platform.ts';
import type { LiveRun } from '../../src/train/host.ts';
import type { Project } from '../../src/train/project.ts';
import type { Estimate } from '../run/estimate.ts';
import { foretell } from '../run/foretell.ts';
import { adapterRecord, newConfig, type ResultValues, type RunConfig, type Session } from '../run/record.ts';
import { Run, type RunEvent, type RunProgram } from '../run/run.ts';
import { checkpointStep, readConfig } from '../run/stored.ts';
import { TimeLeft } from '../run/time-left.ts';
import type { Adapters } from './adapter.ts';
import { type Asking, LiveAsking } from './asking.ts';
import { DrawingsWriter, drawingsFile } from './drawings.ts';
import { errorReport } from './error-report.ts';
import type { Glimpses } from './glimpses.ts';
import { LiveLooks } from './live-looks.ts';
import { loadProject } from './load-project.ts';
import type { Outbox } from './outbox.ts';
import { pagePlatform } from './platform.ts';
import type { Command, DataChoice } from './protocol.ts';
import { type RunFiles, withNewRun, withStoredRun } from './run-files.ts';
import { keepSpeed, readSpeeds } from './speeds.ts';
import { listRuns, readRun } from './store.ts';

type Begin = Extract<Command, { type: 'start' | 'resume' }>;

export class Training {
  private stopping = false;
  /** Some of what the person gave. */
  private dataUsed = false;
  private run: Run | undefined;
  private drawings: DrawingsWriter | undefined;
  /** Of the last row of metrics. */
  private step = 0;
  private config: RunConfig | undefined;
  private project: Project | undefined;
  /** Ends the pause that was asked for. */
  private unpauseNow: (() => void) | undefined;
  private pause: Promise<void> | undefined;
  /** A question has come while the run stands still. */
  private heard: (() => void) | undefined;
  private live: LiveAsking | undefined;
  private readonly start = performance.now();
  /** Milliseconds. */
  private paused = 0;
  private timeLeft = this.reckoning();
  /** For whoever looks into the model. */
  private readonly looks = new LiveLooks((inside) => this.outbox.post({ type: 'inside', inside }));

  constructor(
    private readonly adapters: Adapters,
    private readonly outbox: Outbox,
    private readonly asking: Asking,
    private readonly glimpses: Glimpses,
  ) {}

  /** Runs to the end, and reports it. Never throws. */
  async work(command: Begin): Promise<void> {
    const { outbox } = this;
    const seconds = () => (performance.now() - this.start - this.paused) / 1000;
    try {
      const summary = await (command.type === 'start' ? this.begin(command) : this.goOn(command));
      outbox.post({ type: 'ended', status: summary.status, seconds: summary.seconds, resumable: this.run?.resumable ?? false });
    } catch (error) {
      const { project, config } = this;
      const report = errorReport(error, project && config && { project, options: config.options });
      // A stored run that could not be taken up still has what it had.
      const before = command.type === 'resume' ? await readRun(command.run).catch(() => undefined) : undefined;
      const resumable = this.run?.resumable ?? before?.checkpoint !== undefined;
      outbox.post({ type: 'ended', status: 'failed', seconds: seconds(), error: report, resumable });
    }
  }

  pauseRun(): void {
    if (this.stopping) return;
    // Whoever pauses may close the page next.
    this.save();
    this.pause ??= new Promise((resolve) => {
      this.unpauseNow = resolve;
    });
  }

  /** There is a question. */
  hear(): void {
    this.heard?.();
  }

  unpauseRun(): void {
    this.unpauseNow?.();
    this.pause = undefined;
  }

  /** Shows what the model holds, soon. */
  look(): void {
    this.looks.want();
  }

  save(): void {
    this.run?.saveSoon();
  }

  /** Its project saves a checkpoint and ends. */
  stop(): void {
    this.stopping = true;
    this.unpauseRun();
  }

  private async begin({ project: name, preset, options, seed, data }: Extract<Begin, { type: 'start' }>) {
    const [project, session] = await Promise.all([loadProject(name), this.session()]);
    return withNewRun(name, new Date(session.started), (files) =>
      this.execute(project, newConfig(project, { preset, options, seed }, session), files, data),
    );
  }

  private async goOn({ run: id, data }: Extract<Begin, { type: 'resume' }>) {
    const session = await this.session();
    return withStoredRun(id, async (files) => {
      const { config, project } = await readConfig(files, loadProject);
      const step = await checkpointStep(files);
      const continued = {
        ...config,
        data: step === undefined ? [] : config.data,
        resumed: [...config.resumed, { ...session, ...(step !== undefined && { step }) }],
      };
      const before: DataChoice = { kind: config.data.some(({ synthetic }) => !synthetic) ? 'kept' : 'synthetic' };
      return this.execute(project, continued, files, data ?? before, step !== undefined);
    });
  }

  private reckoning(estimate?: Estimate): TimeLeft {
    return new TimeLeft(() => performance.now() - this.paused, estimate);
  }

  private async execute(project: Project, config: RunConfig, files: RunFiles, data: DataChoice, resumes = false) {
    this.project = project;
    this.config = config;
    this.looks.begin(project, config.options);
    const platform = pagePlatform(this.adapters, data);
    const isStopping = () => this.stopping;
    const estimate = await this.foretold(project, config, platform);
    const program: RunProgram = {
      ...{ platform, estimate },
      store: files,
      get stopping() {
        return isStopping();
      },
      ready: (live, found, savable) => this.ready(live, found, savable),
      opened: (parts) => this.looks.take(parts),
      // For whoever looks at it on a phone.
      drawing: { narrow: true },
      glimpse: (name) => this.glimpses.of(name),
      checkData: ({ synthetic }) => {
        if (!synthetic) this.dataUsed = true;
        else if (!this.dataUsed) refuseUnusedData(data, platform.missing());
      },
      report: (event) => this.report(event),
    };
    this.glimpses.begin();
    this.drawings = new DrawingsWriter(await files.append(drawingsFile));
    this.outbox.post({ type: 'started', run: files.id });
    this.live = project.interaction && new LiveAsking(this.asking, project, config);
    this.run = new Run(project, config, program, resumes);
    try {
      return await this.run.execute();
    } finally {
      this.drawings.close();
    }
  }

  private async foretold(project: Project, config: RunConfig, platform: Platform): Promise<Estimate | undefined> {
    const runs = (await listRuns()).filter(({ status }) => status === 'finished');
    const estimate = await foretell(project, config, platform, { runs, speeds: await readSpeeds() }, keepSpeed);
    this.timeLeft = this.reckoning(estimate);
    return estimate;
  }

  private async ready(live: LiveRun, found: ResultValues, savable: boolean): Promise<void> {
    this.looks.pass(live);
    // One that is asked for meanwhile waits for the next place, where the run is saved first.
    const pause = savable ? this.pause : undefined;
    await this.live?.serve(live, found, false);
    if (!pause) return;
    const began = performance.now();
    this.outbox.post({ type: 'paused', paused: true });
    const looking = this.looks.during(live, pause);
    while (this.pause) {
      const heard = new Promise<void>((resolve) => {
        this.heard = resolve;
      });
      if (!(await this.live?.serve(live, found, true))) await Promise.race([this.pause, heard]);
    }
    await looking;
    this.paused += performance.now() - began;
    this.outbox.post({ type: 'paused', paused: false });
  }

  private report(event: RunEvent): void {
    const { outbox } = this;
    switch (event.type) {
      case 'rows':
        return;
      case 'figure':
        this.drawings?.add({ name: event.name, step: this.step, svg: event.svg });
        break;
      case 'scalars':
        this.step = event.row.step;
        return outbox.addRow({ step: event.row.step, values: event.row.values });
      case 'progress': {
        const { update } = event;
        const seconds = this.timeLeft.update(update);
        return outbox.setProgress(() => ({ type: 'progress', update, secondsLeft: seconds, gpuBytes: memoryUse().bytes }));
      }
    }
    outbox.post(event);
  }

  private async session(): Promise<Session> {
    const choice = await this.adapters.peek();
    return {
      started: new Date().toISOString(),
      adapter: adapterRecord(choice),
      versions: { tilegrad: await libraryVersion(), browser: navigator.userAgent },
      machine: navigator.platform,
    };
  }
}

/** As the page's catalogue has it. */
async function libraryVersion(): Promise<string> {
  const { version } = (await (await fetch(new URL('projects.json', self.location.href))).json()) as { version: string };
  return version;
}

/** Who gave files wants them used: synthetic data in their place would be a surprise. */
function refuseUnusedData(data: DataChoice, missing: readonly string[]): void {
  const asked = missing.join(', ');
  if (data.kind === 'synthetic' || missing.length === 0) return;
  const given = {
    files: () => `none of the ${data.kind === 'files' ? data.files.length : 0} given files is one that this project reads`,
    url: () => `there is none of this project's files at ${data.kind === 'url' ? data.url : ''}`,
    kept: () => 'the browser has not kept the files of this run',
  }[data.kind];
  throw new TilegradError(`${given()}: it looked for ${asked}. Give a folder that holds them, or choose synthetic data.`);
}
