// Runs a project from the command line: its log is the terminal, its record a folder, Ctrl-C stops it.
import { basename, relative, resolve } from 'node:path';
import { TilegradError } from '../../src/index.ts';
import type { Project } from '../../src/projects/project.ts';
import { adapterRecord, type GivenOptions, newConfig, type RunConfig, type RunSummary, type Session } from '../run/record.ts';
import { Run, type RunEvent } from '../run/run.ts';
import { readCheckpoint, readConfig } from '../run/stored.ts';
import { checkContradictions } from './contradictions.ts';
import { renderFigureFiles } from './figure-files.ts';
import { Interrupt } from './interrupt.ts';
import { checkDataFolder, nodePlatform } from './platform.ts';
import { Progress } from './progress.ts';
import { defaultRunFolder, EventsFile, RunFolder } from './run-folder.ts';
import { formatDuration, StatusLine, type TextStream } from './status-line.ts';
import { formatTable } from './table.ts';
import { versions } from './versions.ts';

export interface RunRequest {
  readonly given: GivenOptions & { readonly out?: string };
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

/** Returns when the project is through, or was asked to stop. Throws when it failed; summary.json then says so too. */
export async function runProject(project: Project, request: RunRequest): Promise<RunSummary> {
  const status = new StatusLine(request.status ?? process.stderr);
  const output = request.output ?? process.stdout;
  const log = (text: string) => {
    status.clear();
    (request.json ? (request.status ?? process.stderr) : output).write(`${text}\n`);
  };
  const before = request.resume === undefined ? undefined : await resumed(request.resume, project, request.given);
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
  const session: Session = {
    started: started.toISOString(),
    argv: request.argv ?? [],
    adapter: adapterRecord(choice),
    versions: { ...versions() },
    machine: `${process.platform} ${process.arch}`,
    ...(before && { step: before.step }),
  };
  const config = before
    ? { ...before.config, resumed: [...before.config.resumed, session] }
    : newConfig(project, request.given, session, {
        ...(wantedAdapter && { adapter: wantedAdapter }),
        ...(platform.dataFolder && { data: resolve(platform.dataFolder) }),
      });

  const events = new EventsFile(folder.path, started);
  const progress = new Progress(status);
  const report = (event: RunEvent) => {
    if (event.type === 'log') log(event.text);
    else if (event.type === 'rows') events.begin(event.rows);
    else if (event.type === 'scalars') events.add(event.row);
    else if (event.type === 'progress') progress.update(event.update);
    else if (event.type === 'table') log(`\n${formatTable(event.table)}\n`);
  };
  const interrupt = new Interrupt((text) => status.line(text));
  const host = {
    ...{ platform, store: folder, drawFigure: renderFigureFiles, report },
    ready: async () => {},
    get stopping() {
      return interrupt.stopping;
    },
  };
  const run = new Run(project, config, host, before?.checkpoint);
  const goOn = `Go on with: ${programName()} run ${project.name} --resume ${quoted(folder.path)}`;
  try {
    const summary = await run.execute();
    const stopped = summary.status === 'interrupted';
    log(`${stopped ? 'Stopped' : 'Finished'} after ${formatDuration(summary.seconds)}. Results: ${folder.path}`);
    if (stopped) log(run.resumable ? goOn : 'No checkpoint was saved yet: the next run starts anew.');
    if (request.json) output.write(`${JSON.stringify(summary)}\n`);
    return summary;
  } catch (error) {
    status.clear();
    if (run.resumable) status.line(`The last checkpoint is kept. ${goOn}`);
    throw error;
  } finally {
    interrupt.release();
    events.close();
  }
}

interface Before {
  readonly config: RunConfig;
  readonly folder: RunFolder;
  readonly checkpoint: Uint8Array;
  readonly step: number;
}

async function resumed(path: string, project: Project, given: RunRequest['given']): Promise<Before> {
  const folder = new RunFolder(path);
  const config = await readConfig(folder, project).catch((error) => {
    throw error instanceof TilegradError ? new TilegradError(`--resume ${error.message}`) : error;
  });
  checkContradictions(path, config, given);
  folder.prepare();
  return { config, folder, ...(await readCheckpoint(folder)) };
}

const quoted = (path: string) => (/[^\w./-]/.test(path) ? `"${path}"` : path);

/** How this program was started, so that the command shown can be typed again as it stands. */
function programName(): string {
  const script = process.argv[1];
  if (!script || !basename(script).startsWith('cli.')) return 'tilegrad';
  return `node ${quoted(relative(process.cwd(), script))}`;
}
