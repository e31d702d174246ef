// What a loader and its workers tell each other.
import type { Padding, Stream } from '../assemble.ts';
import type { ElementArray, Value } from '../dataset.ts';
import type { Fields } from '../transforms/apply.ts';

/** A field of all samples of a batch, one behind the other in one array. */
export interface PackedField {
  readonly data: ElementArray;
  /** Of each sample; one for all of them where they don't differ. */
  readonly shapes: readonly (readonly number[])[];
  readonly dtype?: Value['dtype'];
  readonly scale?: number;
}

export interface Task {
  readonly id: number;
  readonly count: number;
  /** A field of samples that differ in more than their shape: each by itself. */
  readonly fields: Readonly<Record<string, PackedField | readonly Value[]>>;
  readonly transforms: readonly { readonly name: string; readonly options: Readonly<Record<string, unknown>> }[];
  readonly pad: Readonly<Record<string, Padding>>;
  readonly stream: Stream;
}

export type Answer =
  | { readonly id: number; readonly batch: Readonly<Record<string, { readonly data: ElementArray; readonly shape: readonly number[] }>> }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };

/** Copies of the samples' arrays, so that they can be handed over. */
export function pack(samples: readonly Fields[]): Task['fields'] {
  const names = Object.keys(samples[0]!);
  return Object.fromEntries(
    names.map((name) => {
      const column = samples.map((sample) => sample[name]!);
      const { data: first, dtype, scale } = column[0]!;
      if (column.some((value) => value.data.constructor !== first.constructor || value.dtype !== dtype || value.scale !== scale)) {
        return [name, column.map((value) => ({ ...value, data: value.data.slice() }))];
      }
      const data = new (first.constructor as Uint8ArrayConstructor)(column.reduce((sum, { data }) => sum + data.length, 0)) as ElementArray;
      let at = 0;
      for (const value of column) {
        data.set(value.data, at);
        at += value.data.length;
      }
      const alike = column.every(({ shape }) => shape === column[0]!.shape);
      const shapes = alike ? [column[0]!.shape] : column.map(({ shape }) => shape);
      return [name, { data, shapes, ...(dtype && { dtype }), ...(scale !== undefined && { scale }) }];
    }),
  );
}

export function unpack({ fields, count }: Pick<Task, 'fields' | 'count'>): Fields[] {
  const samples = Array.from({ length: count }, (): Record<string, Value> => ({}));
  for (const [name, packed] of Object.entries(fields)) {
    if (!('shapes' in packed)) {
      samples.forEach((sample, i) => {
        sample[name] = packed[i]!;
      });
      continue;
    }
    const { data, shapes, ...rest } = packed;
    let at = 0;
    samples.forEach((sample, i) => {
      const shape = shapes.length === 1 ? shapes[0]! : shapes[i]!;
      const size = shape.reduce((product, n) => product * n, 1);
      sample[name] = { data: data.subarray(at, at + size), shape, ...rest };
      at += size;
    });
  }
  return samples;
}
