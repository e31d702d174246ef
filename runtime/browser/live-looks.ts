// Looks into the model of a run at work, at a pace that the run doesn't notice. The weights are copied on the GPU at a step's end, and read while the
// run goes on.
import type { Parts } from '../../src/data/sets/set.ts';
import { grouped, type nn, randomState, setRandomState, TilegradError } from '../../src/index.ts';
import type { LiveRun } from '../../src/train/host.ts';
import type { Project } from '../../src/train/project.ts';
import type { OptionRecord } from '../run/options.ts';
import { errorReport } from './error-report.ts';
import { Inside, insideOf, sampleFor } from './inside.ts';
import type { ErrorReport, InsideReport } from './protocol.ts';

/** Looks take at most one part in so many of a run's time, but for the first: kernels are compiled for it. */
const SHARE = 25;
/** Parameters of a model that is copied. */
const MOST_PARAMETERS = 20_000_000;

interface Opened {
  readonly parts: Parts | undefined;
  /** Takes the weights of the run's. */
  readonly model: nn.Module;
  readonly inside: Inside;
}

export class LiveLooks {
  private wanted = false;
  private standing: LiveRun | undefined;
  private busy = false;
  /** performance.now() of the next look, at the earliest. */
  private dueAt = 0;
  private project: Project | undefined;
  private options: OptionRecord = {};
  private parts: Parts | undefined;
  private opened: Opened | undefined;

  /** @param every milliseconds between looks, at least */
  constructor(
    private readonly report: (inside: InsideReport | ErrorReport) => void,
    private readonly every = 2000,
  ) {}

  begin(project: Project, options: OptionRecord): void {
    this.project = project;
    this.options = options;
  }

  /** The run has opened its data. */
  take(parts: Parts): void {
    this.parts ??= parts;
  }

  /** Somebody wants to see the newest state, once. */
  want(): void {
    this.wanted = true;
    this.passStanding();
  }

  /** It stands still until `end`: what is asked for meanwhile is shown at once. */
  async during(live: LiveRun, end: Promise<void>): Promise<void> {
    this.standing = live;
    this.passStanding();
    await end;
    this.standing = undefined;
  }

  private passStanding(): void {
    if (this.standing) setTimeout(() => this.standing && this.pass(this.standing), Math.max(0, this.dueAt - performance.now()));
  }

  /** The run stands still for a moment. */
  pass(live: LiveRun): void {
    if (!this.wanted || this.busy || !live.model || performance.now() < this.dueAt) return;
    this.wanted = false;
    this.busy = true;
    void this.look(live.model).then((inside) => {
      this.busy = false;
      this.report(inside);
    });
  }

  /** A model of the looker's own, with the values of the newest. */
  private copied(newest: nn.Module): Inside {
    if (newest.parameterCount > MOST_PARAMETERS) {
      throw new TilegradError(
        `a model of ${grouped(newest.parameterCount)} parameters is too large to be looked into while it is trained.`,
      );
    }
    const before = randomState();
    try {
      if (this.opened?.parts !== this.parts) this.opened = undefined;
      this.opened ??= this.open();
      const { model, inside } = this.opened;
      const values = new Map(newest.namedStates());
      for (const [name, state] of model.namedStates()) {
        const value = values.get(name);
        if (!value) throw new TilegradError(`the model that is trained has no ${name}, which the project's model has.`);
        state.assign(value);
      }
      return inside;
    } finally {
      setRandomState(before);
    }
  }

  private open(): Opened {
    const { project, options, parts } = this;
    const { model, inputs } = insideOf(project as Project, options);
    return { parts, model, inside: new Inside(model, inputs, parts && sampleFor(inputs, parts)) };
  }

  private async look(newest: nn.Module): Promise<InsideReport | ErrorReport> {
    const first = !this.opened;
    const began = performance.now();
    try {
      return await this.copied(newest).look();
    } catch (error) {
      // The device may have been lost, and all that lay on it.
      this.opened = undefined;
      return errorReport(error);
    } finally {
      const now = performance.now();
      this.dueAt = now + Math.max(this.every, first ? 0 : SHARE * (now - began));
    }
  }
}
