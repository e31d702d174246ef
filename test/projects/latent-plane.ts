// What projects have in common whose page moves through a plane of codes of digits.
import { expect } from 'vitest';
import type { Answer } from '../../src/train/input.ts';
import { onlyFigure } from '../train/memory-host.ts';

/** Points are images, and others are other images. */
export async function expectImages({ answer }: { answer(at: { readonly point: readonly [number, number] }): Promise<Answer> }) {
  const pixelsAt = async (x: number, y: number) => {
    const [panel] = onlyFigure(await answer({ point: [x, y] })).panels;
    return panel?.kind === 'pictures' ? Array.from(panel.pictures[0].pixels) : [];
  };
  const [here, there] = [await pixelsAt(-1, 0.5), await pixelsAt(1.5, -1)];
  expect(here).toHaveLength(28 * 28);
  expect(Math.max(...here.map((value, i) => Math.abs(value - there[i])))).toBeGreaterThan(0.1);
}
