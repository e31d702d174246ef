// Random numbers on the host: shuffles, augmentation, synthetic data. Counter-based, so that any position of a run can be
// re-entered exactly: what a generator gives depends on its seed, its stream and how many numbers were drawn, and on nothing else.

/** High 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  // Each partial sum stays under 2^33, exact in a double; `/ 65536` instead of a shift, which would cut it to 32 bits.
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0;
}

/**
 * Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): writes the four words of the
 * block at `counter` (four u32) under `key` (two u32) to `out`.
 */
export function philox4x32(counter: ArrayLike<number>, key: readonly [number, number], out: Uint32Array): void {
  let [c0, c1, c2, c3] = [counter[0]! >>> 0, counter[1]! >>> 0, counter[2]! >>> 0, counter[3]! >>> 0];
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53, c0);
    const high1 = mulHigh(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** A sequence of random numbers, named by a seed and up to two stream numbers (an epoch, an item). */
export class Random {
  private readonly key: readonly [number, number];
  private readonly counter = new Uint32Array(4);
  private readonly block = new Uint32Array(4);
  private used = 4;
  private spareNormal: number | undefined;

  /**
   * @param seed any integer within ±2^53
   * @param stream integers 0 … 2^32−1; different streams of one seed are independent
   */
  constructor(seed: number, ...stream: readonly [number?, number?]) {
    this.key = [seed >>> 0, Math.floor(seed / 4294967296) >>> 0];
    this.counter[2] = stream[0] ?? 0;
    this.counter[3] = stream[1] ?? 0;
  }

  /** The next 32 random bits as an integer 0 … 2^32−1. */
  uint32(): number {
    if (this.used === 4) {
      philox4x32(this.counter, this.key, this.block);
      this.counter[0]!++;
      if (this.counter[0] === 0) this.counter[1]!++;
      this.used = 0;
    }
    return this.block[this.used++]!;
  }

  /** Uniform in [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.uint32() / 4294967296);
  }

  /** Normal with this mean and standard deviation (Box–Muller). */
  normal(mean = 0, deviation = 1): number {
    if (this.spareNormal !== undefined) {
      const value = this.spareNormal;
      this.spareNormal = undefined;
      return mean + deviation * value;
    }
    // The + 1 keeps the logarithm's argument above zero.
    const radius = Math.sqrt(-2 * Math.log((this.uint32() + 1) / 4294967296));
    const angle = (2 * Math.PI * this.uint32()) / 4294967296;
    this.spareNormal = radius * Math.sin(angle);
    return mean + deviation * radius * Math.cos(angle);
  }

  /** Uniform integer 0 … bound−1, without modulo bias (Lemire, "Fast random integer generation in an interval", 2019). `bound` ≤ 2^32−1. */
  integer(bound: number): number {
    const threshold = (4294967296 - bound) % bound;
    for (;;) {
      const word = this.uint32();
      if (Math.imul(word, bound) >>> 0 >= threshold) return mulHigh(word, bound);
    }
  }

  /** Puts an array in random order, in place (Fisher–Yates). */
  shuffle(values: { [index: number]: number; readonly length: number }): void {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = values[i]!;
      values[i] = values[j]!;
      values[j] = kept;
    }
  }
}
