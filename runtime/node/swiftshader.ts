// SwiftShader, the software Vulkan driver that comes with the npm package @sparticuz/chromium: unpacked once, then used like an
// installed driver. It needs no root, no package manager and no Vulkan on the machine.
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants, tmpdir, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { TilegradError } from '../../src/index.ts';
import { cacheFolder, makeFolder } from './files.ts';
import { findPackage } from './packages.ts';

/** The one command that adds a software adapter where there is none. */
export const swiftshaderInstall = 'npm install @sparticuz/chromium@147';

export interface SwiftshaderPackage {
  readonly version: string;
  /** The brotli-packed tar that holds the driver. */
  readonly archive: string;
}

export interface SwiftshaderFiles {
  /** The Vulkan loader, for machines that have none. */
  readonly loader: string;
  /** The driver's manifest. */
  readonly manifest: string;
}

const chromium = '@sparticuz/chromium';

/** The folder of the package that a file belongs to: packages export their code alone, and where in the folder it lies is theirs to change. */
export function packageOf(file: string, name: string): { readonly root: string; readonly version: string } {
  for (let root = dirname(file); root !== dirname(root); root = dirname(root)) {
    try {
      const { name: own, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name?: string; version: string };
      if (own === name) return { root, version };
    } catch {
      // None here: further up.
    }
  }
  throw new TilegradError(`${file} belongs to no package called ${name}`);
}

/** The npm package, where it is installed and holds a driver for this machine (it is built for Linux on x86-64 alone). */
export function findSwiftshader(): SwiftshaderPackage | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      const { root, version } = packageOf(findPackage(chromium, from), chromium);
      const archive = join(root, 'bin', 'swiftshader.tar.br');
      statSync(archive);
      return { version, archive };
    } catch {
      // Not installed here: an optional peer.
    }
  }
  return undefined;
}

const wanted = ['libvk_swiftshader.so', 'vk_swiftshader_icd.json', 'libvulkan.so.1'];

/** Unpacks the driver into the cache folder unless an earlier call, of this or another process, did. */
export async function unpackSwiftshader({ version, archive }: SwiftshaderPackage): Promise<SwiftshaderFiles> {
  const folder = await unpackOnce(`swiftshader-${version}`, wanted, archive, async () => readTar(await readBrotli(archive)));
  return { loader: join(folder, 'libvulkan.so.1'), manifest: join(folder, 'vk_swiftshader_icd.json') };
}

export const readBrotli = async (path: string): Promise<Uint8Array> => promisify(brotliDecompress)(readFileSync(path));

/** A folder of this name, in the cache or else in a private temporary place, with these files of `archive`, which `read` unpacks. */
export async function unpackOnce(
  name: string,
  files: readonly string[],
  archive: string,
  read: () => Promise<ReadonlyMap<string, Uint8Array>>,
): Promise<string> {
  const failures: string[] = [];
  for (const base of [cacheFolder, privateTemporaryFolder]) {
    try {
      const parent = base();
      const folder = join(parent, name);
      if (!complete(folder, files)) await unpack(folder, files, archive, read);
      return folder;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new TilegradError(`${archive} could not be unpacked: ${failures.join('; ')}. Set TILEGRAD_CACHE to a folder that can be written.`);
}

async function unpack(
  folder: string,
  names: readonly string[],
  archive: string,
  read: () => Promise<ReadonlyMap<string, Uint8Array>>,
): Promise<void> {
  makeFolder(dirname(folder));
  const files = await read();
  // Beside, then renamed: two processes that start together each unpack, and the second finds the first one's folder.
  const beside = mkdtempSync(join(dirname(folder), `.${basename(folder)}-`));
  try {
    for (const name of names) {
      const content = files.get(name);
      if (!content)
        throw new TilegradError(`${archive} holds no ${name}: it is damaged or of another version; run \`${swiftshaderInstall}\``);
      writeFileSync(join(beside, name), content, { mode: 0o755 });
    }
    renameSync(beside, folder);
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    if (!complete(folder, names)) throw error;
  }
}

function complete(folder: string, names: readonly string[]): boolean {
  return names.every((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile());
}

/** For machines whose cache folder can't be written. Code is loaded from here, so it must be ours and closed to others. */
function privateTemporaryFolder(): string {
  const { uid } = userInfo();
  const folder = join(tmpdir(), `tilegrad-${uid}`);
  makeFolder(folder, 0o700);
  const { uid: owner, mode } = statSync(folder);
  if (owner !== uid || (mode & 0o022) !== 0) throw new TilegradError(`${folder} belongs to another user or is writable by others`);
  return folder;
}

/** Regular files of a ustar archive, by base name. */
export function readTar(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const text = (at: number, length: number) =>
    Buffer.from(archive.subarray(at, at + length))
      .toString('latin1')
      .split('\0')[0] ?? '';
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12).trim() || '0', 8);
    const type = text(at + 156, 1);
    if (!Number.isSafeInteger(size) || size < 0 || at + 512 + size > archive.length) throw new TilegradError('the tar archive is damaged');
    if (type === '0' || type === '') files.set(text(at, 100).split('/').at(-1) ?? '', archive.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** RTLD_NODELETE (0x1000), which Node's constants lack, keeps the library in the process although the load "fails". */
export const loaderFlags = (constants.dlopen.RTLD_NOW ?? 0) | (constants.dlopen.RTLD_GLOBAL ?? 0) | 0x1000;

/** Old and new name of the same variable; a loader that knows both prefers the new one. */
export const swiftshaderVariables = ({ manifest }: SwiftshaderFiles) => ({ VK_ICD_FILENAMES: manifest, VK_DRIVER_FILES: manifest });

/** Makes SwiftShader the Vulkan driver of this process. Must run before the first GPU instance is made. */
export function useSwiftshader(files: SwiftshaderFiles): void {
  Object.assign(process.env, swiftshaderVariables(files));
  try {
    process.dlopen({ exports: {} }, files.loader, loaderFlags);
  } catch {
    // Always thrown: the Vulkan loader is no Node module. It stays loaded, and Dawn's own dlopen by name finds it.
  }
}
