// What makes a run durable: which stages are done, which loops are under way, and checkpoints of both.
import { showValue } from '../engine/graph/arguments.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { manualSeed, randomState, setRandomState } from '../engine/ops/random.ts';
import type { StateDict } from '../nn/load.ts';
import type { Module } from '../nn/module.ts';
import { checkKeep, type Keep } from './durable.ts';
import type { DoneRecord, LiveLoop, LiveRun, RunHost, RunPosition } from './host.ts';
import { keptAtPoint, keptNow, type Loop, loadKept, mark, type Position, Scope, stands } from './loop.ts';
import { Rows } from './rows.ts';
import { phaseOf, seedOf } from './scope.ts';
import { type Parts, Stretch } from './shares.ts';
import { nothingTold, noting, retell, type Told } from './told.ts';
import { combine, copied, type Packed, pack, unpack } from './values.ts';

/** Thrown through a project when the user asked to stop. Whoever catches it gets it again at the next thing that the run does. */
export class Stopped extends Error {}

/** Thrown through a project when the one stage that was asked for is done. */
export class StageDone extends Error {
  constructor(readonly record: DoneRecord) {
    super('the stage that was asked for is done');
  }
}

/** Milliseconds that a run may go without letting anything else in, such as the signal to stop. */
const BREATH = 50;

/** What a loop that nobody announced takes of the time that is left: before it things are made ready, after it the result is looked at. */
const LIKELY_LOOP = 0.9;

/** Of what any run finds the same. */
const SHARED_SEED = 0;

interface StageKind {
  /** Nothing that comes later needs its result: it is left out where another stage was asked for. */
  readonly independent?: boolean;
  /** Of all that its result follows from, where any run may find it. */
  readonly key?: string;
}

export class Journal implements LiveRun {
  /** Steps of all loops so far. */
  step = 0;
  /** The model of the project, once it was made. */
  model: Module | undefined;
  /** What is done, by path. A result is here until it is written. */
  private readonly done = new Map<string, DoneRecord | undefined>();
  private readonly live: readonly LiveLoop[];
  private readonly loops: Loop[] = [];
  private readonly used = new Set<string>();
  private readonly rows: Rows;
  private saving: Promise<void> | undefined;
  private failure: { readonly error: unknown } | undefined;
  private weights: StateDict | undefined;
  /** Whether the model's weights were left by a loop, in this process or one before. */
  private trained: boolean;
  private stopped: Stopped | undefined;
  private breathed = performance.now();
  /** Milliseconds that the run stood still. */
  private paused = 0;

  constructor(public host: RunHost) {
    const { position, only } = host;
    // A stage that is done alone is done whole, whatever the run has of it: the rest of what it tells stands in the run's own files.
    const within = (path: string) => only !== undefined && path.startsWith(`${only}/`);
    this.trained = position?.trained ?? false;
    for (const path of position?.done ?? []) if (!within(path)) this.done.set(path, undefined);
    this.live = position?.live.filter(({ path }) => !within(path)) ?? [];
    const known = only === undefined ? (position?.rows ?? 0) : 0;
    this.rows = new Rows(known, (step, values) => this.host.row(step, values));
  }

  /** A name within a scope becomes a path of the run. @throws TilegradError when it is taken, or the scope isn't at work */
  private claim(scope: Scope, kind: string, name: string): string {
    this.check();
    if (typeof name !== 'string' || !/^[^/\n]{1,100}$/.test(name)) {
      throw new TilegradError(`${kind}: expected a name of 1 to 100 characters without /, got ${showValue(name)}`);
    }
    if (scope.busy !== undefined) {
      throw new TilegradError(
        `${kind} ${name}: expected ${scope.busy} to be done first: await one after the other, and within a stage use the run that its body is given`,
      );
    }
    const around = scope.loops.at(-1);
    // Each round of a loop has names of its own.
    const path = `${around ? `${around.path}/${around.point.at.epoch + 1}/` : scope.path}${name}`;
    if (this.used.has(path)) throw new TilegradError(`${kind} ${name}: expected a name of its own for each, got ${path} twice`);
    this.used.add(path);
    for (const loop of this.loops) loop.nests = true;
    return path;
  }

  /** @throws what ended the run: it goes on to the end of the project, whoever catches it on the way */
  private check(): void {
    if (this.stopped) throw this.stopped;
    if (this.failure) throw this.failure.error;
  }

  /** Whether `path` is to be done here, where a single stage may have been asked for. */
  private wanted(path: string): boolean {
    const { only } = this.host;
    return only === undefined || only === path || only.startsWith(`${path}/`) || path.startsWith(`${only}/`);
  }

  private missing(path: string): TilegradError {
    return new TilegradError(`stage ${this.host.only}: expected the results of what comes before it; there is none of ${path}`);
  }

  /** Goes past what is done. */
  private async result(path: string): Promise<DoneRecord> {
    const record = this.done.get(path) ?? (await this.host.readRecord(path));
    this.goPast(record);
    return record;
  }

  /** What has been done of a stage elsewhere, or by another run: here it is told, and counts from now on as done here. */
  private async takeIn(path: string, key: string | undefined): Promise<DoneRecord | undefined> {
    const found = (await this.host.doneElsewhere(path)) ?? (key === undefined ? undefined : await this.host.shared?.read(path, key));
    if (!found) return undefined;
    const { told, ...record } = found;
    // Where another stage alone is done, what comes before it is told by the run.
    if (told && (this.host.only === undefined || path.startsWith(`${this.host.only}/`))) {
      const all = unpack(told, `what stage ${path} told`) as Told;
      await this.rows.drain();
      await retell(this.host, all, this.step);
      if (all.weights) {
        this.weights = all.weights;
        this.trained = true;
      }
    }
    this.finish(path, record);
    this.goPast(record);
    // The record has still to be written.
    return { ...record, ...copied(record) };
  }

  private goPast(record: DoneRecord): void {
    this.step += record.steps;
    this.rows.count += record.rows;
  }

  /**
   * Does `body` once: afterwards its recorded result stands for it.
   * @param place its share of the run
   */
  async stage<T>(scope: Scope, name: string, place: Stretch, body: (scope: Scope) => Promise<T>, kind: StageKind = {}): Promise<T> {
    const path = this.claim(scope, 'stage', name);
    const { host } = this;
    const { independent, key } = kind;
    const seed = key === undefined ? scope.seed : SHARED_SEED;
    const what = `the result of stage ${path}`;
    const known = this.done.has(path) ? await this.result(path) : host.only === path ? undefined : await this.takeIn(path, key);
    if (known) {
      this.pass(scope, name, place);
      return unpack(known, what) as T;
    }
    if (!this.wanted(path)) {
      if (independent) return undefined as T;
      throw this.missing(path);
    }
    const outside = randomState();
    const [steps, rows] = [this.step, this.rows.count];
    this.freezeLoops();
    const told = host.only === path ? await this.noteAll() : undefined;
    manualSeed(seedOf(seed, path));
    scope.busy = path;
    let value: T;
    try {
      value = await body(new Scope(`${path}/`, place, seed));
    } finally {
      scope.busy = undefined;
      setRandomState(outside);
    }
    this.check();
    await this.rows.drain();
    const record = { ...(await pack(value, 'result', what)), steps: this.step - steps, rows: this.rows.count - rows };
    if (told) {
      if (this.weights) told.weights = this.weights;
      throw new StageDone({ ...record, told: await pack(told, 'told', `what stage ${path} told`) });
    }
    this.finish(path, record);
    this.pass(scope, name, place);
    if (key !== undefined) await host.shared?.write(path, key, { ...record, rows: 0 });
    await this.passed();
    // The project's own, to do with as it likes: the record may still have to be written.
    return unpack(copied(record), what) as T;
  }

  async resultOf(stage: string): Promise<unknown> {
    if (!this.done.has(stage)) return undefined;
    const record = this.done.get(stage) ?? (await this.host.readRecord(stage));
    return unpack(copied(record), `the result of stage ${stage}`);
  }

  /** From here on what is told is kept, for the run that takes the record in. */
  private async noteAll(): Promise<Told> {
    await this.rows.drain();
    this.weights = undefined;
    const told = nothingTold();
    this.host = noting(this.host, told, this.step);
    return told;
  }

  /** What was done within it has played its part. */
  private finish(path: string, record: DoneRecord): void {
    for (const inner of [...this.done.keys()]) if (inner.startsWith(`${path}/`)) this.done.delete(inner);
    this.done.set(path, record);
  }

  pass(scope: Scope, name: string, place: Stretch): void {
    place.reach(1);
    // Of a loop its steps tell how far it is.
    if (scope.loops.length === 0) scope.stretch.pass(name, place);
    this.tell(scope, name, place);
  }

  /** Where the run is. */
  tell(scope: Scope, name: string, place: Stretch): void {
    this.host.progress({ phase: phaseOf(`${scope.loops.at(-1)?.path.concat('/') ?? scope.path}${name}`), fraction: place.at });
  }

  /** The stretch of a part of a scope; of one that nobody announced half of what is left. */
  place(scope: Scope, name: string, parts?: Parts, likely = 0.5): Stretch {
    const around = scope.loops.at(-1);
    return around ? new Stretch(around.stretch.at, around.stretch.at, parts) : scope.stretch.part(name, likely, parts);
  }

  /**
   * Begins a loop, or takes it up where a checkpoint left it.
   * @returns undefined when it is through already; what it kept is loaded then
   */
  async begin(scope: Scope, name: string, keep: Keep): Promise<Loop | undefined> {
    const path = this.claim(scope, 'loop', name);
    checkKeep(`loop ${name}`, keep);
    const place = this.place(scope, name, undefined, LIKELY_LOOP);
    const [stepBefore, rowsBefore] = [this.step, this.rows.count];
    if (this.done.has(path)) {
      const record = await this.result(path);
      loadKept(path, keep, unpack(record, `what loop ${path} kept`));
      this.pass(scope, name, place);
      return undefined;
    }
    if (!this.wanted(path)) throw this.missing(path);
    this.freezeLoops();
    const outside = randomState();
    const live = this.live.find((loop) => loop.path === path);
    const at = live?.at ?? { epoch: 0, index: 0 };
    let resumed: unknown;
    if (live) {
      const { kept } = this.host.position as NonNullable<RunHost['position']>;
      resumed = (unpack(kept, 'the checkpoint') as Readonly<Record<string, unknown>>)[path];
      loadKept(path, keep, resumed);
      setRandomState(live.random);
      [this.step, this.rows.count] = [live.step, live.rows];
    } else manualSeed(seedOf(scope.seed, path));
    const loop: Loop = {
      ...{ name, path, keep, scope, stretch: place, outside, stepBefore, rowsBefore, resumed },
      ...{ began: performance.now(), pausedBefore: this.paused, frozen: undefined, nests: false, done: 0, loss: undefined },
      point: { at, random: randomState(), step: this.step, rows: this.rows.count, writes: new Map(), held: new Map() },
    };
    this.loops.push(loop);
    scope.loops.push(loop);
    this.mark(loop, at, true);
    return loop;
  }

  private mark(loop: Loop, at: Position, first: boolean): void {
    mark(loop, at, first, { step: this.step, rows: this.rows.count });
  }

  /** A resumed body has come to the place where it was saved: what it did on the way there doesn't count. */
  takeUp(loop: Loop): void {
    const { resumed, point } = loop;
    loop.resumed = undefined;
    if (resumed === undefined || point.at.index === 0) return;
    loadKept(loop.path, loop.keep, resumed);
    setRandomState(point.random);
    [this.step, this.rows.count] = [point.step, point.rows];
    this.mark(loop, point.at, true);
  }

  /** Something durable begins within the bodies of these loops. */
  private freezeLoops(): void {
    for (const loop of this.loops) {
      loop.frozen ??= keptAtPoint(loop);
      loop.frozen?.catch(() => {});
    }
  }

  /**
   * The loop's body has come back: here it may pause, be saved and stop.
   * @param at where it goes on from here
   * @param share of the loop that is done
   * @param unit what `loop.done` counts
   */
  async arrive(loop: Loop, at: Position, share: number, unit: string): Promise<void> {
    if (this.loops.at(-1) !== loop)
      throw new TilegradError(`loop ${loop.name}: expected ${this.loops.at(-1)?.name} to end before it goes on`);
    this.mark(loop, at, false);
    const seconds = (performance.now() - loop.began - (this.paused - loop.pausedBefore)) / 1000;
    const { path, loss } = loop;
    const update = { phase: phaseOf(path), fraction: loop.stretch.reach(share), rate: loop.done / seconds, unit };
    this.host.progress({ ...update, ...(loss !== undefined && { loss }) });
    await this.rows.keepUp();
    await this.breathe(loop);
  }

  /**
   * Lets others in, saves, waits in a pause, stops when asked to.
   * @param current the loop that is at its point; none elsewhere
   */
  async breathe(current?: Loop): Promise<void> {
    this.check();
    const asked = performance.now();
    if (asked - this.breathed > BREATH) {
      // Where nothing waits for a GPU, nobody else would get a word in.
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      this.breathed = performance.now();
    }
    // The steps go on while it is written. Whoever pauses has it asked for just before.
    if (!this.saving && this.host.due()) this.checkpoint(current).catch((error) => (this.failure ??= { error }));
    // In the midst of a step nothing can be saved: whoever pauses waits for its end.
    await this.host.ready(
      this,
      this.loops.every((loop) => loop === current || stands(loop)),
    );
    this.paused += performance.now() - asked;
    this.check();
    if (!this.host.stopping) return;
    await this.checkpoint(current);
    this.stop();
  }

  /** A stage or a loop is through: where a save is due, what it found is safe before what comes next may fail. */
  async passed(): Promise<void> {
    // A save that is under way holds what was before.
    await this.saving;
    await this.breathe();
    await this.saving;
  }

  private stop(): never {
    this.stopped = new Stopped('the user asked to stop');
    throw this.stopped;
  }

  /**
   * The loop is through, or its body has left it. That may have been for an error, which nobody tells here: so what it kept becomes final with
   * the next checkpoint only.
   */
  async end(loop: Loop): Promise<void> {
    const { scope, path, keep } = loop;
    const kept = this.stopped ? undefined : keptNow(loop);
    // What fails before it is waited for fails for the same reason.
    kept?.catch(() => {});
    this.loops.splice(this.loops.indexOf(loop));
    scope.loops.splice(scope.loops.indexOf(loop));
    setRandomState(loop.outside);
    if (!kept) return;
    await this.rows.drain();
    const record = { ...(await kept), steps: this.step - loop.stepBefore, rows: this.rows.count - loop.rowsBefore };
    this.finish(path, record);
    const model = Object.keys(keep).find((name) => keep[name] === this.model);
    if (model !== undefined) {
      this.weights = (unpack(record, 'the model') as Readonly<Record<string, StateDict>>)[model];
      this.trained = true;
    }
    this.pass(scope, loop.name, loop.stretch);
  }

  /** A row of metrics at this step, and the numbers in it. Tensors are read while later steps run. */
  log<K extends string>(values: Readonly<Record<K, Tensor | number>>): Promise<Record<K, number>> {
    this.check();
    return this.rows.add(this.step, values, this.loops.at(-1));
  }

  /**
   * Saves where the run is: what it takes is taken in at the call. The last checkpoint stands where a loop has changed what it keeps since the
   * last place that it could go on from.
   * @param current the loop that is at such a place now
   */
  private checkpoint(current?: Loop): Promise<void> {
    const { host, loops } = this;
    const before = this.saving;
    if (host.only !== undefined) return Promise.resolve();
    const kept = loops.map((loop) => [loop.path, loop === current ? keptNow(loop) : (loop.frozen ?? keptAtPoint(loop))] as const);
    for (const [, part] of kept) part?.catch(() => {});
    if (kept.some(([, part]) => !part)) return before ?? Promise.resolve();
    const all = combine(kept as readonly (readonly [string, Promise<Packed>])[]);
    all.catch(() => {});
    const records = [...this.done].flatMap(([path, record]) => (record ? [[path, record] as const] : []));
    const { weights } = this;
    const { told } = this.rows;
    const position: RunPosition = {
      step: this.step,
      rows: this.rows.count,
      done: [...this.done.keys()],
      live: loops.map(({ path, point: { at, random, step, rows } }) => ({ path, at, random, step, rows })),
      ...this.modelPlace(),
      ...(this.trained && { trained: true }),
    };
    const found = host.found();
    const save = async () => {
      await before;
      await told;
      for (const [path, record] of records) {
        await host.writeRecord(path, record);
        if (this.done.get(path) === record) this.done.set(path, undefined);
      }
      if (weights) await host.saveModel(weights);
      if (this.weights === weights) this.weights = undefined;
      await host.save({ ...position, kept: await all, found });
    };
    const saving = save().finally(() => {
      if (this.saving === saving) this.saving = undefined;
    });
    this.saving = saving;
    return saving;
  }

  /** Where in the checkpoint the model's weights are. */
  private modelPlace(): { readonly model?: string } {
    for (const { path, keep } of this.loops) {
      const name = Object.keys(keep).find((part) => keep[part] === this.model);
      if (name !== undefined) return { model: `${path}/${name}.` };
    }
    return {};
  }

  /** The project is through. A model that no loop of it has trained, such as one with weights from elsewhere, is left as it stands. */
  async close(): Promise<void> {
    await this.rows.drain();
    this.check();
    if (!this.trained) this.weights ??= await this.model?.stateDict();
    await this.checkpoint();
  }
}
