import { describe, expect, it } from 'vitest';
import type { Entry } from '../../runtime/browser/playground/protocol.ts';
import { Recorder } from '../../runtime/browser/playground/recorder.ts';
import { compile, State, type Tensor, tensor } from '../../src/index.ts';

/** What a view would show after this was run: entries by id, the last of each. */
async function record(program: (console: Recorder['console']) => unknown): Promise<{ entries: Entry[]; sent: Entry[]; dropped: number }> {
  const sent: Entry[] = [];
  let dropped = 0;
  const recorder = new Recorder((entries, more) => {
    sent.push(...entries);
    dropped += more;
  });
  await program(recorder.console);
  await recorder.settle();
  return { entries: [...new Map(sent.map((entry) => [entry.id, entry])).values()], sent, dropped };
}

const printed = async (...values: unknown[]) => (await record((console) => console.log(...values))).entries[0].text;

describe('what a program prints', () => {
  it('tensors come with their values, alone and inside objects', async () => {
    expect(await printed('x is', tensor([1, 2]).mul(2))).toBe('x is tensor([2., 4.], shape=[2], dtype=f32)');
    expect(await printed({ loss: tensor(0.25), step: 3 })).toBe('{ loss: tensor(0.2500, dtype=f32), step: 3 }');
  });

  it('fills the places of a text, counts, groups, and says what doesn’t hold', async () => {
    const { entries } = await record((console) => {
      console.log('%d of %s, %i %%', 3.7, 'x', 2, { a: 1 });
      console.log('100 %');
      console.assert(true, 'unseen');
      console.assert(false, 'seen');
      console.group('group');
      console.count('c');
      console.count('c');
    });
    expect(entries.map(({ text }) => text)).toEqual(['3 of x, 2 % { a: 1 }', '100 %', 'Assertion failed seen', 'group', 'c: 1', 'c: 2']);
  });

  it('a tensor shows what it was when it was printed', async () => {
    const cell = new State('cell', [1], 'f32', Float32Array.of(1));
    const step = compile(() => cell.assign(cell.add(1)));
    const { entries } = await record((console) => {
      console.log(cell);
      step();
      console.log(cell);
    });
    expect(entries.map(({ text }) => text)).toEqual(['tensor([1.], shape=[1], dtype=f32)', 'tensor([2.], shape=[1], dtype=f32)']);
  });

  it('inside a compiled function a tensor has no value, and the line says so', async () => {
    const { entries } = await record(async (console) => {
      const double = compile((x: Tensor) => {
        console.log(x);
        return x.mul(2);
      });
      await double(tensor([1])).data();
    });
    expect(entries[0].text).toContain('a compiled function only builds a graph');
  });

  it('figures become pictures, and lines keep their order and level', async () => {
    const figure = {
      title: 'Loss',
      panels: [{ kind: 'chart', x: { label: 'step' }, y: { label: 'loss' }, series: [{ name: 'train', x: [0, 1], y: [2, 1] }] }],
    };
    const { entries } = await record((console) => {
      console.log('first');
      console.log(figure);
      console.warn('careful');
      console.error('bad');
    });
    expect(entries.map(({ level, text }) => [level, text])).toEqual([
      ['log', 'first'],
      ['log', ''],
      ['warn', 'careful'],
      ['error', 'bad'],
    ]);
    expect(entries[1].figures[0]).toContain('<svg');
  });

  it('a program that prints without end is cut to what can be read', async () => {
    const { sent, dropped } = await record((console) => {
      for (let i = 0; i < 20_000; i++) console.log(i);
    });
    expect(sent.length + dropped).toBe(20_000);
    expect(dropped).toBeGreaterThan(0);
    expect(sent.at(-1)?.text).toBe('19999');
  });
});

describe('other values', () => {
  it.each<[string, unknown, string]>([
    ['numbers and strings', [1, 'a', -0, 3n, null, undefined], "[ 1, 'a', -0, 3n, null, undefined ]"],
    ['typed arrays', Float32Array.of(1, 2.5), 'Float32Array(2) [ 1, 2.5 ]'],
    ['maps and sets', new Map([['a', new Set([1])]]), "Map(1) { 'a' => Set(1) { 1 } }"],
    [
      'instances',
      new (class Net {
        width = 2;
      })(),
      'Net { width: 2 }',
    ],
    ['functions', { run() {}, Net: class Net {} }, '{ run: [Function: run], Net: [class Net] }'],
    ['depth', { a: { b: { c: { d: 1 } } } }, '{ a: { b: { c: [Object] } } }'],
    ['odd keys', { 'a b': 1 }, "{ 'a b': 1 }"],
  ])('%s', async (_, value, text) => expect(await printed(value)).toBe(text));

  it('cycles end', async () => {
    const a: Record<string, unknown> = { name: 'a' };
    a.self = a;
    expect(await printed(a)).toBe("{ name: 'a', self: [Circular] }");
  });

  it('long arrays are cut', async () => {
    const text = await printed(Array.from({ length: 150 }, (_, i) => i));
    expect(text).toContain('98, 99, … 50 more');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
