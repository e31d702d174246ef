import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { wgslEsbuild } from '../../build/wgsl.mjs';
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
/** A part that a process left; no process has this number. */
const partOf = (pid: number) => `${target()}.part-${pid}@${hostname()}`;
const gone = 2 ** 22 + 1;
const parts = () => readdirSync(join(folder, 'set')).filter((name) => name.includes('.part'));

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
  if (start >= content.length) return response.writeHead(416).end();
  const range = start ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {};
  response.writeHead(start ? 206 : 200, { 'content-length': content.length - start, ...range });
  response.end(content.subarray(start));
};

it('downloads once, then reads the cache', async () => {
  const url = await serve(whole);
  const first = await download({ urls: [url], path: 'set/file.bin', sha256, size: content.length }, options());
  expect(first).toMatchObject({ source: url, sha256 });
  expect(Buffer.compare(first?.bytes ?? Buffer.alloc(0), content)).toBe(0);
  const second = await download({ urls: [url], path: 'set/file.bin', sha256, size: content.length }, options());
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
  const file = await download({ urls: [url], path: 'set/file.bin', sha256, size: content.length }, options());
  expect(file?.sha256).toBe(sha256);
  expect(ranges).toHaveLength(2);
  expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
});

it('goes on with the part that an earlier process left, and starts over when that part is wrong', async () => {
  const url = await serve(whole);
  const request = { urls: [url], path: 'set/file.bin', sha256, size: content.length };
  await download(request, options());
  rmSync(target());
  writeFileSync(partOf(gone), content.subarray(0, 1000));
  expect((await download(request, options()))?.sha256).toBe(sha256);
  expect(ranges.at(-1)).toBe('bytes=1000-');
  rmSync(target());
  writeFileSync(partOf(gone), Buffer.alloc(1000, 9));
  expect((await download(request, options()))?.sha256).toBe(sha256);
  expect(parts()).toEqual([]);
});

it('refuses another digest, says both and leaves nothing', async () => {
  const url = await serve(whole);
  const wanted = 'ab'.repeat(32);
  await expect(download({ urls: [url], path: 'set/file.bin', sha256: wanted, size: content.length }, options())).rejects.toThrow(
    new RegExp(`${wanted}.*${sha256}`),
  );
  expect(existsSync(target())).toBe(false);
  expect(parts()).toEqual([]);
});

it('downloads a damaged cache file again', async () => {
  const url = await serve(whole);
  const request = { urls: [url], path: 'set/file.bin', sha256, size: content.length };
  await download(request, options());
  writeFileSync(target(), 'broken');
  expect((await download(request, options()))?.source).toBe(url);
  expect(readFileSync(target())).toHaveLength(content.length);
});

it('tries the mirrors in order', async () => {
  const url = await serve((request, response) => (request.url === '/gone' ? response.writeHead(404).end() : whole(request, response)));
  const file = await download(
    { urls: [url.replace('file.bin', 'gone'), url], path: 'set/file.bin', sha256, size: content.length },
    options(),
  );
  expect(file?.source).toBe(url);
  expect(written.join('')).toContain('404');
});

it('gives undefined, soon, when no server answers', async () => {
  const url = await serve(() => {
    // Never answers.
  });
  expect(
    await download({ urls: ['http://127.0.0.1:9/file.bin', url], path: 'set/file.bin', sha256, size: content.length }, options()),
  ).toBeUndefined();
  expect(await download({ urls: [url], path: 'set/other.bin', sha256, size: content.length }, options())).toBeUndefined();
  expect(ranges).toHaveLength(1);
});

it('leaves the part of a living process alone, and takes the longest of those that ended', async () => {
  const url = await serve(whole);
  mkdirSync(join(folder, 'set'));
  writeFileSync(partOf(process.ppid), content.subarray(0, 5000));
  writeFileSync(partOf(gone), content.subarray(0, 100));
  writeFileSync(partOf(gone + 1), content.subarray(0, 2000));
  const request = { urls: [url], path: 'set/file.bin', sha256, size: content.length };
  expect((await download(request, options()))?.sha256).toBe(sha256);
  expect(ranges).toEqual(['bytes=2000-']);
  expect(parts()).toEqual([`file.bin.part-${process.ppid}@${hostname()}`]);
});

it('two downloads of one file at once, in processes of their own, both end with the whole file', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 150_000));
    setTimeout(() => response.end(content.subarray(150_000)), 300);
  });
  const program = join(folder, 'download.mjs');
  await build({
    stdin: {
      contents: `import { download } from './runtime/node/download.ts';
        const [url, folder, sha256, size] = process.argv.slice(2);
        const status = { line() {}, update() {}, clear() {} };
        const file = await download({ urls: [url], path: 'set/file.bin', sha256, size: Number(size) }, { folder, status });
        console.log(file.sha256);`,
      resolveDir: fileURLToPath(new URL('../..', import.meta.url)),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    plugins: [wgslEsbuild],
    outfile: program,
    logLevel: 'error',
  });
  const run = promisify(execFile);
  const twice = [1, 2].map(() => run(process.execPath, [program, url, folder, sha256, String(content.length)]));
  const results = (await Promise.all(twice)).map(({ stdout }) => stdout.trim());
  expect(results).toEqual([sha256, sha256]);
  expect(parts()).toEqual([]);
});

it('takes in no more than the file has, whether the server says how much comes or not', async () => {
  let sent = 0;
  const endless: RequestListener = (request, response) => {
    if (request.url === '/said') return response.writeHead(200, { 'content-length': 10 ** 12 }).write(content);
    response.writeHead(200);
    const more = () => {
      while (sent < 50_000_000 && response.write(content)) sent += content.length;
      if (sent >= 50_000_000) response.end();
    };
    response.on('drain', more);
    more();
  };
  const url = await serve(endless);
  const request = { path: 'set/file.bin', sha256, size: content.length };
  expect(await download({ ...request, urls: [url.replace('file.bin', 'said')] }, options())).toBeUndefined();
  expect(written.join('')).toMatch(/expected a file of 300\.0 kB, the server has 1,?000/);
  expect(await download({ ...request, urls: [url] }, options())).toBeUndefined();
  expect(written.join('')).toMatch(/the server sends more/);
  expect(parts()).toEqual([]);
});

it('416 without a part is an answer like any other error; with a part that is too long it starts over', async () => {
  const always = await serve((_request, response) => response.writeHead(416).end('no'));
  const request = { path: 'set/file.bin', sha256, size: content.length };
  expect(await download({ ...request, urls: [always] }, options())).toBeUndefined();
  expect(written.join('')).toContain('416');
  server?.close();
  const url = await serve(whole);
  writeFileSync(partOf(gone), Buffer.concat([content, content]));
  expect((await download({ ...request, urls: [url] }, options()))?.sha256).toBe(sha256);
});

it('starts over when a server goes on elsewhere than it was asked to', async () => {
  const url = await serve((request, response) => {
    if (!request.headers.range) return whole(request, response);
    response.writeHead(206, { 'content-length': 10, 'content-range': `bytes 5-14/${content.length}` });
    response.end(content.subarray(5, 15));
  });
  mkdirSync(join(folder, 'set'));
  writeFileSync(partOf(gone), content.subarray(0, 1000));
  const file = await download({ urls: [url], path: 'set/file.bin', sha256, size: content.length }, options());
  expect(file?.sha256).toBe(sha256);
});
