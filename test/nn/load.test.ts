// loadStateDict with prefixes and other names, and all that doesn't fit in one message.
import { expect, it } from 'vitest';
import { nn, ShapeError, TilegradError } from '../../src/index.ts';

const make = () => new nn.Sequential(new nn.Linear(2, 3), new nn.Linear(3, 1));
const entry = (shape: readonly number[], value: number) => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
});
const whole = (value: number) => ({
  '0.weight': entry([3, 2], value),
  '0.bias': entry([3], value),
  '1.weight': entry([1, 3], value),
  '1.bias': entry([1], value),
});
const named = (dict: nn.StateDict, name: (old: string) => string) =>
  Object.fromEntries(Object.entries(dict).map(([old, value]) => [name(old), value]));
const first = async (model: nn.Module) =>
  Object.fromEntries(Object.entries(await model.stateDict()).map(([name, { data }]) => [name, data[0]]));

it('takes the entries under a prefix, and no others', async () => {
  const model = make();
  const dict = { ...named(whole(5), (name) => `module.${name}`), epoch: entry([1], 1), 'other.0.weight': entry([9], 2) };
  expect(model.loadStateDict(dict, { prefix: 'module.' })).toEqual({ missing: [], unexpected: [] });
  expect(await first(model)).toEqual({ '0.weight': 5, '0.bias': 5, '1.weight': 5, '1.bias': 5 });
});

it('gives entries other names, or leaves them out unlooked at', async () => {
  const model = make();
  const before = (await first(model))['1.bias'];
  const dict = named({ ...whole(3), '1.weight': entry([1000, 3], 3) }, (name) =>
    name.replace('0.', 'net.backbone.').replace('1.', 'net.head.'),
  );
  const rename = (name: string) => (name.startsWith('head.') ? undefined : name.replace('backbone', '0'));
  expect(model.loadStateDict(dict, { prefix: 'net.', rename, strict: false })).toEqual({ missing: ['1.weight', '1.bias'], unexpected: [] });
  expect(await first(model)).toMatchObject({ '0.weight': 3, '1.bias': before });
  expect(() => model.loadStateDict(whole(1), { rename: () => '0.weight' })).toThrow(
    'expected one entry for 0.weight, got 0.weight and 0.bias',
  );
  expect(() => model.loadStateDict(whole(1), { rename: (() => 1) as never })).toThrow('expected rename to give a name or undefined, got 1');
});

it('lists everything that does not fit at once, and changes nothing', async () => {
  const model = make();
  const before = await model.stateDict();
  const dict = {
    '0.weight': entry([2, 3], 1),
    '1.bias': { shape: [1], data: Int32Array.of(1) },
    '1.weight': entry([1, 3], 1),
    fc: entry([1], 1),
  };
  const message =
    'loadStateDict: missing [0.bias], unexpected [fc]; 0.weight: expected [3, 2], got [2, 3]; 1.bias: expected data of f32, got Int32Array';
  expect(() => model.loadStateDict(dict as never)).toThrow(new TilegradError(message));
  const shapes = { ...whole(1), '0.weight': entry([2, 3], 1), '1.bias': entry([2], 1) };
  expect(() => model.loadStateDict(shapes)).toThrow(
    new ShapeError('loadStateDict: 0.weight: expected [3, 2], got [2, 3]; 1.bias: expected [1], got [2]'),
  );
  expect(() => model.loadStateDict(shapes)).toThrow(ShapeError);
  expect(await model.stateDict()).toEqual(before);
});
