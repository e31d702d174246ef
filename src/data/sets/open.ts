// How a program gets the samples of a data set. What does the work is fetched with the first set that is opened.
import type { Platform } from '../../platform.ts';
import type { Opened, OpenOptions } from './opening.ts';
import type { Parts, SetSource, Use } from './set.ts';

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
