// What JavaScript callers may do wrong: every op and every method refuses it at the line of the call, in one form of message.
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as ops from '../../src/engine/ops/index.ts';
import { gradients, Tensor, TilegradError, tensor, zeros } from '../../src/index.ts';

type Call = (...args: unknown[]) => unknown;

/** Not there to be called by users, or no function of arguments. */
const LEFT_OUT = new Set(['constructor', 'toString']);
const READING = new Set(['data', 'item', 'toArray', 'nonzero', 'keep']);

const functions: readonly (readonly [string, Call])[] = Object.entries(ops).filter(
  (entry): entry is [string, Call] => typeof entry[1] === 'function',
);

const isMethod = ([name, { value }]: [string, PropertyDescriptor]) => typeof value === 'function' && !LEFT_OUT.has(name);
const methods: readonly (readonly [string, Call])[] = Object.entries(Object.getOwnPropertyDescriptors(Tensor.prototype))
  .filter(isMethod)
  .map(([name, { value }]) => [name, (x, ...rest) => (value as Call).apply(x, rest)]);

/** Of another copy of the library: the same, but for its class. */
const foreign = { op: { name: 'data' }, inputs: [], dtype: 'f32', shape: [2] };
const HOSTILE: readonly unknown[] = [
  { keepdim: true },
  'text',
  null,
  Promise.resolve(tensor([1])),
  [[1, [2]], 'three'],
  [undefined],
  foreign,
  Symbol.iterator,
  10n,
  () => 1,
  new Map(),
];

type Outcome = 'took it' | 'refused' | `threw ${string}`;

/** What became of a call: it went well, or failed with an error of ours that begins with the op's name, or otherwise. */
function outcome(name: string, call: Call, args: readonly unknown[]): Outcome {
  try {
    call(...args);
    return 'took it';
  } catch (error) {
    const isOurs = error instanceof TilegradError && error.message.startsWith(`${name}: `) && !error.message.includes('\n');
    return isOurs ? 'refused' : `threw ${String(error)}`;
  }
}

const show = (args: readonly unknown[]) =>
  args.map((value) => (value instanceof Tensor ? String(value) : inspect(value, { breakLength: Infinity }))).join(', ');

/** The calls that came out otherwise. */
const wrong = (name: string, call: Call, calls: readonly (readonly unknown[])[], right: readonly Outcome[]): string[] =>
  calls.flatMap((args) => {
    const found = outcome(name, call, args);
    return right.includes(found) ? [] : [`${name}(${show(args)}) ${found}`];
  });

const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
]);
const others = [tensor([1, 2], undefined, 'i32'), tensor([1, 2], undefined, 'u32'), tensor([1, 0], undefined, 'bool'), zeros([0])];
/** Leading arguments that may be right, so that what follows them is looked at. */
const LEADING: readonly (readonly unknown[])[] = [
  [],
  ...[[], [x], [1], [[1]], [x, x], [x, 1], [x, x, x]].flatMap((rest) => [[x, ...rest]]),
  ...others.map((other) => [other]),
  [zeros([2, 3, 4])],
  [zeros([2, 3, 4, 5])],
  [[2]],
  [2],
];
/** Right for some op, and out of range for most. */
const NUMBERS: readonly unknown[] = [
  ...[
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    1e10,
    [1.5],
    [-1, 1e10],
    [],
    [[1.5, 2]],
    [null, [1, 2]],
    [[1, Number.POSITIVE_INFINITY]],
  ],
  ...others,
];

describe.each([
  ['function', functions],
  ['method', methods],
] as const)('%s', (kind, all) => {
  // Hundreds of thousands of errors, of which nobody reads the lines.
  const { stackTraceLimit } = Error;
  beforeAll(() => {
    Error.stackTraceLimit = 0;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });
  const leading = kind === 'method' ? LEADING.filter(([first]) => first instanceof Tensor) : LEADING;

  it.each(all)('%s refuses more arguments than it takes', (name, call) => {
    // As many as no op takes; einsum takes any number, but of tensors.
    const tooMany = [new Array(9).fill(x), [x, ...new Array(9).fill(undefined)], [x, ...new Array(9).fill(1)]];
    expect(wrong(name, call, tooMany, ['refused'])).toEqual([]);
  });

  it.each(all)('%s refuses things of the wrong kind in any place', (name, call) => {
    const calls = leading.flatMap((first) => HOSTILE.map((value) => [...first, value]));
    expect(wrong(name, call, calls, ['refused'])).toEqual([]);
  });

  // Reading needs a GPU, and takes nothing.
  it.each(all.filter(([name]) => !READING.has(name)))('%s takes numbers and tensors, or says what is wrong with them', (name, call) => {
    const followed = (first: readonly unknown[], value: unknown) => [
      [...first, value],
      [...first, value, 1],
      [...first, value, [1]],
    ];
    const calls = leading.flatMap((first) => [first, ...NUMBERS.flatMap((value) => followed(first, value))]);
    expect(wrong(name, call, calls, ['took it', 'refused'])).toEqual([]);
  });
});

describe('messages', () => {
  const rows: readonly (readonly [() => unknown, string])[] = [
    [() => x.add([1, 2] as never), 'add: expected b to be a tensor or a number, got [1, 2]; tensor() makes one of it'],
    [
      () => x.add(new Float32Array(2) as never),
      'add: expected b to be a tensor or a number, got an object of class Float32Array; tensor()',
    ],
    [() => x.add(Promise.resolve(x) as never), 'add: expected b to be a tensor or a number, got a promise (await it first)'],
    [() => x.add(foreign as never), 'add: expected b to be a tensor or a number, got a tensor of another copy of tilegrad'],
    [() => x.add('3' as never), "add: expected b to be a tensor or a number, got '3'"],
    [() => x.sum(1, true as never), 'sum: expected options as an object { keepDims }, got true'],
    [() => x.sum(1, { keepdim: true } as never), 'sum: there is no option keepdim; did you mean keepDims?'],
    [() => x.cast('f33' as never), "cast: expected dtype to be 'f32' or 'f16' or 'i32' or 'u32' or 'bool', got 'f33'"],
    [() => (x.reshape as Call)(3, 2), 'reshape: expected shape to be a list of a number, got 3'],
    [() => ops.zeros(5 as never), 'zeros: expected shape to be a list of a number, got 5'],
    [
      () => x.slice([null, [1]] as never),
      'slice: expected ranges to be a list of [start, end], [start, end, step] or null, in whole numbers, got',
    ],
    [() => x.slice([[1, null]] as never), 'slice: expected ranges'],
    [() => x.softmax({ axis: 0 } as never), 'softmax: expected axis to be a number, or nothing, got {axis}'],
    [() => ops.einsum('ij->i', [x] as never), 'einsum: expected operands[0] to be a tensor, got [Tensor('],
    [() => ops.batchNorm(x, { runningMean: x, runningVar: x } as never), 'batchNorm: expected runningMean to be a state, got Tensor('],
    [() => (ops.arange as Call)(0, 10, 2), 'arange: expected options as an object { start, step, dtype }, got 10'],
    [() => ops.conv2d(x, x, x as never), 'conv2d: expected options as an object { stride, padding, dilation, groups, bias }, got Tensor('],
    [() => ops.conv2d(x, x, { strides: 2 } as never), 'conv2d: there is no option strides; did you mean stride?'],
    [() => tensor(['a'] as never), "tensor: expected every value to be a number or true or false, got 'a'"],
    [() => tensor([1], [1], 'f33' as never), 'tensor: expected dtype to be'],
    [() => tensor([[1], [null]] as never), 'tensor: expected every value to be a number or true or false, got null'],
    // Ops are made of others: the one that was called is named.
    [() => ops.zeros([-1]), 'zeros: expected whole, non-negative dimensions, got [-1]'],
    [() => ops.zeros([0, 2]).argMax(0), 'argMax: expected at least one element along axis 0, got [0, 2]'],
    [() => ops.zeros([0, 2]).norm(Number.POSITIVE_INFINITY), 'norm: expected at least one element along axis 0, got [0, 2]'],
    [() => ops.zeros([0, 2]).norm(-2, 0), 'norm: expected at least one element along axis 0, got [0, 2]'],
    [() => ops.layerNorm(x, [3], { eps: -1 }), 'layerNorm: expected eps to be a number ≥ 0, got -1'],
    [() => ops.batchNorm(x, { eps: Number.NaN }), 'batchNorm: expected eps to be a number ≥ 0, got NaN'],
    [() => ops.chunk(x, 2, 5), 'chunk: expected an axis from -2 to 1, got 5'],
    [() => ops.multinomial(x, 9), 'multinomial: expected a whole count up to 3, got 9'],
  ];

  it.each(rows)('%s', (body, message) => {
    expect(body).toThrow(TilegradError);
    expect(body).toThrow(message);
  });

  it('an op that failed leaves no trace in later errors', () => {
    expect(() => x.argMax(7)).toThrow('argMax: ');
    expect(() => gradients(x, [x])).toThrow('gradients: expected a loss of one element');
  });
});

it('an option that is undefined counts as left out', () => {
  expect(x.sum(0, { keepDims: undefined } as never).shape).toEqual([3]);
  expect(x.sum(undefined, undefined).shape).toEqual([]);
});

it('parts and copies of large tensors are no tensors of the product of their sizes', () => {
  expect(ops.split(zeros([1, 1024]), 256, 1).map(({ shape }) => shape)).toEqual(new Array(4).fill([1, 256]));
  expect(ops.split(zeros([1, 4608]), [1536, 1536, 1536], 1).map(({ shape }) => shape)).toEqual(new Array(3).fill([1, 1536]));
  expect(ops.split(zeros([62]), 2)).toHaveLength(31);
  expect(ops.split(zeros([62]), new Array(31).fill(2))).toHaveLength(31);
  expect(ops.tile(zeros([0, 1, 1]), [2 ** 11, 2 ** 11, 2 ** 11]).shape).toEqual([0, 2 ** 11, 2 ** 11]);
  expect(() => ops.tile(x, [2 ** 16, 2 ** 16])).toThrow('tile: expected fewer than 2^31 elements');
});
