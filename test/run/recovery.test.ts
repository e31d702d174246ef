// A GPU device that is destroyed in mid-training: the run goes on on a new one, and its losses are those of a run that was left alone.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { RunFolder } from '../../runtime/node/run-folder.ts';
import { decodeRows } from '../../runtime/run/metrics.ts';
import { adapterRecord, newConfig, type RunSummary } from '../../runtime/run/record.ts';
import { Run, type RunEvent } from '../../runtime/run/run.ts';
import { DeviceLostError, decodeSafetensors } from '../../src/index.ts';
import type { AdapterChoice } from '../../src/platform.ts';
import { mcDropout } from '../../src/projects/small-scale/mc-dropout/index.ts';
import type { Project } from '../../src/train/project.ts';

const base = mkdtempSync(join(tmpdir(), 'tilegrad-recovery-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const steps = 40;
const every = 10;
const project: Project = mcDropout;
const options = { runs: 1, epochs: 1, width: 1, passes: 1, batchSize: 16, trainImages: 16 * steps, testImages: 50 };

interface Outcome {
  readonly folder: string;
  readonly events: readonly RunEvent[];
  readonly summary: RunSummary | undefined;
  readonly error: unknown;
}

/**
 * Runs the project; `at` is called with each row of metrics, and the step of the last checkpoint, and may destroy the device.
 * @param saveEvery seconds between checkpoints; `save` has one written at once
 */
async function run(
  name: string,
  at: (step: number, destroy: () => void, saved: number | undefined, save: () => void) => void = () => {},
  { what = project, saveEvery = 0 }: { readonly what?: Project; readonly saveEvery?: number } = {},
): Promise<Outcome> {
  const folder = RunFolder.create(join(base, name));
  const node = nodePlatform();
  let device: GPUDevice | undefined;
  const platform = {
    ...node,
    readData: async () => undefined,
    listData: async () => undefined,
    fetchCached: async () => undefined,
    async requestAdapter(): Promise<AdapterChoice> {
      const choice = await node.requestAdapter();
      const adapter = new Proxy(choice.adapter, {
        get(target, key) {
          if (key === 'requestDevice') return async (d: GPUDeviceDescriptor) => (device = await target.requestDevice(d));
          const value = Reflect.get(target, key, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      return { ...choice, adapter };
    },
  };
  const events: RunEvent[] = [];
  let saved: number | undefined;
  const host = {
    ...{ platform, store: folder, stopping: false, saveEvery, ready: async () => {} },
    report(event: RunEvent) {
      events.push(event);
      if (event.type === 'checkpoint') saved = event.step;
      if (event.type === 'scalars')
        at(
          event.row.step,
          () => device?.destroy(),
          saved,
          () => work.saveSoon(),
        );
    },
  };
  const session = { started: '', adapter: adapterRecord(await node.peekAdapter()), versions: {}, machine: '' };
  const work = new Run(what, newConfig(what, { options, seed: 5 }, session), host);
  let summary: RunSummary | undefined;
  let error: unknown;
  try {
    summary = await work.execute();
  } catch (thrown) {
    error = thrown;
  }
  return { folder: folder.path, events, summary, error };
}

const rows = ({ folder }: Outcome) =>
  decodeRows(readFileSync(join(folder, 'metrics.jsonl'), 'utf8')).map(({ step, values }) => ({ step, ...values }));
const weights = ({ folder }: Outcome) => decodeSafetensors(readFileSync(join(folder, 'model.safetensors'))).tensors;
const recoveries = ({ events }: Outcome) => events.flatMap((event) => (event.type === 'recovering' ? [event.step] : []));

const once = (wanted: readonly number[]) => {
  const left = new Set(wanted);
  return (step: number, destroy: () => void): void => {
    if (left.delete(step)) destroy();
  };
};

let whole: Outcome;

it('goes on from the last checkpoint bit for bit, also when there is none yet', async () => {
  whole = await run('whole');
  expect(whole.error).toBeUndefined();
  expect(rows(whole).length).toBeGreaterThan(steps);
  const { seconds = 0, saving } = whole.summary ?? {};
  expect(saving).toBeGreaterThan(0);
  expect(saving).toBeLessThan(seconds);
  const first = await run('first', once([4]), { saveEvery: 1e6 });
  expect(recoveries(first)).toEqual([0]);
  expect(readFileSync(join(first.folder, 'log.txt'), 'utf8')).toMatch(
    /GPU device was lost.* Going on from the beginning on a new device\.\n/,
  );
  const lost = await run('lost', once([14, 25, 38]));
  expect(recoveries(lost)).toHaveLength(3);
  expect(readFileSync(join(lost.folder, 'log.txt'), 'utf8')).toMatch(
    /GPU device was lost.* Going on from the checkpoint of step \d+ on a new device\.\n/,
  );
  for (const outcome of [first, lost]) {
    expect(outcome.error).toBeUndefined();
    expect(rows(outcome)).toEqual(rows(whole));
    expect(weights(outcome)).toEqual(weights(whole));
    expect(outcome.summary?.results).toEqual(whole.summary?.results);
  }
});

it('tells how far the kernels of a plan are compiled, while the bar stands where it stood', () => {
  const updates = whole.events.flatMap((event) => (event.type === 'progress' ? [event.update] : []));
  const phases = updates.flatMap(({ phase }) => (phase.startsWith('compil') ? [phase] : []));
  const kernels = Number(phases[0]?.match(/^compiling (\d+) kernels, 0 done$/)?.[1]);
  expect(kernels).toBeGreaterThanOrEqual(8);
  const told = Array.from({ length: kernels }, (_, done) => `compiling ${kernels} kernels, ${done} done`);
  expect(phases.slice(0, kernels + 1)).toEqual([...told, `compiled ${kernels} kernels`]);
  const fractions = updates.map(({ fraction }) => fraction);
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  expect(fractions.at(-1)).toBeCloseTo(1, 9);
});

it('gives up when the device is lost again and again without a checkpoint in between', async () => {
  const lost = await run(
    'hopeless',
    (step, destroy, saved, save) => {
      if (step === every && saved === undefined) save();
      if (saved !== undefined && step > saved + 2) destroy();
    },
    { saveEvery: 1e6 },
  );
  const [from] = recoveries(lost);
  expect(from).toBeGreaterThanOrEqual(every);
  expect(recoveries(lost)).toEqual([from, from, from]);
  expect(lost.error).toBeInstanceOf(DeviceLostError);
  expect(String(lost.error)).toMatch(/lost 4 times without a checkpoint in between[\s\S]*update the GPU's driver/);
  expect(JSON.parse(readFileSync(join(lost.folder, 'summary.json'), 'utf8'))).toMatchObject({ status: 'failed' });
  expect(rows(lost).slice(0, from)).toEqual(rows(whole).slice(0, from));
});

it('keeps what is left running of the lost attempt out of the record', async () => {
  let left: Promise<unknown> | undefined;
  let began = 0;
  const careless: Project = {
    ...project,
    async run(run, values) {
      if (began++ === 0) {
        left = new Promise<void>((resolve) => setTimeout(resolve, 50)).then(() => run.table('stray', { title: '', columns: [], rows: [] }));
        left.catch(() => {});
        throw new DeviceLostError('gone');
      }
      await project.run(run, values);
    },
  };
  const lost = await run('careless', undefined, { what: careless });
  expect(lost.error).toBeUndefined();
  await expect(left).rejects.toThrow(DeviceLostError);
  expect(lost.summary?.tables).toEqual(whole.summary?.tables);
  expect(rows(lost)).toEqual(rows(whole));
});
