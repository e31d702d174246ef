// Asks Dawn which adapters there are, in a child process: a process should make one GPU instance in its life and keep it, and a
// driver that crashes while being looked at must not take the run with it.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loaderFlags, type SwiftshaderFiles, swiftshaderVariables } from './swiftshader.ts';

export interface FoundAdapter {
  /** As the driver gives it, and as Dawn's `adapter=` flag takes it. */
  readonly name: string;
  readonly backend: string;
  readonly kind: 'gpu' | 'cpu';
}

/** What `tilegrad info` shows of an adapter. */
export interface AdapterDetails extends FoundAdapter {
  readonly driver: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

const software = /llvmpipe|lavapipe|softpipe|swiftshader|software|basic render/i;
export const kindOf = (name: string): 'gpu' | 'cpu' => (software.test(name) ? 'cpu' : 'gpu');

/** Backends that give a full WebGPU adapter, the first one preferred where a GPU is seen through several. */
const backends = ['metal', 'd3d12', 'vulkan'];

export const dawnToggles = [
  'enable-dawn-features=vulkan_enable_f16_on_nvidia,allow_unsafe_apis',
  // Kernel times are of the order of the 65 µs that timestamps are rounded to by default.
  'disable-dawn-features=timestamp_quantization',
];

/** Where `require` finds Dawn, as a URL that a child process can import. */
export const dawnUrl = () => pathToFileURL(createRequire(import.meta.url).resolve('webgpu')).href;

/**
 * False where a Vulkan loader would find no driver manifest at all, so that the search can be skipped. Only Linux is looked at:
 * elsewhere the operating system has its own GPU interface.
 */
export function mayHaveDriver(): boolean {
  if (process.platform !== 'linux') return true;
  const env = process.env;
  if (env.VK_DRIVER_FILES || env.VK_ICD_FILENAMES || env.VK_ADD_DRIVER_FILES) return true;
  const list = (value: string | undefined, fallback: string) => (value || fallback).split(':');
  const folders = [
    ...list(env.XDG_CONFIG_HOME, join(homedir(), '.config')),
    ...list(env.XDG_CONFIG_DIRS, '/etc/xdg'),
    ...list(env.XDG_DATA_HOME, join(homedir(), '.local/share')),
    ...list(env.XDG_DATA_DIRS, '/usr/local/share:/usr/share'),
    '/etc',
    '/usr/local/etc',
    '/usr/local/share',
    '/usr/share',
    '/run/opengl-driver/share',
  ];
  return folders.some((folder) => {
    try {
      return readdirSync(join(folder, 'vulkan/icd.d')).some((name) => name.endsWith('.json'));
    } catch {
      return false;
    }
  });
}

// The Vulkan loader that comes with SwiftShader: see useSwiftshader.
const loadScript = `
const loader = process.env.TILEGRAD_PROBE_LOADER;
if (loader) try { process.dlopen({ exports: {} }, loader, ${loaderFlags}); } catch {}`;

// An adapter name that nothing has makes Dawn answer with the list of those there are. It leaves out what it can't use.
const listScript = `
const { create } = await import(process.env.TILEGRAD_PROBE_DAWN);
globalThis.kept = [create(['adapter=?'])];
try { await kept[0].requestAdapter(); } catch (error) { console.log(error.message); }
process.exit(0);`;

const detailScript = `
const { create } = await import(process.env.TILEGRAD_PROBE_DAWN);
globalThis.kept = [];
for (const { name, backend } of JSON.parse(process.env.TILEGRAD_PROBE_ADAPTERS)) {
  kept.push(create(['backend=' + backend, 'adapter=' + name, ...JSON.parse(process.env.TILEGRAD_PROBE_FLAGS)]));
  const adapter = await kept.at(-1).requestAdapter();
  if (!adapter) continue;
  const limits = {};
  for (const key in adapter.limits) if (typeof adapter.limits[key] === 'number') limits[key] = adapter.limits[key];
  const { description: driver, vendor, architecture } = adapter.info;
  console.log(JSON.stringify({ name, backend, driver, vendor, architecture, features: [...adapter.features].sort(), limits }));
}
process.exit(0);`;

/** The adapters of the installed drivers or, when given, of SwiftShader alone. Empty where there are none. */
export async function listAdapters(swiftshader?: SwiftshaderFiles): Promise<FoundAdapter[]> {
  return parseList(await inChild(listScript, {}, swiftshader));
}

/** Opens each adapter. One that can't be opened is left out. */
export async function describeAdapters(adapters: readonly FoundAdapter[], swiftshader?: SwiftshaderFiles): Promise<AdapterDetails[]> {
  const output = await inChild(
    detailScript,
    { TILEGRAD_PROBE_ADAPTERS: JSON.stringify(adapters), TILEGRAD_PROBE_FLAGS: JSON.stringify(dawnToggles) },
    swiftshader,
  );
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Omit<AdapterDetails, 'kind'>)
    .map((details) => ({ ...details, kind: kindOf(details.name) }));
}

/** Reads Dawn's list: ` * backend: 'vulkan', name: 'llvmpipe (LLVM 19.1.7, 256 bits)'`. A GPU seen through several backends is named once. */
export function parseList(text: string): FoundAdapter[] {
  const found = [...text.matchAll(/^ \* backend: '(.*)', name: '(.*)'$/gm)]
    .map(([, backend = '', name = '']) => ({ backend, name, kind: kindOf(name) }))
    .filter(({ backend }) => backends.includes(backend))
    .sort((a, b) => backends.indexOf(a.backend) - backends.indexOf(b.backend));
  return found.filter((adapter, index) => found.findIndex(({ name }) => name === adapter.name) === index);
}

async function inChild(
  script: string,
  variables: Readonly<Record<string, string>>,
  swiftshader: SwiftshaderFiles | undefined,
): Promise<string> {
  const env = {
    ...process.env,
    ...variables,
    ...(swiftshader && { ...swiftshaderVariables(swiftshader), TILEGRAD_PROBE_LOADER: swiftshader.loader }),
    TILEGRAD_PROBE_DAWN: dawnUrl(),
    ELECTRON_RUN_AS_NODE: '1',
    NODE_OPTIONS: '',
  };
  return new Promise((resolve) => {
    // A driver may crash or hang the child: what it printed by then still counts.
    execFile(
      process.execPath,
      ['--input-type=module', '-e', loadScript + script],
      { env, timeout: 20_000, windowsHide: true },
      (_error, stdout) => resolve(stdout),
    );
  });
}
