// How long a run will take, before its first step: from earlier runs on the same adapter, and from what its project took on a known one.
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
  /** `runs`: earlier ones here, and the card where those are all shorter. `card`: the project's record of another machine, made up for by how fast this adapter is. */
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
  const here = past.filter((run) => run.project === name && run.adapter === adapter.name);
  const factor = speed === undefined ? (adapter.kind === 'cpu' ? 1 : undefined) : speed / REFERENCE;
  const there = presets.flatMap((preset) => {
    const took = seconds?.[preset];
    if (took === undefined || factor === undefined) return [];
    const part = typeof took === 'number' ? { took, with: {} } : took;
    return [{ options: resolveOptions(specs, changes, preset, part.with), seconds: part.took * factor }];
  });
  const [runs, cards] = [here, there].map((known) => neighbours(specs, options, known));
  const shorter = runs.shorter ?? (runs.longer ? undefined : cards.shorter);
  // Where all runs are shorter, the card says more of the steps than they do, which compiled as well.
  const longer = runs.longer ?? cards.longer;
  if (!shorter && !longer) return undefined;
  return { seconds: between(shorter, longer), by: runs.shorter || runs.longer ? 'runs' : 'card' };
}

/** A run whose time is known, and its length as a multiple of the one that is asked for. */
interface Known {
  readonly length: number;
  readonly seconds: number;
}

/** The longest of those that are no longer, and the shortest of those that are; the first of several. */
function neighbours(
  specs: OptionSpecs,
  options: OptionRecord,
  known: readonly { readonly options: OptionRecord; readonly seconds: number }[],
): { readonly shorter?: Known; readonly longer?: Known } {
  let [shorter, longer]: (Known | undefined)[] = [];
  for (const { options: those, seconds } of known) {
    const length = timeRatio(specs, options, those);
    if (length === undefined) continue;
    if (length > 1) {
      if (!longer || length < longer.length) longer = { length, seconds };
    } else if (!shorter || length > shorter.length) shorter = { length, seconds };
  }
  return { ...(shorter && { shorter }), ...(longer && { longer }) };
}

/**
 * On the straight line between them: compiling takes its time however short a run is, so that a short one multiplied says too much. With one of them
 * alone nothing else can be said.
 */
function between(shorter: Known | undefined, longer: Known | undefined): number {
  if (!shorter || !longer) {
    const { seconds, length } = (shorter ?? longer) as Known;
    return seconds / length;
  }
  const share = (1 - shorter.length) / (longer.length - shorter.length);
  const line = shorter.seconds + share * (longer.seconds - shorter.seconds);
  // They may be of two machines.
  return Math.min(Math.max(line, shorter.seconds), shorter.seconds / shorter.length);
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
