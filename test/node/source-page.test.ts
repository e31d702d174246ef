import { expect, it } from 'vitest';
import { sourcePage } from '../../build/code.mjs';

it.each([
  'github:some/where',
  'some/where',
  'https://github.com/some/where',
  { url: 'git+https://github.com/some/where.git' },
  { url: 'ssh://git@github.com/some/where.git' },
])('finds a file in the repository of %j', (repository) => {
  expect(sourcePage(repository, 'src/a.ts')).toBe('https://github.com/some/where/blob/HEAD/src/a.ts');
});

it('finds none where package.json names none, or one elsewhere', () => {
  expect(sourcePage(undefined, 'src/a.ts')).toBeUndefined();
  expect(sourcePage('https://example.org/some/where.git', 'src/a.ts')).toBeUndefined();
});
