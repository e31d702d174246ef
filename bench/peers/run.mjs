// All peers side by side: node bench/peers/run.mjs [options]; --help lists them.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { environment, kinds } from './adapters.mjs';
import { ops } from './ops.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..');
const ours = 'tilegrad';
const flags = {
  adapter: ['lavapipe', `${kinds.join(', ')}; every peer runs on the same one`],
  only: ['matmul,cnn', `benchmarks to run, of matmul, cnn, ${Object.keys(ops).join(', ')}`],
  peers: ['tilegrad,tfjs,jax', 'peers to run'],
  rounds: ['3', 'processes per peer and benchmark, interleaved; their median counts'],
  seconds: ['3', 'timed seconds a process'],
  channels: ['4,8,16,32', 'cnn: outputs of the four convolutions'],
  batch: ['128', 'cnn: batch size'],
  dropout: ['0.2', 'cnn: dropout rate; 0 makes the losses of all peers comparable number by number'],
  'read-every': ['1', 'cnn: steps from one read-back of the loss to the next'],
  size: ['512', 'matmul: rows and columns'],
  timeout: ['300', 'seconds after which a process is given up'],
  out: [join(here, '..', 'results'), 'folder of the JSON result'],
};

const given = parseArgs({
  options: { help: { type: 'boolean' }, ...Object.fromEntries(Object.keys(flags).map((name) => [name, { type: 'string' }])) },
}).values;
if (given.help) {
  for (const [name, [standard, help]] of Object.entries(flags))
    console.log(`--${name.padEnd(12)} ${help} (${name === 'out' ? 'bench/results' : standard})`);
  process.exit(0);
}
const setting = (name) => given[name] ?? flags[name][0];
const list = (name, allowed) =>
  setting(name)
    .split(',')
    .map((item) => oneOf(name, item, allowed));
const number = (name) => positive(name, Number(setting(name)));

const adapter = oneOf('adapter', setting('adapter'), kinds);
const peers = list('peers', [ours, 'tfjs', 'jax']);
const benchmarks = list('only', ['matmul', 'cnn', ...Object.keys(ops)]);
const common = {
  adapter,
  seconds: number('seconds'),
  size: number('size'),
  batch: number('batch'),
  dropout: Number(setting('dropout')),
  readEvery: number('read-every'),
  channels: setting('channels')
    .split(',')
    .map((item) => positive('channels', Number(item))),
};
const [rounds, timeout] = [number('rounds'), number('timeout')];
if (common.channels.length !== 4) fail('channels', 'four numbers', setting('channels'));
if (!(common.dropout >= 0 && common.dropout < 1)) fail('dropout', 'a rate from 0 to below 1', setting('dropout'));

installPeers();
const env = { ...process.env, ...environment(adapter) };
const measured = [];
for (let round = 1; round <= rounds; round++) {
  for (const benchmark of benchmarks) {
    for (const peer of peers) {
      const line = await measure({ ...common, peer, benchmark });
      measured.push({ round, ...line });
      console.log(JSON.stringify(line));
    }
  }
}
const summary = benchmarks.flatMap(summarise);
printTable(summary);
printAgreement(summary);
for (const benchmark of benchmarks) printSquares(benchmark);
writeResult();

/** Installs the peers from the lock file where they are missing. Their install scripts aren't needed. */
function installPeers() {
  if (peers.every((peer) => peer === ours)) return;
  if (['@jax-js/jax', '@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'].every((name) => existsSync(join(here, 'node_modules', name))))
    return;
  console.error('Installing the peers (npm ci, about 75 MB) ...');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: here,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
}

/** Runs one benchmark of one peer in its own process. A failure is a line like any other, with `error` in place of `value`. */
function measure(options) {
  const args = [join(here, 'child.mjs'), JSON.stringify(options)];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout: timeout * 1000, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const line = stdout.split('\n').findLast((text) => text.startsWith('{"peer"'));
      if (line && !error) return resolve(JSON.parse(line));
      const reason = error?.killed
        ? `no result within ${timeout} s`
        : (stderr.match(/^\w*Error.*$/m)?.[0] ?? error?.message.split('\n')[0] ?? 'no output').replaceAll(root, '.');
      resolve({ peer: options.peer, benchmark: options.benchmark, error: reason });
    });
  });
}

/** One row per peer that gave values: the median over rounds, the spread, and how many times its value ours is. */
function summarise(benchmark) {
  const rows = peers.map((peer) => {
    const lines = measured.filter((line) => line.peer === peer && line.benchmark === benchmark);
    const values = lines
      .filter((line) => line.value !== undefined)
      .map((line) => line.value)
      .sort((a, b) => a - b);
    const good = lines.find((line) => line.value !== undefined);
    if (!good) return { benchmark, peer, error: lines[0].error };
    const { version, unit, detail } = good;
    const value = (values[(values.length - 1) >> 1] + values[values.length >> 1]) / 2;
    return {
      benchmark,
      peer,
      version,
      value,
      lowest: values[0],
      highest: values.at(-1),
      unit,
      losses: detail.losses,
      squares: detail.squares,
    };
  });
  const own = rows.find((row) => row.peer === ours)?.value;
  return rows.map((row) => (own && row.value && row.peer !== ours ? { ...row, ratio: own / row.value } : row));
}

function printTable(rows) {
  const adapterName = measured.find((line) => line.adapter)?.adapter ?? adapter;
  const network = `channels ${common.channels}, batch ${common.batch}, dropout ${common.dropout}`;
  console.log(`\n${adapterName}; median of ${rounds} processes (lowest to highest); cnn: ${network}`);
  const cells = [['benchmark', 'peer', 'value', 'spread', `${ours} / peer`]];
  for (const { benchmark, peer, version, value, lowest, highest, unit, ratio, error } of rows) {
    if (error) cells.push([benchmark, peer, 'failed', error.slice(0, 70), '']);
    else
      cells.push([
        benchmark,
        `${peer} ${version}`,
        `${show(value)} ${unit}`,
        `${show(lowest)} – ${show(highest)}`,
        ratio ? `${ratio.toFixed(2)} ×` : '',
      ]);
  }
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  for (const row of cells)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}

/** Without dropout all peers do the same arithmetic from the same weights: says by how much their losses part. */
function printAgreement(rows) {
  const losses = rows.filter((row) => row.losses).map((row) => row.losses.first);
  if (common.dropout > 0 || losses.length < 2) return;
  const steps = Math.min(...losses.map((list) => list.length));
  const spread = (step) => Math.max(...losses.map((list) => list[step])) / Math.min(...losses.map((list) => list[step])) - 1;
  const worst = Math.max(...Array.from({ length: steps }, (_, step) => spread(step)));
  console.log(`cnn: the first ${steps} losses of ${losses.length} peers differ by at most ${worst.toExponential(1)} of their value`);
}

/** All peers compute the same: the mean squares of an op's output and gradients must agree. */
function printSquares(benchmark) {
  const lists = summary.filter((row) => row.benchmark === benchmark && row.squares).map((row) => row.squares);
  if (lists.length < 2) return;
  const worst = Math.max(
    ...lists[0].map((_, i) => Math.max(...lists.map((list) => list[i])) / Math.min(...lists.map((list) => list[i])) - 1),
  );
  console.log(
    `${benchmark}: outputs and gradients of ${lists.length} peers differ by at most ${worst.toExponential(1)} in their mean squares`,
  );
}

function writeResult() {
  const date = new Date().toISOString();
  const versions = Object.fromEntries(summary.filter((row) => row.version).map((row) => [row.peer, row.version]));
  const machine = {
    processor: cpus()[0]?.model,
    cores: cpus().length,
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
  };
  const adapterName = measured.find((line) => line.adapter)?.adapter;
  const result = {
    date,
    adapter: { kind: adapter, name: adapterName },
    machine,
    versions,
    options: { ...common, rounds },
    summary,
    measured,
  };
  const folder = setting('out');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `peers-${adapter}-${date.slice(0, 19).replace(/[:T]/g, '-')}.json`);
  writeFileSync(`${file}.partial`, `${JSON.stringify(result, null, 1)}\n`);
  renameSync(`${file}.partial`, file);
  console.log(`\nWritten: ${file}`);
}

function show(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function oneOf(name, item, allowed) {
  return allowed.includes(item) ? item : fail(name, allowed.join(', '), item);
}

function positive(name, value) {
  return value > 0 && Number.isFinite(value) ? value : fail(name, 'positive numbers', setting(name));
}

function fail(name, expected, got) {
  console.error(`--${name}: expected ${expected}, got ${got}`);
  process.exit(1);
}
