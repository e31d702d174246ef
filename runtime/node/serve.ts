// Serves the built page on this machine.
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TilegradError } from '../../src/index.ts';
import { errorCode } from './files.ts';
import { listDataFolder } from './platform.ts';
import { fileName, sendFile } from './static-files.ts';

/**
 * The page runs its own scripts and workers, and talks to this server alone; only its own pages may frame it. Styles stand in elements: those
 * of figures, charts and the editor.
 */
const pagePolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  // Data workers of the worker that trains.
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

/** Programs of the playground run in here: of no origin, with no network. What scripts it may have stands in the file. */
const framePolicy =
  "sandbox allow-scripts; connect-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/** A data file is bytes for the page. Whoever opens it as a document gets no script and not the page's origin. */
const dataPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'";

/** Answers for the page in `folder`, and for the files of `data` below `data/`. */
export function galleryListener(folder: string, data?: string): RequestListener {
  return (request, response) => {
    const path = request.url ?? '/';
    response.setHeader('X-Content-Type-Options', 'nosniff').setHeader('Referrer-Policy', 'no-referrer');
    // Only names of this machine: else a foreign page could reach the data by a host name that it makes point here.
    if (!/^(localhost|127\.0\.0\.1)(:\d+)?$/.test(request.headers.host ?? '')) return refuse(response, 403);
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405);
    if (data !== undefined && /^\/data\.json(\?|$)/.test(path)) {
      response.setHeader('Cache-Control', 'no-cache').setHeader('Content-Type', 'application/json').end('{"url":"data/"}');
    } else if (data !== undefined && path.startsWith('/data/')) {
      response.setHeader('Content-Security-Policy', dataPolicy).setHeader('Cross-Origin-Resource-Policy', 'same-origin');
      const listed = listedFolder(path);
      if (listed === undefined) return sendFile(data, path.slice('/data'.length), request, response, 'application/octet-stream');
      const listing = listDataFolder(data, listed, true);
      if (!listing) return refuse(response, 404);
      response.setHeader('Cache-Control', 'no-cache').setHeader('Content-Type', 'application/json').end(JSON.stringify(listing.files));
    } else {
      response.setHeader('Content-Security-Policy', /^\/playground-frame\.html(\?|$)/.test(path) ? framePolicy : pagePolicy);
      sendFile(folder, path, request, response);
    }
  };
}

/** `/data/cifar10/files.json` asks what lies in `cifar10`: see `ServedFiles` of the browser's side. */
function listedFolder(path: string): string | undefined {
  const [, folder] = /^data\/(.+)\/files\.json$/.exec(fileName(path) ?? '') ?? [];
  return folder;
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
