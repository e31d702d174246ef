// Running programs: plans are made and bound once per program, kept, and replayed.
import { describe } from '../compiler/plan.ts';
import { plan as makePlan, type Program } from '../compiler/planner.ts';
import type { Device } from '../gpu/device.ts';
import { TilegradError } from '../graph/errors.ts';
import { topologicalOrder } from '../graph/order.ts';
import { advanceEpoch, HostLeaf, ResidentLeaf, type State, type Storage, type Tensor } from '../graph/tensor.ts';
import type { IndexCheck } from '../ops/debug.ts';
import { BoundPlan } from './bound-plan.ts';
import type { Profiler } from './profile.ts';
import type { Runtime } from './runtime.ts';

let profiler: Profiler | undefined;

/** From now on executions report to this profiler. */
export function setProfiler(next: Profiler | undefined): void {
  profiler = next;
}

/** A program that keeps its plan from one execution to the next. */
export class Executable {
  private bound: BoundPlan | undefined;
  private latest: readonly ResidentLeaf[] = [];
  /** In the order they were made, which doesn't depend on what the planner does with them. */
  private readonly hosts: readonly HostLeaf[];

  constructor(
    private readonly name: string,
    private readonly program: Program,
    private readonly runtime: Runtime,
  ) {
    const nodes = topologicalOrder([...program.outputs, ...program.assigned.values()]);
    this.hosts = nodes.filter((node) => node instanceof HostLeaf).sort((a, b) => a.id - b.id);
  }

  /**
   * Results of one execution with these arguments (host data or earlier results). They stay readable until the next execution.
   * The last outputs are those of the `checks`; if one fails, so do the results.
   */
  run(values: readonly Tensor[], checks: readonly IndexCheck[] = []): readonly ResidentLeaf[] {
    this.runtime.check();
    // Asked for now: numbers don't depend on when the queue gets there.
    const drawn = new Map(this.hosts.map((leaf) => [leaf, leaf.draw()]));
    for (const leaf of this.latest) {
      leaf.stale = `${this.name}: this result was overwritten by a later call; read it with data() before that call, or keep() it`;
    }
    const results = this.program.outputs.map(({ shape, dtype }) => new ResidentLeaf(shape, dtype, this));
    this.latest = results;
    this.enqueue(values, drawn, results, checks);
    this.markWritten();
    return results;
  }

  private enqueue(
    values: readonly Tensor[],
    drawn: ReadonlyMap<HostLeaf, ArrayLike<number>>,
    results: readonly ResidentLeaf[],
    checks: readonly IndexCheck[],
  ): void {
    const fail = (error: Error) => {
      for (const leaf of results) leaf.failed = error;
    };
    // What planning and compiling find wrong is found later than this call, but its line is the one to show.
    const call = this.bound ? undefined : new TilegradError('');
    const atCall = (error: unknown): never => {
      if (error instanceof TilegradError && call) error.takeStack(call);
      throw error;
    };
    const replay = (device: Device, bound: BoundPlan) => {
      bound.run(values, drawn, profiler);
      results.forEach((leaf, i) => {
        leaf.storage = bound.output(i);
      });
      if (checks.length > 0) return this.verify(device, checks, results.slice(-checks.length));
    };
    this.runtime.enqueue(
      (device) => {
        if (this.bound) return replay(device, this.bound);
        const bind = async () => BoundPlan.bind(this.name, makePlan(this.program, device.traits), this.runtime, device);
        return bind()
          .catch(atCall)
          .then((bound) => {
            this.bound = bound;
            this.runtime.releaseAfter(this, bound);
            return replay(device, bound);
          });
      },
      results.length > 0 ? fail : undefined,
    );
  }

  /** Holds up the queue until the checks are read. */
  private async verify(device: Device, checks: readonly IndexCheck[], found: readonly ResidentLeaf[]): Promise<void> {
    const values = await Promise.all(
      found.map(({ storage, size, dtype }) => this.runtime.copyOut(device, storage as Storage, size, dtype)),
    );
    for (const [i, { failure }] of checks.entries()) {
      const error = failure(values[i][0]);
      if (error) throw error;
    }
  }

  private markWritten(): void {
    const written: readonly State[] = [...this.program.assigned.keys()];
    if (written.length === 0) return;
    const epoch = advanceEpoch();
    for (const state of written) state.writtenAt = epoch;
  }

  /** The plan as text; undefined before the first execution. */
  describe(): string | undefined {
    return this.bound && describe(this.bound.plan);
  }

  release(): void {
    for (const leaf of this.latest)
      leaf.stale = `${this.name}: this result's plan was given up for newer ones; keep() results that must stay`;
    this.runtime.enqueue(() => {
      if (!this.bound) return;
      this.runtime.keepReleased(this.bound);
      this.bound.release();
    });
  }
}

/** Keeps the most recently used of at most `capacity` executables. */
export class PlanCache {
  private readonly entries = new Map<string, Executable>();

  constructor(private readonly capacity: number) {}

  get(key: string, make: () => Executable): Executable {
    const known = this.entries.get(key);
    const entry = known ?? make();
    this.entries.delete(key);
    this.entries.set(key, entry);
    if (this.entries.size > this.capacity) {
      const [oldest, executable] = this.entries.entries().next().value as [string, Executable];
      this.entries.delete(oldest);
      executable.release();
    }
    return entry;
  }
}
