// Asks Dawn which adapters there are, in a child process: a process should make one GPU instance in its life and keep it, and a
// driver that crashes while being looked at must not take the run with it. Where this program itself would be what such a child runs (a
// single executable), or none can be had, it asks here.
import { type ExecFileException, execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { dawnUrl, importDawn } from './packages.ts';
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

/** What a child prints first: what doesn't is no Node that runs our script. */
const mark = 'tilegrad probe';

/** The adapters of the installed drivers or, when given, of SwiftShader alone. Empty where there are none. */
export async function listAdapters(swiftshader?: SwiftshaderFiles): Promise<Listed> {
  const { text, problem } = await inChild(listScript, {}, swiftshader);
  // SwiftShader's own loader can't be loaded beside what this process may have.
  if (!text.startsWith(mark) && problem === undefined && !swiftshader) return { adapters: parseList(await listHere()) };
  return { adapters: parseList(text), problem };
}

export interface Listed {
  readonly adapters: readonly FoundAdapter[];
  /** Why there may be more than were found. */
  readonly problem?: string;
}

/** Reachable for good: Dawn kills the process when the instance is collected. */
const kept: GPU[] = [];

async function listHere(): Promise<string> {
  const { create } = await importDawn();
  const gpu = create(['adapter=?']);
  kept.push(gpu);
  try {
    await gpu.requestAdapter();
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether `process.execPath` is a Node that runs the script it is given, and not a program that would start all over. */
function startsNode(): boolean {
  // This is such a child: it was not to be asked.
  if (process.env.TILEGRAD_PROBE) return false;
  if (process.versions.bun || 'Deno' in globalThis) return false;
  try {
    return !(createRequire(import.meta.url)('node:sea') as { isSea(): boolean }).isSea();
  } catch {
    // An older Node makes no single executables.
    return true;
  }
}

/** Opens each adapter. One that can't be opened is left out. */
export async function describeAdapters(adapters: readonly FoundAdapter[], swiftshader?: SwiftshaderFiles): Promise<AdapterDetails[]> {
  const { text } = await inChild(
    detailScript,
    { TILEGRAD_PROBE_ADAPTERS: JSON.stringify(adapters), TILEGRAD_PROBE_FLAGS: JSON.stringify(dawnToggles) },
    swiftshader,
  );
  return text
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

interface Answer {
  readonly text: string;
  readonly problem?: string;
}

async function inChild(
  script: string,
  variables: Readonly<Record<string, string>>,
  swiftshader: SwiftshaderFiles | undefined,
): Promise<Answer> {
  if (!startsNode()) return { text: '' };
  const env = {
    ...process.env,
    ...variables,
    ...(swiftshader && { ...swiftshaderVariables(swiftshader), TILEGRAD_PROBE_LOADER: swiftshader.loader }),
    TILEGRAD_PROBE: '1',
    TILEGRAD_PROBE_DAWN: dawnUrl(),
    ELECTRON_RUN_AS_NODE: '1',
    NODE_OPTIONS: '',
  };
  return new Promise((resolve) => {
    const answer = (error: ExecFileException | null, text: string, errors: string) =>
      resolve({ text, problem: problemOf(error, text, errors) });
    try {
      // A driver may crash or hang the child: what it printed by then still counts.
      execFile(
        process.execPath,
        ['--input-type=module', '-e', `console.log('${mark}');${loadScript}${script}`],
        { env, timeout: 20_000, windowsHide: true },
        answer,
      );
    } catch {
      // A process that may start no other, under a permission model.
      resolve({ text: '' });
    }
  });
}

/** What went wrong in a child that ran our script. One that didn't even begin, or is another program, is no answer at all. */
function problemOf(error: ExecFileException | null, text: string, errors: string): string | undefined {
  if (!error || !text.startsWith(mark)) return undefined;
  if (error.killed) return 'the search for adapters hung, and was ended after 20 s: a driver may be damaged';
  if (error.signal) return `the search for adapters crashed (${error.signal}): a driver may be damaged`;
  return `the search for adapters failed: ${
    errors
      .trim()
      .split('\n')
      .find((line) => /Error/.test(line)) ?? `exit code ${error.code}`
  }`;
}
