// Looking into the model of a run at work: each look is of the newest step, and the run ends as one that was left alone.
import { expect, it } from 'vitest';
import { LiveLooks } from '../../runtime/browser/live-looks.ts';
import type { InsideReport } from '../../runtime/browser/protocol.ts';
import { projects } from '../../src/projects/index.ts';
import { nothing, run } from '../train/memory-host.ts';

it('shows weights and activations of the newest step, and changes nothing', async () => {
  const project = await projects.find(({ name }) => name === 'mc-dropout')!.load();
  const options = { runs: 1, epochs: 6 };
  const alone = await run(project, nothing, { options });
  const seen: InsideReport[] = [];
  const looks = new LiveLooks((inside) => {
    if ('message' in inside) throw new Error(inside.message);
    seen.push(inside);
    looks.want();
  }, 0);
  looks.begin(project, alone.options as never);
  looks.want();
  const looked = await run(project, nothing, {
    options,
    opened: (parts) => looks.take(parts),
    look: async (live) => looks.pass(live),
  });
  expect(seen.length).toBeGreaterThan(1);
  const [first, last] = [seen[0], seen[seen.length - 1]];
  expect(first.input).toMatchObject({ count: 1, height: 28, width: 28 });
  expect(first.layers.filter(({ maps }) => maps).length).toBeGreaterThan(5);
  expect(last.layers[0].tensors[0].histogram).not.toEqual(first.layers[0].tensors[0].histogram);
  expect(last.layers[0].maps!.shades).not.toEqual(first.layers[0].maps!.shades);
  expect(looked.rows).toEqual(alone.rows);
  expect(looked.weights).toEqual(alone.weights);
});
