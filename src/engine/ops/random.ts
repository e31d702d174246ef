// Random tensors: Philox bits, shaped into distributions by element-wise ops.
import philoxShader from '../../../shaders/philox.wgsl';
import { ShapeError, TilegradError } from '../graph/errors.ts';
import { checkShape, type Shape, sizeOf } from '../graph/shape.ts';
import { currentTrace, isTracing, type Tensor } from '../graph/tensor.ts';
import { hostValues, iota } from './create.ts';
import { cast } from './elementwise.ts';
import { grid } from './lower/grid.ts';
import { concat, expand, reshape, slice } from './movement.ts';
import { type KernelOp, makeNode } from './op.ts';

/** Where the stream of random numbers stands. */
export interface GeneratorState {
  readonly seed: number;
  /** Calls of compiled functions that draw, and draws outside of them, so far. */
  readonly step: number;
}

/** The source of random keys: a seed, and a count of the keys given out. */
class Generator {
  private seed = 0;
  private step = 0;

  get state(): GeneratorState {
    return { seed: this.seed, step: this.step };
  }

  set state({ seed, step }: GeneratorState) {
    if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(step) || seed < 0 || step < 0) {
      throw new TilegradError(`manualSeed: expected a whole number from 0 to 2^53 − 1, got ${seed}`);
    }
    this.seed = seed;
    this.step = step;
  }

  /** A key nobody had before: seed and step, two words each. */
  next(): Uint32Array<ArrayBuffer> {
    const { seed } = this;
    const step = this.step++;
    return Uint32Array.of(seed % 2 ** 32, Math.floor(seed / 2 ** 32), step % 2 ** 32, Math.floor(step / 2 ** 32));
  }
}

export const generator = new Generator();

/** Starts the random numbers over from a seed: a whole number from 0 to 2^53 − 1. */
export function manualSeed(seed: number): void {
  generator.state = { seed, step: 0 };
}

/** The generator's place, to be saved with a checkpoint and restored by {@link setRandomState}. */
export function randomState(): GeneratorState {
  return generator.state;
}

export function setRandomState(state: GeneratorState): void {
  generator.state = state;
}

const randomBitsOp: KernelOp<{ readonly stream: number }> = {
  name: 'randomBits',
  kind: 'kernel',
  lower: (node, traits) => [
    {
      shader: philoxShader,
      entry: 'forward',
      params: { count: node.size, stream: node.attrs.stream },
      workgroups: grid(Math.ceil(node.size / 256), traits),
      bind: { key: { input: 0 }, bits: 'output' },
      flops: 30 * node.size,
    },
  ],
};

/** What a draw's numbers follow from: the key of the execution (4 words) and the draw's number in it. */
export interface Draw {
  readonly key: Tensor;
  readonly stream: number;
}

/** A draw nobody had before: fresh numbers in every execution of a compiled function. */
export function nextDraw(): Draw {
  const trace = currentTrace();
  const newKey = () => hostValues(() => generator.next(), [4], 'u32');
  if (!isTracing()) return { key: newKey(), stream: 0 };
  trace.key ??= newKey();
  return { key: trace.key, stream: trace.streams++ };
}

/**
 * Independent uniform 32-bit words, by Philox4x32-10 (Salmon et al., SC 2011).
 *
 * @formula y ~ U{0 … 2³² − 1}, by Philox4x32-10
 * @shapes → u32 [count]
 * @dtypes u32
 * @torch –
 * @throws ShapeError unless the count is a whole number ≥ 0.
 */
export function randomBits(count: number, { key, stream } = nextDraw()): Tensor {
  checkShape('random', [count]);
  return makeNode(randomBitsOp, [key], { stream }, [count], 'u32');
}

const unit = (bits: Tensor): Tensor => cast(bits.shiftRight(8), 'f32').mul(2 ** -24);

/** The largest f32 under a number. */
function below(x: number): number {
  const rounded = Math.fround(x);
  if (rounded < x) return rounded;
  if (rounded === 0) return -(2 ** -126);
  const bits = new Int32Array(Float32Array.of(rounded).buffer);
  bits[0] -= Math.sign(rounded);
  return new Float32Array(bits.buffer)[0];
}

/**
 * Uniform in [low, high), in steps of 2⁻²⁴ of the range, rounded to f32.
 *
 * @formula y ~ U[low, high)
 * @shapes → [shape]
 * @torch torch.rand
 * @throws ShapeError for a shape that is none, or unless low ≤ high, with a finite difference.
 */
export function rand(shape: Shape, { low = 0, high = 1 }: { low?: number; high?: number } = {}): Tensor {
  const u = reshape(unit(randomBits(sizeOf(shape))), shape);
  if (low === 0 && high === 1) return u;
  if (!(low <= high && Number.isFinite(Math.fround(high - low)))) {
    throw new ShapeError(`rand: expected finite low ≤ high, got ${low} and ${high}`);
  }
  // Rounding may lead to high, or beyond.
  return u
    .mul(high - low)
    .add(low)
    .clamp(undefined, Math.max(Math.fround(low), below(high)));
}

/**
 * Normal, with the given mean and standard deviation (Box–Muller; both of a pair are used).
 *
 * @formula mean + std·√(−2 log u)·cos(2πv)
 * @shapes → [shape]
 * @torch torch.randn
 * @throws ShapeError for a shape that is none.
 */
export function randn(shape: Shape, { mean = 0, std = 1 }: { mean?: number; std?: number } = {}): Tensor {
  const size = sizeOf(shape);
  const pairs = Math.ceil(size / 2);
  const bits = reshape(randomBits(2 * pairs), [2, pairs]);
  const [first, second] = [0, 1].map((row) => slice(bits, [[row, row + 1]]));
  // 1 − u lies in (0, 1], where the logarithm is finite.
  const radius = unit(first).neg().add(1).log().mul(-2).sqrt();
  const angle = unit(second).mul(2 * Math.PI);
  const normal = reshape(slice(reshape(concat([radius.mul(angle.cos()), radius.mul(angle.sin())], 0), [2 * pairs]), [[0, size]]), shape);
  return mean === 0 && std === 1 ? normal : normal.mul(std).add(mean);
}

/**
 * True with probability `p`, to the nearest 1/65,536.
 *
 * @formula P(y = true) = p
 * @shapes → bool [shape]
 * @dtypes bool
 * @torch torch.bernoulli
 * @throws ShapeError when p is outside [0, 1].
 */
export function bernoulli(shape: Shape, p: number, draw = nextDraw()): Tensor {
  expectProbability('bernoulli', p);
  const size = sizeOf(shape);
  const words = Math.ceil(size / 2);
  // Two draws of 16 bits from each word.
  const paired = expand(reshape(randomBits(words, draw), [words, 1]), [words, 2]);
  const halves = paired.shiftRight(iota([words, 2], 1).mul(16)).bitAnd(0xffff);
  return reshape(slice(reshape(halves, [2 * words]), [[0, size]]), shape).lt(Math.round(p * 65536));
}

export function expectProbability(op: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new ShapeError(`${op}: expected a probability from 0 to 1, got ${p}`);
}
