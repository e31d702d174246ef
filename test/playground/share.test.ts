import { assert, property, string } from 'fast-check';
import { expect, it } from 'vitest';
import { encodeProgram, hashOfExample, hashOfProgram, parseHash } from '../../runtime/browser/playground/share.ts';

it('any program comes back from its link', () => {
  const programs = string({ unit: 'binary', maxLength: 300 });
  assert(property(programs, (code) => void expect(parseHash(hashOfProgram(code))).toEqual({ code })));
});

it('a link holds no character that an address would escape, and is shorter than the program', () => {
  const code = 'const x = tensor([1, 2, 3]);\n'.repeat(40);
  expect(encodeProgram(code)).toMatch(/^[\w-]+$/);
  expect(encodeProgram(code).length).toBeLessThan(code.length / 5);
});

it('a damaged link says so', () => {
  expect(parseHash(hashOfProgram('console.log(1)').slice(0, -6))).toEqual({ damaged: expect.stringContaining('damaged') });
  expect(parseHash('#/playground?code=%%%')).toEqual({ damaged: expect.stringContaining('damaged') });
});

it('examples have addresses of their own', () => {
  expect(parseHash(hashOfExample('second-order'))).toEqual({ name: 'second-order' });
  expect(parseHash('#/playground')).toBeUndefined();
});
