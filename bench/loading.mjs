// node bench/loading.mjs [--adapter NAME] [--only REGEX]: how fast batches come. Rounds of what is compared take turns, and the best of them counts:
// it is the one that other work on the machine disturbed least. All are printed. The CPU time of all threads, which such work disturbs less, stands
// beside: on a software adapter it is that of the kernels too.
import { parseArgs } from 'node:util';
import { cnnStep, resnetStep } from './models.mjs';

const { values: given } = parseArgs({
  options: { adapter: { type: 'string' }, only: { type: 'string' }, rounds: { type: 'string', default: '7' }, help: { type: 'boolean' } },
});
if (given.help) {
  console.log('node bench/loading.mjs [--adapter NAME] [--only REGEX] [--rounds 7]   with TILEGRAD_DATA: on CIFAR-10, else on its twin');
  process.exit(0);
}
if (given.adapter) process.env.TILEGRAD_ADAPTER = given.adapter;
const rounds = Number(given.rounds);

const library = await import('../dist/node.js');
const { ArrayDataset, DataLoader, nodePlatform, openDataSet, sets, transforms } = library;
const wanted = (name) => !given.only || new RegExp(given.only).test(name);
const shown = (values, digits) => values.map((value) => value.toFixed(digits)).join(' ');
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1].toFixed(3);
const platform = nodePlatform();
const normalise = transforms.normalise({ mean: [0.491, 0.482, 0.447], deviation: [0.247, 0.243, 0.262] });

async function samples(set, count) {
  const { parts, record } = await openDataSet(platform, set, { use: { limit: { train: count, test: 1 } } });
  console.log(record.description);
  return new ArrayDataset(parts.train.fields);
}

/** Milliseconds a step of two loaders of the same batches, of several rounds. */
async function sideBySide(dataset, batchSize, steps, steppers) {
  const sides = [false, true].map((resident, i) => {
    const loader = new DataLoader(dataset, { batchSize, shuffle: true, dropLast: true, resident });
    return { batches: endless(loader), step: steppers[i], times: [], cpu: [] };
  });
  const some = async ({ batches, step }, count) => {
    let loss;
    for (let i = 0; i < count; i++) {
      const { image, label } = (await batches.next()).value;
      loss = step(image, label);
    }
    return loss.item();
  };
  for (const side of sides) await some(side, 2);
  for (let round = 0; round < rounds; round++) {
    for (const side of round % 2 ? sides : sides.toReversed()) {
      const [begin, cpu] = [performance.now(), process.cpuUsage()];
      await some(side, steps);
      side.times.push((performance.now() - begin) / steps);
      const { user, system } = process.cpuUsage(cpu);
      side.cpu.push((user + system) / 1000 / steps);
    }
  }
  const best = (kind) => sides.map((side) => Math.min(...side[kind]));
  const [time, cpu] = [best('times'), best('cpu')];
  ['uploaded', 'resident'].forEach((name, i) => {
    console.log(`  ${name}  ${time[i].toFixed(3)} ms a step (median ${median(sides[i].times)}), ${cpu[i].toFixed(3)} ms of CPU`);
  });
  console.log(`  ratio     ${(time[1] / time[0]).toFixed(3)}, of CPU ${(cpu[1] / cpu[0]).toFixed(3)}\n`);
}

async function* endless(loader) {
  for (;;) yield* loader.tensors();
}

for (const batch of [16, 128]) {
  const name = `mc-dropout's CNN on MNIST, batch ${batch}`;
  if (!wanted(name)) continue;
  console.log(name);
  const dataset = await samples(library.mnist, 4096);
  const make = () => cnnStep(library, { batch, channels: [4, 8, 16, 32], dropout: 0.05 }).step;
  await sideBySide(dataset, batch, 256 / batch, [make(), make()]);
}
for (const [set, batch] of [
  [library.mnist, 16],
  [library.mnist, 128],
  [sets.cifar10, 128],
]) {
  const name = `the batch alone, summed up: ${set.title ?? 'CIFAR-10'}, batch ${batch}`;
  if (!wanted(name)) continue;
  console.log(name);
  const dataset = await samples(set, 4096);
  const make = () => library.compile((image, label) => image.sum().add(label.max().cast('f32')));
  await sideBySide(dataset, batch, 32, [make(), make()]);
}
if (wanted('ResNet-20 on CIFAR-10, batch 32')) {
  console.log('ResNet-20 on CIFAR-10, batch 32');
  const dataset = await samples(sets.cifar10, 1024);
  const make = () => resnetStep(library, { normalise: [normalise] });
  await sideBySide(dataset, 32, 2, [make(), make()]);
}

const augment = [transforms.crop({ size: 32, padding: 4 }), transforms.flip()];
if (wanted('crop and flip, one worker')) {
  console.log('32 × 32 images with crop and flip from one worker');
  const dataset = await samples(sets.cifar10, 10_000);
  const loader = new DataLoader(dataset, { batchSize: 128, shuffle: true, workers: 1, transform: augment });
  const [rates, cpuRates] = [[], []];
  for (let round = 0; round < 2 * rounds; round++) {
    const [begin, cpu] = [performance.now(), process.cpuUsage()];
    let seen = 0;
    for await (const { label } of loader) seen += label.data.length;
    rates.push((1000 * seen) / (performance.now() - begin));
    const { user, system } = process.cpuUsage(cpu);
    cpuRates.push((1e6 * seen) / (user + system));
  }
  await loader.close();
  console.log(`  ${Math.round(Math.max(...rates))} images a second (${shown(rates, 0)})`);
  // Of both threads: what the worker alone gives on a core of its own is no less.
  console.log(`  ${Math.round(Math.max(...cpuRates))} images a second of CPU (${shown(cpuRates, 0)})\n`);
}

if (wanted('waiting, ResNet-20')) {
  console.log('share of the ResNet-20 step spent waiting for crop, flip and normalise by one worker, batch 32');
  const dataset = await samples(sets.cifar10, 1024);
  const loader = new DataLoader(dataset, { batchSize: 32, shuffle: true, dropLast: true, workers: 1, transform: [...augment, normalise] });
  const step = resnetStep(library);
  const batches = endless(loader);
  let [waited, all] = [0, 0];
  for (let i = -1; i < rounds; i++) {
    const begin = performance.now();
    const { image, label } = (await batches.next()).value;
    const got = performance.now();
    await step(image, label).item();
    // The first one compiles.
    if (i < 0) continue;
    waited += got - begin;
    all += performance.now() - begin;
  }
  await loader.close();
  console.log(`  ${((100 * waited) / all).toFixed(2)} % of ${(all / rounds).toFixed(0)} ms a step\n`);
}
process.exit(0);
