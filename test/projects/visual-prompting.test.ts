// Prompts on the pixels: where they lie and what moves them, by hand; small runs.
import { expect, it } from 'vitest';
import { compile, gradients, manualSeed, ones, type Tensor, zeros } from '../../src/index.ts';
import { FixedPatch, Padding, type PixelPrompt, RandomPatch } from '../../src/projects/shared/clip/prompts.ts';

/** The first colour of the first pictures, in lines of # and ., of a prompt that is all ones. */
async function drawn(prompt: PixelPrompt, side: number, n = 1): Promise<string[]> {
  for (const parameter of prompt.parameters()) parameter.assign(ones(parameter.shape));
  const values = Array.from(await compile((x: Tensor) => prompt.forward(x))(zeros([n, 3, side, side])).data());
  return Array.from({ length: n }, (_, i) => {
    const colour = values.slice(3 * i * side ** 2, (3 * i + 1) * side ** 2);
    return Array.from({ length: side }, (_, y) => colour.slice(y * side, (y + 1) * side).map((value) => '.#'[value] ?? '?'))
      .map((line) => line.join(''))
      .join('\n');
  });
}

it('a patch lies in the corner, a frame along the edges', async () => {
  expect(await drawn(new FixedPatch(4, 1), 4)).toEqual(['#...\n....\n....\n....']);
  expect(await drawn(new FixedPatch(4, 2), 4)).toEqual(['##..\n##..\n....\n....']);
  expect(await drawn(new Padding(4, 1), 4)).toEqual(['####\n#..#\n#..#\n####']);
  // 2 · 3 · 30 · (224 + 224 − 60) = 69,840 values, as in the paper.
  expect(new Padding(224, 30).parameterCount).toBe(69_840);
  expect(() => new Padding(4, 2)).toThrow('expected a frame of 1 to 1 pixels, got 2');
  expect(() => new FixedPatch(4, 5)).toThrow('expected a patch of 1 to 4 pixels, got 5');
});

it('a random patch is whole wherever it lies, and lies anywhere', async () => {
  manualSeed(1);
  const all = await drawn(new RandomPatch(3, 2), 3, 60);
  expect([...new Set(all)].sort()).toEqual(['##.\n##.\n...', '.##\n.##\n...', '...\n##.\n##.', '...\n.##\n.##'].sort());
  expect(new Set(await drawn(new RandomPatch(3, 3), 3, 5))).toEqual(new Set(['###\n###\n###']));
});

it('a step moves every value of a prompt, by what all pictures say', async () => {
  for (const prompt of [new FixedPatch(4, 2), new RandomPatch(4, 2), new Padding(4, 1)]) {
    const parameters = prompt.parameters();
    const found = compile((x: Tensor) => {
      const all = gradients(prompt.forward(x).sum(), parameters);
      return [...all];
    })(zeros([5, 3, 4, 4]));
    for (const gradient of found) expect(new Set(await gradient.data())).toEqual(new Set([5]));
  }
});
