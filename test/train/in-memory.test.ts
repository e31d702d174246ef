// A project run by a program, with nothing kept on disk.
import { beforeAll, describe, expect, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { type Figure, project, runInMemory, setPlatform, type Table } from '../../src/index.ts';
import { softmaxRegression } from '../projects/softmax-regression/index.ts';
import { run } from './memory-host.ts';

describe('runInMemory', () => {
  // Without data, wherever the test runs.
  beforeAll(() => setPlatform({ ...nodePlatform(), readData: async () => undefined, fetchCached: async () => undefined }));

  it('finds what a run elsewhere finds', async () => {
    const [log, shown]: [string[], [string, Figure | Table][]] = [[], []];
    const found = await runInMemory(softmaxRegression, {
      ...{ preset: 'smallest', seed: 3 },
      log: (text) => log.push(text),
      show: (one, name) => shown.push([name, one]),
    });
    const elsewhere = await run(softmaxRegression as never);
    expect(found.summary).toEqual(elsewhere.shown.values);
    expect(found.tables).toEqual(elsewhere.shown.tables);
    expect(found.rows).toEqual(elsewhere.rows);
    expect(Object.keys(found.figures)).toEqual(elsewhere.shown.figures);
    expect(found.weights).toEqual(elsewhere.weights);
    expect(found.rows.length).toBeGreaterThan(0);
    expect(new Set(shown.map(([name]) => name))).toEqual(new Set([...Object.keys(found.figures), ...Object.keys(found.tables)]));
    expect(log[0]).toContain('SYNTHETIC');
  });

  it('refuses what the project does not take', async () => {
    const asked = (options: object) => runInMemory(softmaxRegression, options as never);
    await expect(asked({ options: { epoch: 2 } })).rejects.toThrow(/there is no option epoch; did you mean epochs\?/);
    await expect(asked({ options: { epochs: '2' } })).rejects.toThrow(/epochs: expected a number, got 2/);
    await expect(asked({ preset: 'tiny' })).rejects.toThrow(/preset/);
  });

  it('refuses results that no file holds, where the project gives them', async () => {
    const made = { name: 'made', title: 'Made', summary: 'Made by a test.', document: 'small-scale', tags: [] } as const;
    const nobody = {
      data: {},
      options: {},
      presets: { quick: {}, full: {}, smallest: {} },
      headline: { metric: 'a', better: 'higher' },
    } as const;
    const giving = (cell: unknown, value: unknown) =>
      runInMemory(
        project({
          ...{ ...made, ...nobody },
          async run(run) {
            run.table('classes', { title: '', columns: ['class', 'most often'], rows: [['cow', cell as string]] });
            run.summary({ loss: value as number });
          },
        }),
        { log: () => {} },
      );
    await expect(giving(undefined, 1)).rejects.toThrow(
      'table classes, row cow: expected a number, a text, or true or false, got undefined',
    );
    await expect(giving(null, 1)).rejects.toThrow('got null');
    await expect(giving('', {})).rejects.toThrow('summary: loss: expected a number, a text, or true or false, got object');
    expect((await giving('', Number.NaN)).summary).toEqual({ loss: Number.NaN });
  });
});
