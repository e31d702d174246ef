// Every optimiser refuses what nothing would read, with the nearest name, and arguments of the wrong kind.
import { describe, expect, it } from 'vitest';
import { nn, optim, TilegradError } from '../../src/index.ts';

const one = () => new nn.Parameter('w', [2, 2], 'f32');

type Make = (params: unknown, options?: unknown) => optim.Optimizer;
const optimizers = Object.entries(optim as Readonly<Record<string, unknown>>).flatMap(([name, value]): [string, Make][] => {
  if (typeof value !== 'function' || !(value.prototype instanceof optim.Optimizer)) return [];
  return [[name, (params, options) => new (value as new (...all: unknown[]) => optim.Optimizer)(params, options)]];
});

it('all optimisers are among them', () => expect(optimizers).toHaveLength(15));

describe.each(optimizers)('%s', (name, make) => {
  const refusal = (made: () => unknown): string => {
    try {
      made();
    } catch (error) {
      expect(error).toBeInstanceOf(TilegradError);
      const { message } = error as TilegradError;
      expect(message.startsWith(`${name}: `) || message.startsWith(`${name}, group `)).toBe(true);
      return message.slice(name.length);
    }
    throw new Error('not refused');
  };

  it('names the nearest option', () => {
    expect(refusal(() => make([one()], { learningRate: 1 }))).toMatch(/^: there is no option learningRate/);
    expect(refusal(() => make([one()], { Lr: 1 }))).toBe(': there is no option Lr; did you mean lr?');
    expect(refusal(() => make([{ params: [one()], LR: 1 }]))).toBe(': there is no option LR; did you mean lr?');
    expect(refusal(() => make([{ params: [one()] }, { params: [one()], parms: 1 }]))).toMatch(/^, group 1: there is no option parms/);
  });

  it.each([0.1, true, 'x', null, [1], () => 0.1])('refuses %o as options', (options) => {
    expect(refusal(() => make([one()], options))).toMatch(/^: expected options as an object \{ lr, /);
  });

  it.each(['.1', null, Number.NaN, Number.POSITIVE_INFINITY, -1, [0.1]])('refuses the rate %o', (lr) => {
    expect(refusal(() => make([one()], { lr }))).toMatch(/^: expected lr to be a number ≥ 0 or a schedule, got /);
    const optimizer = make([one()]);
    expect(refusal(() => Object.assign(optimizer, { lr }))).toMatch(/^: expected lr to be a number ≥ 0 or a schedule, got /);
  });

  it('takes undefined for left out, in groups as well', () => {
    const expected = make([one()]);
    for (const made of [make([one()], { lr: undefined }), make([{ params: [one()], lr: undefined }], { lr: undefined })]) {
      const [{ params: _, ...options }] = made.groups;
      const [{ params: __, ...defaults }] = expected.groups;
      expect(options).toEqual(defaults);
    }
    expect(make([one()], undefined).lr).toBe(expected.lr);
  });

  it('refuses what is no list of parameters', () => {
    const model = new nn.Linear(2, 2);
    for (const params of [
      undefined,
      null,
      model,
      model.parameters,
      model.weight,
      [model],
      [{ params: model }],
      [[one()]],
      [undefined],
      [1],
    ]) {
      expect(refusal(() => make(params))).toMatch(/^: expected a list of parameters, or of groups \{ params \}, got /);
    }
  });
});

it.each<[string, () => unknown, string]>([
  [
    'weight_decay',
    () => new optim.Adam([one()], { weight_decay: 1 } as never),
    'Adam: there is no option weight_decay; did you mean weightDecay?',
  ],
  ['a switch', () => new optim.SGD([one()], { nesterov: 1 } as never), 'SGD: expected nesterov to be true or false, got 1'],
  [
    'a switch of groups',
    () => new optim.LAMB([{ params: [one()], adapt: 'no' } as never]),
    "LAMB: expected adapt to be true or false, got 'no'",
  ],
  [
    'a number for a pair',
    () => new optim.Adam([one()], { betas: 0.9 } as never),
    'Adam: expected betas to be a list of 2: each a number in [0, 1), got 0.9',
  ],
  [
    'a choice',
    () => new optim.Muon([one()], { adjustLr: 'x' } as never),
    "Muon: expected adjustLr to be 'original' or 'matchRmsAdamW', got 'x'",
  ],
  ['iterations', () => new optim.Muon([one()], { nsSteps: 0 }), 'Muon: expected nsSteps to be a whole number ≥ 1, got 0'],
  [
    'an average’s options',
    () => new optim.EMA(new optim.SGD([one()]), 0.9 as never),
    'EMA: expected options as an object { decay }, got 0.9',
  ],
  [
    'what an average is of',
    () => new optim.EMA([one()] as never),
    'EMA: expected optimizer to be an optimiser, got [Tensor(state, f32, [2, 2])]',
  ],
])('refuses %s', (_name, make, message) => expect(make).toThrow(message));
