// The run folder, driven by a project small enough to be read here.
import fs, { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type RunRequest, runProject } from '../../runtime/node/run.ts';
import {
  type DataRecord,
  type DataSet,
  decodeSafetensors,
  encodeSafetensors,
  form,
  type Project,
  State,
  TilegradError,
} from '../../src/index.ts';

let base: string;
let text: string;
const stream = {
  write(part: string) {
    text += part;
  },
};
const folder = () => join(base, 'run');
const read = (name: string) => readFileSync(join(folder(), name), 'utf8');
const steps = () =>
  read('metrics.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).step as number);
const request = (changes: Partial<RunRequest> = {}): RunRequest => ({
  given: { options: {}, out: folder() },
  output: stream,
  status: stream,
  saveEvery: 0,
  ...changes,
});
const resume = (): RunRequest => ({ ...request({ given: { options: {} } }), resume: folder() });

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tilegrad-run-'));
  // What is remembered of runs.
  vi.stubEnv('TILEGRAD_CACHE', join(base, 'cache'));
  text = '';
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

const numbers: DataSet = {
  ...{ name: 'numbers', title: 'Numbers', samples: 'numbers', licence: 'none', source: 'nowhere' },
  forms: [form({ title: 'a file', files: { numbers: { path: 'numbers/none.txt' } }, read: () => ({}) })],
  synthetic: { title: 'made-up numbers', make: () => ({ all: { fields: { x: { data: Float32Array.of(1), shape: [] } }, count: 1 } }) },
};

/** Adds up numbers; `at` is called at each step. */
function walk(at: (step: number) => Promise<void> | void = () => {}): Project {
  return {
    name: 'walk',
    title: 'A walk',
    summary: 'Adds up numbers.',
    document: 'test',
    tags: [],
    headline: { metric: 'end', better: 'higher' },
    data: { numbers },
    options: { length: { type: 'number', default: 12, max: 1000, help: 'steps' } },
    presets: { quick: {}, full: {}, smallest: {} },
    async run(run, options) {
      await run.data.numbers?.();
      const sum = run.cell(0);
      const trace = new State('trace', [2], 'u32', Uint32Array.of(2 ** 31 + 1, 7));
      for await (const i of run.steps('walk', { count: Number(options.length), keep: { sum, trace } })) {
        const step = i + 1;
        sum.value = Math.fround(sum.value + Math.sin(step));
        run.log({ sum: sum.value, ratio: step === 3 ? Number.NaN : 1 });
        await at(step);
      }
      run.log({ end: sum.value, trace: (await trace.data())[0] as number });
      await run.figure('walk', {
        title: 'Walk',
        panels: [{ kind: 'chart', x: { label: 'step' }, y: { label: 'sum' }, series: [{ name: 'sum', x: [1, 2], y: [0, sum.value] }] }],
      });
      run.table('end', { title: 'The end', columns: ['what', 'sum'], rows: [['walk', sum.value]] });
      run.summary({ sum: sum.value, end: sum.value, outcome: 'it went somewhere' });
    },
  };
}

it('writes the whole record of a run', async () => {
  const { summary } = await runProject(walk(), request({ given: { options: { length: 6 }, seed: 7, out: folder() } }));
  expect(summary).toMatchObject({
    status: 'finished',
    seed: 7,
    headline: { metric: 'end', better: 'higher' },
    figures: ['walk.svg', 'walk.png'],
  });
  expect(JSON.parse(read('summary.json'))).toEqual(summary);
  const config = JSON.parse(read('config.json'));
  expect(config).toMatchObject({ project: 'walk', seed: 7, options: { length: 6 }, data: [{ name: 'numbers', synthetic: true }] });
  expect(config.adapter.driver).not.toBe('');
  expect(config.versions.webgpu).toMatch(/^\d/);
  expect(steps()).toEqual([1, 2, 3, 4, 5, 6, 6]);
  expect(JSON.parse(read('metrics.jsonl').split('\n')[2] ?? '')).toMatchObject({ ratio: 'NaN' });
  expect(read('walk.svg')).toMatch(/^<svg|^<\?xml/);
  expect([...readFileSync(join(folder(), 'walk.png')).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
  // What the loop kept lies in a file of its own, each value as it was.
  const [done, ...more] = readdirSync(folder()).filter((name) => name.startsWith('done-'));
  expect([done, more]).toEqual([expect.stringMatching(/^done-walk-[0-9a-f]{8}\.safetensors$/), []]);
  const { tensors, metadata } = decodeSafetensors(readFileSync(join(folder(), done as string)));
  expect(tensors['walk/trace']).toMatchObject({ dtype: 'U32', data: Uint32Array.of(2 ** 31 + 1, 7) });
  expect(JSON.parse(metadata.value ?? '').sum.value).toBe(summary.results.sum);
  expect(readdirSync(folder()).filter((name) => name.startsWith('.') || name.includes('tmp'))).toEqual([]);
  expect(text).toMatch(/^Adapter: .+: .+\nRun: .+\nTime: .+\nData: SYNTHETIC made-up numbers in place of Numbers/);
  expect(text).toContain('The end');
  const end = Number((summary.results.end as number).toPrecision(5));
  expect(text).toContain(`: end ${end}; it went somewhere. Results: `);
});

it('says before the first step how long it will take, as an earlier run took', async () => {
  const { summary } = await runProject(walk(), request({ given: { options: { length: 6 }, out: join(base, 'first') } }));
  expect(text).toContain('\nTime: not known before the first steps\n');
  const times = JSON.parse(readFileSync(join(base, 'cache', 'times.json'), 'utf8'));
  expect(times.runs).toEqual([{ project: 'walk', adapter: summary.adapter, options: { length: 6 }, seconds: summary.seconds }]);
  text = '';
  await runProject(walk(), request({ given: { options: { length: 6 }, out: folder() } }));
  expect(text).toMatch(/\nTime: under a minute on this adapter, as earlier runs took\n/);
});

it('prints one JSON object and nothing else with json', async () => {
  const output: string[] = [];
  const { summary } = await runProject(walk(), request({ json: true, output: { write: (part: string) => output.push(part) } }));
  expect(JSON.parse(output.join(''))).toEqual(summary);
});

it('goes on after a failure exactly where its checkpoint stands', async () => {
  await runProject(walk(), request({ given: { options: {}, out: join(base, 'whole') } }));
  const failing = walk(async (step) => {
    if (step < 8) return;
    // Checkpoints are written while the steps go on.
    await expect.poll(() => existsSync(join(folder(), 'checkpoint.safetensors'))).toBe(true);
    throw new Error('pulled the plug');
  });
  await expect(runProject(failing, request())).rejects.toThrow('pulled the plug');
  expect(JSON.parse(read('summary.json'))).toMatchObject({ status: 'failed', error: 'pulled the plug' });
  expect(steps()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].slice(0, steps().length));
  // As a killed process leaves it: a torn row and a half-written replacement.
  writeFileSync(join(folder(), 'metrics.jsonl'), `${read('metrics.jsonl')}{"step":9,"su`);
  writeFileSync(join(folder(), '.checkpoint.safetensors.tmp-1'), 'half');
  await runProject(walk(), resume());
  expect(steps()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12]);
  expect(existsSync(join(folder(), '.checkpoint.safetensors.tmp-1'))).toBe(false);
  const results = (path: string) => JSON.parse(readFileSync(join(path, 'summary.json'), 'utf8')).results;
  expect(results(folder())).toEqual(results(join(base, 'whole')));
  const [{ step: from }] = JSON.parse(read('config.json')).resumed;
  expect([1, 2, 3, 4, 5, 6, 7]).toContain(from);
  expect(readdirSync(folder()).filter((name) => name.startsWith('events.'))).toHaveLength(1);
});

it('keeps no row twice when it ended after the last step', async () => {
  const unlucky: Project = {
    ...walk(),
    async run(run, options) {
      const figure = () => Promise.reject(new Error('pulled the plug'));
      await walk().run(new Proxy(run, { get: (own, name) => (name === 'figure' ? figure : Reflect.get(own, name, own)) }), options);
    },
  };
  await expect(runProject(unlucky, request({ given: { options: { length: 10 }, out: folder() } }))).rejects.toThrow('pulled the plug');
  await runProject(walk(), resume());
  expect(steps()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]);
});

it('stops at the first Ctrl-C, saves and says how to go on', async () => {
  const before = process.listenerCount('SIGINT');
  const interrupted = walk((step) => {
    if (step === 3) process.listeners('SIGINT').at(-1)?.('SIGINT');
  });
  const { summary, exitCode } = await runProject(interrupted, request());
  expect(exitCode).toBe(130);
  expect(summary.status).toBe('interrupted');
  expect(text).toContain('stopping after this step; Ctrl-C again to quit now');
  expect(text).toContain(`run walk --resume ${folder()}`);
  expect(process.listenerCount('SIGINT')).toBe(before);
  expect((await runProject(walk(), resume())).summary.status).toBe('finished');
});

it('a full disk ends it with a message; the last checkpoint and whole rows stay', async () => {
  const { write, writeSync } = fs;
  const noSpace = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const fill = () => {
    fs.writeSync = ((file: number, bytes: Uint8Array, at: number) => {
      if (bytes.length - at < 4) throw noSpace();
      return writeSync(file, bytes, at, Math.ceil((bytes.length - at) / 2));
    }) as typeof writeSync;
    fs.write = ((
      file: number,
      bytes: Uint8Array,
      at: number,
      length: number,
      place: null,
      done: (error: Error | null, n?: number) => void,
    ) => {
      if (length < 4) done(noSpace());
      else write(file, bytes, at, Math.ceil(length / 2), place, done);
    }) as typeof write;
    syncBuiltinESMExports();
  };
  for (const full of [5, 10]) {
    rmSync(folder(), { recursive: true, force: true });
    text = '';
    try {
      await expect(
        runProject(
          walk(async (step) => {
            if (step !== full) return;
            while (!existsSync(join(folder(), 'checkpoint.safetensors'))) await new Promise((resolve) => setTimeout(resolve, 1));
            fill();
          }),
          request(),
        ),
      ).rejects.toThrow(/^can't write .*(metrics\.jsonl|events\S*|\S+\.safetensors): the disk is full \(ENOSPC\)\. Free some space/);
    } finally {
      fs.writeSync = writeSync;
      fs.write = write;
      syncBuiltinESMExports();
    }
    expect(text).toMatch(/The last checkpoint is kept\. Go on with: .*--resume/);
    expect(steps()).toEqual(Array.from({ length: steps().length }, (_, i) => i + 1));
    expect(steps().length).toBeGreaterThanOrEqual(full - 1);
    expect(readdirSync(folder()).filter((name) => name.startsWith('.'))).toEqual([]);
    await runProject(walk(), resume());
    expect(steps()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12]);
  }
});

it('keeps a record of each opening of a set, and goes on with the same files alone', async () => {
  const data = join(base, 'data');
  mkdirSync(join(data, 'notes'), { recursive: true });
  for (const i of [1, 2, 3]) writeFileSync(join(data, 'notes', `${i}.txt`), String(i));
  const notes: DataSet = {
    ...numbers,
    ...{ name: 'notes', title: 'Notes', samples: 'notes' },
    forms: [
      form({
        title: 'a folder',
        files: { all: { folder: 'notes', pattern: /\.txt$/, layout: '<number>.txt' } },
        async read({ all }, { limit }) {
          const files = await Promise.all(all.paths.slice(0, limit.all).map((path) => all.read(path)));
          const values = Float32Array.from(files, ({ bytes }) => Number(new TextDecoder().decode(bytes)));
          return { all: { fields: { x: { data: values, shape: [] } }, count: values.length } };
        },
      }),
    ],
  };
  const reader = (fail: boolean): Project => {
    const walking = walk(async (step) => {
      if (!fail || step < 7) return;
      await expect.poll(() => existsSync(join(folder(), 'checkpoint.safetensors'))).toBe(true);
      throw new Error('fell');
    });
    return {
      ...walking,
      async run(run, options) {
        for (const all of [3, 1]) await run.data.notes?.({ limit: { all } });
        await walking.run(run, options);
      },
      data: { numbers, notes },
    };
  };
  const records = () => JSON.parse(read('config.json')).data.map(({ name, limit }: DataRecord) => [name, limit?.all]);
  const started = request({ data });
  await expect(runProject(reader(true), started)).rejects.toThrow('fell');
  const opened = [
    ['notes', 3],
    ['notes', 1],
    ['numbers', undefined],
  ];
  expect(records()).toEqual(opened);
  writeFileSync(join(data, 'notes', '2.txt'), '5');
  await expect(runProject(reader(false), resume())).rejects.toThrow(/"Notes, 3 all notes.*then, "Notes, 3 all notes/);
  writeFileSync(join(data, 'notes', '2.txt'), '2');
  await runProject(reader(false), resume());
  expect(records()).toEqual(opened);
});

it('refuses what would contradict the run it goes on with', async () => {
  await runProject(walk(), request());
  await expect(runProject(walk(), { ...resume(), given: { options: { length: 99 } } })).rejects.toThrow(/--length 99 contradicts its 12/);
  await expect(runProject(walk(), { ...resume(), given: { options: {}, seed: 3 } })).rejects.toThrow(/--seed 3 contradicts its 0/);
  await expect(runProject(walk(), request())).rejects.toThrow(/already holds a run/);
});

it('begins anew where the run ended before its first checkpoint, with whatever data there is now', async () => {
  const data = join(base, 'data');
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'numbers.txt'), 'no numbers');
  const failing = { ...walk(), run: async () => Promise.reject(new TilegradError('fell')) };
  await expect(runProject(failing, request({ data }))).rejects.toThrow('fell');
  await expect(runProject(walk(), request({ data }))).rejects.toThrow(/already holds a run. Go on with it by --resume/);
  expect((await runProject(walk(), resume())).summary.status).toBe('finished');
});

it('says what is wrong with a folder it can not go on with', async () => {
  await expect(runProject(walk(), { ...resume(), resume: base })).rejects.toThrow(/config\.json can't be read/);
  await runProject(walk(), request());
  rmSync(join(folder(), 'checkpoint.safetensors'));
  await expect(runProject(walk(), resume())).rejects.toThrow(/no checkpoint/);
  await expect(runProject({ ...walk(), name: 'other' }, resume())).rejects.toThrow(/a run of walk, not of other/);
  rmSync(folder(), { recursive: true });
  await runProject(walk(), request());
  truncateSync(join(folder(), 'checkpoint.safetensors'), 40);
  await expect(runProject(walk(), resume())).rejects.toThrow(TilegradError);
});

it('names what a damaged record has wrong, and shows no control characters of it', async () => {
  await runProject(walk(), request({ given: { options: { length: 5 }, out: folder() } }));
  const whole = read('config.json');
  const config = JSON.parse(whole);
  const cases: readonly (readonly [unknown, string])[] = [
    [null, 'config: expected an object, got null'],
    [[], 'config: expected an object, got []'],
    [{ ...config, seed: null }, 'config.seed: expected a whole number from 0 to 4294967295, got null'],
    [{ ...config, seed: 2 ** 32 }, 'config.seed: expected a whole number from 0 to 4294967295, got 4294967296'],
    [{ ...config, project: 7 }, 'config.project: expected a text, got 7'],
    [{ ...config, preset: 'constructor' }, 'config.preset: expected "default" or "quick" or "full", got "constructor"'],
    [{ ...config, options: null }, 'config.options: expected an object, got null'],
    [{ ...config, adapter: {} }, 'config.adapter.name: expected a text, got nothing'],
    [{ ...config, wanted: { data: 3 } }, 'config.wanted.data: expected a text, got 3'],
    [{ ...config, data: [{ ...config.data[0], files: [null] }] }, 'config.data[0].files[0]: expected an object, got null'],
    [{ ...config, resumed: {} }, 'config.resumed: expected a list, got {}'],
    [{ ...config, options: { length: '12' } }, 'the option length: "12". It must be a number.'],
    [{ ...config, options: { length: 1e9 } }, 'the option length: 1000000000. It must be at most 1000.'],
    [{ ...config, options: { toString: 1 } }, 'the option toString: 1. There is no such option.'],
    [{ ...config, project: 'a\x1b[2Jb' }, 'that is a run of a\x1b[2Jb, not of walk'],
  ];
  for (const [content, message] of cases) {
    writeFileSync(join(folder(), 'config.json'), JSON.stringify(content));
    await expect(runProject(walk(), resume())).rejects.toThrow(message);
    await expect(runProject(walk(), resume())).rejects.toThrow(TilegradError);
  }
  writeFileSync(join(folder(), 'config.json'), whole);
  const checkpoint = readFileSync(join(folder(), 'checkpoint.safetensors'));
  const { metadata } = decodeSafetensors(checkpoint);
  const [run, position] = [JSON.parse(metadata.run ?? ''), JSON.parse(metadata.position ?? '')];
  const parts: readonly (readonly [Record<string, string>, string])[] = [
    [{ position: 'null' }, 'position: expected an object, got null'],
    [{ position: '{' }, 'lacks the position of the run that wrote it'],
    [{ position: JSON.stringify({ ...position, rows: -1 }) }, 'position.rows: expected a whole number, got -1'],
    [{ position: JSON.stringify({ ...position, live: [{}] }) }, 'position.live[0].path: expected a text, got nothing'],
    [{ kept: '[]' }, 'kept: expected an object, got []'],
    [{ run: 'null' }, 'run: expected an object, got null'],
    [{ run: JSON.stringify({ ...run, seconds: 'NaN' }) }, 'run.seconds: expected a number that is not negative, got "NaN"'],
    [
      { run: JSON.stringify({ ...run, results: { ...run.results, figures: ['../x'] } }) },
      'figures[0]: expected the name of a file, got "../x"',
    ],
  ];
  for (const [part, message] of parts) {
    writeFileSync(join(folder(), 'checkpoint.safetensors'), encodeSafetensors({}, { ...metadata, ...part }));
    await expect(runProject(walk(), resume())).rejects.toThrow(message);
  }
  writeFileSync(join(folder(), 'checkpoint.safetensors'), checkpoint);
  const done = readdirSync(folder()).find((name) => name.startsWith('done-walk-')) as string;
  const left = readFileSync(join(folder(), done));
  writeFileSync(join(folder(), done), encodeSafetensors({}, { path: 'other', steps: '0', rows: '0', value: '{}' }));
  await expect(runProject(walk(), resume())).rejects.toThrow(/done-walk.*: expected what walk has left, found that of other/);
  rmSync(join(folder(), done));
  await expect(runProject(walk(), resume())).rejects.toThrow(/done-walk.* is missing: it is what walk has left/);
  writeFileSync(join(folder(), done), left);
  expect((await runProject(walk(), resume())).summary.status).toBe('finished');
});

it('finds out at once that the folder can not be written', async () => {
  writeFileSync(join(base, 'file'), '');
  const blocked = walk(() => {
    throw new Error('must not run');
  });
  await expect(runProject(blocked, request({ given: { options: {}, out: join(base, 'file', 'run') } }))).rejects.toThrow(
    /can't write .*ENOTDIR/,
  );
  await expect(runProject(blocked, request({ given: { options: {}, out: join(base, 'file') } }))).rejects.toThrow(/can't write/);
  await expect(runProject(blocked, request({ data: join(base, 'nowhere') }))).rejects.toThrow(/data folder .* does not exist/);
  expect(existsSync(folder())).toBe(false);
});
