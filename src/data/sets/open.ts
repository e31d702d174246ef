// How a program gets the samples of a data set. What does the work is fetched with the first set that is opened.
import type { Platform } from '../../platform.ts';
import type { DataRecord } from '../record.ts';
import type { Parts, SetSource, Use } from './set.ts';

export interface OpenOptions<U extends Use> {
  readonly use?: U;
  /** Of the synthetic twin and of the share that becomes `validation`. Default 0. */
  readonly seed?: number;
  /** Told while a long set is read: so many of all files. */
  readonly progress?: (done: number, total: number) => void;
}

export interface Opened<S extends Parts, U extends Use = Use> {
  readonly parts: S & (U extends { readonly validation: number } ? { readonly validation: S['train'] } : unknown);
  /** Which data this is: hand it to the run's record. */
  readonly record: DataRecord;
}

/**
 * A data set's samples: from the user's data folder, else from the cache or the network, else its synthetic twin, which `record` says. Real and
 * synthetic data never mix, nor do two ways in which a set is spread.
 *
 * ```ts
 * const { parts, record } = await openDataSet(platform, mnist, { use: { validation: 0.1 } });
 * ```
 *
 * @throws DataFormatError when some of the files are there and others not, or when one is damaged or does not fit the others
 */
export async function openDataSet<S extends Parts, const U extends Use<S> = Use<S>>(
  platform: Platform,
  set: SetSource<S>,
  options: OpenOptions<U> = {},
): Promise<Opened<S, U>> {
  const { open } = await import('./opening.ts');
  return open<S, U>(set, platform, options);
}
