// Every project of the collection, and the guide's, at its smallest size: stopped anywhere and taken up again it ends as one that was left
// alone. Each is in here by being registered.
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/index.ts';
import { projects } from '../../src/projects/index.ts';
import { type Left, nothing, type Outcome, run } from '../train/memory-host.ts';
import { softmaxRegression } from './softmax-regression/index.ts';

/** Checkpoints that each project is taken up from, as after a kill. */
const KILLS = 3;

const compared = ({ rows, weights, shown }: Outcome) => ({ rows, weights, shown });

const all = [...projects, { ...softmaxRegression, load: async () => softmaxRegression }];

describe.each(all.map((card) => [card.name, card] as const))('%s', (_name, card) => {
  it('ends the same from wherever it was stopped, and after each of its stages', async () => {
    const project = await card.load();
    const whole = await run(project);
    const expected = compared(whole);
    expect(whole.rows.length).toBeGreaterThan(0);
    expect(whole.shown.values[card.headline.metric]).toEqual(expect.any(Number));
    const { progress } = whole;
    const fractions = progress.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBeCloseTo(1, 6);

    // One process after another, each stopped after a while.
    const random = new Random(7, card.name.length);
    let left: Outcome | undefined;
    for (let most = Math.ceil(whole.asked / 3); !left || left.stopped; most++) {
      const pieces = 1 + random.integer(most);
      left = await run(project, left, { stopAt: (asked) => asked >= pieces });
    }
    expect(compared(left)).toEqual(expected);

    // Killed, after stages and elsewhere: what was written after the checkpoint is there, and doesn't count.
    const saving = await run(project, nothing, { dueAt: () => true });
    expect(compared(saving)).toEqual(expected);
    const ends = saving.checkpoints.filter(({ checkpoint }, i, all) => checkpoint?.done.join() !== all[i - 1]?.checkpoint?.done.join());
    for (const places of [ends, saving.checkpoints]) {
      for (let kill = 0; kill < Math.min(KILLS, places.length); kill++) {
        const place = places[random.integer(places.length)] as Left;
        const stray = { ...place, rows: [...place.rows, { step: 1e6, stray: 1 }] };
        expect(compared(await run(project, stray))).toEqual(expected);
      }
    }
  });
});
