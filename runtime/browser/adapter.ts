// The GPU that a browser gives, or why it gives none.
import { TilegradError } from '../../src/index.ts';
import type { AdapterChoice } from '../../src/platform.ts';

/** `noAdapter`: the browser has WebGPU and gives no adapter. `failed`: it failed while it looked for one, or while it opened it. */
export type NoAdapterReason = 'insecureContext' | 'noWebGPU' | 'noAdapter' | 'failed';

export class NoAdapterError extends TilegradError {
  override get name(): string {
    return 'NoAdapterError';
  }

  constructor(
    readonly reason: NoAdapterReason,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The adapters of this browser. One gives a single device, so looking at one must not use it up. A device that was closed is used again: the next run, or
 * what is played with, finds its kernels compiled.
 */
export class Adapters {
  private ready: Promise<AdapterChoice> | undefined;

  /** The one that the next {@link take} gives. */
  peek(): Promise<AdapterChoice> {
    this.ready ??= requestAdapter().catch((error) => {
      this.ready = undefined;
      throw error;
    });
    return this.ready;
  }

  async take(): Promise<AdapterChoice> {
    const ready = this.peek();
    this.ready = undefined;
    const choice = await ready;
    return { ...choice, keep: (device) => this.keep({ ...choice, device }) };
  }

  private keep(choice: AdapterChoice & { readonly device: GPUDevice }): void {
    const ready = Promise.resolve(choice);
    this.ready = ready;
    void choice.device.lost.then(() => {
      if (this.ready === ready) this.ready = undefined;
    });
  }
}

/** The one that the browser picks. Each gives a single device. */
export async function requestAdapter(): Promise<AdapterChoice> {
  if (globalThis.isSecureContext === false) {
    throw new NoAdapterError('insecureContext', 'browsers give WebGPU to secure pages only: those from https or from localhost');
  }
  if (!globalThis.navigator?.gpu) throw new NoAdapterError('noWebGPU', 'this browser has no WebGPU, or has it switched off');
  let adapter: GPUAdapter | null;
  try {
    adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  } catch (error) {
    throw new NoAdapterError('failed', `the browser failed to look for a GPU: ${error instanceof Error ? error.message : error}`);
  }
  if (!adapter) throw new NoAdapterError('noAdapter', 'this browser has WebGPU, but found no GPU that it may use');
  const { vendor, architecture, device, description } = adapter.info;
  const details = [vendor, architecture, device].filter((part) => part !== '').join(' ');
  const kind = adapter.info.isFallbackAdapter || software.test(`${details} ${description}`) ? 'cpu' : 'gpu';
  const name = description || details || 'unnamed adapter';
  return {
    adapter,
    name,
    kind,
    reason: kind === 'cpu' ? 'a software adapter, the only one that the browser gives' : 'chosen by the browser',
  };
}

const software = /llvmpipe|lavapipe|softpipe|swiftshader|software|basic render/i;
