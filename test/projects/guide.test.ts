// The guide shows the very project that is run here, and it costs what the guide says.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Project } from '../../src/index.ts';
import { run } from '../train/memory-host.ts';
import { resumedAnywhere } from './durable/durable.ts';
import { softmaxRegression } from './softmax-regression/index.ts';

const text = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');

it('docs/add-a-project.md shows it, in at most 60 lines', () => {
  const guide = text('../../docs/add-a-project.md');
  const files = ['card.ts', 'index.ts'].map((name) => text(`softmax-regression/${name}`));
  for (const file of files) expect(guide).toContain(file.replaceAll('../../../src/index.ts', '../../../index.ts'));
  expect(files.join('').trimEnd().split('\n').length).toBeLessThanOrEqual(60);
});

it('learns, and draws its figure', async () => {
  const { shown, rows, figures } = await run(softmaxRegression, undefined, {
    options: { trainImages: 1000, epochs: 3, batchSize: 50, lr: 5e-3 },
  });
  expect(shown.values.accuracy).toBeGreaterThan(0.7);
  expect([...figures.keys()]).toEqual(['accuracy']);
  expect(rows.filter((row) => 'loss' in row)).toHaveLength(54);
});

it('ends the same from wherever it was stopped', async () => {
  await resumedAnywhere(softmaxRegression as unknown as Project);
});
