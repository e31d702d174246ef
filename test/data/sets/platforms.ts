import { createHash } from 'node:crypto';
import type { DataFile, DownloadRequest, Platform } from '../../../src/platform.ts';

export type Files = Readonly<Record<string, Uint8Array>>;

export function dataFile(bytes: Uint8Array, source: string): DataFile {
  return { bytes, source, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** A platform with these files in its data folder and on the net, and a list of what was asked of it. */
export function platformOf(local: Files, remote: Files = {}): Platform & { readonly requests: DownloadRequest[] } {
  const requests: DownloadRequest[] = [];
  return {
    name: 'node',
    requests,
    requestAdapter: () => Promise.reject(new Error('no adapter here')),
    readData: async (path) => (local[path] ? dataFile(local[path], `/data/${path}`) : undefined),
    listData: async (folder) => {
      const inside = Object.keys(local).filter((path) => path.startsWith(`${folder}/`));
      const files = inside.map((path) => ({ path: path.slice(folder.length + 1), size: local[path].length }));
      return files.length ? { files, named: true } : undefined;
    },
    fetchCached: async (request) => {
      requests.push(request);
      return remote[request.path] ? dataFile(remote[request.path]!, request.urls[0]!) : undefined;
    },
  };
}
