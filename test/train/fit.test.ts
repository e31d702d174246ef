// Training a line through points: what fit reports, when it looks, which weights it ends with. That it can be stopped: durable.test.ts.
import { expect, it } from 'vitest';
import { type FitOptions, losses, metrics, nn, optim, project, type Run, type Tensor } from '../../src/index.ts';
import { type Outcome, run } from './memory-host.ts';

const x = Float32Array.from({ length: 40 }, (_, i) => i / 40 - 0.5);
const part = { fields: { x: { data: x, shape: [1] }, y: { data: x.map((value) => 2 * value - 1), shape: [1] } }, count: 40 };
const few = { fields: { x: { data: x.slice(0, 8), shape: [1] }, y: { data: x.slice(8, 16), shape: [1] } }, count: 8 };

type Changes = Partial<FitOptions<'x' | 'y'>> & { readonly lr?: number };
type Epochs = Awaited<ReturnType<Run['fit']>>;

/** Trains it for three epochs of four steps, but for the changes. */
async function train({ lr = 0.1, ...changes }: Changes = {}): Promise<{ outcome: Outcome; epochs: Epochs; model: nn.Linear }> {
  let epochs: Epochs = [];
  let model = new nn.Linear(1, 1);
  const line = project({
    ...{
      name: 'line',
      title: 'Line',
      summary: 'A line.',
      document: 'test',
      tags: [],
      headline: { metric: 'loss', better: 'lower' },
      options: {},
      data: {},
    },
    presets: { quick: {}, full: {}, smallest: {} },
    async run(run) {
      model = new nn.Linear(1, 1);
      const optimizer = new optim.SGD(model.parameters(), { lr, momentum: 0.5 });
      epochs = await run.fit('line', {
        ...{ model, optimizer, train: part, batchSize: 10, epochs: 3 },
        loss: ({ x, y }) => losses.mse(model.forward(x), y),
        ...changes,
      });
      run.summary({ weight: await model.weight.item(), training: model.training });
    },
  });
  return { outcome: await run(line), epochs, model };
}

it('tells each step its loss and rate, and each epoch the mean of them', async () => {
  const { outcome, epochs } = await train();
  expect(outcome.rows.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(Object.keys(outcome.rows[0] as object)).toEqual(['step', 'loss', 'lr']);
  expect(epochs.map(({ epoch, steps }) => [epoch, steps])).toEqual([
    [1, 4],
    [2, 8],
    [3, 12],
  ]);
  for (const { epoch, training } of epochs) {
    const own = outcome.rows.slice(4 * epoch - 4, 4 * epoch).map(({ loss }) => loss as number);
    expect(training.loss).toBeCloseTo(
      own.reduce((sum, loss) => sum + loss / 4, 0),
      12,
    );
  }
  expect((outcome.rows.at(-1)?.loss as number) / (outcome.rows[0]?.loss as number)).toBeLessThan(0.5);
});

it('looks at the validation data before it begins, every so many epochs, and at the end', async () => {
  const { outcome, epochs } = await train({ validation: few, every: 2 });
  expect(outcome.rows.filter((row) => 'validation loss' in row).map(({ step }) => step)).toEqual([0, 8, 12]);
  expect(epochs.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3]);
  expect(epochs[1]?.validation).toEqual(epochs[0]?.validation);
  expect(epochs[0]?.training).toEqual(epochs[0]?.validation);
  expect(outcome.shown.values.training).toBe(false);
});

it('holds what else the loss gives, and finds out what it is asked to', async () => {
  const told: number[] = [];
  const weight = new nn.Linear(1, 1);
  const { outcome, epochs } = await train({
    model: weight,
    optimizer: new optim.SGD(weight.parameters(), { lr: 0.1 }),
    validation: few,
    loss: ({ x, y }) => ({ loss: losses.mse(weight.forward(x), y), largest: x.abs().max() }),
    metrics: [metrics.mean(({ y }) => ({ error: y.abs().mean() }))],
    afterEpoch: (results) => void told.push(results.length),
  });
  expect(Object.keys(outcome.rows[1] as object)).toEqual(['step', 'loss', 'largest', 'lr']);
  expect(Object.keys(outcome.rows[0] as object)).toEqual(['step', 'validation error']);
  expect(epochs.at(-1)?.validation.error).toBeCloseTo(
    few.fields.y.data.reduce((sum, y) => sum + Math.abs(y) / 8, 0),
    6,
  );
  expect(Object.keys(epochs.at(-1)?.training as object)).toEqual(['loss', 'largest']);
  expect(told).toEqual([2, 3, 4]);
});

it('ends with the best weights, and early when there are no better ones', async () => {
  // The validation data lie on another line: what fits the training data better fits them worse.
  const { outcome, epochs } = await train({ validation: few, epochs: 9, best: { metric: 'loss' }, patience: 2 });
  const found = epochs.map(({ validation }) => validation.loss as number);
  const best = found.indexOf(Math.min(...found));
  expect(found).toHaveLength(Math.min(10, best + 3));
  const { outcome: whole } = await train({ validation: few, epochs: best });
  if (best > 0) expect(outcome.shown.values.weight).toBe(whole.shown.values.weight);
});

it('of equally good weights ends with the first, or with those that another metric prefers', async () => {
  const model = new nn.Linear(1, 1);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const metric = metrics.mean(({ x, y }: Readonly<Record<'x' | 'y', Tensor>>) => ({
    same: x.mul(0).sum(),
    loss: losses.mse(model.forward(x), y),
  }));
  const before = await model.weight.item();
  const same = {
    ...{ model, optimizer, epochs: 2, validation: part, metrics: [metric] },
    loss: ({ x, y }: Readonly<Record<'x' | 'y', Tensor>>) => losses.mse(model.forward(x), y),
  };
  await train({ ...same, best: { metric: 'same' } });
  expect(await model.weight.item()).toBe(before);
  await train({ ...same, best: { metric: 'same', tie: 'loss' } });
  expect(await model.weight.item()).not.toBe(before);
});

it('a loss that is not finite ends it, with the step and what to try', async () => {
  await expect(train({ lr: 1e30 })).rejects.toThrow(/line: the loss is (NaN|Infinity) at step \d+; lower the learning rate/);
});

it('refuses what could not work', async () => {
  await expect(train({ patience: 2 })).rejects.toThrow('fit: patience expects best');
  await expect(train({ validation: few, best: { metric: 'accuracy' } })).rejects.toThrow("to give a number 'accuracy', got loss");
  await expect(train({ epochs: -1 })).rejects.toThrow(/epochs/);
});
