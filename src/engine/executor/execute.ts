// Running programs: plans are made and bound once per program, kept, and replayed.
import { describe } from '../compiler/plan.ts';
import { plan as makePlan, type Program } from '../compiler/planner.ts';
import { advanceEpoch, ResidentLeaf, type State, type Tensor } from '../graph/tensor.ts';
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

  constructor(
    private readonly name: string,
    private readonly program: Program,
    private readonly runtime: Runtime,
  ) {}

  /** Results of one execution with these arguments (host data or earlier results). They stay readable until the next execution. */
  run(values: readonly Tensor[]): readonly ResidentLeaf[] {
    this.runtime.check();
    for (const leaf of this.latest) {
      leaf.stale = `${this.name}: this result was overwritten by a later call; read it with data() before that call, or keep() it`;
    }
    const results = this.program.outputs.map(({ shape, dtype }) => new ResidentLeaf(shape, dtype, this));
    this.latest = results;
    this.enqueue(values, results);
    this.markWritten();
    return results;
  }

  private enqueue(values: readonly Tensor[], results: readonly ResidentLeaf[]): void {
    const fail = (error: Error) => {
      for (const leaf of results) leaf.failed = error;
    };
    const replay = (bound: BoundPlan) => {
      bound.run(values, profiler);
      results.forEach((leaf, i) => {
        leaf.storage = bound.output(i);
      });
    };
    this.runtime.enqueue(
      (device) => {
        if (this.bound) return replay(this.bound);
        const made = makePlan(this.program, device.traits);
        return BoundPlan.bind(made, this.runtime, device).then((bound) => {
          this.bound = bound;
          this.runtime.releaseAfter(this, bound);
          replay(bound);
        });
      },
      results.length > 0 ? fail : undefined,
    );
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
