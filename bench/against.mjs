// node bench/against.mjs BEFORE [--rounds N] [--only REGEX] [--adapter NAME]: npm run bench here and in BEFORE, another built checkout, in turns.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    adapter: { type: 'string', default: 'lavapipe' },
  },
});
const rounds = Number(given.rounds);
if (positionals.length !== 1 || !(rounds >= 1)) {
  console.error(
    'node bench/against.mjs BEFORE [--rounds N] [--only REGEX] [--adapter NAME]\n\nBEFORE: the folder of another checkout, built',
  );
  process.exit(1);
}

const here = fileURLToPath(new URL('..', import.meta.url));
const trees = { before: resolve(positionals[0]), after: here };
const commit = (cwd) => execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd, encoding: 'utf8' }).trim();
const value = ({ milliseconds, microseconds }) => milliseconds ?? microseconds;
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** One whole benchmark in a checkout: what it wrote. */
function bench(cwd) {
  const args = ['bench/bench.mjs', '--adapter', given.adapter, '--only', given.only];
  const output = execFileSync(process.execPath, args, { cwd, encoding: 'utf8' });
  return JSON.parse(readFileSync(join(cwd, output.trim().split('\n').at(-1)), 'utf8'));
}

const samples = new Map();
let adapter;
for (let round = 0; round < rounds; round++) {
  // Whoever goes first changes from round to round.
  for (const tree of round % 2 ? ['after', 'before'] : ['before', 'after']) {
    const ran = bench(trees[tree]);
    adapter = ran.adapter;
    for (const result of ran.results) {
      const row = samples.get(result.name) ?? { before: [], after: [] };
      row[tree].push(value(result));
      samples.set(result.name, row);
    }
    console.error(`round ${round + 1} of ${rounds}: ${tree}`);
  }
}

const rows = [...samples]
  .filter(([, { before, after }]) => before.length && after.length)
  .map(([name, { before, after }]) => {
    // Of the runs that stood next to each other.
    const ratios = after.map((time, i) => time / before[i]);
    return { name, before, after, ratio: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
  });
for (const { name, before, after, ratio, least, most } of rows) {
  const times = `${median(before).toFixed(3).padStart(9)} ${median(after).toFixed(3).padStart(9)}`;
  console.log(`${name.padEnd(54)} ${times}  × ${ratio.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`);
}
const date = new Date().toISOString().slice(0, 10);
const slug = adapter
  .toLowerCase()
  .replace(/[^a-z0-9]+/g, '-')
  .replace(/-$/, '');
const name = `bench/results/against-${commit(trees.before)}-${slug}-${date}.json`;
const of = { before: commit(trees.before), after: commit(here) };
const machine = { cpu: cpus()[0].model, cores: cpus().length, node: process.version };
writeFileSync(join(here, name), `${JSON.stringify({ adapter, date, machine, commits: of, rows }, null, 2)}\n`);
console.log(`\n${name}`);
