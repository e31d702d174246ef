// A GPU device that is destroyed in mid-training: the run goes on on a new one, and its losses are those of a run that was left alone.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { renderFigureFiles } from '../../runtime/node/figure-files.ts';
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
const options = { runs: 1, epochs: 1, width: 1, passes: 1, batchSize: 16, checkpointEvery: every, trainImages: 16 * steps, testImages: 50 };

interface Outcome {
  readonly folder: string;
  readonly events: readonly RunEvent[];
  readonly summary: RunSummary | undefined;
  readonly error: unknown;
}

/** Runs the project; `at` is called with each row of metrics and may destroy the device. */
async function run(name: string, at: (step: number, destroy: () => void) => void = () => {}, what = project): Promise<Outcome> {
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
  const host = {
    ...{ platform, store: folder, stopping: false, ready: async () => {}, drawFigure: renderFigureFiles },
    report(event: RunEvent) {
      events.push(event);
      if (event.type === 'scalars') at(event.row.step, () => device?.destroy());
    },
  };
  const session = { started: '', adapter: adapterRecord(await node.peekAdapter()), versions: {}, machine: '' };
  let summary: RunSummary | undefined;
  let error: unknown;
  try {
    summary = await new Run(what, newConfig(what, { options, seed: 5 }, session), host).execute();
  } catch (thrown) {
    error = thrown;
  }
  return { folder: folder.path, events, summary, error };
}

const rows = ({ folder }: Outcome) =>
  decodeRows(readFileSync(join(folder, 'metrics.jsonl'), 'utf8')).map(({ step, values }) => ({ step, ...values }));
const weights = ({ folder }: Outcome) => decodeSafetensors(readFileSync(join(folder, 'checkpoint.safetensors'))).tensors;
const recoveries = ({ events }: Outcome) => events.flatMap((event) => (event.type === 'recovering' ? [event.step] : []));

const once = (wanted: readonly number[]) => {
  const left = new Set(wanted);
  return (step: number, destroy: () => void) => {
    if (left.delete(step)) destroy();
  };
};

let whole: Outcome;

it('goes on from the last checkpoint bit for bit, also when there is none yet', async () => {
  whole = await run('whole');
  expect(whole.error).toBeUndefined();
  expect(rows(whole).length).toBeGreaterThan(steps);
  const lost = await run('lost', once([4, 25, 38]));
  expect(lost.error).toBeUndefined();
  expect(recoveries(lost)).toEqual([0, 20, 30]);
  expect(rows(lost)).toEqual(rows(whole));
  expect(weights(lost)).toEqual(weights(whole));
  expect(lost.summary?.results).toEqual(whole.summary?.results);
  const log = readFileSync(join(lost.folder, 'log.txt'), 'utf8');
  expect(log).toMatch(/GPU device was lost.* Going on from the beginning on a new device\.\n/);
  expect(log).toMatch(/GPU device was lost.* Going on from the checkpoint of step 20 on a new device\.\n/);
});

it('shows how far the kernels of a plan are compiled', () => {
  const updates = whole.events.flatMap((event) => (event.type === 'progress' ? [event.update] : []));
  const phase = updates.find((update) => update.phase.startsWith('compiling'))?.phase ?? '';
  const kernels = Number(phase.match(/^compiling (\d+) kernels$/)?.[1]);
  expect(kernels).toBeGreaterThanOrEqual(8);
  const bar = updates.filter((update) => update.phase === phase).slice(0, kernels + 1);
  expect(bar).toEqual(Array.from({ length: kernels + 1 }, (_, done) => ({ phase, done, total: kernels })));
});

it('gives up when the device is lost again and again without a checkpoint in between', async () => {
  const lost = await run('hopeless', (step, destroy) => {
    if (step === every + 3) destroy();
  });
  expect(recoveries(lost)).toEqual([every, every, every]);
  expect(lost.error).toBeInstanceOf(DeviceLostError);
  expect(String(lost.error)).toMatch(/lost 4 times without a checkpoint in between[\s\S]*update the GPU's driver/);
  expect(JSON.parse(readFileSync(join(lost.folder, 'summary.json'), 'utf8'))).toMatchObject({ status: 'failed' });
  expect(rows(lost).slice(0, every)).toEqual(rows(whole).slice(0, every));
});

it('keeps what is left running of the lost attempt out of the record', async () => {
  let left: Promise<unknown> | undefined;
  let began = 0;
  const careless: Project = {
    ...project,
    async run(context, values) {
      if (began++ === 0) {
        left = new Promise<void>((resolve) => setTimeout(resolve, 50)).then(() => context.scalars(1, { stray: 1 }));
        left.catch(() => {});
        throw new DeviceLostError('gone');
      }
      await project.run(context, values);
    },
  };
  const lost = await run('careless', undefined, careless);
  expect(lost.error).toBeUndefined();
  await expect(left).rejects.toThrow(DeviceLostError);
  expect(rows(lost)).toEqual(rows(whole));
});
