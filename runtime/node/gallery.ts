// `tilegrad gallery`: serves the built page on this machine, or writes it to a folder that any web host can serve.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { TilegradError } from '../../src/index.ts';
import { compressWell, isCompressible } from './compression.ts';
import { makeFolder, writeError } from './files.ts';
import { checkDataFolder } from './platform.ts';
import { galleryListener, serveGallery } from './serve.ts';

/** @param page the built page's folder */
export function addGalleryCommand(program: Command, page: string): void {
  program
    .command('gallery')
    .description('serve the gallery on this machine: a web page where projects are trained in the browser')
    .addOption(new Option('--port <number>', 'the port, or the next one that is free').argParser(parsePort).default(8080))
    .option('--data <folder>', 'your data files, for the page to read; links that lead out of it are not followed (default: TILEGRAD_DATA)')
    .addOption(
      new Option('--build [folder]', 'write the page to a folder that any web host can serve, in place of serving it')
        .preset('gallery')
        .conflicts(['port', 'data']),
    )
    .action(async ({ port, data, build }: { port: number; data?: string; build?: string }) => {
      if (build === undefined) return serve(page, port, data ?? (process.env.TILEGRAD_DATA || undefined));
      writeGallery(page, build);
      console.log(
        `The gallery is in ${resolve(build)}: index.html and all it needs. Any web host can serve it, from any path; one that knows how sends the .br and .gz files.`,
      );
    });
}

function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
  return port;
}

/** Until Ctrl-C. */
async function serve(page: string, port: number, data: string | undefined): Promise<void> {
  checkBuilt(page);
  if (data !== undefined) checkDataFolder(data);
  const server = await serveGallery(galleryListener(page, data), port);
  console.log(`Gallery: ${server.url}`);
  console.log(data === undefined ? 'Data: none given (--data); the page takes dropped files or makes its own' : `Data: ${resolve(data)}`);
  console.log('Ctrl-C stops it.');
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
  await server.close();
}

function checkBuilt(page: string): void {
  if (!existsSync(join(page, 'index.html'))) throw new TilegradError(`${page} is missing: npm run build makes it`);
}

/**
 * Without source maps, and with what hosts send in place of a file to who takes it compressed. What an earlier build left behind is replaced; other
 * files in the folder stay, `data.json` and `data/` among them.
 */
export function writeGallery(page: string, folder: string): void {
  checkBuilt(page);
  try {
    const there = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : [];
    if (there.length > 0 && !isGallery(folder)) {
      throw new TilegradError(`${folder} holds other files: name a new or empty folder, or one with an earlier build`);
    }
    makeFolder(folder);
    for (const name of ['projects', 'library']) rmSync(join(folder, name), { recursive: true, force: true });
    for (const name of there) if (/^chunk-\w+\./.test(name)) rmSync(join(folder, name));
    const keep = existsSync(join(folder, 'data.json'));
    const wanted = (path: string) => !path.endsWith('.map') && !(keep && path === 'data.json');
    cpSync(page, folder, { recursive: true, filter: (source) => wanted(relative(page, source)) });
    for (const name of readdirSync(page, { recursive: true }) as string[]) if (wanted(name)) writeCompressed(page, folder, name);
  } catch (error) {
    throw writeError(folder, error, 'Free some space or name another folder.');
  }
}

/** What fits into one packet gains nothing. */
const LEAST_COMPRESSED = 1400;

function writeCompressed(page: string, folder: string, name: string): void {
  if (!isCompressible(name)) return;
  const bytes = readFileSync(join(page, name));
  for (const [encoding, suffix] of [
    ['br', '.br'],
    ['gzip', '.gz'],
  ] as const) {
    const path = join(folder, name + suffix);
    if (bytes.length >= LEAST_COMPRESSED) writeFileSync(path, compressWell(bytes, encoding));
    else rmSync(path, { force: true });
  }
}

function isGallery(folder: string): boolean {
  try {
    const { version, projects } = JSON.parse(readFileSync(join(folder, 'projects.json'), 'utf8')) as Record<string, unknown>;
    return typeof version === 'string' && Array.isArray(projects);
  } catch {
    return false;
  }
}
