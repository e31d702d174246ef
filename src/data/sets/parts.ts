// Parts, cut and shared out.
import { TilegradError } from '../../engine/graph/errors.ts';
import { Random } from '../../random.ts';
import type { Field, Part } from './set.ts';

/** The first samples of a part, as views. */
export function first<F extends string>(part: Part<F>, count: number): Part<F> {
  if (count >= part.count) return part;
  return ofFields(part, count, (field) => {
    const rows = field.offsets?.[count] ?? count;
    const data = field.data.subarray(0, rows * sizeOf(field.shape));
    return { ...field, data, ...(field.offsets && { offsets: field.offsets.subarray(0, count + 1) }) };
  });
}

/**
 * Shares a part out. Which samples become `validation` depends on the seed and the number of samples, and on nothing else; both shares keep the
 * part's order.
 *
 * @throws TilegradError when one of the shares would have no sample
 */
export function split<F extends string>(
  part: Part<F>,
  share: number,
  seed: number,
): { readonly train: Part<F>; readonly validation: Part<F> } {
  const held = Math.round(share * part.count);
  if (!(held >= 1 && held < part.count)) {
    throw new TilegradError(
      `validation: expected a share that leaves samples on both sides, got ${share} of ${part.count} samples, which is ${held}`,
    );
  }
  const order = Uint32Array.from({ length: part.count }, (_, i) => i);
  new Random(seed).shuffle(order);
  return { train: taken(part, order.subarray(held).sort()), validation: taken(part, order.subarray(0, held).sort()) };
}

/** Copies of these samples, in this order. */
export function taken<F extends string>(part: Part<F>, samples: Uint32Array): Part<F> {
  return ofFields(part, samples.length, (field) => takenField(field, samples));
}

function takenField(field: Field, samples: Uint32Array): Field {
  const size = sizeOf(field.shape);
  const { data, offsets } = field;
  if (!offsets) {
    const copy = new (data.constructor as Uint8ArrayConstructor)(samples.length * size) as typeof data;
    samples.forEach((sample, row) => {
      copy.set(data.subarray(sample * size, (sample + 1) * size), row * size);
    });
    return { ...field, data: copy };
  }
  const starts = new Uint32Array(samples.length + 1);
  samples.forEach((sample, i) => {
    starts[i + 1] = starts[i] + offsets[sample + 1] - offsets[sample];
  });
  const copy = new (data.constructor as Uint8ArrayConstructor)(starts[samples.length] * size) as typeof data;
  samples.forEach((sample, i) => {
    copy.set(data.subarray(offsets[sample] * size, offsets[sample + 1] * size), starts[i] * size);
  });
  return { ...field, data: copy, offsets: starts };
}

function ofFields<F extends string>(part: Part<F>, count: number, change: (field: Field) => Field): Part<F> {
  const fields = Object.entries<Field>(part.fields).map(([name, field]) => [name, change(field)]);
  return { ...part, fields: Object.fromEntries(fields) as Record<F, Field>, count };
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
