// The three kinds of adapter a run can ask for: the environment that makes Vulkan offer only that one, and a check that it did.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

const icdFolders = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

/** The adapter names that belong to each kind; hardware is whatever is neither software nor Dawn's null backend. */
const names = { lavapipe: /llvmpipe/i, swiftshader: /swiftshader/i, hardware: /^(?!.*(llvmpipe|swiftshader|null)).+/i };
export const kinds = Object.keys(names);

/** The environment variables for a child process that shall see adapters of this kind alone. */
export function environment(kind) {
  return { TILEGRAD_ADAPTER: kind, ...vulkanEnvironment(kind) };
}

function vulkanEnvironment(kind) {
  if (kind === 'hardware') return {};
  if (kind === 'lavapipe') return drivers(findLavapipe());
  const folder = unpackSwiftShader();
  const libraries = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  return { ...drivers(join(folder, 'vk_swiftshader_icd.json')), LD_LIBRARY_PATH: libraries };
}

/** Throws unless the adapter is of the kind that was asked for: a benchmark must never fall onto another one silently. */
export function expectKind(kind, name) {
  if (!names[kind].test(name)) throw new Error(`adapter: expected ${kind}, got "${name}"`);
}

const drivers = (file) => ({ VK_ICD_FILENAMES: file, VK_DRIVER_FILES: file, XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir() });

function findLavapipe() {
  for (const folder of icdFolders.filter(existsSync)) {
    const file = readdirSync(folder).find((name) => /^lvp_icd.*\.json$/.test(name));
    if (file) return join(folder, file);
  }
  throw new Error(
    `adapter: no lvp_icd*.json in ${icdFolders.join(', ')}; install Mesa's Vulkan drivers (24 or newer), or use --adapter swiftshader`,
  );
}

/** Unpacks the SwiftShader that @sparticuz/chromium (a dev dependency of the project) carries, once, and returns its folder. */
function unpackSwiftShader() {
  const source = fileURLToPath(new URL('../../node_modules/@sparticuz/chromium/bin/swiftshader.tar.br', import.meta.url));
  if (!existsSync(source)) throw new Error('adapter: no @sparticuz/chromium; run npm install in the root of the project');
  const folder = fileURLToPath(new URL('node_modules/.cache/swiftshader', import.meta.url));
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  for (const { name, bytes } of tarEntries(brotliDecompressSync(readFileSync(source)))) {
    if (/vulkan|vk_/.test(name)) writeFileSync(join(partial, name), bytes, { mode: 0o755 });
  }
  renameSync(partial, folder);
  return folder;
}

/** The plain files of an uncompressed tar archive, by base name. */
function* tarEntries(tar) {
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const text = (from, length) => tar.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8);
    if (text(156, 1) === '0' || text(156, 1) === '')
      yield { name: text(0, 100).split('/').at(-1), bytes: tar.subarray(at + 512, at + 512 + size) };
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
