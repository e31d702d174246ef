// Runs a project from the command line: its log is the terminal, its record a folder, Ctrl-C stops it.
import { basename, relative, resolve } from 'node:path';
import { closeDevice, setPlatform, TilegradError } from '../../src/index.ts';
import type { Project } from '../../src/train/project.ts';
import { foretell } from '../run/foretell.ts';
import { toJson } from '../run/metrics.ts';
import { adapterRecord, type GivenOptions, newConfig, type RunConfig, type RunSummary, type Session } from '../run/record.ts';
import { Run, type RunEvent } from '../run/run.ts';
import { runFiles } from '../run/store.ts';
import { checkpointStep, readConfig } from '../run/stored.ts';
import { onlySwiftshader } from './adapter.ts';
import { checkContradictions } from './contradictions.ts';
import { encodeStarter } from './encode-starter.ts';
import { fasterAdapterAdvice } from './faster-adapter.ts';
import { checkPlace, replaceFile } from './files.ts';
import { Interrupt } from './interrupt.ts';
import { paint } from './paint.ts';
import { checkDataFolder, type NodePlatform, nodePlatform } from './platform.ts';
import { printable, printableJson } from './printable.ts';
import { Progress } from './progress.ts';
import { EventsFile, RunFolder } from './run-folder.ts';
import { formatDuration, StatusLine, type TextStream } from './status-line.ts';
import { formatTable } from './table.ts';
import { RunTimes } from './times.ts';
import { versions } from './versions.ts';

export interface RunRequest {
  readonly given: GivenOptions & { readonly out?: string };
  readonly resume?: string;
  readonly adapter?: string;
  readonly data?: string;
  /** Seconds between checkpoints. */
  readonly saveEvery?: number;
  /** The file to write what comes with the project to, when the run is through. */
  readonly starter?: string;
  /** Everything readable goes to `status`; the summary, as JSON, to `output`. */
  readonly json?: boolean;
  readonly argv?: readonly string[];
  /** For what a person reads, or, with `json`, for the summary alone. */
  readonly output: TextStream;
  /** Standard error, unless a test listens. */
  readonly status?: TextStream;
}

export interface RunOutcome {
  readonly summary: RunSummary;
  /** 0, or what a shell reports for the signal that stopped the run. */
  readonly exitCode: number;
}

/** Returns when the project is through, or was asked to stop. Throws when it failed; summary.json then says so too. */
export function runProject(project: Project, request: RunRequest): Promise<RunOutcome> {
  return withFolder(project, request, work);
}

/** Writes the folder of a run and begins nothing: its stages can be done elsewhere. */
export function prepareRun(project: Project, request: RunRequest): Promise<void> {
  return withFolder(project, request, async ({ config, folder, request: { output } }) => {
    await folder.write(runFiles.config, `${toJson(config, 2)}\n`);
    output.write(`Prepared: ${folder.path}\n${goOn(project, folder)}\n`);
  });
}

const goOn = (project: Project, { path }: RunFolder) => `Go on with: ${programName()} run ${project.name} --resume ${quoted(path)}`;

async function withFolder<T>(project: Project, request: RunRequest, body: (work: Work) => Promise<T>): Promise<T> {
  const before = request.resume === undefined ? undefined : await openBefore(request.resume, project, request.given);
  let folder = before?.folder;
  try {
    const started = new Date();
    const wantedAdapter = request.adapter ?? before?.config.wanted.adapter;
    const status = new StatusLine(request.status ?? process.stderr);
    const platform = nodePlatform({ adapter: wantedAdapter, data: request.data ?? before?.config.wanted.data, status });
    if (platform.dataFolder !== undefined) checkDataFolder(platform.dataFolder);
    if (request.starter !== undefined) checkPlace(request.starter);
    // Before the GPU is looked for: an output folder that can't be written is the cheaper thing to find out.
    const { out } = request.given;
    folder ??= out === undefined ? RunFolder.createNamed(project.name, started) : RunFolder.create(out);
    const choice = await platform.peekAdapter();
    const session: Session = {
      started: started.toISOString(),
      argv: request.argv ?? [],
      adapter: adapterRecord(choice),
      versions: { ...versions() },
      machine: `${process.platform} ${process.arch}`,
      ...(before?.step !== undefined && { step: before.step }),
    };
    const config = before
      ? { ...before.config, data: before.step === undefined ? [] : before.config.data, resumed: [...before.config.resumed, session] }
      : newConfig(project, request.given, session, {
          ...(wantedAdapter && { adapter: wantedAdapter }),
          ...(platform.dataFolder && { data: resolve(platform.dataFolder) }),
        });
    return await body({ project, config, request, platform, folder, status, started, resumes: before?.step !== undefined });
  } finally {
    folder?.close();
  }
}

interface Work {
  readonly project: Project;
  readonly config: RunConfig;
  readonly request: RunRequest;
  readonly platform: NodePlatform;
  readonly folder: RunFolder;
  readonly status: StatusLine;
  readonly started: Date;
  readonly resumes: boolean;
}

async function work({ project, config, request, platform, folder, status, started, resumes }: Work): Promise<RunOutcome> {
  const { output, json } = request;
  const log = (text: string) => {
    status.clear();
    if (json) status.line(text);
    else output.write(`${printable(text)}\n`);
  };
  const { adapter } = config.resumed.at(-1) ?? config;
  const advice = !json && adapter.reason === onlySwiftshader ? fasterAdapterAdvice() : undefined;
  if (advice) status.line(advice);
  output.whenLost?.((why) =>
    status.line(`can't write to standard output: ${why}. The run goes on and its record is kept; Ctrl-C stops it`),
  );
  const events = new EventsFile(folder.path, started);
  const times = new RunTimes();
  const estimate = await foretell(project, config, platform, times.read(), (name, speed) => times.keepSpeed(name, speed));
  const progress = new Progress(status, estimate);
  const report = (event: RunEvent) => {
    if (event.type === 'log') log(event.text);
    else if (event.type === 'rows') events.begin(event.rows);
    else if (event.type === 'scalars') events.add(event.row);
    else if (event.type === 'progress') progress.update(event.update);
    else if (event.type === 'table') log(`\n${formatTable(event.table)}\n`);
  };
  const interrupt = new Interrupt((text) => status.line(text));
  const program = {
    ...{ estimate, saveEvery: request.saveEvery, platform, store: folder, paint, report },
    ready: async () => {},
    get stopping() {
      return interrupt.stopping;
    },
  };
  const run = new Run(project, config, program, resumes);
  try {
    const summary = await run.execute();
    const stopped = summary.status === 'interrupted';
    const { metric } = project.headline;
    const words = Object.values(summary.results).filter((value) => typeof value === 'string');
    const found = metric in summary.results ? [`${metric} ${shown(summary.results[metric])}`, ...words] : words;
    const headline = found.length > 0 ? `: ${found.join('; ')}` : '';
    log(`${stopped ? 'Stopped' : 'Finished'} after ${formatDuration(summary.seconds)}${headline}. Results: ${folder.path}`);
    const { seconds } = summary;
    // One that was spread over adapters tells of none.
    const alone = config.resumed.every((session) => session.adapter.name === config.adapter.name);
    if (!stopped && alone) await times.keepRun({ project: project.name, adapter: adapter.name, options: config.options, seconds });
    if (json) output.write(`${printableJson(summary)}\n`);
    if (!stopped && request.starter !== undefined) {
      const { config: whole } = await readConfig(folder, async () => project);
      setPlatform(platform);
      const bytes = await encodeStarter(project, whole, summary, folder).finally(closeDevice);
      await replaceFile(request.starter, bytes);
      log(`To play with at once: ${request.starter}, ${bytes.length.toLocaleString('en')} bytes`);
    }
    if (stopped) log(goOn(project, folder));
    return { summary, exitCode: interrupt.exitCode ?? 0 };
  } catch (error) {
    status.clear();
    if (run.resumable) status.line(`The last checkpoint is kept. ${goOn(project, folder)}`);
    throw error;
  } finally {
    interrupt.release();
    events.close();
  }
}

interface Before {
  readonly config: RunConfig;
  readonly folder: RunFolder;
  /** Of its checkpoint. */
  readonly step: number | undefined;
}

async function openBefore(path: string, project: Project, given: RunRequest['given']): Promise<Before> {
  let folder: RunFolder | undefined;
  try {
    folder = RunFolder.open(path);
    const mine = async (name: string) => {
      if (name !== project.name) throw new TilegradError(`${path}: that is a run of ${name}, not of ${project.name}.`);
      return project;
    };
    const { config } = await readConfig(folder, mine).catch((error) => {
      throw error instanceof TilegradError ? new TilegradError(`--resume ${error.message}`) : error;
    });
    checkContradictions(path, config, given);
    return { config, folder, step: await checkpointStep(folder) };
  } catch (error) {
    folder?.close();
    throw error;
  }
}

/** A result as a person reads it; summary.json has all its digits. */
const shown = (value: unknown) => (typeof value === 'number' ? String(Number(value.toPrecision(5))) : String(value));

const quoted = (path: string) => (/[^\w./-]/.test(path) ? `"${path}"` : path);

/** How this program was started, so that the command shown can be typed again as it stands. */
function programName(): string {
  const script = process.argv[1];
  if (!script || !basename(script).startsWith('cli.')) return 'tilegrad';
  return `node ${quoted(relative(process.cwd(), script))}`;
}
