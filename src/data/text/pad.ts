import { expectKind, expectOptions, kind, positive, whole } from '../../engine/graph/arguments.ts';
import { ShapeError } from '../../engine/graph/errors.ts';
import type { BatchValue } from '../assemble.ts';
import type { Column } from '../dataset.ts';

export interface PadOptions {
  /** What stands behind a shorter one's end. Default 0. */
  readonly value?: number;
  /** All of them are as long as this; of longer ones the end is cut off. Default: as long as the longest. */
  readonly length?: number;
  /** Of longer ones the end is cut off. */
  readonly maxLength?: number;
  /** The length is rounded up to a multiple of this, so that there are few shapes to compile for. Default 1. */
  readonly multiple?: number;
}

export interface Padded {
  /** i32 [sequences, length] */
  readonly ids: BatchValue;
  /** u32 [sequences, length]: 1 where a token stands, 0 behind its end. */
  readonly mask: BatchValue;
  /** u32 [sequences] */
  readonly lengths: BatchValue;
}

const someSequences = kind(
  'a list of token sequences',
  (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => Array.isArray(each) || (ArrayBuffer.isView(each) && !(each instanceof DataView))),
);

/**
 * Sequences of different lengths as one batch, as `torch.nn.utils.rnn.pad_sequence` with `batch_first`, and where they end:
 *
 * ```ts
 * const { ids, mask } = padSequences(texts.map((text) => tokenizer.encode(text, { maxLength: 128 })), { value: tokenizer.pad });
 * model.forward(tensor(ids.data, ids.shape), tensor(mask.data, mask.shape));
 * ```
 */
export function padSequences(sequences: readonly ArrayLike<number>[], options: PadOptions = {}): Padded {
  expectKind('padSequences', 'sequences', sequences, someSequences);
  expectOptions('padSequences', options, { value: whole, length: positive, maxLength: positive, multiple: positive });
  const { value = 0, maxLength = Number.POSITIVE_INFINITY, multiple = 1 } = options;
  if (options.length !== undefined && (options.maxLength !== undefined || options.multiple !== undefined)) {
    throw new ShapeError('padSequences: expected a length, or maxLength and multiple; got both');
  }
  const longest = Math.min(
    maxLength,
    sequences.reduce((most, { length }) => Math.max(most, length), 1),
  );
  const width = options.length ?? Math.ceil(longest / multiple) * multiple;
  const shape = [sequences.length, width];
  const ids = new Int32Array(sequences.length * width).fill(value);
  const mask = new Uint32Array(ids.length);
  const lengths = Uint32Array.from(sequences, ({ length }) => Math.min(length, maxLength, width));
  sequences.forEach((sequence, i) => {
    for (let k = 0; k < lengths[i]!; k++) ids[i * width + k] = sequence[k]!;
    mask.fill(1, i * width, i * width + lengths[i]!);
  });
  return { ids: { data: ids, shape }, mask: { data: mask, shape }, lengths: { data: lengths, shape: [sequences.length] } };
}

/**
 * Sequences of different lengths as a field of an `ArrayDataset`, one behind the other; a `DataLoader` pads what it takes of them
 * (`pad: { tokens: { value: 0, multiple: 16 } }`).
 */
export function sequences(list: readonly ArrayLike<number>[]): Column {
  expectKind('sequences', 'sequences', list, someSequences);
  const offsets = new Uint32Array(list.length + 1);
  list.forEach(({ length }, i) => {
    offsets[i + 1] = offsets[i]! + length;
  });
  const data = new Int32Array(offsets[list.length]!);
  list.forEach((sequence, i) => data.set(sequence, offsets[i]));
  return { data, shape: [], dtype: 'i32', offsets };
}
