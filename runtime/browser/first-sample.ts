// What a project trains on, before it has trained: its run is begun at the smallest size, and left as soon as it has opened its data.
import type { Parts } from '../../src/data/sets/set.ts';
import { randomState, runProject, setRandomState, type Tensor } from '../../src/index.ts';
import type { Platform } from '../../src/platform.ts';
import type { Project } from '../../src/train/project.ts';
import type { OptionRecord } from '../run/options.ts';
import { type Inputs, sampleFor } from './inside.ts';

/** Thrown through the project when it has done enough. */
class Enough extends Error {}

/** One sample as the model takes it; undefined where the project opens no data that has one. */
export async function firstSample(
  project: Project,
  options: OptionRecord,
  inputs: Inputs,
  platform: Platform,
  seed: number,
): Promise<readonly Tensor[] | undefined> {
  let sample: readonly Tensor[] | undefined;
  const enough = (): never => {
    throw new Enough();
  };
  const late = async () => enough();
  const opened = (parts: Parts | undefined) => {
    sample = parts && sampleFor(inputs, parts);
    if (sample) enough();
  };
  const random = randomState();
  try {
    await runProject(
      project,
      { ...options, ...project.presets.smallest },
      {
        ...{ platform, seed, only: undefined, position: undefined, stopping: false },
        ...{ log: () => {}, reading: () => {}, found: () => undefined, due: () => false },
        doneElsewhere: async () => undefined,
        data: (_record, parts) => opened(parts),
        ...{ ready: late, readRecord: late, writeRecord: late, save: late, saveModel: late, figure: late, file: late },
        ...{ row: enough, progress: enough, table: enough, summary: enough },
      },
    );
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  } finally {
    setRandomState(random);
  }
  return sample;
}
