// Which adapter a run uses: a GPU; else an installed software adapter; else SwiftShader from npm. `--adapter` overrides.

import { TilegradError } from '../../src/index.ts';
import type { AdapterChoice } from '../../src/platform.ts';
import { endDevicesAtExit } from './exit.ts';
import { importDawn } from './packages.ts';
import {
  type AdapterDetails,
  dawnToggles,
  describeAdapters,
  type FoundAdapter,
  kindOf,
  type Listed,
  listAdapters,
  mayHaveDriver,
} from './probe.ts';
import { findSwiftshader, type SwiftshaderPackage, swiftshaderInstall, unpackSwiftshader, useSwiftshader } from './swiftshader.ts';
import { waitPatiently } from './waiting.ts';

/** What to open, and why. */
export interface Decision {
  /** `npm`: SwiftShader from @sparticuz/chromium. */
  readonly from: 'installed' | 'npm';
  /** Dawn's flags. Empty where Dawn itself ranks several GPUs best. */
  readonly flags: readonly string[];
  readonly reason: string;
}

const flagsOf = ({ backend, name }: FoundAdapter) => [`backend=${backend}`, `adapter=${name}`];
const npmName = 'SwiftShader';
/** The reason for SwiftShader where nobody asked for it. */
export const onlySwiftshader = 'no hardware adapter and no software adapter installed; SwiftShader comes with npm';

/**
 * The choice itself, without a GPU. `wanted` is what the user asked for: a part of an adapter's name in any case, `hardware`,
 * `lavapipe` or `swiftshader`; `npm` says whether SwiftShader from npm can be had. Throws what to install when nothing fits.
 */
export function decide(wanted: string | undefined, installed: readonly FoundAdapter[], npm: boolean): Decision {
  if (wanted) return decideNamed(wanted, installed, npm);
  const gpus = installed.filter(({ kind }) => kind === 'gpu');
  const [gpu] = gpus;
  if (gpu && gpus.length === 1) return { from: 'installed', flags: flagsOf(gpu), reason: 'the only hardware adapter' };
  if (gpu) return { from: 'installed', flags: [], reason: `the fastest of ${gpus.length} hardware adapters, as Dawn ranks them` };

  const cpu = installed.find(isLavapipe) ?? installed[0];
  if (cpu)
    return {
      from: 'installed',
      flags: flagsOf(cpu),
      reason: `no hardware adapter; ${isLavapipe(cpu) ? 'lavapipe' : cpu.name} is installed`,
    };
  if (npm) return { from: 'npm', flags: [], reason: onlySwiftshader };
  throw new TilegradError(`no WebGPU adapter: there is no usable GPU driver on this machine and no software adapter. ${howToAdd()}`);
}

function decideNamed(wanted: string, installed: readonly FoundAdapter[], npm: boolean): Decision {
  const reason = `asked for by name: ${wanted}`;
  const name = wanted.toLowerCase();
  if (name === 'swiftshader' && npm) return { from: 'npm', flags: [], reason };
  const match =
    name === 'hardware'
      ? installed.find(({ kind }) => kind === 'gpu')
      : installed.find((adapter) => adapter.name.toLowerCase().includes(name) || (name === 'lavapipe' && isLavapipe(adapter)));
  if (match) return { from: 'installed', flags: flagsOf(match), reason };
  if (npm && npmName.toLowerCase().includes(name)) return { from: 'npm', flags: [], reason };
  const names = [...installed.map((adapter) => adapter.name), ...(npm ? [`${npmName} (from npm)`] : [])];
  const there = names.length ? `There is: ${names.join('; ')}.` : `There is none at all. ${howToAdd()}`;
  const advice = name === 'swiftshader' ? ` Add it with: ${swiftshaderInstall}` : '';
  throw new TilegradError(
    `${name === 'hardware' ? 'no hardware adapter' : `no adapter is called "${wanted}"`}. ${there}${names.length ? advice : ''}`,
  );
}

const isLavapipe = ({ name }: FoundAdapter) => /llvmpipe|lavapipe/i.test(name);

function howToAdd(): string {
  if (process.platform !== 'linux') return "Install the GPU's driver from its maker.";
  const mesa = "the GPU's Vulkan driver or Mesa 24 or newer (package mesa-vulkan-drivers)";
  return process.arch === 'x64' ? `Add a software adapter with: ${swiftshaderInstall} (or install ${mesa})` : `Install ${mesa}.`;
}

interface Opened {
  readonly wanted: string | undefined;
  readonly gpu: GPU;
  readonly name: string;
  readonly reason: string;
}

/** One GPU instance a process, reachable for good: Dawn kills the process when the instance is collected. */
let opened: Promise<Opened> | undefined;

/** An adapter that has not given a device yet. Every call after the first gives a new one of the same kind. */
export async function openAdapter(wanted = process.env.TILEGRAD_ADAPTER || undefined): Promise<AdapterChoice> {
  opened ??= open(wanted);
  const {
    gpu,
    name,
    reason,
    wanted: before,
  } = await opened.catch((error) => {
    opened = undefined;
    throw error;
  });
  if (before !== wanted) throw new TilegradError(`this process already uses the adapter ${name}; another one needs another process`);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter || adapter.info.device === 'null-backend')
    throw new TilegradError(`the adapter ${name} was found but can't be opened. ${howToAdd()}`);
  endDevicesAtExit(adapter);
  const kind = kindOf(`${name} ${adapter.info.description}`);
  if (kind === 'cpu') waitPatiently();
  return { adapter, name, reason, kind: wantedKernels() ?? kind };
}

/** `TILEGRAD_KERNELS=gpu` runs the kernels of a GPU on a software adapter: what a GPU will run can be tried without one. */
function wantedKernels(): AdapterChoice['kind'] | undefined {
  const wanted = process.env.TILEGRAD_KERNELS || undefined;
  if (wanted === undefined || wanted === 'gpu' || wanted === 'cpu') return wanted;
  throw new TilegradError(`TILEGRAD_KERNELS: expected gpu or cpu, got "${wanted}"`);
}

async function open(wanted: string | undefined): Promise<Opened> {
  const npm = findSwiftshader();
  const needsList = !(npm && wanted?.toLowerCase() === 'swiftshader') && mayHaveDriver();
  const { adapters: installed, problem }: Listed = needsList ? await listAdapters() : { adapters: [] };
  const decision = knowing(problem, () => decide(wanted, installed, npm !== undefined));
  if (decision.from === 'npm' && npm) useSwiftshader(await unpackSwiftshader(npm));
  const { create } = await importDawn();
  const gpu = create([...decision.flags, ...dawnToggles]);
  const name =
    decision.from === 'npm' ? `${npmName} (from npm, @sparticuz/chromium ${npm?.version})` : await nameOf(decision, installed, gpu);
  return { wanted, gpu, name, reason: decision.reason };
}

/** A search that went wrong is told with what is decided, or with why nothing could be. */
function knowing(problem: string | undefined, choose: () => Decision): Decision {
  if (problem === undefined) return choose();
  try {
    const decision = choose();
    return { ...decision, reason: `${decision.reason}; ${problem}` };
  } catch (error) {
    throw error instanceof TilegradError ? new TilegradError(`${error.message} (${problem})`) : error;
  }
}

/** With several GPUs Dawn picks, and its adapter tells only a slug of its name. */
async function nameOf({ flags }: Decision, installed: readonly FoundAdapter[], gpu: GPU): Promise<string> {
  const flag = flags.find((text) => text.startsWith('adapter='));
  if (flag) return flag.slice('adapter='.length);
  const info = (await gpu.requestAdapter({ powerPreference: 'high-performance' }))?.info;
  const slug = (text: string) => text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return installed.find(({ name }) => slug(name) === slug(info?.device ?? ''))?.name ?? (info?.description || 'unnamed adapter');
}

export interface SurveyedAdapter extends AdapterDetails {
  readonly origin: Decision['from'];
  readonly chosen: boolean;
}

export interface AdapterSurvey {
  readonly adapters: readonly SurveyedAdapter[];
  /** Why the chosen one is chosen. */
  readonly reason?: string;
  /** Why none is. */
  readonly problem?: string;
}

/** Everything there is, for `tilegrad info`. Opens nothing in this process. */
export async function surveyAdapters(wanted = process.env.TILEGRAD_ADAPTER || undefined): Promise<AdapterSurvey> {
  const npm = findSwiftshader();
  const [{ details: installed, problem }, fromNpm] = await Promise.all([surveyInstalled(), npm ? surveyNpm(npm) : []]);
  const mark = (pick?: AdapterDetails) => [
    ...installed.map((details) => ({ ...details, origin: 'installed' as const, chosen: details === pick })),
    ...fromNpm.map((details) => ({ ...details, origin: 'npm' as const, chosen: details === pick })),
  ];
  try {
    const { from, flags, reason } = knowing(problem, () => decide(wanted, installed, fromNpm.length > 0));
    const pick =
      from === 'npm'
        ? fromNpm[0]
        : (installed.find(({ name }) => flags.includes(`adapter=${name}`)) ?? installed.find(({ kind }) => kind === 'gpu'));
    return { adapters: mark(pick), reason };
  } catch (error) {
    if (!(error instanceof TilegradError)) throw error;
    return { adapters: mark(), problem: error.message };
  }
}

async function surveyInstalled(): Promise<{ readonly details: AdapterDetails[]; readonly problem?: string }> {
  if (!mayHaveDriver()) return { details: [] };
  const { adapters, problem } = await listAdapters();
  return { details: await describeAdapters(adapters), problem };
}

async function surveyNpm(npm: SwiftshaderPackage): Promise<AdapterDetails[]> {
  const files = await unpackSwiftshader(npm);
  return describeAdapters((await listAdapters(files)).adapters, files);
}
