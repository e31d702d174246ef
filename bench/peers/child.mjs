// One peer, one benchmark, one process: node child.mjs '<options as JSON>'; prints one JSON line. run.mjs starts it.

import { batches, generator, initialWeights, uniform } from './data.mjs';
import { inputsOf, ops } from './ops.mjs';

const options = JSON.parse(process.argv[2]);
const peer = await import(`./${options.peer}.mjs`);
const { adapter, version } = await peer.start(options);
const result = await (ops[options.benchmark] ? timeOp : { matmul: timeMatmul, cnn: timeTraining }[options.benchmark])();
const line = { peer: options.peer, version, benchmark: options.benchmark, adapter, ...result };
process.stdout.write(`${JSON.stringify(line)}\n`, () => process.exit(0));

/** GFLOP/s of chained multiplications: the chain is doubled until it takes 0.4 s, then its median over several runs counts. */
async function timeMatmul() {
  const { size, seconds } = options;
  const random = generator(3);
  const a = uniform(size * size, Math.sqrt(3 / size), random);
  const b = uniform(size * size, Math.sqrt(3 / size), random);
  const run = peer.matmul(size, a, b);
  const error = chainError(size, a, b, 3, await run(3));
  if (!(error < 1e-4)) throw new Error(`matmul: expected an error under 1e-4, got ${error}`);
  let count = 1;
  let took = await time(() => run(count));
  while (took < 0.4 && count < 1 << 16) {
    count *= 2;
    took = await time(() => run(count));
  }
  const times = await repeat(seconds, 3, () => time(() => run(count)));
  const value = (2 * size ** 3 * count) / median(times) / 1e9;
  return { value, unit: 'GFLOP/s', detail: { size, chain: count, runs: times.length, error, note: peer.notes.matmul } };
}

/** Images/s of whole training steps, each with its own upload; every `readEvery`-th loss is read back and ends a timed group. */
async function timeTraining() {
  const { batch, channels, dropout, readEvery, seconds } = options;
  const data = batches(8, batch);
  const weights = initialWeights(channels);
  const step = peer.cnn({ batch, channels, dropout, lr: 1e-3, weights });
  const losses = [];
  let count = 0;
  const steps = async (length) => {
    for (let i = 0; i < length; i++) {
      const { images, labels } = data[count++ % data.length];
      const wanted = i === length - 1;
      const loss = await step(images, labels, wanted);
      if (wanted) losses.push(Number(loss.toPrecision(7)));
    }
  };
  const firstStep = await time(() => steps(1));
  await steps(1);
  if (firstStep < 5) await steps(1);
  const times = await repeat(seconds, 2, () => time(() => steps(readEvery)));
  const value = (batch * readEvery) / median(times);
  const shown = { first: losses.slice(0, 12), last: losses.at(-1) };
  const detail = {
    channels,
    batch,
    dropout,
    readEvery,
    steps: count,
    firstStepSeconds: round(firstStep),
    losses: shown,
    note: peer.notes.cnn,
  };
  if (!losses.every(Number.isFinite)) throw new Error(`cnn: a loss is not finite: ${losses}`);
  return { value, unit: 'images/s', detail };
}

/** Passes/s of one op, forward and backward: as many in a row as take 0.4 s, ended by the read-back of a few sums. */
async function timeOp() {
  const { benchmark, seconds } = options;
  const run = peer.op(benchmark, inputsOf(benchmark));
  const first = await time(() => run(1));
  const squares = await run(1);
  if (!squares.every(Number.isFinite)) throw new Error(`${benchmark}: a result is not finite: ${squares}`);
  let count = 1;
  let took = await time(() => run(count));
  while (took < 0.4) {
    count *= 2;
    took = await time(() => run(count));
  }
  const times = took > seconds ? [took] : await repeat(seconds, 3, () => time(() => run(count)));
  const detail = { passes: count, runs: times.length, firstSeconds: round(first), squares, note: peer.notes.ops };
  return { value: count / median(times), unit: 'passes/s', detail };
}

/** The largest error of a few entries of `product`, which should be `count` times `a` from the left on `b`, against float64 sums. */
function chainError(size, a, b, count, product) {
  let worst = 0;
  for (const [row, column] of [
    [0, size - 1],
    [size >> 1, 7],
    [size - 1, 0],
  ]) {
    let left = Float64Array.from(a.subarray(row * size, (row + 1) * size));
    for (let i = 1; i < count; i++) left = left.map((_, j) => left.reduce((sum, value, k) => sum + value * a[k * size + j], 0));
    const expected = left.reduce((sum, value, k) => sum + value * b[k * size + column], 0);
    worst = Math.max(worst, Math.abs(expected - product[row * size + column]));
  }
  return worst;
}

async function time(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** The results of `measure`, called until `seconds` have passed and at least `least` times. */
async function repeat(seconds, least, measure) {
  const end = performance.now() + seconds * 1000;
  const results = [];
  while (results.length < least || performance.now() < end) results.push(await measure());
  return results;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

function round(value) {
  return Number(value.toPrecision(3));
}
