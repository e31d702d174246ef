// What bench/gpu.sh starts: the stages below, each in processes of its own and with an end of its own, correctness first. After every stage the
// results so far are written, so whatever cuts this off loses only what was under way.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { cases, flopsOf, nameOf, rehearsal } from './cases.mjs';

const { values: given } = parseArgs({
  options: {
    rehearse: { type: 'boolean' },
    record: { type: 'boolean' },
    out: { type: 'string' },
    minutes: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (given.help) {
  console.log(`bench/gpu.sh [--out FOLDER] [--minutes N] [--rehearse] [--record]

--out       where results and log go (default: bench/results)
--minutes   when to stop at the latest (default: 8)
--rehearse  on a software adapter, with the kernels that a GPU gets and small sizes, without end
--record    writes the losses of the network's training to bench/gpu/reference.json: what later runs are held against`);
  process.exit(0);
}
const out = given.out ?? 'bench/results';
const started = Date.now();
/** A rehearsal runs one of so many tests: on CPU cores all of them take hours with the kernels of a GPU. */
const SHARE = 60;
const FOREVER = Number.POSITIVE_INFINITY;
const end = given.rehearse || given.record ? FOREVER : started + 60_000 * Number(given.minutes ?? 8);
const secondsLeft = () => (end - Date.now()) / 1000;
const wanted = process.env.TILEGRAD_ADAPTER ?? (given.rehearse ? 'lavapipe' : 'hardware');
const env = { ...process.env, TILEGRAD_ADAPTER: wanted, ...(given.rehearse ? { TILEGRAD_KERNELS: 'gpu' } : {}) };
const scratch = join(tmpdir(), `tilegrad-gpu-${process.pid}`);
mkdirSync(scratch, { recursive: true });
mkdirSync(out, { recursive: true });

const results = { date: new Date().toISOString(), machine: { cpu: cpus()[0].model, cores: cpus().length, node: process.version }, log: [] };
let file = join(out, `gpu-${results.date.slice(0, 19).replaceAll(':', '-')}.json`);

function say(text) {
  const line = `${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`;
  console.log(line);
  results.log.push(line);
}
const save = () => {
  if (!given.record) writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
};

async function stage(name, body) {
  if (secondsLeft() < 5) return say(`${name}: left out, the time is over`);
  const begin = Date.now();
  say(`== ${name}`);
  try {
    results[name] = await body();
  } catch (error) {
    results[name] = { error: String(error?.stack ?? error) };
    say(`${name}: ${error?.message ?? error}`);
  }
  results[name].seconds = (Date.now() - begin) / 1000;
  save();
}

/** Runs a program for at most `seconds`, then ends it by `signal`; its output goes to the log as it comes. */
function run(command, args, { seconds, signal = 'SIGKILL', quiet = false, variables = {} }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: { ...env, ...variables }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let cutOff = false;
    const stop = (how) => {
      cutOff = true;
      try {
        process.kill(-child.pid, how);
      } catch {}
      if (how !== 'SIGKILL') timer = setTimeout(stop, 20_000, 'SIGKILL');
    };
    const limit = Math.min(seconds, secondsLeft());
    let timer = Number.isFinite(limit) ? setTimeout(stop, 1000 * limit, signal) : undefined;
    const lines = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (!quiet && line.trim()) say(`   ${line}`);
      });
    }
    child.on('error', (error) => lines.push(String(error)));
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, cutOff, text: lines.join('\n') });
    });
  });
}

/** Options of vitest that choose one test in SHARE, of all files, and give each the time it takes. */
async function everyNth(vitest, files) {
  const list = join(scratch, 'tests.json');
  const { code, text } = await run(process.execPath, [vitest, 'list', ...files, `--json=${list}`], { seconds: FOREVER, quiet: true });
  if (code !== 0) throw new Error(`vitest list ended with ${code}: ${text.slice(-4000)}`);
  const chosen = JSON.parse(readFileSync(list, 'utf8')).filter((_, i) => i % SHARE === 0);
  const patterns = chosen.map(({ name }) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' > ', '( > | )'));
  return ['-t', `^(${patterns.join('|')})$`, '--testTimeout=1800000', '--hookTimeout=1800000'];
}

await stage('adapter', async () => {
  const nvidia = spawnSync('nvidia-smi', ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'], { encoding: 'utf8' });
  const info = spawnSync(process.execPath, ['dist/cli.js', 'info', '--json'], { env, encoding: 'utf8', timeout: 60_000 });
  if (info.status !== 0) throw new Error(`tilegrad info ended with ${info.status ?? info.signal}: ${info.stderr.slice(-2000)}`);
  const survey = JSON.parse(info.stdout);
  const chosen = survey.adapters.find(({ chosen }) => chosen);
  if (!chosen) throw new Error(survey.problem ?? 'no adapter was chosen');
  say(`${chosen.name}, ${chosen.driver}${given.rehearse ? ', with the kernels of a GPU' : ''}`);
  if (nvidia.stdout) say(nvidia.stdout.trim());
  say(`features: ${chosen.features.join(' ')}`);
  const slug = chosen.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  file = join(out, `gpu-${given.rehearse ? 'rehearsal-' : ''}${slug}-${results.date.slice(0, 10)}.json`);
  results.name = chosen.name;
  return { ...survey, nvidia: nvidia.stdout?.trim() };
});

if (results.adapter.error) finish(1);

if (!given.record) {
  await stage('ops', async () => {
    const lines = join(scratch, 'tests.jsonl');
    writeFileSync(lines, '');
    const vitest = 'node_modules/vitest/vitest.mjs';
    if (!existsSync(vitest)) throw new Error('vitest is missing: install the packages, or pack the bundle with its tests');
    // Those that are about the sources need more packages than a bundle has, and no adapter.
    const aboutSources = ['coverage.test.ts', 'ops-table.test.ts'];
    const tables = readdirSync('test/engine').filter((name) => name.endsWith('.test.ts') && !aboutSources.includes(name));
    const files = [...tables.map((name) => `test/engine/${name}`), 'test/nn', 'test/optim'];
    const workers = Math.max(1, Math.min(8, cpus().length - 2));
    const share = given.rehearse ? await everyNth(vitest, files) : [];
    const { code, cutOff, text } = await run(
      process.execPath,
      [vitest, 'run', ...files, ...share, `--maxWorkers=${workers}`, '--reporter=./bench/gpu/reporter.mjs'],
      { seconds: given.rehearse ? FOREVER : 240, quiet: true, variables: { TEST_LINES: lines } },
    );
    const tests = readFileSync(lines, 'utf8')
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const failed = tests.filter(({ state }) => state === 'failed');
    const passed = tests.filter(({ state }) => state === 'passed').length;
    for (const { file, name, errors } of failed.slice(0, 60)) say(`   FAILED ${file}: ${name}: ${errors?.[0]?.split('\n')[0]}`);
    say(`${passed} passed, ${failed.length} failed${cutOff ? ', cut off by the time' : ''}`);
    if (tests.length === 0) throw new Error(`no test ran: ${text.slice(-4000)}`);
    return { passed, failed, cutOff, code };
  });
}

await stage('training', async () => {
  const folder = join(scratch, 'mc-dropout');
  const command = ['dist/cli.js', 'run', 'mc-dropout', '--quick', '--out', folder];
  const { code, cutOff, text } = await run(process.execPath, command, { seconds: given.record ? FOREVER : 120, signal: 'SIGINT' });
  // A rehearsal sees its first steps.
  if (code !== 0 && !(given.rehearse && cutOff)) throw new Error(`mc-dropout ended with ${code}: ${text.slice(-3000)}`);
  const rows = readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const losses = rows.flatMap(({ loss }) => (loss === undefined ? [] : [loss]));
  const { data } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const { results: found, seconds } = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'));
  const made = {
    data: data.map(({ description, files }) => ({ description, files })),
    losses: losses.slice(0, 200),
    cutOff,
    found,
    trainingSeconds: seconds,
  };
  if (given.record) {
    const record = { command: 'tilegrad run mc-dropout --quick', adapter: results.name, date: results.date.slice(0, 10), ...made };
    writeFileSync('bench/gpu/reference.json', `${JSON.stringify(record)}\n`);
    say('bench/gpu/reference.json');
  } else {
    made.beside = beside(made);
    say(made.beside.words);
  }
  say(JSON.stringify(found));
  return made;
});

/** Step by step, how far the losses are from those that a software adapter gave. Rounding grows from step to step, so the first count. */
function beside({ data, losses }) {
  const reference = JSON.parse(readFileSync('bench/gpu/reference.json', 'utf8'));
  if (JSON.stringify(reference.data) !== JSON.stringify(data)) {
    return { words: `losses can't be compared: the reference was made on other data (${reference.data[0].description})` };
  }
  const differences = losses.map((loss, i) => Math.abs(loss - reference.losses[i]) / Math.max(1e-3, Math.abs(reference.losses[i])));
  const worst = (steps) => Math.max(...differences.slice(0, steps));
  const after = Object.fromEntries([1, 5, 20, 50, 100, 200].map((steps) => [steps, worst(steps)]));
  const close = after[1] < 1e-4 && after[5] < 1e-2;
  const list = Object.entries(after).map(([steps, value]) => `${steps}: ${value.toExponential(1)}`);
  return {
    adapter: reference.adapter,
    largestRelativeDifference: after,
    close,
    words: `losses ${close ? 'as' : 'NOT as'} on ${reference.adapter}; largest relative difference over the first steps ${list.join(', ')}`,
  };
}

if (!given.record) {
  await stage('timings', async () => {
    const sides = { tilegrad: side(process.execPath, ['bench/gpu/tilegrad.mjs']), torch: side('python3', ['bench/gpu/torch_side.py']) };
    const started = await Promise.all(Object.values(sides).map(({ hello }) => hello));
    say(started.map((hello) => JSON.stringify(hello)).join('  '));
    if (started[0].error) throw new Error(`tilegrad did not start: ${started[0].error}`);
    if (started[1].error) delete sides.torch;
    const rows = [];
    for (const spec of given.rehearse ? rehearsal : cases) {
      if (secondsLeft() < 8) {
        say(`${nameOf(spec)} and what follows: left out, the time is over`);
        break;
      }
      rows.push(await timed(spec, sides));
      results.timings = { rows };
      save();
    }
    for (const { stop } of Object.values(sides)) stop();
    return { sides: started, rows };
  });
}
finish(Object.values(results).some((value) => value?.error) || results.ops?.failed?.length ? 1 : 0);

/** One case, three times in turns; the median of each side counts. */
async function timed(spec, sides) {
  const answers = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round < 3; round++) {
    for (const [name, { ask }] of Object.entries(sides)) {
      if (answers[name].some(({ error }) => error) || (round > 0 && secondsLeft() < 5)) continue;
      answers[name].push(await ask({ spec, seconds: 0.15 }));
    }
  }
  const row = { name: nameOf(spec), spec };
  for (const [name, list] of Object.entries(answers)) {
    const error = list.find((answer) => answer.error)?.error;
    if (error) {
      row[name] = { error };
      say(`   ${row.name}: ${name} failed: ${error.split('\n').slice(0, 3).join(' ')}`);
      continue;
    }
    const sorted = list.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
    const flops = flopsOf(spec);
    const milliseconds = sorted[sorted.length >> 1];
    row[name] = { milliseconds, all: sorted, firstSeconds: list[0].firstSeconds, first: list[0].first, last: list.at(-1).last };
    if (flops) row[name].tflops = flops / milliseconds / 1e9;
  }
  const { tilegrad, torch } = row;
  if (tilegrad.milliseconds && torch?.milliseconds) row.timesTorch = tilegrad.milliseconds / torch.milliseconds;
  // Ops begin with the same values on both sides; networks have weights of their own, and their losses must fall.
  const trains = ['cnn', 'gpt'].includes(spec.kind);
  if (tilegrad.first && trains) row.agrees = tilegrad.last.every((loss, i) => Number.isFinite(loss) && loss <= tilegrad.first[i]);
  else if (tilegrad.first && torch?.first)
    row.agrees = tilegrad.first.every((value, i) => Math.abs(value - torch.first[i]) <= 1e-3 * Math.abs(torch.first[i]) + 1e-12);
  const show = (name) => {
    const { milliseconds, tflops, firstSeconds } = row[name] ?? {};
    if (!milliseconds) return `${name} –`;
    return `${name} ${milliseconds.toPrecision(4)} ms${tflops ? ` ${tflops.toPrecision(3)} TFLOP/s` : ''} (first ${firstSeconds.toFixed(2)} s)`;
  };
  say(
    `   ${row.name.padEnd(30)} ${show('tilegrad')}   ${show('torch')}${row.timesTorch ? `   ${row.timesTorch.toFixed(2)} × its time` : ''}${row.agrees === false ? '   RESULTS DIFFER' : ''}`,
  );
  return row;
}

/** A process that answers a JSON line with a JSON line. After an error a new one takes its place: the old may be dead, or without its device. */
function side(command, args) {
  let talk = conversation(command, args);
  return {
    hello: talk.hello,
    ask: async (request) => {
      const hello = await talk.hello;
      const answer = hello.error ? hello : await talk.ask(request);
      if (answer.error) {
        talk.stop();
        talk = conversation(command, args);
      }
      return answer;
    },
    stop: () => talk.stop(),
  };
}

function conversation(command, args) {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const waiting = [];
  const early = [];
  let errors = '';
  let ended;
  const take = (value) => (waiting.length > 0 ? waiting.shift()(value) : early.push(value));
  child.stderr.on('data', (text) => {
    errors = `${errors}${text}`.slice(-4000);
  });
  child.stdin.on('error', () => {});
  child.on('error', (error) => {
    errors += error.message;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) take(JSON.parse(line));
  });
  child.on('close', (code, signal) => {
    ended = { error: `the process ended (${code ?? signal}): ${errors}` };
    for (const answer of waiting.splice(0)) answer(ended);
  });
  const next = () =>
    new Promise((resolve) => {
      if (early.length > 0) return resolve(early.shift());
      if (ended) return resolve(ended);
      const timer = setTimeout(() => child.kill('SIGKILL'), Math.max(1, 1000 * Math.min(given.rehearse ? 1200 : 60, secondsLeft())));
      waiting.push((value) => {
        clearTimeout(timer);
        resolve(value);
      });
    });
  return {
    hello: next(),
    ask: (request) => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return next();
    },
    stop: () => child.kill('SIGKILL'),
  };
}

function finish(code) {
  say(code === 0 ? 'everything passed' : 'something failed: see above');
  save();
  if (!given.record) console.log(file);
  rmSync(scratch, { recursive: true, force: true });
  process.exit(code);
}
