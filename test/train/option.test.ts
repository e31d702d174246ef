import { describe, expect, expectTypeOf, it } from 'vitest';
import { TilegradError } from '../../src/engine/graph/errors.ts';
import { namesIn, numbersIn, type OptionSpecs, type OptionValues, option, training } from '../../src/train/option.ts';

const options = {
  width: option.integer(4, 'channels', { min: 1 }),
  dropout: option.number(0.1, 'share of values left out', { min: 0, max: 0.95 }),
  augment: option.flag(true, 'crops and flips'),
  rule: option.choice('adam', ['sgd', 'adam'], 'the optimiser'),
  prompt: option.text('a photo of a', 'what stands before a class'),
  ...training({ epochs: 3, batchSize: 32, lr: 1e-3 }),
} satisfies OptionSpecs;

describe('option', () => {
  it('makes the records that command line and form read', () => {
    expect(options.width).toEqual({ type: 'number', default: 4, help: 'channels', min: 1, integer: true });
    expect(options.dropout).toEqual({ type: 'number', default: 0.1, help: 'share of values left out', min: 0, max: 0.95 });
    expect(options.augment).toEqual({ type: 'boolean', default: true, help: 'crops and flips' });
    expect(options.rule).toEqual({ type: 'string', default: 'adam', help: 'the optimiser', choices: ['sgd', 'adam'] });
    expect(options.prompt).toEqual({ type: 'string', default: 'a photo of a', help: 'what stands before a class' });
    expect(options.epochs).toEqual({
      type: 'number',
      default: 3,
      help: 'passes through the training data',
      min: 1,
      time: 'grows',
      integer: true,
    });
    expect(options.lr.integer).toBeUndefined();
  });

  it('gives values their types, a choice the union of its names', () => {
    type Values = OptionValues<typeof options>;
    expectTypeOf<Values['width']>().toEqualTypeOf<number>();
    expectTypeOf<Values['augment']>().toEqualTypeOf<boolean>();
    expectTypeOf<Values['rule']>().toEqualTypeOf<'sgd' | 'adam'>();
    expectTypeOf<Values['prompt']>().toEqualTypeOf<string>();
    expectTypeOf<Values['lr']>().toEqualTypeOf<number>();
    // @ts-expect-error: none of the choices
    expect(() => option.choice('adm', ['sgd', 'adam'], '')).toThrow("option.choice: expected the default to be 'sgd' or 'adam', got 'adm'");
  });

  it('refuses a default that a user may not give', () => {
    expect(() => option.integer(1.5, '')).toThrow('option.integer: expected the default to be a whole number, got 1.5');
    expect(() => option.integer(0, '', { min: 1 })).toThrow('option.integer: expected the default to be within 1 … Infinity, got 0');
    expect(() => option.number(2, '', { min: 0, max: 1 })).toThrow(TilegradError);
    expect(() => option.number(Number.NaN, '')).toThrow('a finite number');
  });
});

describe('names in a text', () => {
  it('are those that are known, in their order and spelling; all are every one', () => {
    expect(namesIn('rules', ' Adam,sgd', ['sgd', 'adam', 'lion'])).toEqual(['sgd', 'adam']);
    expect(namesIn('rules', 'all', ['sgd', 'adam'])).toEqual(['sgd', 'adam']);
    expect(namesIn('features', ' GrLivArea ,OverallQual,')).toEqual(['GrLivArea', 'OverallQual']);
  });

  it('are refused when there is none, one twice, or one that is not known', () => {
    expect(() => namesIn('rules', ' , ')).toThrow('rules: expected at least one name, separated by commas');
    expect(() => namesIn('rules', 'a,b,a')).toThrow('rules: expected each name once, got a twice');
    expect(() => namesIn('rules', 'sgdd', ['sgd', 'adam'])).toThrow('rules: there is no sgdd; did you mean sgd?');
  });

  it('numbers in a text are read, and kept to their range', () => {
    expect(numbersIn('sizes', '1, 8,-2.5')).toEqual([1, 8, -2.5]);
    expect(() => numbersIn('sizes', '4, much')).toThrow('sizes: expected numbers, separated by commas, got much');
    expect(() => numbersIn('sizes', '4, 0', { min: 1 })).toThrow('sizes: expected numbers ≥ 1, separated by commas, got 0');
    expect(() => numbersIn('sizes', '1.5', { min: 1, integer: true })).toThrow(
      'sizes: expected whole numbers ≥ 1, separated by commas, got 1.5',
    );
  });
});
