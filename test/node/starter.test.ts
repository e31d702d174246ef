// The weights that come with a project: made of a run by one option of the command line, small, and enough to play with.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeStarter, MOST_STARTER } from '../../runtime/node/encode-starter.ts';
import { runProject } from '../../runtime/node/run.ts';
import { RunFolder } from '../../runtime/node/run-folder.ts';
import { valueProblem } from '../../runtime/run/options.ts';
import { decodeStarter } from '../../runtime/run/starter.ts';
import { runFiles } from '../../runtime/run/store.ts';
import { readConfig } from '../../runtime/run/stored.ts';
import { LivePlayable, openInteraction, openLive } from '../../runtime/run/trained.ts';
import {
  closeDevice,
  decodeSafetensors,
  encodeSafetensors,
  input,
  nn,
  option,
  project,
  readStarter,
  runInMemory,
  type Tensor,
  tensor,
} from '../../src/index.ts';
import { projects } from '../../src/projects/index.ts';

const demo = project({
  name: 'demo',
  title: 'Demo',
  summary: 'For a test.',
  document: 'test',
  tags: [],
  headline: { metric: 'score', better: 'higher' },
  data: {},
  options: { units: option.integer(40, 'units', { min: 1 }), rate: option.number(0.5, 'rate') },
  presets: { quick: { rate: 0.25 }, full: {}, smallest: {} },
  model: ({ units }) => new nn.Linear(units, 40),
  async run(run, { rate }) {
    const model = run.model();
    await run.stage('asked', async () => ({ shift: Float32Array.of(rate, 2), names: ['a', 'b'] }));
    await run.stage('samples', async () => ({ pictures: Uint8Array.of(1, 2, 3), named: ['c'] }));
    await run.stage('unasked', async () => new Float32Array(100_000));
    for await (const _ of run.steps('training', { count: 1, keep: { model } }));
    run.summary({ score: 0.75 });
  },
  interaction: {
    title: 'Ask',
    help: 'For a test.',
    inputs: { at: input.plane({ x: { label: 'x', min: 0, max: 1 }, y: { label: 'y', min: 0, max: 1 } }) },
    async open({ model, found, result }) {
      const { shift, names } = (await result('asked')) as { readonly shift: Float32Array; readonly names: readonly string[] };
      await result('samples');
      return {
        async answer({ at }) {
          const x: Tensor = tensor(
            Float32Array.from({ length: 40 }, (_, i) => at[i % 2] + shift[i % 2]),
            [1, 40],
          );
          return [names.join(), String(found.score), (await model.forward(x).data()).join()];
        },
      };
    },
  },
});

const base = mkdtempSync(join(tmpdir(), 'tilegrad-starter-'));
const file = join(base, 'starter.safetensors');
const stream = { write: () => {} };
const train = (options: Readonly<Record<string, number>>, out: string) =>
  runProject(demo, {
    ...{ given: { options, preset: 'quick' as const, seed: 5, out: join(base, out) }, starter: join(base, `${out}.safetensors`) },
    ...{ argv: [], output: stream, status: stream, json: false },
  });

beforeAll(async () => {
  vi.stubEnv('TILEGRAD_CACHE', join(base, 'cache'));
  await train({}, 'starter');
});
afterAll(async () => {
  await closeDevice();
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

describe('tilegrad run --starter', () => {
  it('writes large tensors in half precision, small ones and results as they are, and how they came about', async () => {
    const { tensors } = decodeSafetensors(readFileSync(file));
    expect(tensors['model.weight'].dtype).toBe('F16');
    expect(tensors['model.bias'].dtype).toBe('F32');
    expect(Object.keys(tensors)).toHaveLength(4);
    const { record, result } = await decodeStarter(readFileSync(file), file);
    expect(record).toMatchObject({
      command: 'tilegrad run demo --quick --seed 5',
      options: { units: 40, rate: 0.25 },
      results: { score: 0.75 },
      data: [],
      adapter: expect.any(String),
      started: expect.stringMatching(/^\d{4}-/),
    });
    expect(await result('asked')).toEqual({ shift: Float32Array.of(0.25, 2), names: ['a', 'b'] });
    expect(await result('unasked')).toBeUndefined();
  });

  it('is enough to play with: the answer is the run’s, but for the rounding', async () => {
    const answer = async (weights: Parameters<typeof openInteraction>[1]) => {
      const { interaction } = await openInteraction(demo, weights);
      return (await interaction.answer({ at: [0.25, 0.75] })) as readonly string[];
    };
    const starter = await decodeStarter(readFileSync(file), file);
    const model = decodeSafetensors(readFileSync(join(base, 'starter', 'model.safetensors'))).tensors;
    const [kept, own] = [await answer(starter), await answer({ ...starter, load: async (of) => void of.loadStateDict(model as never) })];
    expect(kept.slice(0, 2)).toEqual(['a,b', '0.75']);
    const [a, b] = [kept, own].map((parts) => parts[2].split(',').map(Number));
    a.forEach((value, i) => {
      expect(Math.abs(value - b[i])).toBeLessThan(2e-3);
    });
    expect(a).not.toEqual(b);
  });

  it.each([
    [4000, 127, 'quantized'],
    [5500, 31, 'quantized-6'],
    [8000, 7, 'quantized-4'],
  ])('what is too large so, %i units, is stored as whole numbers up to %i with a scale a row', async (units, levels, out) => {
    await train({ units }, out);
    const path = join(base, `${out}.safetensors`);
    const bytes = readFileSync(path);
    expect(bytes.length).toBeLessThan(200_000);
    const { record, weights, result } = await readStarter(bytes, path);
    expect(JSON.parse(record)).toMatchObject({ options: { units } });
    expect(result('asked')).toEqual({ shift: Float32Array.of(0.25, 2), names: ['a', 'b'] });
    const own = decodeSafetensors(readFileSync(join(base, out, 'model.safetensors'))).tensors;
    // Half a step of each row's largest, and half precision, are what may be lost.
    const [numbers, before] = [weights.weight!.data as Float32Array, own.weight!.data as Float32Array];
    expect(weights.weight!.shape).toEqual(own.weight!.shape);
    const columns = before.length / own.weight!.shape[0]!;
    for (let at = 0; at < before.length; at += columns) {
      const [kept, row] = [numbers, before].map((values) => values.subarray(at, at + columns));
      const most = row!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = row!.reduce((worst, value, i) => Math.max(worst, Math.abs(kept![i]! - value)), 0);
      // The scale is of half precision.
      expect(worst).toBeLessThanOrEqual(most * (0.5 / levels + 2 ** -11));
    }
    const [bias, exact] = [weights, own].map((dict) => dict.bias!.data as Float32Array);
    bias!.forEach((value, i) => {
      expect(Math.abs(value - exact![i]!)).toBeLessThan(1e-3);
    });
    // A byte that fell out is told.
    await expect(readStarter(bytes.subarray(0, -9), path)).rejects.toThrow(path);
  });

  it('keeps as they are weights that half precision can’t hold', async () => {
    for (const [name, huge] of [
      ['starter', ['weight', 'bias']],
      ['quantized', ['bias']],
    ] as const) {
      const folder = RunFolder.read(join(base, name));
      const { config } = await readConfig(folder, async () => demo);
      const summary = JSON.parse(readFileSync(join(base, name, runFiles.summary), 'utf8'));
      const model = decodeSafetensors(readFileSync(join(base, name, runFiles.model))).tensors;
      for (const state of huge) model[state]!.data[1] = 7e5;
      const read = async (path: string) => (path === runFiles.model ? encodeSafetensors(model) : folder.read(path));
      const written = await encodeStarter(demo, config, summary, Object.create(folder, { read: { value: read } }));
      const { weights } = await readStarter(written, name);
      for (const state of huge) expect(weights[state]!.data).toEqual(model[state]!.data);
    }
  });

  it('leaves out pictures of a data set that was not drawn', async () => {
    const folder = RunFolder.read(join(base, 'starter'));
    const { config } = await readConfig(folder, async () => demo);
    const summary = JSON.parse(readFileSync(join(base, 'starter', 'summary.json'), 'utf8'));
    const samples = async (synthetic: boolean) => {
      const data = [{ name: 'animals', synthetic, description: 'Animals, 3 pictures', files: [] }];
      const file = await encodeStarter(demo, { ...config, data }, summary, folder);
      return (await decodeStarter(file, 'x')).result('samples');
    };
    expect(await samples(true)).toEqual({ pictures: Uint8Array.of(1, 2, 3), named: ['c'] });
    expect(await samples(false)).toEqual({ pictures: new Uint8Array(0), named: ['c'] });
  });

  it('in a run that has not come so far, says what it waits for', async () => {
    const live = { model: new nn.Linear(40, 40), step: 0, resultOf: async () => undefined };
    await expect(openLive(demo, new LivePlayable({ units: 40, rate: 0.5 }, live, {}))).rejects.toThrow(
      'It can be played with once the run’s stage asked is done.',
    );
  });

  it('refuses what is too much to come with a project', async () => {
    await expect(train({ units: 20_000 }, 'large')).rejects.toThrow(
      /demo: expected at most 200,000 bytes to come with the project, got \d{3},\d{3}: train a smaller model/,
    );
    expect(existsSync(join(base, 'large.safetensors'))).toBe(false);
  });

  it('a file of something else is refused by name, and so is a damaged one', async () => {
    const model = readFileSync(join(base, 'starter', 'model.safetensors'));
    await expect(decodeStarter(model, 'x')).rejects.toThrow('x: expected the weights that come with a project');
    const { tensors, metadata } = decodeSafetensors(readFileSync(file));
    const damaged = (stages: string, more = {}) => decodeStarter(encodeSafetensors({ ...tensors, ...more }, { ...metadata, stages }), 'x');
    await expect(damaged('{')).rejects.toThrow('x: the results of stages in its metadata are no JSON');
    const scale = { dtype: 'F16', shape: [2], data: new Uint16Array(2) } as const;
    await expect(damaged('{}', { 'scale.weight': scale })).rejects.toThrow(
      'x: weight: expected whole numbers of 8 bits and a scale of 16 bits for each of 40 rows',
    );
  });
});

it('a run may begin with what comes with another project', async () => {
  const [name, path] = ['mc-dropout', 'src/projects/small-scale/mc-dropout/starter.safetensors'];
  const log: string[] = [];
  const found: unknown[] = [];
  const beginning = project({
    ...{ name: 'beginning', title: 'Beginning', summary: 'For a test.', document: 'test', tags: [], data: {}, options: {} },
    ...{ headline: { metric: 'score', better: 'higher' }, presets: { quick: {}, full: {}, smallest: {} } },
    async run(run) {
      const starter = await run.starter(name);
      found.push(Object.keys(starter!.weights).sort(), starter!.result('nothing'), await run.starter('nobody'));
      run.summary({ score: 1 });
    },
  });
  await runInMemory(beginning, { log: (line) => log.push(line) });
  const { weights } = await readStarter(readFileSync(path), path);
  expect(found).toEqual([Object.keys(weights).sort(), undefined, undefined]);
  expect(log.join('\n')).toMatch(/the weights that come with mc-dropout, from .*\n.*those that come with nobody aren't at hand/);
});

const pathOf = ({ document, name }: (typeof projects)[number]) => `src/projects/${document}/${name}/starter.safetensors`;

describe('weights that come with a project', () => {
  it.each(projects.filter((card) => existsSync(pathOf(card))).map((card) => [card.name, card] as const))(
    '%s: are small and fit',
    async (_, card) => {
      const made = await card.load();
      const path = pathOf(card);
      expect(statSync(path).size).toBeLessThanOrEqual(MOST_STARTER);
      const starter = await decodeStarter(readFileSync(path), path);
      const { record } = starter;
      for (const [option, spec] of Object.entries(made.options)) expect(valueProblem(spec, record.options[option])).toBeUndefined();
      expect(Object.keys(record.options).sort()).toEqual(Object.keys(made.options).sort());
      expect(record.results[made.headline.metric]).toEqual(expect.any(Number));
      // Where it lay on somebody's machine is nobody's business.
      expect(record.data.join()).not.toMatch(/, from|\//);
      // Its model is the project's of today.
      await openInteraction(made, starter);
    },
  );
});
