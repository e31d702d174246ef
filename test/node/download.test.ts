import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { download } from '../../runtime/node/download.ts';
import { StatusLine } from '../../runtime/node/status-line.ts';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');
let folder: string;
let server: Server | undefined;
let written: string[];
let ranges: (string | undefined)[];
const options = () => ({
  folder,
  status: new StatusLine({ write: (text) => written.push(text) }),
  connectTimeout: 500,
  stallTimeout: 500,
});
const target = () => join(folder, 'set/file.bin');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilegrad-download-'));
  written = [];
  ranges = [];
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function serve(listener: RequestListener): Promise<string> {
  const made = createServer((request, response) => {
    ranges.push(request.headers.range);
    listener(request, response);
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const address = made.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/file.bin`;
}

const whole: RequestListener = (request, response) => {
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(start ? 206 : 200, { 'content-length': content.length - start });
  response.end(content.subarray(start));
};

it('downloads once, then reads the cache', async () => {
  const url = await serve(whole);
  const first = await download({ urls: [url], path: 'set/file.bin', sha256 }, options());
  expect(first).toMatchObject({ source: url, sha256 });
  expect(Buffer.compare(first?.bytes ?? Buffer.alloc(0), content)).toBe(0);
  const second = await download({ urls: [url], path: 'set/file.bin', sha256 }, options());
  expect(second?.source).toBe(target());
  expect(ranges).toHaveLength(1);
  expect(written.join('')).toMatch(/downloaded file\.bin: 300\.0 kB from 127\.0\.0\.1/);
});

it('goes on where a broken connection stopped', async () => {
  let first = true;
  const url = await serve((request, response) => {
    if (!first) return whole(request, response);
    first = false;
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
  });
  const file = await download({ urls: [url], path: 'set/file.bin', sha256 }, options());
  expect(file?.sha256).toBe(sha256);
  expect(ranges).toHaveLength(2);
  expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
});

it('goes on with the part that an earlier process left, and starts over when that part is wrong', async () => {
  const url = await serve(whole);
  const request = { urls: [url], path: 'set/file.bin', sha256 };
  await download(request, options());
  rmSync(target());
  writeFileSync(`${target()}.part`, content.subarray(0, 1000));
  expect((await download(request, options()))?.sha256).toBe(sha256);
  expect(ranges.at(-1)).toBe('bytes=1000-');
  rmSync(target());
  writeFileSync(`${target()}.part`, Buffer.alloc(1000, 9));
  expect((await download(request, options()))?.sha256).toBe(sha256);
  expect(existsSync(`${target()}.part`)).toBe(false);
});

it('refuses another digest, says both and leaves nothing', async () => {
  const url = await serve(whole);
  const wanted = 'ab'.repeat(32);
  await expect(download({ urls: [url], path: 'set/file.bin', sha256: wanted }, options())).rejects.toThrow(
    new RegExp(`${wanted}.*${sha256}`),
  );
  expect(existsSync(target())).toBe(false);
  expect(existsSync(`${target()}.part`)).toBe(false);
});

it('downloads a damaged cache file again', async () => {
  const url = await serve(whole);
  const request = { urls: [url], path: 'set/file.bin', sha256 };
  await download(request, options());
  writeFileSync(target(), 'broken');
  expect((await download(request, options()))?.source).toBe(url);
  expect(readFileSync(target())).toHaveLength(content.length);
});

it('tries the mirrors in order', async () => {
  const url = await serve((request, response) => (request.url === '/gone' ? response.writeHead(404).end() : whole(request, response)));
  const file = await download({ urls: [url.replace('file.bin', 'gone'), url], path: 'set/file.bin', sha256 }, options());
  expect(file?.source).toBe(url);
  expect(written.join('')).toContain('404');
});

it('gives undefined, soon, when no server answers', async () => {
  const url = await serve(() => {
    // Never answers.
  });
  const start = performance.now();
  expect(await download({ urls: ['http://127.0.0.1:9/file.bin', url], path: 'set/file.bin', sha256 }, options())).toBeUndefined();
  expect(await download({ urls: [url], path: 'set/other.bin', sha256 }, options())).toBeUndefined();
  expect(performance.now() - start).toBeLessThan(3000);
  expect(ranges).toHaveLength(1);
});
