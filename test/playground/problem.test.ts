import { describe, expect, it } from 'vitest';
import { placesOf, problemOf } from '../../runtime/browser/playground/problem.ts';

const url = 'blob:http://127.0.0.1:4173/3c2a-11';

describe('where an error came from', () => {
  it('V8: the lines of the program alone, innermost first', () => {
    const stack = [
      'ShapeError: matmul: expected …',
      '    at matmul (http://127.0.0.1:4173/tilegrad.js:9:4000)',
      `    at Net.forward (${url}:7:19)`,
      `    at async ${url}:12:3`,
    ].join('\n');
    expect(placesOf(stack, url)).toEqual([
      { line: 7, column: 19, within: 'Net.forward' },
      { line: 12, column: 3 },
    ]);
  });

  it('Firefox and Safari', () => {
    expect(placesOf(`forward@${url}:7:19\n@${url}:12:3\n`, url)).toEqual([
      { line: 7, column: 19, within: 'forward' },
      { line: 12, column: 3 },
    ]);
  });

  it('a real error of a module that was imported from a data URL', async () => {
    const module = 'data:text/javascript,const f = () => {%0A  throw new RangeError("no");%0A};%0Aexport const run = () => f();';
    const { run } = await import(/* @vite-ignore */ module);
    try {
      run();
    } catch (error) {
      const { message, places } = problemOf(error, module);
      expect(message).toBe('RangeError: no');
      expect(places.map(({ line, within }) => [line, within])).toEqual([
        [2, 'f'],
        [4, 'run'],
      ]);
    }
    expect.assertions(2);
  });

  it('what is no error, and what has a cause, says so', () => {
    expect(problemOf('stop', url)).toEqual({ message: "uncaught 'stop'", places: [] });
    expect(problemOf(new Error('outer', { cause: new Error('inner') }), url).message).toBe('Error: outer\ncaused by inner');
  });
});
