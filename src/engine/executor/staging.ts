import { type Device, USAGE } from '../gpu/device.ts';
import type { GPUBuffer } from '../gpu/webgpu.ts';

/** What is kept for the next reads: many small buffers, or few large ones. */
const MOST_BUFFERS = 8;
const MOST_BYTES = 16 * 2 ** 20;

/** The buffers through which values are read back. Each read has one of its own; some are kept for later ones. */
export class Staging {
  private readonly idle: GPUBuffer[] = [];

  /** Bytes that no read is using. */
  get bytes(): number {
    return this.idle.reduce((total, { size }) => total + size, 0);
  }

  take(device: Device, bytes: number): GPUBuffer {
    const fit = this.idle.findIndex(({ size }) => size >= bytes && size <= Math.max(256, 4 * bytes));
    if (fit >= 0) return this.idle.splice(fit, 1)[0];
    return device.buffer(Math.max(256, bytes), USAGE.mapRead | USAGE.copyTarget);
  }

  /** Keeps a buffer that was read, unless it is too large; the oldest make room. */
  put(device: Device, buffer: GPUBuffer): void {
    this.idle.push(buffer);
    while (this.idle.length > MOST_BUFFERS || this.bytes > MOST_BYTES) device.release(this.idle.shift() as GPUBuffer);
  }

  clear(device: Device): void {
    for (const buffer of this.idle.splice(0)) device.release(buffer);
  }
}
