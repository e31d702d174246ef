// The platform that the library runs on, and the one runtime on it.
import type { Platform } from '../../platform.ts';
import { TilegradError } from '../graph/errors.ts';
import { currentTrace } from '../graph/tensor.ts';
import { type CompileListener, type MemoryUse, Runtime } from './runtime.ts';

let platform: Platform | undefined;
let runtime: Runtime | undefined;
const compileListeners = new Set<CompileListener>();

/** Says where to find a GPU. Platforms call it once; calling it again starts afresh with a new device. */
export function setPlatform(next: Platform): void {
  platform = next;
  // Assignments that wait for something to run belong to states on the old device.
  if (runtime) currentTrace().assigned.clear();
  runtime = undefined;
}

/** @throws TilegradError when there is none */
export function currentPlatform(): Platform {
  if (!platform) throw new TilegradError('no platform: import tilegrad through its package entry, or call setPlatform() first');
  return platform;
}

export function currentRuntime(): Runtime {
  if (!runtime) {
    const from = currentPlatform();
    runtime = new Runtime(() => from.requestAdapter(), compileListeners);
  }
  return runtime;
}

/** Whether nothing waits to run: what is done at once then comes after all that was asked for. */
export function isIdle(): boolean {
  return runtime?.idle ?? true;
}

/** Opens the device if it isn't open yet, and tells what it is; `f16`: whether it computes with tensors of that type. */
export async function openDevice(): Promise<{ name: string; kind: 'gpu' | 'cpu'; reason: string; f16: boolean }> {
  const { name, reason, traits } = await currentRuntime().open();
  return { name, kind: traits.kind, reason, f16: traits.f16 };
}

/** Waits for all work and frees the device. Whatever runs afterwards gets a DeviceLostError. */
export async function closeDevice(): Promise<void> {
  await runtime?.close();
}

/** Buffers that are alive on the GPU, their bytes, how many of these `freeMemory()` would give back, and the kernels that are compiled. */
export function memoryUse(): MemoryUse {
  return runtime?.memory() ?? { buffers: 0, bytes: 0, spareBytes: 0, kernels: 0 };
}

/**
 * Gives back what the library keeps on the GPU for work to come (torch.cuda.empty_cache): working memory of plans, buffers that values were
 * read through, kernels that no plan uses. Waits for all work asked for before; what runs afterwards takes new memory. Tensors, states
 * and plans stay.
 */
export async function freeMemory(): Promise<void> {
  await runtime?.free();
}

/** Hears of kernels being compiled, which can take seconds when shapes are new; returns what ends that. */
export function onCompile(listener: CompileListener): () => void {
  compileListeners.add(listener);
  return () => compileListeners.delete(listener);
}
