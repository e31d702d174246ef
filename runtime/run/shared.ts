// What runs find the same is kept for the next one: see `run.shared`.
import type { PlatformCache } from '../../src/platform.ts';
import type { SharedResults } from '../../src/train/host.ts';
import { decodeRecord, encodeRecord, sharedFile } from './checkpoint.ts';
import { toJson } from './metrics.ts';
import type { RunConfig } from './record.ts';

/** Of this version of the library, on this adapter. @param log gets what was taken, kept or refused */
export function sharedResults(cache: PlatformCache, config: RunConfig, log: (text: string) => void): SharedResults {
  const { adapter, versions } = config.resumed.at(-1) ?? config;
  const identity = (key: string) => toJson({ key, adapter: adapter.name, driver: adapter.driver, tilegrad: versions.tilegrad });
  const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));
  return {
    async read(path, key) {
      const file = sharedFile(path, identity(key));
      try {
        const bytes = await cache.read(file);
        if (!bytes) return undefined;
        const record = decodeRecord(bytes, path, `${cache.path}/${file}`, identity(key));
        log(`${path}: as an earlier run left it in ${cache.path}/${file}`);
        return record;
      } catch (error) {
        log(`${path}: done anew: ${reason(error)}`);
        return undefined;
      }
    },
    async write(path, key, record) {
      const file = sharedFile(path, identity(key));
      try {
        await cache.write(file, encodeRecord(path, record, { run: identity(key) }));
        log(`${path}: kept for other runs in ${cache.path}/${file}`);
      } catch (error) {
        log(`${path}: not kept for other runs: ${reason(error)}`);
      }
    },
  };
}
