// How long a run will take on this adapter, measuring the adapter first where its speed has to be known for that.
import type { Platform } from '../../src/platform.ts';
import type { Project } from '../../src/train/project.ts';
import { calibrate } from './calibration.ts';
import { type Estimate, estimateRun, type PastRun, REFERENCE } from './estimate.ts';
import type { RunConfig } from './record.ts';

/** What a program remembers of runs and adapters. */
export interface Times {
  /** Newest first. */
  readonly runs: readonly PastRun[];
  /** What {@link calibrate} gave, by the adapter's name. */
  readonly speeds: Readonly<Record<string, number>>;
}

/** Seconds of a run for which measuring the adapter would be a good part of the wait. */
const SHORT = 20;

/**
 * @param keep is told the speed of an adapter that had to be measured
 * @returns undefined where nobody knows
 */
export async function foretell(
  project: Project,
  config: RunConfig,
  platform: Platform,
  { runs, speeds }: Times,
  keep: (adapter: string, speed: number) => Promise<void> | void,
): Promise<Estimate | undefined> {
  const { adapter } = config.resumed.at(-1) ?? config;
  const estimate = (speed: number) => estimateRun(project, config.options, adapter, runs, speed);
  const known = Object.hasOwn(speeds, adapter.name) ? speeds[adapter.name] : undefined;
  const first = estimate(known ?? REFERENCE);
  if (known !== undefined || first?.by !== 'card' || first.seconds < SHORT) return first;
  // An adapter that fails here fails again in the run, and is reported then.
  const speed = await calibrate(platform).catch(() => undefined);
  if (speed === undefined) return undefined;
  await keep(adapter.name, speed);
  return estimate(speed);
}
