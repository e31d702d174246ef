// Runs a project from the command line: the ProjectContext whose log is the terminal and whose record is a folder.
import { basename, relative, resolve } from 'node:path';
import { closeDevice, manualSeed, setPlatform } from '../../src/index.ts';
import type { AdapterChoice } from '../../src/platform.ts';
import type { Checkpoint, DataRecord, OptionSpecs, OptionValues, Project, ProjectContext, Table } from '../../src/projects/project.ts';
import { type Preset, resolveOptions } from '../run/options.ts';
import { renderFigureFiles } from './figure-files.ts';
import { Interrupt } from './interrupt.ts';
import { checkDataFolder, type NodePlatform, nodePlatform } from './platform.ts';
import { Progress } from './progress.ts';
import { defaultRunFolder, RunFolder, type RunState } from './run-folder.ts';
import {
  adapterRecord,
  checkContradictions,
  checkSameData,
  type GivenOptions,
  type RunConfig,
  readConfig,
  type Session,
} from './run-record.ts';
import { formatDuration, StatusLine, type TextStream } from './status-line.ts';
import { formatTable } from './table.ts';
import { versions } from './versions.ts';

export interface RunRequest {
  readonly given: GivenOptions;
  readonly resume?: string;
  readonly adapter?: string;
  readonly data?: string;
  /** Everything readable goes to `status`; the summary, as JSON, to `output`. */
  readonly json?: boolean;
  readonly argv?: readonly string[];
  /** Standard output and standard error, unless a test listens. */
  readonly output?: TextStream;
  readonly status?: TextStream;
}

export interface RunSummary {
  readonly project: string;
  readonly status: 'finished' | 'interrupted' | 'failed';
  readonly folder: string;
  readonly seconds: number;
  readonly seed: number;
  readonly adapter: string;
  readonly data: readonly string[];
  readonly results: Readonly<Record<string, number | string | boolean>>;
  readonly tables: Readonly<Record<string, Table>>;
  readonly figures: readonly string[];
  readonly error?: string;
}

/** What a run has found so far. Part of every checkpoint, so that a resumed run still has it. */
interface Results {
  values: Record<string, number | string | boolean>;
  tables: Record<string, Table>;
  figures: string[];
}

/** Returns when the project is through, or was asked to stop. Throws when it failed; summary.json then says so too. */
export async function runProject(project: Project, request: RunRequest): Promise<RunSummary> {
  const status = new StatusLine(request.status ?? process.stderr);
  const output = request.output ?? process.stdout;
  const log = (text: string) => {
    status.clear();
    (request.json ? (request.status ?? process.stderr) : output).write(`${text}\n`);
  };
  const before = request.resume === undefined ? undefined : resumed(request.resume, project, request.given);
  const data = request.data ?? before?.config.wanted.data;
  if (data !== undefined) checkDataFolder(data);
  const wantedAdapter = request.adapter ?? before?.config.wanted.adapter;
  const platform = nodePlatform({ adapter: wantedAdapter, data, status });
  if (platform.dataFolder !== undefined) checkDataFolder(platform.dataFolder);

  const started = new Date();
  // Before the GPU is looked for: an output folder that can't be written is the cheaper thing to find out.
  const folder = before?.folder ?? RunFolder.create(request.given.out ?? defaultRunFolder(project.name, started));
  const choice = await platform.peekAdapter().catch((error) => {
    folder.removeIfEmpty();
    throw error;
  });
  log(`Adapter: ${choice.name}: ${choice.reason}`);

  const session: Session = {
    started: started.toISOString(),
    argv: request.argv ?? [],
    adapter: adapterRecord(choice),
    versions: versions(),
    machine: `${process.platform} ${process.arch}`,
    ...(before && { step: before.run.step }),
  };
  const config = before
    ? { ...before.config, resumed: [...before.config.resumed, session] }
    : newConfig(project, request, session, {
        ...(wantedAdapter && { adapter: wantedAdapter }),
        ...(platform.dataFolder && { data: resolve(platform.dataFolder) }),
      });
  folder.writeJson('config.json', config);
  // A resumed run is not finished, whatever its last process left behind.
  folder.remove('summary.json');
  folder.openLogs(before?.run, started);
  log(
    `Run: ${folder.path}${before ? `, going on after step ${before.run.step}` : ''} (seed ${config.seed}${config.preset === 'default' ? '' : `, ${config.preset}`})`,
  );
  if (before) warnOfOtherAdapter(before.config, choice, log);
  const run = new Run(project, config, folder, platform, status, log, before);
  return run.execute(request.json ? output : undefined);
}

function newConfig(project: Project, { given }: RunRequest, session: Session, wanted: RunConfig['wanted']): RunConfig {
  const preset: Preset = given.preset ?? 'default';
  const options = resolveOptions(project.options, project.presets, preset, given.options);
  return { project: project.name, preset, seed: given.seed ?? 0, options, wanted, ...session, data: [], resumed: [] };
}

interface Before {
  readonly config: RunConfig;
  readonly folder: RunFolder;
  readonly checkpoint: Checkpoint;
  readonly run: RunState;
}

function resumed(path: string, project: Project, given: GivenOptions): Before {
  const config = readConfig(path, project);
  checkContradictions(path, config, given);
  const folder = RunFolder.open(path);
  return { config, folder, ...folder.loadCheckpoint() };
}

function warnOfOtherAdapter(config: RunConfig, choice: AdapterChoice, log: (text: string) => void): void {
  const then = config.adapter;
  if (then.name === choice.name && then.driver === choice.adapter.info.description) return;
  log(`Note: the run began on ${then.name} (${then.driver}); on another adapter or driver its results are not the same bit for bit.`);
}

/** One project at work. */
class Run {
  private readonly results: Results;
  private readonly start = performance.now();
  private readonly interrupt: Interrupt;
  private readonly progress: Progress;
  private step: number;
  private saved: boolean;

  constructor(
    private readonly project: Project,
    private config: RunConfig,
    private readonly folder: RunFolder,
    private readonly platform: NodePlatform,
    private readonly status: StatusLine,
    private readonly log: (text: string) => void,
    private readonly before: Before | undefined,
  ) {
    this.results = { values: {}, tables: {}, figures: [], ...before?.run.results };
    this.step = before?.run.step ?? 0;
    this.saved = before !== undefined;
    this.progress = new Progress(status);
    this.interrupt = new Interrupt((text) => status.line(text));
  }

  async execute(json: TextStream | undefined): Promise<RunSummary> {
    const { interrupt, folder, project, log } = this;
    try {
      setPlatform(this.platform);
      manualSeed(this.config.seed);
      await project.run(this.context(), this.config.options as OptionValues<OptionSpecs>);
      this.status.clear();
      const summary = this.summarise(interrupt.stopping ? 'interrupted' : 'finished');
      folder.writeJson('summary.json', summary);
      log(`${interrupt.stopping ? 'Stopped' : 'Finished'} after ${formatDuration(summary.seconds)}. Results: ${folder.path}`);
      if (interrupt.stopping)
        log(this.saved ? `Go on with: ${this.resumeCommand()}` : 'No checkpoint was saved yet: the next run starts anew.');
      json?.write(`${JSON.stringify(summary)}\n`);
      return summary;
    } catch (error) {
      this.status.clear();
      this.recordFailure(error);
      throw error;
    } finally {
      interrupt.release();
      folder.close();
      await closeDevice();
    }
  }

  private context(): ProjectContext {
    const { platform, config, folder, results, interrupt, before, log } = this;
    return {
      platform,
      seed: config.seed,
      get stopping() {
        return interrupt.stopping;
      },
      resume: before?.checkpoint,
      ready: async () => {},
      log,
      data: (record) => this.recordData(record),
      scalars: (step, values) => {
        this.step = Math.max(this.step, step);
        folder.scalars(step, Date.now() / 1000, values);
      },
      progress: (update) => this.progress.update(update),
      figure: async (name, figure) => {
        const { svg, png } = await renderFigureFiles(figure);
        folder.write(`${name}.svg`, svg);
        folder.write(`${name}.png`, png);
        for (const file of [`${name}.svg`, `${name}.png`]) if (!results.figures.includes(file)) results.figures.push(file);
      },
      table: (name, table) => {
        results.tables[name] = table;
        log(`\n${formatTable(table)}\n`);
      },
      summary: (values) => {
        Object.assign(results.values, values);
      },
      checkpoint: async (checkpoint) => {
        // The project knows best which step its state belongs to: losses are read back late.
        const { step } = checkpoint.state;
        const run: RunState = {
          step: typeof step === 'number' ? step : this.step,
          rows: folder.rows,
          seconds: this.seconds(),
          results: { ...results },
        };
        folder.saveCheckpoint(checkpoint, run);
        this.saved = true;
      },
    };
  }

  private recordData(record: DataRecord): void {
    if (this.before) checkSameData(this.before.config.data, record);
    this.config = { ...this.config, data: [...this.config.data.filter(({ name }) => name !== record.name), record] };
    this.folder.writeJson('config.json', this.config);
    this.log(`Data: ${record.description}${record.synthetic ? ' (synthetic: made by the program, not the real set)' : ''}`);
  }

  /** Of all the processes that worked on the run, up to the checkpoint each went on from. */
  private seconds(): number {
    return (this.before?.run.seconds ?? 0) + (performance.now() - this.start) / 1000;
  }

  private summarise(status: RunSummary['status'], error?: string): RunSummary {
    const { project, folder, config, results } = this;
    return {
      project: project.name,
      status,
      folder: folder.path,
      seconds: Math.round(this.seconds() * 1000) / 1000,
      seed: config.seed,
      adapter: (config.resumed.at(-1) ?? config).adapter.name,
      data: config.data.map(({ description }) => description),
      results: results.values,
      tables: results.tables,
      figures: results.figures,
      ...(error !== undefined && { error }),
    };
  }

  private resumeCommand(): string {
    return `${programName()} run ${this.project.name} --resume ${quoted(this.folder.path)}`;
  }

  private recordFailure(error: unknown): void {
    try {
      this.folder.writeJson('summary.json', this.summarise('failed', error instanceof Error ? error.message : String(error)));
    } catch {
      // The disk may be what failed. The first error is the one to report.
    }
    if (this.saved) {
      this.status.line(`The last checkpoint is kept. Go on with: ${this.resumeCommand()}`);
    }
  }
}

const quoted = (path: string) => (/[^\w./-]/.test(path) ? `"${path}"` : path);

/** How this program was started, so that the command shown can be typed again as it stands. */
function programName(): string {
  const script = process.argv[1];
  if (!script || !basename(script).startsWith('cli.')) return 'tilegrad';
  return `node ${quoted(relative(process.cwd(), script))}`;
}
