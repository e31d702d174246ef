// Going on with a stored run: its config and checkpoint read back and checked.
import type { DataRecord } from '../../src/data/record.ts';
import { TilegradError } from '../../src/index.ts';
import type { Project } from '../../src/train/project.ts';
import { decodeCheckpoint } from './checkpoint.ts';
import { type OptionRecord, resolveOptions, valueProblem } from './options.ts';
import { checkConfig, type RunConfig, sameOpening } from './record.ts';
import { type RunStore, runFiles } from './store.ts';

/**
 * @param load the project by its name, which may be any text
 * @throws TilegradError when the store holds no run, or a damaged one
 */
export async function readConfig(
  store: RunStore,
  load: (name: string) => Promise<Project>,
): Promise<{ readonly config: RunConfig; readonly project: Project }> {
  const bytes = await store.read(runFiles.config);
  if (!bytes) throw new TilegradError(`${store.path}: its config.json can't be read: there is none, so no run was kept there.`);
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new TilegradError(`${store.path}: its config.json is damaged: it is not JSON.`);
  }
  const problem = checkConfig(content, 'config');
  if (problem) throw new TilegradError(`${store.path}: its config.json is damaged: ${problem}.`);
  const config = content as RunConfig;
  const project = await load(config.project);
  return { config: { ...config, options: checkedOptions(store.path, config, project) }, project };
}

/** An option that a newer version added has its default. */
function checkedOptions(path: string, { options, preset }: RunConfig, project: Project): OptionRecord {
  for (const [name, value] of Object.entries(options)) {
    const spec = Object.hasOwn(project.options, name) ? project.options[name] : undefined;
    const problem = spec ? valueProblem(spec, value) : 'There is no such option.';
    if (problem) throw new TilegradError(`${path}: its config.json has the option ${name}: ${JSON.stringify(value)}. ${problem}`);
  }
  return resolveOptions(project.options, project.presets, preset, options);
}

/**
 * The step of the checkpoint; undefined where the run ended before its first one, or only its folder was made: it begins at its beginning.
 * @throws TilegradError when it is damaged, or is missing where something is that would be lost
 */
export async function checkpointStep(store: RunStore): Promise<number | undefined> {
  const checkpoint = await store.read(runFiles.checkpoint);
  if (checkpoint) return decodeCheckpoint(checkpoint, `${store.path}/${runFiles.checkpoint}`).run.step;
  const summary = await store.read(runFiles.summary);
  const finished = summary !== undefined && new TextDecoder().decode(summary).includes('"status": "finished"');
  if (!finished && !(await store.list()).some((file) => /^done-.*\.safetensors$/.test(file))) return undefined;
  throw new TilegradError(
    `${store.path} has no checkpoint any more, though the run came further than that. Start it anew, in another folder.`,
  );
}

/** A run that goes on with other data would not be the run it says it is. */
export function checkSameData(before: readonly DataRecord[], now: DataRecord, whose?: string): void {
  const then = before.find((record) => sameOpening(record, now));
  if (!then) return;
  const digests = (record: DataRecord) => record.files.map(({ sha256 }) => sha256).join();
  if (then.synthetic !== now.synthetic || digests(then) !== digests(now)) {
    const [what, otherwise] =
      whose === undefined
        ? ['the data of this run has changed since it began', 'start a new run']
        : [`${whose} was done with other data than this run`, 'do that stage again'];
    throw new TilegradError(`${what}: "${then.description}" then, "${now.description}" now. Give it the same data again, or ${otherwise}.`);
  }
}
