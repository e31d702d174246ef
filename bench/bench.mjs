// npm run bench [-- --adapter NAME] [--only REGEX]: kernels and training steps on one adapter, as a table and as JSON in bench/results/.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cnnStep } from './models.mjs';

const { values: given } = parseArgs({
  options: { adapter: { type: 'string' }, only: { type: 'string' }, profile: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (given.help) {
  console.log(
    'npm run bench -- [--adapter NAME] [--only REGEX] [--profile]\n\n--profile also prints the time of each kernel of the training step',
  );
  process.exit(0);
}
if (given.adapter) process.env.TILEGRAD_ADAPTER = given.adapter;

const library = await import('../dist/node.js');
const { compile, gradients, profile, showProfile, tensor } = library;
const device = await library.openDevice();
console.log(`${device.name} (${device.reason})\n`);

const noise = (...shape) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1.7 * i)),
    shape,
  );
const matmulFlops = (m, n, k) => 2 * m * n * k;

/** Name, function of its inputs, inputs, what one call does. */
const kernels = [
  ...[128, 512].map((size) => [
    `matmul ${size}³`,
    (a, b) => a.matmul(b),
    [noise(size, size), noise(size, size)],
    { flops: matmulFlops(size, size, size) },
  ]),
  ...[
    ['forward', (x, w) => library.conv2d(x, w, { padding: 1 }), 1],
    ['forward and gradients', (x, w) => gradients(library.conv2d(x, w, { padding: 1 }).square().sum(), [x, w]), 3],
  ].map(([pass, run, times]) => [
    `conv2d 8×64×28×28, 3×3, 64, ${pass}`,
    run,
    [noise(8, 64, 28, 28), noise(64, 64, 3, 3)],
    { flops: times * matmulFlops(64, 8 * 28 * 28, 64 * 9) },
  ]),
  [
    'element-wise chain of 5 on one input, 2²⁰',
    (a) => a.mul(0.7).add(1).relu().mul(0.5).sub(a),
    [noise(1 << 20)],
    { bytes: 2 * 4 * 2 ** 20 },
  ],
  [
    'element-wise chain of 5, two inputs, 2²⁰',
    (a, b) => a.mul(b).add(1).relu().mul(0.5).sub(b),
    [noise(1 << 20), noise(1 << 20)],
    { bytes: 3 * 4 * 2 ** 20 },
  ],
  ['sum of 2²⁰', (a) => a.sum(), [noise(1 << 20)], { bytes: 4 * 2 ** 20 }],
  ['sum over rows 1024×1024', (a) => a.sum(1), [noise(1024, 1024)], { bytes: 4 * 2 ** 20 }],
  ['sum over columns 1024×1024', (a) => a.sum(0), [noise(1024, 1024)], { bytes: 4 * 2 ** 20 }],
  ['max over rows 1024×1024', (a) => a.max(1), [noise(1024, 1024)], { bytes: 4 * 2 ** 20 }],
  ['running sums along rows 1024×1024', (a) => a.cumSum(1), [noise(1024, 1024)], { bytes: 2 * 4 * 2 ** 20 }],
  ['running sums of 2²⁰', (a) => a.cumSum(), [noise(1 << 20)], { bytes: 2 * 4 * 2 ** 20 }],
  ['softmax 1024×1024', (a) => a.softmax(), [noise(1024, 1024)], { bytes: 2 * 4 * 2 ** 20 }],
];

/** Median milliseconds on the GPU (by timestamps) of each of some functions, run in turns. */
async function timeKernels(...functions) {
  const calls = [];
  for (const { run, inputs } of functions) {
    const kept = inputs.map((input) => input.keep());
    const compiled = compile((...all) => run(...all));
    await [compiled(...kept)].flat()[0].data();
    calls.push(() => compiled(...kept));
  }
  const samples = calls.map(() => []);
  for (let i = 0; i < 11; i++) {
    for (const [k, call] of calls.entries()) {
      const rows = await profile(call);
      samples[k].push(rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0));
    }
  }
  return samples.map((values) => values.sort((a, b) => a - b)[5]);
}

async function timeTraining({ step, image, label }, batch) {
  const begin = performance.now();
  await step(image, label).item();
  const compileMs = performance.now() - begin;
  for (let i = 0; i < 3; i++) await step(image, label).item();
  const samples = [];
  for (let i = 0; i < 12; i++) {
    const start = performance.now();
    await step(image, label).item();
    samples.push(performance.now() - start);
  }
  samples.sort((a, b) => a - b);
  return { compileMs, milliseconds: samples[6], imagesPerSecond: (1000 * batch) / samples[6] };
}

const wanted = (name) => !given.only || new RegExp(given.only).test(name);
const results = [];
// A copy of 2²⁰ elements, each read and written once. Kernels that handle as many run in turns with it.
const copy = { run: (a) => a.neg(), inputs: [noise(1 << 20)] };
for (const [name, run, inputs, { flops, bytes }] of kernels) {
  if (!wanted(name)) continue;
  const [milliseconds, copyMs] = await timeKernels({ run, inputs }, ...(bytes ? [copy] : []));
  const rate = flops ? { gflops: flops / milliseconds / 1e6 } : { gbytes: bytes / milliseconds / 1e6 };
  const ofCopy = bytes ? { copyMilliseconds: copyMs, timesCopy: milliseconds / copyMs } : {};
  results.push({ name, milliseconds, ...rate, ...ofCopy });
  const shown = flops ? `${rate.gflops.toFixed(2)} GFLOP/s` : `${rate.gbytes.toFixed(2)} GB/s`;
  const beside = bytes ? `  ${ofCopy.timesCopy.toFixed(2)} × the time of a copy` : '';
  console.log(`${name.padEnd(54)} ${milliseconds.toFixed(3).padStart(9)} ms  ${shown.padStart(15)}${beside}`);
}
for (const channels of [
  [4, 8, 16, 32],
  [16, 32, 64, 64],
]) {
  const name = `training step, batch 128, channels ${channels.join(' ')}`;
  if (!wanted(name)) continue;
  const model = cnnStep(library, { batch: 128, channels, dropout: 0.2 });
  const timed = await timeTraining(model, 128);
  results.push({ name, ...timed });
  console.log(
    `${name.padEnd(54)} ${timed.milliseconds.toFixed(3).padStart(9)} ms  ${timed.imagesPerSecond.toFixed(0).padStart(6)} images/s (first step ${timed.compileMs.toFixed(0)} ms)`,
  );
  if (given.profile) console.log(`\n${showProfile(await profile(() => model.step(model.image, model.label)))}\n`);
}
await library.closeDevice();

if (wanted('host overhead')) {
  // A process of its own: Dawn's instance can be made once only.
  const overhead = JSON.parse(
    execFileSync(process.execPath, [fileURLToPath(new URL('overhead.mjs', import.meta.url))], { encoding: 'utf8' }),
  );
  results.push({ name: 'host overhead', ...overhead });
  console.log(
    `${'host overhead of a replayed dispatch (null backend)'.padEnd(54)} ${overhead.microseconds.toFixed(2).padStart(9)} µs  (${overhead.dispatches} dispatches a step)`,
  );
}

const folder = new URL('results/', import.meta.url);
mkdirSync(folder, { recursive: true });
const date = new Date().toISOString().slice(0, 10);
const file = new URL(
  `bench-${device.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '')}-${date}.json`,
  folder,
);
const machine = { cpu: cpus()[0].model, cores: cpus().length, node: process.version };
writeFileSync(file, `${JSON.stringify({ adapter: device.name, kind: device.kind, date, machine, results }, null, 2)}\n`);
console.log(`\nbench/results/${file.pathname.split('/').at(-1)}`);
process.exit(0);
