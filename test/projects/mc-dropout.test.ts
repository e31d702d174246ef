import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { RunFolder } from '../../runtime/node/run-folder.ts';
import { readConfig } from '../../runtime/run/stored.ts';
import { openInteraction, storedPlayable } from '../../runtime/run/trained.ts';
import { likeMnist } from '../../src/data/drawing.ts';
import { mnist, openDataSet, tensor } from '../../src/index.ts';
import { outcome } from '../../src/projects/small-scale/mc-dropout/figures.ts';
import { mcDropout } from '../../src/projects/small-scale/mc-dropout/index.ts';
import { DropoutCnn } from '../../src/projects/small-scale/mc-dropout/model.ts';
import { onlyFigure } from '../train/memory-host.ts';

it('passes of pictures are those of each alone, and each draws its own dropout', async () => {
  const model = new DropoutCnn({ width: 1, firstDropout: 0.3, dropout: 0.3 });
  const x = tensor(
    Float32Array.from({ length: 2 * 784 }, (_, i) => Math.sin(i) ** 2),
    [2, 1, 28, 28],
  );
  const plain = await model.eval().passes(x, 3).data();
  const alone = await model.forward(x).softmax().data();
  for (let t = 0; t < 3; t++) alone.forEach((p, i) => expect(plain[20 * t + i]).toBeCloseTo(p, 6));
  expect(new Set(await model.train().passes(x, 3).data()).size).toBe(60);
});

it('says in words who won, and by how many images', () => {
  expect(outcome(0.9714, 0.9695, 10_000)).toBe('the plain network won by 19 of 10,000 test images');
  expect(outcome(0.97, 0.9701, 10_000)).toBe('the ensemble won by 1 of 10,000 test images');
  expect(outcome(0.9, 0.9, 40)).toBe('the ensemble and the plain network came out even');
  expect(outcome(0.97, 0.97146, 1000, 3)).toBe('the ensemble won by 1.5 of 1,000 test images on average');
});

describe('a drawing', () => {
  const stroke = (left: number, top: number, width: number, height: number) =>
    Float32Array.from({ length: 56 * 56 }, (_, i) => {
      const [x, y] = [i % 56, Math.floor(i / 56)];
      return x >= left && x < left + width && y >= top && y < top + height ? 1 : 0;
    });

  it('is centred and scaled, wherever and however large it was drawn', () => {
    const small = likeMnist(stroke(4, 30, 4, 20), 56);
    const large = likeMnist(stroke(20, 2, 10, 50), 56);
    small.forEach((value, i) => expect(Math.abs(value - large[i])).toBeLessThan(0.3));
    const shifted = likeMnist(stroke(40, 5, 4, 20), 56);
    expect([...shifted]).toEqual([...small]);
    // 20 high, 4 wide, in the middle.
    for (const [x, y, value] of [
      [14, 14, 1],
      [14, 5, 1],
      [14, 22, 1],
      [14, 2, 0],
      [14, 25, 0],
      [13, 14, 1],
      [10, 14, 0],
      [17, 14, 0],
    ])
      expect([x, y, large[y * 28 + x]]).toEqual([x, y, value]);
  });

  it('of nothing stays empty', () => expect(likeMnist(new Float32Array(56 * 56), 56).some((value) => value !== 0)).toBe(false));
});

describe('a small run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mc-dropout-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('learns digits, and leaves its figures, metrics and summary', async () => {
    const out = join(folder, 'run');
    const size = ['--epochs', '2', '--train-images', '4000', '--test-images', '1000', '--passes', '3'];
    const { stdout } = await promisify(execFile)(process.execPath, [
      'dist/cli.js',
      'run',
      'mc-dropout',
      '--quick',
      ...size,
      '--json',
      '--out',
      out,
    ]);
    const { results, status, figures, data } = JSON.parse(stdout);
    expect(status).toBe('finished');
    // Plain, ensemble and one pass where this was written: 98.5, 98.2 and 97.4 % of the synthetic digits, 93.0, 92.5 and 92.9 % of MNIST's, on
    // which so short a training is too weak for an ensemble to help.
    const real = /^MNIST/.test(data[0]);
    expect(results.plainAccuracy).toBeGreaterThan(real ? 0.915 : 0.97);
    expect(results.ensembleAccuracy).toBeGreaterThan(real ? 0.91 : 0.965);
    if (!real) expect(results.ensembleAccuracy).toBeGreaterThan(results.onePassAccuracy);
    expect(figures).toHaveLength(6);
    for (const name of ['accuracy', 'uncertainty', 'rotation']) {
      expect(readFileSync(join(out, `${name}.svg`), 'utf8')).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
      expect([...readFileSync(join(out, `${name}.png`)).subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    }
    const rows = readFileSync(join(out, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.filter(({ loss }) => loss !== undefined)).toHaveLength(500);
  });

  it('its weights answer drawings with the spread of the passes', async () => {
    const store = RunFolder.open(join(folder, 'run'));
    const { config } = await readConfig(store, async () => mcDropout);
    const playable = await storedPlayable(config, store);
    const { interaction } = await openInteraction(mcDropout, { ...playable, options: { ...config.options, dropout: 0.2 } });
    const { answer } = interaction;
    store.close();
    const { parts } = await openDataSet(nodePlatform(), mnist, { use: { limit: { train: 1, test: 20 } } });
    const { image, label } = parts.test.fields;
    let right = 0;
    for (let n = 0; n < 20; n++) {
      const drawing = Float32Array.from(
        { length: 56 * 56 },
        (_, i) => image.data[n * 784 + 28 * Math.floor(i / 112) + Math.floor((i % 56) / 2)] / 255,
      );
      const { title, panels } = onlyFigure(await answer({ drawing }));
      if (title.endsWith(`a ${label.data[n]}`)) right++;
      const chart = panels[1];
      if (chart.kind !== 'chart') throw new Error('the second panel is the chart');
      const [mean, passes] = chart.series;
      expect(mean.y.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      // Each pass drew its own dropout.
      expect(new Set(passes.y).size).toBeGreaterThan(250);
    }
    expect(right).toBeGreaterThanOrEqual(16);
  });
});
