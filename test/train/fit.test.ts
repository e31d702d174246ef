// The training loop on a line through points: what it reports, when it looks, and that a stopped run ends as a whole one does.
import { expect, it } from 'vitest';
import { ArrayDataset, compile, DataLoader, losses, manualSeed, nn, optim, type Tensor } from '../../src/index.ts';
import { type FitOptions, fit, restoreTraining } from '../../src/train/fit.ts';
import type { Checkpoint, ProjectContext } from '../../src/train/project.ts';

const POINTS = 40;
const BATCH = 10;
const EPOCHS = 3;
const STEPS = (EPOCHS * POINTS) / BATCH;

/** A context that keeps what it is told and asks to stop once it was told of step `stopAt`. */
function recorder(stopAt = Number.POSITIVE_INFINITY) {
  const events: string[] = [];
  let last: Checkpoint | undefined;
  let stopping = false;
  const context = {
    get stopping() {
      return stopping;
    },
    ready: async () => {},
    scalars(step: number) {
      events.push(`step ${step}`);
      if (step >= stopAt) stopping = true;
    },
    progress() {},
    async checkpoint(checkpoint: Checkpoint) {
      events.push('checkpoint');
      last = checkpoint;
    },
  } as unknown as ProjectContext;
  return { context, events, checkpoint: () => last as Checkpoint };
}

interface Wanted {
  readonly resume?: Checkpoint;
  readonly lr?: number;
  readonly evaluation?: { readonly every: number; run(step: number): Promise<void> };
  /** With it, steps tell the root of their loss too. */
  readonly observe?: FitOptions<'x' | 'y'>['observe'];
}

/** Trains a line from the weights of one seed, or from a checkpoint; gives its weights when it went to the end. */
async function train(context: ProjectContext, { resume, lr = 0.1, evaluation, observe }: Wanted = {}): Promise<number[] | undefined> {
  manualSeed(5);
  const x = Float32Array.from({ length: POINTS }, (_, i) => i / POINTS - 0.5);
  const dataset = new ArrayDataset({ x: { data: x, shape: [1] }, y: { data: x.map((value) => 2 * value - 1), shape: [1] } });
  const model = new nn.Linear(1, 1);
  const optimizer = new optim.SGD(model.parameters(), { lr, momentum: 0.5 });
  const trainee = { model, optimizer, loader: new DataLoader(dataset, { batchSize: BATCH, shuffle: true, seed: 1 }) };
  if (resume) restoreTraining(trainee, resume);
  const step = compile((input: Tensor, target: Tensor) => {
    const loss = losses.mse(model.forward(input), target);
    optimizer.minimize(loss);
    return observe ? { loss, root: loss.sqrt() } : loss;
  });
  const finished = await fit(context, {
    ...trainee,
    epochs: EPOCHS,
    step: (batch) => step(batch.x, batch.y),
    phase: 'line',
    checkpointEvery: 6,
    state: () => ({}),
    progress: { before: 0, total: EPOCHS * POINTS, unit: 'points' },
    ...(evaluation && { evaluation }),
    ...(observe && { observe }),
  });
  return finished ? [await model.weight.item(), (await model.bias?.item()) ?? 0] : undefined;
}

it('looks between the steps it was told to, with their losses read, and before a checkpoint of the same step', async () => {
  const { context, events } = recorder();
  const seen: number[] = [];
  const evaluation = {
    every: 3,
    async run(step: number) {
      seen.push(step);
      events.push('evaluation');
    },
  };
  await train(context, { evaluation });
  expect(seen).toEqual([3, 6, 9, 12]);
  const third = ['evaluation', 'step 4', 'step 5', 'step 6', 'evaluation', 'checkpoint', 'step 7'];
  expect(events.slice(3, 10)).toEqual(third);
  expect(events.filter((event) => event.startsWith('step'))).toHaveLength(STEPS);
});

it('steps may tell more than their loss: the metrics hold it, and an observer hears of it in order, before the checkpoint', async () => {
  const { context, events } = recorder();
  const rows: Record<string, number>[] = [];
  const heard: number[] = [];
  const scalars: ProjectContext['scalars'] = (step, values) => {
    context.scalars(step, values);
    rows.push({ ...values });
  };
  await train(Object.assign(Object.create(context) as ProjectContext, { scalars }), {
    observe: ({ loss, root }, samples) => {
      expect(root).toBeCloseTo(Math.sqrt(loss), 6);
      expect(samples).toBe(BATCH);
      heard.push(loss);
      events.push('heard');
    },
  });
  expect(heard).toEqual(rows.map(({ loss }) => loss));
  expect(rows).toHaveLength(STEPS);
  expect(Object.keys(rows[0])).toEqual(['loss', 'root', 'lr']);
  expect(events.slice(10, 14)).toEqual(['step 6', 'heard', 'checkpoint', 'step 7']);
});

it('stopped and resumed, it ends with the very same weights', async () => {
  const whole = await train(recorder().context);
  const { context, checkpoint } = recorder(5);
  expect(await train(context)).toBeUndefined();
  expect(await train(recorder().context, { resume: checkpoint() })).toEqual(whole);
});

it('a loss that is not finite ends it, with the step and what to try', async () => {
  await expect(train(recorder().context, { lr: 1e30 })).rejects.toThrow(
    /line: the loss is (NaN|Infinity) at step \d+; lower the learning rate/,
  );
});
