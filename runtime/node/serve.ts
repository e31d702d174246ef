// Serves the built page on this machine.
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import sirv from 'sirv';
import { TilegradError } from '../../src/index.ts';
import { errorCode } from './files.ts';

/** Answers for the page in `folder`, and for the files of `data` below `data/`. */
export function galleryListener(folder: string, data?: string): RequestListener {
  // Files are looked up anew at each request, and a browser asks each time whether its copy still holds.
  const fresh = { dev: true, etag: true };
  const page = sirv(folder, fresh);
  const dataFiles = data === undefined ? undefined : sirv(data, { ...fresh, extensions: [], setHeaders: asTheyStand });
  return (request, response) => {
    const path = request.url ?? '/';
    // Only names of this machine: else a foreign page could reach the data by a host name that it makes point here.
    if (!/^(localhost|127\.0\.0\.1)(:\d+)?$/.test(request.headers.host ?? '')) return refuse(response, 403);
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405);
    if (dataFiles && /^\/data\.json(\?|$)/.test(path)) {
      response.setHeader('Cache-Control', 'no-cache').setHeader('Content-Type', 'application/json').end('{"url":"data/"}');
    } else if (dataFiles && path.startsWith('/data/')) {
      if (/\/(\.|%2e)/i.test(path)) return refuse(response, 404);
      request.url = path.slice('/data'.length);
      dataFiles(request, response);
    } else {
      page(request, response);
    }
  };
}

/** A `.gz` file of a data set is the file itself; sirv would have the browser unpack it. */
function asTheyStand(response: ServerResponse, path: string): void {
  if (/\.(gz|br)$/.test(path)) response.setHeader('Content-Encoding', 'identity').setHeader('Content-Type', 'application/octet-stream');
}

function refuse(response: ServerResponse, status: number): void {
  response.statusCode = status;
  response.end();
}

export interface GalleryServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves on 127.0.0.1, at `port` or the next one that is free. */
export async function serveGallery(listener: RequestListener, port: number): Promise<GalleryServer> {
  for (let candidate = port; ; candidate++) {
    const server = createServer(listener);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(candidate, '127.0.0.1', resolve);
      });
    } catch (error) {
      if (errorCode(error) === 'EADDRINUSE' && candidate < Math.min(port + 100, 65_535)) continue;
      throw new TilegradError(
        `can't serve on port ${candidate}: ${error instanceof Error ? error.message : error}. Name another with --port.`,
      );
    }
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  }
}
