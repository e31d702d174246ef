// Words to find projects by: each once, and some of every kind on every card.
import { expect, it } from 'vitest';
import { projects } from '../../src/projects/index.ts';
import { tags } from '../../src/train/tags.ts';
import { card as softmaxRegression } from './softmax-regression/card.ts';

it('no word stands twice', () => {
  const words: readonly string[] = Object.values(tags).flat();
  expect(words.filter((word, i) => words.indexOf(word) < i)).toEqual([]);
});

it.each([...projects, softmaxRegression])('$name has a task, data and a method', ({ tags: own }) => {
  expect(new Set(own).size).toBe(own.length);
  for (const [kind, words] of Object.entries<readonly string[]>(tags))
    expect([kind, own.some((tag) => words.includes(tag))]).toEqual([kind, true]);
});
