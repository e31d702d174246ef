// `tilegrad stage`: one stage of a stored run, done by this process alone.
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Project } from '../../src/train/project.ts';
import { elsewhereFile } from '../run/checkpoint.ts';
import { dataLine, Run } from '../run/run.ts';
import { runFiles } from '../run/store.ts';
import { readConfig } from '../run/stored.ts';
import { checkPlace, replaceFile } from './files.ts';
import { nodePlatform } from './platform.ts';
import { RunFolder } from './run-folder.ts';
import { StatusLine } from './status-line.ts';

interface StageOptions {
  readonly out?: string;
  readonly data?: string;
  readonly adapter?: string;
}

export function addStageCommand(program: Command, load: (name: string) => Promise<Project>): void {
  program
    .command('stage <folder> <path>')
    .description(
      "do one stage of a run, such as run/2, from the results of earlier stages in its folder: what the run itself would find and tell, bit for bit. 'run --resume <folder>' takes it in",
    )
    .option('--out <file>', "where it goes (default: the run's folder)")
    .option('--data <folder>', "your data files (default: the run's)")
    .option('--adapter <name>', "the GPU adapter (default: the run's)")
    .action(async (folder: string, path: string, { out, data, adapter }: StageOptions) => {
      const store = RunFolder.read(folder);
      const { config, project } = await readConfig(store, load);
      const status = new StatusLine(process.stderr);
      const platform = nodePlatform({ adapter: adapter ?? config.wanted.adapter, data: data ?? config.wanted.data, status });
      const file = out ?? join(folder, elsewhereFile(path));
      checkPlace(file);
      const run = new Run(
        project,
        config,
        {
          ...{ platform, store, stopping: false },
          ready: async () => {},
          report: (event) => {
            if (event.type === 'progress') status.update(event.update.phase);
            else if (event.type === 'data') status.line(dataLine(event.record));
          },
        },
        (await store.list()).includes(runFiles.checkpoint),
      );
      await replaceFile(file, await run.executeStage(path));
      status.line(`Done: ${file}`);
    });
}
