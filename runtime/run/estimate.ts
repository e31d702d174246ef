// How long a run will take, before its first step: from earlier runs on the same adapter, else from what its project took on a known one.
// Imports no library code: the page reckons with it too.
import type { OptionSpecs, ProjectCard } from '../../src/train/project.ts';
import { type OptionRecord, type Preset, resolveOptions } from './options.ts';

/** A run that went to its end. */
export interface PastRun {
  readonly project: string;
  readonly adapter: string;
  readonly options: OptionRecord;
  readonly seconds: number;
}

export interface Estimate {
  /** Of the whole run. */
  readonly seconds: number;
  /** `runs`: earlier ones here. `card`: the project's record of another machine, made up for by how fast this adapter is. */
  readonly by: 'runs' | 'card';
}

/** What of a project it takes. */
export interface Estimated extends Pick<ProjectCard, 'name' | 'seconds'> {
  readonly options: OptionSpecs;
  readonly presets: Readonly<Record<'quick' | 'full', Readonly<Record<string, unknown>>>>;
}

/**
 * What {@link calibrate} gives for lavapipe (LLVM 15) on two cores, where the seconds of the cards were measured: the quickest of twenty, as the
 * machine was at other work too.
 */
export const REFERENCE = 0.0044;

const presets: readonly Preset[] = ['quick', 'default', 'full'];

/**
 * @param options all of them
 * @param past newest first
 * @param speed what `calibrate` gave for this adapter; where it is not known, a software adapter counts as one like that of the cards
 * @returns undefined where nobody knows: no run here was like it, and the card doesn't say, or an option changes it in a way that can't be told
 */
export function estimateRun(
  { name, seconds, options: specs, presets: changes }: Estimated,
  options: OptionRecord,
  adapter: { readonly name: string; readonly kind: 'gpu' | 'cpu' },
  past: readonly PastRun[],
  speed: number | undefined,
): Estimate | undefined {
  const here = closest(
    specs,
    options,
    past.filter((run) => run.project === name && run.adapter === adapter.name),
  );
  if (here !== undefined) return { seconds: here, by: 'runs' };
  const factor = speed === undefined ? (adapter.kind === 'cpu' ? 1 : undefined) : speed / REFERENCE;
  if (factor === undefined || !seconds) return undefined;
  const recorded = presets.flatMap((preset) => {
    const { [preset]: took } = seconds;
    if (took === undefined) return [];
    const part = typeof took === 'number' ? { took, with: {} } : took;
    return [{ options: resolveOptions(specs, changes, preset, part.with), seconds: part.took }];
  });
  const there = closest(specs, options, recorded);
  return there === undefined ? undefined : { seconds: there * factor, by: 'card' };
}

/** By the known run whose time has to be stretched the least; the first of several. */
function closest(
  specs: OptionSpecs,
  options: OptionRecord,
  known: readonly { readonly options: OptionRecord; readonly seconds: number }[],
): number | undefined {
  let best: { readonly stretch: number; readonly seconds: number } | undefined;
  for (const run of known) {
    const ratio = timeRatio(specs, run.options, options);
    if (ratio === undefined) continue;
    const stretch = Math.abs(Math.log(ratio));
    if (!best || stretch < best.stretch) best = { stretch, seconds: run.seconds * ratio };
  }
  return best?.seconds;
}

/** How many times as long a run with the options `b` takes as one with `a`; undefined where an option differs that doesn't tell. */
function timeRatio(specs: OptionSpecs, a: OptionRecord, b: OptionRecord): number | undefined {
  let ratio = 1;
  for (const [name, spec] of Object.entries(specs)) {
    const [from, to] = [a[name], b[name]];
    if (from === to) continue;
    const time = spec.type === 'number' ? spec.time : undefined;
    if (time === 'grows') ratio *= Number(to) / Number(from);
    else if (time !== 'same') return undefined;
  }
  // 0 stands for all there is: nobody knows how much that is.
  return ratio > 0 && Number.isFinite(ratio) ? ratio : undefined;
}

/** `about 7 minutes on this adapter, as earlier runs took` */
export const inWords = ({ seconds, by }: Estimate): string =>
  `${roughly(seconds)} on this adapter, ${by === 'runs' ? 'as earlier runs took' : 'by a rough reckoning'}`;

/** `under a minute`, `about 7 minutes`, `about 3 hours`, `about 2 days`: no more digits than such an estimate has. */
export function roughly(seconds: number): string {
  if (seconds < 50) return 'under a minute';
  const [minutes, hours, days] = [60, 3600, 86_400].map((unit) => Math.round(seconds / unit)) as [number, number, number];
  const count = (value: number, unit: string) => `about ${value} ${unit}${value === 1 ? '' : 's'}`;
  if (minutes < 90) return count(minutes < 20 ? minutes : 5 * Math.round(minutes / 5), 'minute');
  return hours < 36 ? count(hours, 'hour') : count(days, 'day');
}
