// `tilegrad gallery`: what is served and how, what a static copy holds, and the command itself.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeGallery } from '../../runtime/node/gallery.ts';
import { type GalleryServer, galleryListener, serveGallery } from '../../runtime/node/serve.ts';
import { readRange } from '../../runtime/node/static-files.ts';

let base: string;
let server: GalleryServer;

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(base, path)), { recursive: true });
  writeFileSync(join(base, path), content);
}

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'tilegrad-gallery-'));
  write('page/index.html', '<p>page</p>');
  write('page/page.js', 'export {}');
  write('page/chunk-NEW1.js', 'export {}');
  write('page/data.json', '{}');
  write('page/projects.json', '{"version":"1","projects":[]}');
  write('page/projects/new.html', 'new');
  write('data/mnist/images.gz', gzipSync('images'));
  write('data/.secret', 'secret');
  write('outside', 'outside');
  server = await serveGallery(galleryListener(join(base, 'page'), join(base, 'data')), 0);
});
afterAll(async () => {
  await server.close();
  rmSync(base, { recursive: true, force: true });
});

describe('the server', () => {
  it('gives files their types, and has browsers ask whether their copies still hold', async () => {
    for (const [path, type] of Object.entries({
      '': 'text/html;charset=utf-8',
      'page.js': 'text/javascript',
      'projects.json': 'application/json',
    })) {
      const { status, headers } = await fetch(server.url + path);
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe(type);
      expect(headers.get('cache-control')).toBe('no-cache');
    }
    const etag = (await fetch(`${server.url}page.js`)).headers.get('etag') ?? '';
    expect((await fetch(`${server.url}page.js`, { headers: { 'if-none-match': etag } })).status).toBe(304);
    write('page/page.js', 'export const changed = true');
    expect(await (await fetch(`${server.url}page.js`, { headers: { 'if-none-match': etag } })).text()).toContain('changed');
  });

  it('compresses what is text for whoever takes it so, and nothing else', async () => {
    const script = `export const text = ${JSON.stringify('all the same '.repeat(2000))};`;
    write('page/long.js', script);
    write('page/picture.webp', new Uint8Array(5000));
    write('data/long.js', script);
    const get = async (path: string, accepted: string, more: Readonly<Record<string, string>> = {}) => {
      const { status, headers, bytes } = await raw(path, { 'accept-encoding': accepted, ...more });
      return {
        status,
        encoding: headers['content-encoding'],
        length: headers['content-length'],
        etag: String(headers.etag),
        headers,
        bytes,
      };
    };
    const plain = await get('/long.js', 'identity');
    expect([plain.encoding, plain.bytes.toString(), plain.headers.vary]).toEqual([undefined, script, 'Accept-Encoding']);
    for (const [accepted, encoding, unpack] of [
      ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
      ['br;q=0, gzip', 'gzip', gunzipSync],
    ] as const) {
      // The second answer is the first one's, kept.
      for (let i = 0; i < 2; i++) {
        const packed = await get('/long.js', accepted);
        expect([packed.status, packed.encoding, packed.length]).toEqual([200, encoding, String(packed.bytes.length)]);
        expect(packed.bytes.length).toBeLessThan(script.length / 50);
        expect(unpack(packed.bytes).toString()).toBe(script);
        expect(packed.etag).not.toBe(plain.etag);
        expect((await get('/long.js', accepted, { 'if-none-match': packed.etag })).status).toBe(304);
      }
    }
    const part = await get('/long.js', 'br', { range: 'bytes=0-5' });
    expect([part.status, part.encoding, part.bytes.toString()]).toEqual([206, undefined, 'export']);
    expect((await get('/picture.webp', 'br')).encoding).toBeUndefined();
    // Data is bytes, and as long as its listing says.
    expect((await get('/data/long.js', 'br')).encoding).toBeUndefined();
    write('page/long.js', 'export {}');
    expect(brotliDecompressSync((await get('/long.js', 'br')).bytes).toString()).toBe('export {}');
  });

  /** Bytes as they come, before anyone unpacks them. */
  const raw = (path: string, headers: Readonly<Record<string, string>>) =>
    new Promise<{ status?: number; headers: IncomingHttpHeaders; bytes: Buffer }>((resolve, reject) => {
      request(server.url, { path, headers: { host: 'localhost', ...headers } }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(parts) }));
      })
        .on('error', reject)
        .end();
    });

  it('gives data files as they stand, packed ones too', async () => {
    expect(await (await fetch(`${server.url}data.json`)).json()).toEqual({ url: 'data/' });
    const bytes = Buffer.from(await (await fetch(`${server.url}data/mnist/images.gz`)).arrayBuffer());
    expect(bytes.equals(readFileSync(join(base, 'data/mnist/images.gz')))).toBe(true);
    expect((await fetch(`${server.url}data/mnist/missing.gz`)).status).toBe(404);
  });

  it('lists a data folder, with nothing hidden and nothing outside', async () => {
    write('data/pets/train/cat/1.jpg', 'cat');
    write('data/pets/.hidden', 'no');
    symlinkSync(base, join(base, 'data/pets/out'));
    symlinkSync(join(base, 'data/pets'), join(base, 'data/pets/train/round'));
    symlinkSync(join(base, 'data/mnist'), join(base, 'data/pets/linked'));
    expect(await (await fetch(`${server.url}data/pets/files.json`)).json()).toEqual([
      { path: 'linked/images.gz', size: 26 },
      { path: 'train/cat/1.jpg', size: 3 },
    ]);
    for (const path of ['nothing', '..', '%2e%2e', 'pets/out', 'ten', '.git'])
      expect((await fetch(`${server.url}data/${path}/files.json`)).status).toBe(404);
  });

  it('gives ranges, and the whole file for what is none', async () => {
    write('data/ten', '0123456789');
    write('data/none', '');
    const ask = async (range: string, path = 'ten') => {
      const response = await fetch(`${server.url}data/${path}`, { headers: { range } });
      return [response.status, await response.text(), response.headers.get('content-range')];
    };
    const whole = [200, '0123456789', null];
    const cases: Record<string, unknown[]> = {
      'bytes=0-0': [206, '0', 'bytes 0-0/10'],
      'bytes=-5': [206, '56789', 'bytes 5-9/10'],
      'bytes=-50': [206, '0123456789', 'bytes 0-9/10'],
      'bytes=3-': [206, '3456789', 'bytes 3-9/10'],
      'bytes=8-99': [206, '89', 'bytes 8-9/10'],
      'bytes=10-': [416, '', 'bytes */10'],
      'bytes=-0': [416, '', 'bytes */10'],
      'bytes=5-2': whole,
      'bytes=0-1,3-4': whole,
      'bytes=-': whole,
      'bytes=x-3': whole,
      'lines=1-2': whole,
    };
    for (const [range, answer] of Object.entries(cases)) expect([range, await ask(range)]).toEqual([range, answer]);
    expect(await ask('bytes=0-0', 'none')).toEqual([416, '', 'bytes */0']);
    expect(readRange(`bytes=${'9'.repeat(400)}-`, 10)).toBe('outside');
    const etag = (await fetch(`${server.url}data/ten`)).headers.get('etag') ?? '';
    const part = (condition: string) => fetch(`${server.url}data/ten`, { headers: { range: 'bytes=1-2', 'if-range': condition } });
    expect((await part(etag)).status).toBe(206);
    expect((await part('"older"')).status).toBe(200);
    const head = await fetch(`${server.url}data/ten`, { method: 'HEAD' });
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['10', '']);
  });

  it('goes on after a file that can not be read', async () => {
    mkdirSync(join(base, 'data/folder'));
    write('data/closed', 'closed');
    chmodSync(join(base, 'data/closed'), 0);
    const odd = ['folder', 'folder/', 'a'.repeat(5000), '%00', '%ff', '%', 'ten/x'];
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [join(base, 'data/fifo')]);
      symlinkSync(join(base, 'outside'), join(base, 'data/way-out'));
      symlinkSync('..', join(base, 'data/up'));
      symlinkSync('way-out', join(base, 'data/way-out-too'));
      symlinkSync('ten', join(base, 'data/inside'));
      odd.push('fifo', 'fifo', 'fifo', 'fifo', 'fifo', 'way-out', 'way-out-too', 'up/outside');
      // Root may read everything.
      if (process.getuid?.() !== 0) odd.push('closed');
    }
    const get = async (path: string) => (await fetch(`${server.url}data/${path}`, { signal: AbortSignal.timeout(60_000) })).status;
    for (const path of odd) expect([path, await get(path)]).toEqual([path, 404]);
    expect(await get('ten')).toBe(200);
    if (process.platform !== 'win32') expect(await get('inside')).toBe(200);
  });

  it('lets no data file act for the page, and no other page frame this one', async () => {
    write('data/evil.html', '<script>1</script>');
    write('data/evil.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>');
    for (const path of ['data/evil.html', 'data/evil.svg']) {
      const { headers } = await fetch(server.url + path);
      expect(headers.get('content-type')).toBe('application/octet-stream');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'; sandbox");
    }
    const { headers } = await fetch(server.url);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'self'.*frame-ancestors 'self'/);
  });

  it('says where no data is served', async () => {
    const bare = await serveGallery(galleryListener(join(base, 'page')), 0);
    expect(await (await fetch(`${bare.url}data.json`)).json()).toEqual({});
    expect((await fetch(`${bare.url}data/mnist/images.gz`)).status).toBe(404);
    await bare.close();
  });

  /** Without the tidying that fetch does. */
  const ask = (path: string, host = 'localhost', method = 'GET') =>
    new Promise<number | undefined>((resolve, reject) => {
      request(server.url, { path, method, headers: { host } }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });

  it('refuses hidden files, files outside, other hosts and writing', async () => {
    expect(await ask('/data/mnist/images.gz')).toBe(200);
    for (const path of [
      '/data/.secret',
      '/data/%2esecret',
      '/data/../outside',
      '/data/%2e%2e/outside',
      '/../outside',
      '/%2e%2e%2foutside',
      '/data/mnist/..%2f..%2foutside',
      '/data//etc/passwd',
    ])
      expect([path, await ask(path)]).toEqual([path, 404]);
    expect(await ask('/', 'elsewhere.test')).toBe(403);
    expect(await ask('/', 'localhost', 'POST')).toBe(405);
  });

  it('takes the next free port', async () => {
    const taken = Number(new URL(server.url).port);
    const next = await serveGallery(galleryListener(join(base, 'page')), taken);
    expect(Number(new URL(next.url).port)).toBeGreaterThan(taken);
    await next.close();
  });
});

describe('the static folder', () => {
  it('replaces an earlier build and keeps what else is there', () => {
    write('site/chunk-OLD1.js', 'old');
    write('site/projects/old.html', 'old');
    expect(() => writeGallery(join(base, 'page'), join(base, 'site'))).toThrow(/site holds other files/);
    writeFileSync(join(base, 'a file'), '');
    expect(() => writeGallery(join(base, 'page'), join(base, 'a file'))).toThrow(/^can't write .*a file: .*ENOTDIR/);
    write('site/projects.json', '{"version":"0","projects":[]}');
    write('site/data.json', '{"url":"https://data.test/"}');
    write('site/CNAME', 'tilegrad.test');
    write('site/library/old.js', 'old');
    write('site/page.js.br', 'old');
    write('site/data/own.csv.gz', 'own');
    write('fresh/index.html', '<p>page</p>'.repeat(1000));
    for (const name of readdirSync(join(base, 'page')))
      if (name !== 'index.html') cpSync(join(base, 'page', name), join(base, 'fresh', name), { recursive: true });
    write('fresh/page.js', 'export {}');
    write('fresh/page.js.map', '{}');
    rmSync(join(base, 'fresh/long.js'));
    writeGallery(join(base, 'fresh'), join(base, 'site'));
    expect(readdirSync(join(base, 'site')).sort()).toEqual(
      [
        ...['CNAME', 'chunk-NEW1.js', 'data', 'data.json', 'index.html', 'index.html.br', 'index.html.gz'],
        ...['page.js', 'picture.webp', 'projects', 'projects.json'],
      ].sort(),
    );
    expect(brotliDecompressSync(readFileSync(join(base, 'site/index.html.br'))).toString()).toBe('<p>page</p>'.repeat(1000));
    expect(gunzipSync(readFileSync(join(base, 'site/index.html.gz'))).toString()).toBe('<p>page</p>'.repeat(1000));
    expect(readdirSync(join(base, 'site/data'))).toEqual(['own.csv.gz']);
    expect(readdirSync(join(base, 'site/projects'))).toEqual(['new.html']);
    expect(readFileSync(join(base, 'site/data.json'), 'utf8')).toContain('data.test');
  });

  it('refuses a page that was not built', () => {
    expect(() => writeGallery(join(base, 'nothing'), join(base, 'site'))).toThrow(/nothing is missing: npm run build/);
  });
});

describe('the command', () => {
  const cli = join(import.meta.dirname, '../../dist/cli.js');
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [cli, 'gallery', ...args], { cwd: base, stdio: 'pipe' });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    const ended = new Promise<{ code: number | null; output: string }>((resolve) => child.on('close', (code) => resolve({ code, output })));
    return { child, ended };
  };

  it('serves the built page until Ctrl-C', async () => {
    const { child, ended } = start('--port', '0', '--data', 'data');
    const url = await new Promise<string>((resolve) => {
      child.stdout.on('data', (text) => /Gallery: (\S+)/.test(String(text)) && resolve(RegExp.$1));
    });
    expect(await (await fetch(url)).text()).toContain('<title>tilegrad</title>');
    expect((await fetch(`${url}data/mnist/images.gz`)).status).toBe(200);
    child.kill('SIGINT');
    const { code, output } = await ended;
    expect(code).toBe(0);
    expect(output).toContain('Ctrl-C stops it');
  });

  it('writes the page to gallery/ or the folder that is named', async () => {
    expect((await start('--build').ended).code).toBe(0);
    expect(readdirSync(join(base, 'gallery'))).toContain('tilegrad.js');
    const foreign = await start('--build', 'data').ended;
    expect(foreign.code).toBe(1);
    expect(foreign.output).toContain('data holds other files');
    expect((await start('--build', 'x', '--port', '1').ended).output).toContain('cannot be used with');
    expect((await start('--port', 'many').ended).output).toContain('whole number');
    expect((await start('--data', 'nowhere').ended).output).toContain('does not exist');
  });
});
