// Which GPU there is. The gallery asks the browser itself; a project's worker reports the one it uses.
import { signal } from '@preact/signals';
import { largestBuffer } from '../largest-buffer.ts';
import type { Report } from '../protocol.ts';
import { type Advice, webgpuAdvice } from '../webgpu-advice.ts';

export type Gpu =
  | {
      readonly found: true;
      readonly name: string;
      readonly kind: 'gpu' | 'cpu' /** Bytes of its largest buffer. */;
      readonly largest: number;
    }
  | { readonly found: false /** What the browser said, if it said anything. */; readonly message: string; readonly advice: Advice };

/** Undefined while it is being looked for. */
export const gpu = signal<Gpu | undefined>(undefined);

export async function lookForGpu(): Promise<void> {
  if (gpu.value) return;
  try {
    const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
    // A worker may have been quicker, and knows the name.
    if (gpu.value) return;
    if (adapter)
      gpu.value = {
        found: true,
        name: nameOf(adapter.info),
        kind: adapter.info.isFallbackAdapter ? 'cpu' : 'gpu',
        largest: largestBuffer(adapter),
      };
    else setMissing('');
  } catch (error) {
    setMissing(error instanceof Error ? error.message : String(error));
  }
}

export function noteAdapter(report: Extract<Report, { type: 'adapter' | 'noAdapter' }>): void {
  if (report.type === 'adapter')
    gpu.value = { found: true, name: report.name, kind: report.kind, largest: report.largest ?? Number.POSITIVE_INFINITY };
  // The advice says the rest better: the page knows which browser it is in.
  else setMissing(report.reason === 'failed' ? report.message : '');
}

function setMissing(message: string): void {
  const surroundings = { userAgent: navigator.userAgent, secure: isSecureContext, webgpu: 'gpu' in navigator, address: location.href };
  gpu.value = { found: false, message, advice: webgpuAdvice(surroundings) };
}

/** Browsers tell as much of it as they think wise: `nvidia turing`, `google swiftshader`, or nothing. */
const nameOf = ({ description, vendor, architecture, device }: GPUAdapterInfo) =>
  description || [vendor, architecture || device].filter(Boolean).join(' ') || 'a GPU the browser doesn’t name';
