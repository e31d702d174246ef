// A sweep: runs of one form that train one after the other. What has not begun is kept, in case the page is closed in between.

import type { GivenRun } from '../../run/options.ts';
import { valueProblem } from '../../run/options.ts';
import type { CatalogueEntry } from '../catalogue.ts';

export interface Sweep {
  /** Those that have not begun. */
  readonly left: readonly GivenRun[];
  /** With those that have. */
  readonly count: number;
}

const keyOf = (project: string) => `tilegrad-sweep-${project}`;

/** The sweep is this page's until it calls what this gives. */
export function holdSweep(project: string): () => void {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  void navigator.locks?.request(keyOf(project), () => held);
  return release;
}

/** What a page that was closed left; undefined too where one that is open trains it. */
export async function leftSweep(project: Pick<CatalogueEntry, 'name' | 'options'>): Promise<Sweep | undefined> {
  // Pages that aren't secure have no locks, and no GPU.
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.some(({ name }) => name === keyOf(project.name)) ? undefined : storedSweep(project);
}

/** A browser that keeps nothing for the page loses the rest of a sweep with the page. */
export function storeSweep(project: string, sweep: Sweep | undefined): void {
  try {
    if (sweep && sweep.left.length > 0) localStorage.setItem(keyOf(project), JSON.stringify(sweep));
    else localStorage.removeItem(keyOf(project));
  } catch {
    // Nothing is kept, nothing to tidy up.
  }
}

/** Undefined where there is nothing, or what is there doesn't fit the project any more. */
function storedSweep(project: Pick<CatalogueEntry, 'name' | 'options'>): Sweep | undefined {
  try {
    const sweep = JSON.parse(localStorage.getItem(keyOf(project.name)) ?? '') as Sweep;
    const fits = ({ preset, options, seed }: GivenRun) =>
      ['default', 'quick', 'full'].includes(preset) &&
      Number.isSafeInteger(seed) &&
      Object.entries(options).every(([name, value]) => Object.hasOwn(project.options, name) && !valueProblem(project.options[name], value));
    return sweep.left.length > 0 && sweep.left.every(fits) && sweep.count > sweep.left.length ? sweep : undefined;
  } catch {
    return undefined;
  }
}
