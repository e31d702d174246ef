import type { Device } from '../gpu/device.ts';
import type { GPUBuffer } from '../gpu/webgpu.ts';

/**
 * The buffers behind all plans' shared slots. One plan runs at a time, so plans use the same ones: the i-th largest slot of any plan
 * is the i-th buffer, which is as large as the largest such slot.
 */
export class Workspace {
  private readonly buffers: GPUBuffer[] = [];

  get bytes(): number {
    return this.buffers.reduce((total, { size }) => total + size, 0);
  }

  /** Gives the buffers up; whoever bound them must bind new ones. */
  clear(device: Device): void {
    for (const buffer of this.buffers.splice(0)) device.release(buffer);
  }

  /** Buffers for a plan's slots. `replaced` runs before a buffer that other plans may have bound is given up for a larger one. */
  reserve(device: Device, slots: readonly number[], replaced: () => void): GPUBuffer[] {
    const bySize = slots.map((bytes, slot) => ({ bytes, slot })).sort((a, b) => b.bytes - a.bytes);
    const result = new Array<GPUBuffer>(slots.length);
    bySize.forEach(({ bytes, slot }, rank) => {
      const present = this.buffers[rank] as GPUBuffer | undefined;
      if (!present || present.size < bytes) {
        if (present) {
          replaced();
          device.release(present);
        }
        this.buffers[rank] = device.buffer(bytes);
      }
      result[slot] = this.buffers[rank];
    });
    return result;
  }
}
