// Per-kernel times from timestamp queries: each dispatch in a pass of its own.

import { type Plan, trafficOf } from '../compiler/plan.ts';
import { type Device, type Pipeline, USAGE } from '../gpu/device.ts';
import type { GPUBindGroup } from '../gpu/webgpu.ts';
import { TilegradError } from '../graph/errors.ts';
import type { Runtime } from './runtime.ts';

/** One row of a profile: every dispatch of one kernel with one fusion. */
export interface ProfileRow {
  readonly label: string;
  readonly calls: number;
  readonly milliseconds: number;
  /** 10⁹ floating-point operations a second. */
  readonly gflops: number;
  /** 10⁹ bytes read and written a second, each binding counted once. */
  readonly gbytes: number;
}

export class Profiler {
  private readonly pending: Promise<void>[] = [];
  private readonly rows = new Map<string, { calls: number; nanoseconds: number; flops: number; bytes: number }>();

  constructor(
    private readonly runtime: Runtime,
    private readonly device: Device,
  ) {
    if (!device.hasTimestamps) throw new TilegradError(`profile: the adapter ${device.name} has no timestamp queries`);
  }

  encode({ steps }: Plan, pipelines: readonly Pipeline[], groups: readonly GPUBindGroup[]): void {
    const { device, runtime } = this;
    const querySet = device.gpu.createQuerySet({ type: 'timestamp', count: 2 * steps.length });
    const commands = runtime.commands(device);
    steps.forEach(({ workgroups }, i) => {
      const pass = commands.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
      });
      pass.setPipeline(pipelines[i].pipeline);
      pass.setBindGroup(0, groups[i]);
      pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
      pass.end();
    });
    const bytes = 16 * steps.length;
    const resolved = device.buffer(bytes, USAGE.queryResolve | USAGE.copySource);
    const target = device.buffer(bytes, USAGE.mapRead | USAGE.copyTarget);
    commands.resolveQuerySet(querySet, 0, 2 * steps.length, resolved, 0);
    commands.copyBufferToBuffer(resolved, 0, target, 0, bytes);
    runtime.flush();
    this.pending.push(
      target.mapAsync(1).then(() => {
        const times = new BigUint64Array(target.getMappedRange());
        steps.forEach((step, i) => {
          const row = this.rows.get(step.label) ?? { calls: 0, nanoseconds: 0, flops: 0, bytes: 0 };
          row.calls++;
          row.nanoseconds += Number(times[2 * i + 1] - times[2 * i]);
          row.flops += step.flops;
          row.bytes += trafficOf(step);
          this.rows.set(step.label, row);
        });
        target.unmap();
        device.release(target);
        device.release(resolved);
        querySet.destroy();
      }),
    );
  }

  async finish(): Promise<ProfileRow[]> {
    await Promise.all(this.pending);
    return [...this.rows]
      .map(([label, { calls, nanoseconds, flops, bytes }]) => ({
        label,
        calls,
        milliseconds: nanoseconds / 1e6,
        gflops: nanoseconds > 0 ? flops / nanoseconds : 0,
        gbytes: nanoseconds > 0 ? bytes / nanoseconds : 0,
      }))
      .sort((a, b) => b.milliseconds - a.milliseconds);
  }
}

/** A profile as a table in text. */
export function showProfile(rows: readonly ProfileRow[]): string {
  const total = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const line = (cells: readonly string[]) => cells.map((cell, i) => (i === 0 ? cell : cell.padStart(9))).join(' ');
  return [
    line(['     ms', 'share', 'calls', 'GFLOP/s', 'GB/s', '  kernel']),
    ...rows.map((row) =>
      line([
        row.milliseconds.toFixed(3).padStart(7),
        `${((100 * row.milliseconds) / total).toFixed(1)} %`,
        String(row.calls),
        row.gflops.toFixed(2),
        row.gbytes.toFixed(2),
        `  ${row.label}`,
      ]),
    ),
    `${total.toFixed(3).padStart(7)} in all`,
  ].join('\n');
}
