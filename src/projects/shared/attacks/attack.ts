// Attacks: pictures changed as little as possible until a classifier takes them for another class.
import { type Compiled, type Durable, iota, ShapeError, State, type Tensor, TilegradError, where } from '../../../index.ts';

/** Pictures [n, ...] with values 0 … 1 → logits [n, classes]. */
export type Classifier = (pictures: Tensor) => Tensor;

/** Pictures [n, ...], values 0 … 1, and the class that each is to be taken for. */
export interface Victims {
  readonly pictures: Float32Array;
  readonly shape: readonly number[];
  readonly targets: readonly number[];
}

export interface Attacked {
  /** As `Victims.pictures`; where the attack failed, the picture as it was. */
  readonly pictures: Float32Array;
  /** L2 norm of each picture's change, Infinity where the attack failed. */
  readonly distances: readonly number[];
  /** What each picture's search came to: c, or the radius. */
  readonly strengths: readonly number[];
}

/** Bounds of a search for the least strength that suffices, and what is tried next. */
export interface Bracket {
  readonly lower: number;
  readonly upper: number;
  readonly at: number;
}

/**
 * After a try: success brings the upper bound down, failure the lower one up. The middle is next, or `growth` times as much while nothing has
 * succeeded (Carlini & Wagner's search for c, section VI.A).
 */
export function narrowed({ lower, upper, at }: Bracket, succeeded: boolean, growth: number): Bracket {
  const [low, high] = succeeded ? [lower, Math.min(upper, at)] : [Math.max(lower, at), upper];
  return { lower: low, upper: high, at: high < Infinity ? (low + high) / 2 : growth * at };
}

/** Parts of a round, after each of which a run may be saved. */
const PARTS = 10;
/** In rounds of fewer steps the sum still swings: they are gone through whole. */
const SETTLING = 500;

export interface Searching {
  readonly searches: number;
  readonly steps: number;
  /** Strength of the first try. */
  readonly initial: number;
}

/** Rounds of steps, each round at another strength for each picture, which its own bisection gives. */
export abstract class Attack implements Durable {
  /** As they were. */
  protected pictures = new Float32Array(0);
  protected readonly original: State;
  protected readonly strength: State;
  private readonly target: State;
  private readonly least: State;
  private readonly found: State;
  private readonly reached: State;
  private readonly shape: readonly number[];
  private classes = Infinity;
  private targets: readonly number[] = [];
  private brackets: readonly Bracket[] = [];
  private round = 0;
  private step = 0;
  private sum = Infinity;
  /** One step; gives what the attack brings down, summed over the pictures. */
  protected abstract readonly move: Compiled<[], Tensor>;
  protected abstract readonly growth: number;
  /** Whether a round ends where the sum has come down no more for a tenth of it, as in the paper's code. */
  protected abstract readonly endsEarly: boolean;

  constructor(
    private readonly op: string,
    victims: Victims,
    private readonly searching: Searching,
  ) {
    this.shape = [...victims.shape];
    const [n = 0] = this.shape;
    this.original = new State('original pictures', this.shape, 'f32');
    this.found = new State('found pictures', this.shape, 'f32');
    this.target = new State('targets', [n], 'i32');
    this.strength = new State('strength', [n], 'f32');
    this.least = new State('least distance', [n], 'f32');
    this.reached = new State('reached', [n], 'f32');
    this.aim(victims.pictures, victims.targets);
  }

  /** Begins anew with other pictures of the same shape, or other targets: nothing is compiled again. */
  aim(pictures: Float32Array, targets: readonly number[]): void {
    const { op, shape } = this;
    const size = shape.reduce((product, length) => product * length, 1);
    if (pictures.length !== size || shape[0] !== targets.length || size === 0) {
      throw new ShapeError(
        `${op}: expected pictures [${shape.join(', ')}] and a target for each, got ${pictures.length} values and ${targets.length} targets`,
      );
    }
    const off = pictures.find((value) => !(value >= 0 && value <= 1));
    if (off !== undefined) throw new TilegradError(`${op}: expected pictures with values 0 … 1, got ${off}`);
    this.targets = [...targets];
    this.expectClasses();
    this.pictures = pictures.slice();
    this.original.set(pictures);
    this.found.set(pictures);
    this.target.set(Int32Array.from(targets));
    this.least.set(new Float32Array(targets.length).fill(Infinity));
    this.brackets = targets.map(() => ({ lower: 0, upper: Infinity, at: this.searching.initial }));
    this.round = this.step = 0;
  }

  private expectClasses(): void {
    const { op, classes, targets } = this;
    const wrong = targets.find((target) => !(Number.isInteger(target) && target >= 0 && target < classes));
    if (wrong === undefined) return;
    throw new TilegradError(`${op}: expected targets that are classes${classes < Infinity ? `, 0 … ${classes - 1}` : ''}, got ${wrong}`);
  }

  /** Where a round begins. */
  protected abstract begin(): void;
  /** What a subclass keeps beside all this: read now, and put back. */
  protected abstract own(): Promise<unknown>;
  protected abstract setOwn(state: unknown): void;

  /** Traced: true at each picture's target. @throws TilegradError for a target that is none of the classes */
  protected isTarget(logits: Tensor): Tensor {
    this.classes = logits.shape[1];
    this.expectClasses();
    return iota(logits.shape, 1, 'i32').eq(this.target.reshape([-1, 1]));
  }

  /** Traced: squared distances [n] of pictures from the original ones. */
  protected distance(pictures: Tensor): Tensor {
    return pictures.sub(this.original).square().reshape([this.shape[0], -1]).sum(1);
  }

  /** Traced: takes over pictures that did it with less change than any before. */
  protected record(pictures: Tensor, distance: Tensor, succeeded: Tensor): void {
    const better = succeeded.logicalAnd(distance.lt(this.least));
    const each = better.reshape([-1, ...this.shape.slice(1).map(() => 1)]);
    this.least.assign(where(better, distance, this.least));
    this.found.assign(where(each, pictures, this.found));
    this.reached.assign(this.reached.maximum(succeeded.cast('f32')));
  }

  /** At the end of a round. */
  protected judge(): void {}

  /** Number of pictures. */
  get size(): number {
    return this.targets.length;
  }

  /** Times that {@link advance} is to be called at most. */
  get count(): number {
    return this.searching.searches * PARTS;
  }

  /** Goes on by a tenth of a round. False once all rounds are through. */
  async advance(): Promise<boolean> {
    const { searches, steps } = this.searching;
    if (this.round >= searches) return false;
    if (this.step === 0) {
      this.strength.set(Float32Array.from(this.brackets, ({ at }) => at));
      this.reached.set(new Float32Array(this.brackets.length));
      this.sum = Infinity;
      this.begin();
    }
    const end = Math.min(steps, this.step + Math.ceil(steps / PARTS));
    for (; this.step < end - 1; this.step++) this.move();
    const [sum] = await this.move().data();
    this.step++;
    const settled = this.endsEarly && steps >= SETTLING && sum > this.sum - 1e-4 * Math.abs(this.sum);
    this.sum = sum;
    if (this.step < steps && !settled) return true;
    this.judge();
    const reached = await this.reached.data();
    this.brackets = this.brackets.map((bracket, i) => narrowed(bracket, reached[i] > 0, this.growth));
    this.step = 0;
    return ++this.round < searches;
  }

  /** L2 norm of each picture's least change so far, Infinity where there is none that did it. */
  async distances(): Promise<number[]> {
    return Array.from(await this.least.data(), Math.sqrt);
  }

  async result(): Promise<Attacked> {
    const [pictures, distances] = await Promise.all([this.found.data(), this.distances()]);
    return { pictures: pictures as Float32Array, distances, strengths: this.brackets.map(({ upper }) => upper) };
  }

  state() {
    const { round, step, sum, brackets } = this;
    const states = Promise.all([this.strength, this.least, this.found, this.reached].map((state) => state.data()));
    const own = this.own();
    return Promise.all([states, own]).then(([states, own]) => ({ round, step, sum, brackets, states, own }));
  }

  restore({ round, step, sum, brackets, states, own }: Awaited<ReturnType<Attack['state']>>): void {
    [this.strength, this.least, this.found, this.reached].forEach((state, i) => void state.set(states[i]));
    this.setOwn(own);
    Object.assign(this, { round, step, sum, brackets });
  }
}
