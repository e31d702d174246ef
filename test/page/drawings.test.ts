// The history of a run's figures, as the browser keeps it.
import { expect, test } from 'vitest';
import { DrawingsWriter, decodeDrawings } from '../../runtime/browser/drawings.ts';

const written = (...drawings: readonly (readonly [name: string, step: number, svg: string])[]) => {
  const lines: string[] = [];
  const writer = new DrawingsWriter({ append: (line) => lines.push(line), close: () => {} });
  for (const [name, step, svg] of drawings) writer.add({ name, step, svg });
  return lines.join('');
};

const steps = (text: string, name: string) => decodeDrawings(text)[name]?.map(({ step, svg }) => [step, svg]);

test('comes back in its order; what a resumed run drew anew replaces what was there; a torn line is left out', () => {
  const text = written(['a', 10, '<one/>'], ['b', 10, '<b/>'], ['a', 20, '<two/>'], ['a', 30, '<lost/>'], ['a', 20, '<again/>']);
  expect(steps(`${text}{"name":"a","step":4`, 'a')).toEqual([
    [10, '<one/>'],
    [20, '<again/>'],
  ]);
  expect(steps(text, 'b')).toEqual([[10, '<b/>']]);
  expect(decodeDrawings('{"name":"a"}\n[]\nnull\n')).toEqual({});
});

test('is bounded, and a full disk fails nothing', () => {
  const large = '<svg/>'.repeat(500_000);
  expect(steps(written(['a', 1, large], ['a', 2, large], ['a', 3, large]), 'a')).toHaveLength(2);
  const full = new DrawingsWriter({
    append: () => {
      throw new Error('full');
    },
    close: () => {},
  });
  full.add({ name: 'a', step: 1, svg: '' });
});
