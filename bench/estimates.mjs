// node bench/estimates.mjs [--adapter NAME] [--only REGEX]: what each project's card says of its presets' time, run as by somebody who comes anew: how
// long it was said to take, and how long it took. The `seconds` of the cards come from here (`mc-dropout full` is such a name for --only; a project
// without seconds runs its quick preset), and so does the speed of the adapter that they were measured on: REFERENCE in runtime/run/estimate.ts.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const { values: given } = parseArgs({ options: { adapter: { type: 'string' }, only: { type: 'string' }, help: { type: 'boolean' } } });
if (given.help) {
  console.log('node bench/estimates.mjs [--adapter NAME] [--only REGEX]   with TILEGRAD_DATA: on the real data');
  process.exit(0);
}
const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const run = (arguments_, env = {}) =>
  promisify(execFile)('node', [cli, ...arguments_], { env: { ...process.env, ...env }, maxBuffer: 2 ** 28 });
const { projects } = await import('../dist/projects/index.js');
const data = process.env.TILEGRAD_DATA ? ['--data', process.env.TILEGRAD_DATA] : [];
const adapter = given.adapter ? ['--adapter', given.adapter] : [];

const kebabCase = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const measured = projects.flatMap(({ name, seconds = { quick: 0 } }) =>
  Object.entries(seconds).map(([preset, entry]) => ({ name, preset, less: entry.with ?? {} })),
);
const speeds = [];
for (const { name, preset, less } of measured) {
  const title = `${name} ${preset}`;
  if (given.only && !new RegExp(given.only).test(title)) continue;
  const folder = mkdtempSync(join(tmpdir(), 'tilegrad-estimates-'));
  const out = join(folder, 'run');
  const options = Object.entries(less).flatMap(([option, value]) => [`--${kebabCase(option)}`, String(value)]);
  const chosen = preset === 'default' ? options : [`--${preset}`, ...options];
  const { stdout } = await run(['run', name, ...chosen, '--json', '--out', out, ...data, ...adapter], {
    TILEGRAD_CACHE: join(folder, 'cache'),
  });
  const { seconds } = JSON.parse(stdout);
  const said = /^Time: (.*)$/m.exec(readFileSync(join(out, 'log.txt'), 'utf8'))?.[1];
  const times = join(folder, 'cache', 'times.json');
  if (existsSync(times)) speeds.push(...Object.values(JSON.parse(readFileSync(times, 'utf8')).speeds));
  console.log(`${[title, ...options].join(' ').padEnd(44)} took ${seconds.toFixed(1).padStart(7)} s; said: ${said}`);
  rmSync(folder, { recursive: true });
}
if (speeds.length > 0) console.log(`the adapter's speed: ${speeds.map((speed) => speed.toFixed(5)).join(' ')}, the quickest counts`);
