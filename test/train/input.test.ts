import { expect, it } from 'vitest';
import { expectSamples } from '../../runtime/run/trained.ts';
import { figures, input } from '../../src/index.ts';
import type { InputValues } from '../../src/train/input.ts';

it('sizes, ranges and names that can’t be are refused', () => {
  expect(() => input.draw({ size: 0 })).toThrow('input.draw: expected size to be a whole number > 0, got 0');
  expect(() => input.plane({ x: { label: 'x', min: 0, max: 0 }, y: { label: 'y', min: 0, max: 1 } })).toThrow(
    'input.plane: expected x.max to be above 0, got 0',
  );
  expect(() => input.number({ min: 0, max: 1, start: 2 })).toThrow('input.number: expected start to be within 0 … 1, got 2');
  expect(() => input.text({ most: 0 })).toThrow(/input\.text: expected most/);
  expect(() => input.choice({ choices: ['a', 'a'] })).toThrow(
    /input\.choice: expected choices to be a list of at least two different names/,
  );
  expect(() => input.pictures({ names: ['one'] })).toThrow(/input\.pictures: expected names/);
  expect(() => input.picture({ width: 8, height: 8, channels: 2 as 3 })).toThrow('input.picture: expected channels to be 1 or 3, got 2');
  expect(() => input.boxes({ width: 8, height: 0, channels: 3 })).toThrow(/input\.boxes: expected height/);
});

it('values have the types of their inputs', () => {
  const inputs = { kind: input.choice({ choices: ['before', 'after'] }), pair: input.pictures({ names: ['a', 'b'] }), n: input.node() };
  const values: InputValues<typeof inputs> = {
    kind: 'after',
    pair: { a: { values: new Float32Array(1) }, b: { values: new Float32Array(1) } },
    n: 3,
  };
  // @ts-expect-error a choice that there isn't
  const other: InputValues<typeof inputs> = { ...values, kind: 'later' };
  expect(other).toBeDefined();
});

it('samples are as large as their input takes them', () => {
  const inputs = { photo: input.picture({ width: 2, height: 2, channels: 1 }) };
  const offers = (width: number) => ({ photo: { samples: figures.pictures(new Float32Array(4), { width, height: 4 / width }) } });
  expectSamples(inputs, offers(2));
  expect(() => expectSamples(inputs, offers(4))).toThrow('input photo: expected samples of 2×2×1 values, got 4×1×1');
});
