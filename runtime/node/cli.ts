#!/usr/bin/env node
// The command line: `tilegrad info | list | gallery | run <project> | stage <folder> <path>`.
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { TilegradError } from '../../src/index.ts';
import { projects } from '../../src/projects/index.ts';
import type { Project } from '../../src/train/project.ts';
import type { Preset } from '../run/options.ts';
import { arrange } from './arguments.ts';
import { addDataCommand } from './data.ts';
import { addGalleryCommand } from './gallery.ts';
import { collectInfo, formatInfo } from './info.ts';
import { addProjectOptions } from './options.ts';
import { printable, printableJson } from './printable.ts';
import { prepareRun, type RunRequest, runProject } from './run.ts';
import { addStageCommand } from './stage.ts';
import { StandardOutput } from './standard-output.ts';
import { versions } from './versions.ts';

/** What every `run` takes beside the project's own options. */
interface CommonOptions {
  readonly out?: string;
  readonly seed?: number;
  readonly data?: string;
  readonly adapter?: string;
  readonly resume?: string;
  readonly saveEvery?: number;
  readonly starter?: string;
  readonly json?: boolean;
  readonly prepare?: boolean;
}
const commonNames = ['out', 'seed', 'data', 'adapter', 'resume', 'saveEvery', 'starter', 'json', 'prepare', 'quick', 'full'];

const adapterHelp =
  "the GPU adapter: a part of its name, or hardware, lavapipe, swiftshader (default: TILEGRAD_ADAPTER, else the best there is; see 'tilegrad info')";

interface Surroundings {
  readonly argv: readonly string[];
  readonly output: StandardOutput;
  /** Sets the code that the process ends with. */
  exit(code: number): void;
}

function makeProgram(surroundings: Surroundings): Command {
  const { exit } = surroundings;
  const program = new Command('tilegrad')
    .description('Train neural networks on any GPU, from TypeScript and WGSL.')
    .version(versions().tilegrad)
    .enablePositionalOptions()
    .showHelpAfterError('(add --help for the options)');

  program
    .command('info')
    .description('show the adapters of this machine, which one a run uses, and why')
    .option('--json', 'print JSON, with every limit')
    .option('--adapter <name>', adapterHelp)
    .action(async ({ json, adapter }: { json?: boolean; adapter?: string }) => {
      const info = await collectInfo(adapter);
      console.log(json ? printableJson(info, 2) : printable(formatInfo(info)));
      if (info.problem) exit(1);
    });

  program
    .command('list')
    .description('list the projects')
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }) => {
      console.log(
        json
          ? JSON.stringify(
              projects.map(({ name, title, summary, document, tags, headline }) => ({ name, title, summary, document, tags, headline })),
              null,
              2,
            )
          : formatProjects(),
      );
    });

  addDataCommand(program);
  // Both stand in dist/.
  addGalleryCommand(program, join(import.meta.dirname, 'gallery'));

  const run = program.command('run').description('run a project').usage('<project> [options]');
  run.addHelpText('after', "\n'tilegrad run <project> --help' shows the options of one project.");
  for (const { name, title, summary } of projects) run.command(name).summary(title).description(`${title}\n\n${summary}`);
  // Only the project that is meant is loaded, before its options are read.
  run.hook('preSubcommand', async (_, command) => {
    const project = projects.find(({ name }) => name === command.name());
    if (project) makeRunCommand(command, await project.load(), surroundings);
  });

  addStageCommand(program, async (name) => {
    const project = projects.find((card) => card.name === name);
    if (!project) throw new TilegradError(`there is no project ${name} in this version.`);
    return project.load();
  });
  return program;
}

function makeRunCommand(command: Command, project: Project, { argv, output, exit }: Surroundings): void {
  let preset: Preset | undefined;
  command.optionsGroup('Options of the project:');
  addProjectOptions(command, project);
  command
    .optionsGroup('Options of every run:')
    .option('--quick', 'a size for two CPU cores and two minutes')
    .option('--full', 'the published size')
    .addOption(new Option('--seed <number>', 'what all random numbers follow from (default: 0)').argParser(parseSeed))
    .option('--out <folder>', 'where the results go (default: runs/<project>-<time>)')
    .option('--data <folder>', 'your data files (default: TILEGRAD_DATA, else they are downloaded)')
    .option('--adapter <name>', adapterHelp)
    .option('--resume <folder>', 'go on with an interrupted run, with its options and seed')
    .addOption(new Option('--save-every <seconds>', 'time between checkpoints (default: 10)').argParser(parseSeconds))
    .addOption(
      new Option(
        '--prepare',
        "write the run's folder and begin nothing: 'tilegrad stage' does its stages elsewhere, --resume the rest",
      ).conflicts(['json', 'starter']),
    )
    .option(
      '--starter <file>',
      "write what the project's page can play with at once: small weights, the results they need, how they came about",
    )
    .option('--json', 'print nothing but the summary, as JSON, to standard output')
    // The later of the two wins: `npm start` says --quick, and a person adds --full.
    .on('option:quick', () => {
      preset = 'quick';
    })
    .on('option:full', () => {
      preset = 'full';
    })
    .action(async (values: CommonOptions & Record<string, unknown>) => {
      const options = Object.fromEntries(Object.entries(values).filter(([name]) => !commonNames.includes(name)));
      const { out, seed, data, adapter, resume, saveEvery, starter, json, prepare } = values;
      const request: RunRequest = {
        given: { options, ...(seed !== undefined && { seed }), ...(preset && { preset }), ...(out !== undefined && { out }) },
        ...(resume !== undefined && { resume }),
        ...(saveEvery !== undefined && { saveEvery }),
        ...(starter !== undefined && { starter }),
        ...(adapter !== undefined && { adapter }),
        ...(data !== undefined && { data }),
        json: json ?? false,
        argv,
        output,
      };
      if (prepare) await prepareRun(project, request);
      else exit((await runProject(project, request)).exitCode);
    });
}

function parseSeed(text: string): number {
  const seed = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(seed <= 0xffff_ffff)) throw new InvalidArgumentError('It must be a whole number from 0 to 4294967295.');
  return seed;
}

function parseSeconds(text: string): number {
  const seconds = text.trim() === '' ? Number.NaN : Number(text);
  if (!(seconds >= 0 && seconds < 1e6)) throw new InvalidArgumentError('It must be a number of seconds.');
  return seconds;
}

function formatProjects(): string {
  const width = Math.max(0, ...projects.map(({ name }) => name.length));
  const documents = [...new Set(projects.map(({ document }) => document))];
  return documents
    .map((document) => {
      const lines = projects
        .filter((project) => project.document === document)
        .map(({ name, title, summary }) => `  ${name.padEnd(width)}  ${title}: ${summary}`);
      return [document, ...lines].join('\n');
    })
    .join('\n\n');
}

/** A reason that a user can act on is a message; anything else is a fault of ours, and its stack helps to find it. */
function report(error: unknown): void {
  const text =
    error instanceof TilegradError ? `error: ${error.message}` : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${printable(text)}\n`);
}

/** Output to a pipe may still be on its way. */
async function flush(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

async function main(): Promise<void> {
  const output = new StandardOutput(process.stdout);
  process.stderr.on('error', () => {
    // There is nowhere left to say so.
  });
  let code = 0;
  const argv = process.argv.slice(2);
  const exit = (asked: number) => {
    code = asked;
  };
  try {
    const names = projects.map(({ name }) => name);
    await makeProgram({ argv, output, exit }).parseAsync([...arrange(argv, names)], { from: 'user' });
    await flush();
    if (output.problem) throw new TilegradError(output.problem);
  } catch (error) {
    report(error);
    code = 1;
  }
  await flush();
  // Dawn keeps threads that would hold the process.
  process.exit(code);
}

process.on('unhandledRejection', (error) => {
  report(error);
  process.exit(1);
});
await main();
