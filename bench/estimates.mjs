// node bench/estimates.mjs [--adapter NAME] [--only REGEX]: every project's quick run as by somebody who comes anew, how long it was said to take,
// and how long it took. The `seconds` of the cards, and the speed of the adapter that they were measured on, come from here.
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
const { stdout: list } = await run(['list', '--json']);
const data = process.env.TILEGRAD_DATA ? ['--data', process.env.TILEGRAD_DATA] : [];
const adapter = given.adapter ? ['--adapter', given.adapter] : [];

for (const { name } of JSON.parse(list)) {
  if (given.only && !new RegExp(given.only).test(name)) continue;
  const folder = mkdtempSync(join(tmpdir(), 'tilegrad-estimates-'));
  const out = join(folder, 'run');
  const { stdout } = await run(['run', name, '--quick', '--json', '--out', out, ...data, ...adapter], {
    TILEGRAD_CACHE: join(folder, 'cache'),
  });
  const { seconds } = JSON.parse(stdout);
  const said = /^Time: (.*)$/m.exec(readFileSync(join(out, 'log.txt'), 'utf8'))?.[1];
  const times = join(folder, 'cache', 'times.json');
  const speeds = existsSync(times) ? Object.values(JSON.parse(readFileSync(times, 'utf8')).speeds) : [];
  const speed = speeds.length > 0 ? `; the adapter's speed ${speeds[0].toFixed(5)}` : '';
  console.log(`${name.padEnd(20)} took ${seconds.toFixed(1).padStart(7)} s; said: ${said}${speed}`);
  rmSync(folder, { recursive: true });
}
