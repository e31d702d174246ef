// What a model of the masked language has to guess (Devlin et al., arXiv 1810.04805, section 3.1), anew in every epoch.
import { aNumber, expectKind, expectOptions, kind, listOf, positive, recordOf, whole } from '../../engine/graph/arguments.ts';
import { DTypeError } from '../../engine/graph/errors.ts';
import { Tensor } from '../../engine/graph/tensor.ts';
import { where } from '../../engine/ops/elementwise.ts';
import { expectProbability, rand } from '../../engine/ops/random.ts';
import { Random } from '../../random.ts';

/** Of the tokens: a `Tokenizer` is one. */
export interface Maskable {
  readonly size: number;
  /** The number of `[MASK]`. */
  readonly mask: number | undefined;
  /** Numbers of the tokens that are no text (padding, begin, end …): these are never masked. */
  readonly special: readonly number[];
}

/** The losses leave out what has this label. */
const IGNORED = -100;
/** Of those that are to be guessed: this share is masked, and from there to this one, another token stands in the place. The rest stay. */
const [MASKED, REPLACED] = [0.8, 0.9];

const maskable = recordOf({ size: positive, mask: kind('the number of its mask token', whole.holds), special: listOf(whole) });
const aRandom = kind('a Random', (value) => value instanceof Random);

/**
 * Chooses `p` (default 0.15) of all tokens that aren't special. Of those, 80 % become the mask, 10 % any token, 10 % stay; `labels` has what was there, and
 * −100 everywhere else, which `losses.crossEntropy` leaves out.
 *
 * A tensor i32 gives tensors: in a compiled step every step masks anew, by the numbers of `manualSeed`. An array gives arrays, by those of `random`.
 * @throws TilegradError for a vocabulary without a mask token
 */
export function maskTokens(ids: Tensor, vocabulary: Maskable, options?: { readonly p?: number }): { ids: Tensor; labels: Tensor };
export function maskTokens(
  ids: Int32Array,
  vocabulary: Maskable,
  options: { readonly p?: number; readonly random: Random },
): { ids: Int32Array; labels: Int32Array };
export function maskTokens(
  ids: Tensor | Int32Array,
  vocabulary: Maskable,
  options: { readonly p?: number; readonly random?: Random } = {},
): { ids: Tensor | Int32Array; labels: Tensor | Int32Array } {
  const onGpu = ids instanceof Tensor;
  expectKind(
    'maskTokens',
    'ids',
    ids,
    kind('a tensor or an Int32Array', (value) => onGpu || value instanceof Int32Array),
  );
  expectKind('maskTokens', 'vocabulary', vocabulary, maskable);
  expectOptions<object>('maskTokens', options, onGpu ? { p: aNumber } : { p: aNumber, random: aRandom });
  const { p = 0.15, random } = options;
  expectProbability('maskTokens', p);
  if (onGpu) return maskedOnGpu(ids, vocabulary, p);
  expectKind('maskTokens', 'random', random, aRandom);
  return masked(ids, vocabulary, p, random!);
}

function masked(ids: Int32Array, { size, mask, special }: Maskable, p: number, random: Random) {
  const kept = new Set(special);
  const out = ids.slice();
  const labels = new Int32Array(ids.length).fill(IGNORED);
  for (let i = 0; i < ids.length; i++) {
    // Two numbers each, whatever comes of them: what one token becomes moves no other's.
    const [u, other] = [random.uniform(), random.integer(size)];
    if (u >= p || kept.has(ids[i]!)) continue;
    labels[i] = ids[i]!;
    if (u < MASKED * p) out[i] = mask!;
    else if (u < REPLACED * p) out[i] = other;
  }
  return { ids: out, labels };
}

function maskedOnGpu(ids: Tensor, { size, mask, special }: Maskable, p: number) {
  if (ids.dtype !== 'i32') throw new DTypeError(`maskTokens: expected ids i32, got ${ids.dtype}`);
  const u = rand(ids.shape);
  const chosen = special.reduce((numbers, id) => where(ids.eq(id), 1, numbers), u).lt(p);
  const other = rand(ids.shape).mul(size).floor().cast('i32');
  const instead = where(u.lt(MASKED * p), mask!, where(u.lt(REPLACED * p), other, ids));
  return { ids: where(chosen, instead, ids), labels: where(chosen, ids, IGNORED) };
}
