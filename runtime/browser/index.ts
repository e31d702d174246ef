// The library's entry in a browser: the library itself, with the browser's GPU as its platform.
import { setPlatform } from '../../src/index.ts';
import type { Platform } from '../../src/platform.ts';
import { NoAdapterError, requestAdapter } from './adapter.ts';
import { ServedFiles, withDigest } from './fetch-data.ts';
import { startWorker } from './start-worker.ts';
import { webgpuAdvice } from './webgpu-advice.ts';

export * from '../../src/index.ts';

export interface BrowserPlatformOptions {
  /** The address of the folder with the data files (`data/`, say). Relative to the page, or in a worker to its script. */
  readonly data?: string;
}

/** What a page or a worker has: the browser's GPU, and the data files of a server that the program names. It asks nothing of any other. */
export function browserPlatform({ data }: BrowserPlatformOptions = {}): Platform {
  const served = data === undefined ? undefined : new ServedFiles(data);
  return {
    name: 'browser',
    requestAdapter: () => requestAdapter().catch(advise),
    async readData(path) {
      const file = await served?.read(path);
      return file && withDigest(file);
    },
    readRange: async (path, begin, end) => served?.range(path, begin, end),
    listData: async (path) => served?.list(path),
    fetchCached: async () => undefined,
    startWorker,
  };
}

function advise(error: unknown): never {
  if (!(error instanceof NoAdapterError)) throw error;
  const { steps } = webgpuAdvice({
    userAgent: globalThis.navigator?.userAgent ?? '',
    secure: error.reason !== 'insecureContext',
    webgpu: error.reason !== 'noWebGPU',
    address: globalThis.location?.href,
  });
  throw new NoAdapterError(error.reason, `no WebGPU adapter: ${error.message}. ${steps.join(' ')}`);
}

// Asks for nothing yet: the adapter is looked for when the first computation needs one.
setPlatform(browserPlatform());
