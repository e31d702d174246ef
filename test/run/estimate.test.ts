// How long a run will take, told before its first step.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { RunTimes } from '../../runtime/node/times.ts';
import { calibrate } from '../../runtime/run/calibration.ts';
import { estimateRun, type PastRun, REFERENCE, roughly } from '../../runtime/run/estimate.ts';
import { option } from '../../src/index.ts';
import { projects } from '../../src/projects/index.ts';

const project = {
  name: 'demo',
  seconds: { quick: 30, default: 600, full: 9000 },
  options: {
    epochs: option.integer(10, 'passes', { time: 'grows' }),
    images: option.integer(0, 'images (0: all)', { time: 'grows' }),
    lr: option.number(0.1, 'rate', { time: 'same' }),
    width: option.integer(2, 'width'),
  },
  presets: { quick: { epochs: 1, width: 1 }, full: { epochs: 150 } },
};
const defaults = { epochs: 10, images: 0, lr: 0.1, width: 2 };
const gpu = { name: 'a GPU', kind: 'gpu' } as const;
const software = { name: 'software', kind: 'cpu' } as const;
const past = (changes: Partial<typeof defaults>, seconds: number, more: Partial<PastRun> = {}): PastRun => ({
  ...{ project: 'demo', adapter: 'a GPU', options: { ...defaults, ...changes }, seconds },
  ...more,
});
const estimate = (
  changes: Partial<typeof defaults>,
  runs: readonly PastRun[],
  speed?: number,
  adapter: typeof gpu | typeof software = gpu,
) => estimateRun(project, { ...defaults, ...changes }, adapter, runs, speed);

it('goes by the runs on this adapter that are next shorter and next longer, the newest of several', () => {
  const runs = [past({ epochs: 10 }, 50), past({ epochs: 10 }, 70), past({ epochs: 100, lr: 1 }, 140)];
  expect(estimate({}, runs)).toEqual({ seconds: 50, by: 'runs' });
  expect(estimate({ epochs: 20, lr: 0.5 }, runs)).toEqual({ seconds: 60, by: 'runs' });
  expect(estimate({ epochs: 55 }, runs)).toEqual({ seconds: 95, by: 'runs' });
  expect(estimate({ epochs: 200 }, runs)?.seconds).toBeCloseTo(280);
  expect(estimate({ epochs: 5 }, runs)?.seconds).toBeCloseTo(25);
});

it('does not take what compiling took for a part of every step', () => {
  const short = past({ epochs: 1 }, 20);
  // 20 s before the first epoch is through, by the card 60 s an epoch on a machine like that of the cards.
  expect(estimate({ epochs: 5 }, [short])?.seconds).toBeCloseTo(100);
  expect(estimate({ epochs: 5 }, [short], REFERENCE / 16)?.seconds).toBeCloseTo(20 + (4 / 9) * (37.5 - 20));
  expect(estimate({ epochs: 10 }, [short, past({ epochs: 100 }, 119)])?.seconds).toBeCloseTo(29);
  // A longer run here is worth more than the card of a shorter one.
  expect(estimate({ epochs: 20 }, [past({ epochs: 100 }, 40)], REFERENCE)).toEqual({ seconds: 8, by: 'runs' });
  // Of a faster machine: no shorter than what was seen.
  expect(estimate({ epochs: 5 }, [short], REFERENCE / 600)).toEqual({ seconds: 20, by: 'runs' });
});

it('does not go by runs of another project, adapter or width, nor by all images where that is a number unknown', () => {
  const runs = [past({}, 1, { project: 'other' }), past({}, 1, { adapter: 'another' }), past({ width: 3 }, 1), past({ images: 100 }, 1)];
  expect(estimate({}, runs)).toBeUndefined();
  expect(estimate({ images: 300 }, runs)).toEqual({ seconds: 3, by: 'runs' });
});

it('goes by the card where no run tells, made up for by the speed of the adapter', () => {
  expect(estimate({}, [], REFERENCE / 16)).toEqual({ seconds: 37.5, by: 'card' });
  expect(estimate({ epochs: 20 }, [], REFERENCE)).toEqual({ seconds: 1200, by: 'card' });
  expect(estimate({ epochs: 1, width: 1 }, [], 2 * REFERENCE)).toEqual({ seconds: 60, by: 'card' });
  // Nobody knows how fast it is: one in software is like that of the cards.
  expect(estimate({}, [])).toBeUndefined();
  expect(estimate({}, [], undefined, software)).toEqual({ seconds: 600, by: 'card' });
  expect(estimate({ width: 7 }, [], REFERENCE)).toBeUndefined();
  // What nobody has measured follows from what was, or isn't known.
  const measured = { ...project, seconds: { quick: 30 } };
  expect(estimateRun(measured, { ...defaults, epochs: 3, width: 1 }, gpu, [], REFERENCE)).toEqual({ seconds: 90, by: 'card' });
  expect(estimateRun(measured, defaults, gpu, [], REFERENCE)).toBeUndefined();
  const partly = { ...project, seconds: { full: { took: 80, with: { epochs: 2 } } } };
  expect(estimateRun(partly, { ...defaults, epochs: 150 }, gpu, [], REFERENCE)).toEqual({ seconds: 6000, by: 'card' });
});

it('parts of presets that the cards tell of are of options that make a run longer in proportion', async () => {
  const parts = projects.flatMap((card) =>
    Object.values(card.seconds ?? {}).flatMap((took) => (typeof took === 'object' ? [{ card, part: took.with }] : [])),
  );
  expect(parts.length).toBeGreaterThan(0);
  for (const { card, part } of parts) {
    const { options } = await card.load();
    for (const name of Object.keys(part)) expect(options[name]).toMatchObject({ type: 'number', time: 'grows' });
  }
});

it('is told in no more digits than it has', () => {
  const texts = [10, 55, 400, 1500, 5000, 6600, 60_000, 200_000].map(roughly);
  expect(texts).toEqual([
    'under a minute',
    'about 1 minute',
    'about 7 minutes',
    'about 25 minutes',
    'about 85 minutes',
    'about 2 hours',
    'about 17 hours',
    'about 2 days',
  ]);
});

it('an adapter has a speed', async () => {
  const speed = await calibrate(nodePlatform());
  expect(speed).toBeGreaterThan(1e-6);
  expect(speed).toBeLessThan(10);
});

const folder = mkdtempSync(join(tmpdir(), 'tilegrad-times-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the command line remembers runs and adapters; a damaged file tells nothing', async () => {
  const times = new RunTimes(join(folder, 'cache'));
  expect(times.read()).toEqual({ runs: [], speeds: {} });
  await times.keepRun(past({}, 7));
  await times.keepSpeed('a GPU', 0.001);
  await times.keepRun(past({}, 8));
  expect(times.read()).toEqual({ runs: [past({}, 8), past({}, 7)], speeds: { 'a GPU': 0.001 } });
  for (const text of ['{"runs": [{}], "speeds": {}}', 'no JSON', '[]']) {
    writeFileSync(join(folder, 'cache', 'times.json'), text);
    expect(times.read()).toEqual({ runs: [], speeds: {} });
  }
});
