// node bench/durability.mjs [--adapter NAME] [--only REGEX] [--rounds N]: what saving costs. The same run with checkpoints as they come by default and
// with one at its end alone, in turns; the best of each counts: it is the one that other work on the machine disturbed least. All are printed, and go
// to bench/results/. Beside that stands the run's own account, which other work disturbs least: the share of its time in which a checkpoint was being
// saved, from asking for it to having it. The steps go on meanwhile, so saving costs no more than that.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const { values: given } = parseArgs({
  options: { adapter: { type: 'string' }, only: { type: 'string' }, rounds: { type: 'string', default: '5' }, help: { type: 'boolean' } },
});
if (given.help) {
  console.log('node bench/durability.mjs [--adapter NAME] [--only REGEX] [--rounds 5]   with TILEGRAD_DATA: on the real data');
  process.exit(0);
}
const rounds = Number(given.rounds);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const base = mkdtempSync(join(tmpdir(), 'tilegrad-durability-'));
// The CPU time of all its threads: on a software adapter that of the kernels too.
const telling = `process.on('exit', () => process.stderr.write(JSON.stringify(process.cpuUsage())))`;
const NEVER = ['--save-every', '86400'];

/** One run in a process of its own. */
async function run(name, project, ...more) {
  const out = join(base, name);
  const adapter = given.adapter ? ['--adapter', given.adapter] : [];
  const command = ['--import', `data:text/javascript,${encodeURIComponent(telling)}`, here('../dist/cli.js'), 'run', ...project];
  const { stdout, stderr } = await promisify(execFile)('node', [...command, ...adapter, '--json', '--out', out, ...more], {
    maxBuffer: 2 ** 28,
  });
  const { seconds, saving, adapter: used } = JSON.parse(stdout);
  const { user, system } = JSON.parse(stderr.slice(stderr.lastIndexOf('{')));
  const times = readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).time);
  // The last checkpoint holds no loop any more; what the training kept lies beside it.
  const size = Math.max(...readdirSync(out).flatMap((file) => (file.endsWith('.safetensors') ? statSync(join(out, file)).size : [])));
  rmSync(out, { recursive: true });
  return { seconds, saving, cpu: (user + system) / 1e6, adapter: used, gaps: times.slice(1).map((time, i) => time - times[i]), size };
}

const least = (runs, of) => Math.min(...runs.map(of));
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const shown = (values, digits = 2) => values.map((value) => value.toFixed(digits)).join(' ');
const percent = (share) => `${(100 * share).toFixed(2)} %`;

/** Each round both, in either order. */
async function inTurns(project) {
  const runs = { never: [], saving: [] };
  for (let round = 0; round < rounds; round++) {
    for (const kind of round % 2 ? ['saving', 'never'] : ['never', 'saving']) {
      runs[kind].push(await run(`${kind}-${round}`, project, ...(kind === 'never' ? NEVER : [])));
    }
  }
  return runs;
}

const wanted = (name) => !given.only || new RegExp(given.only).test(name);
const results = {};
let adapter = '';

if (wanted('mc-dropout')) {
  console.log('mc-dropout --quick with checkpoints, and with one at its end alone');
  const { never, saving } = await inTurns([
    'mc-dropout',
    '--quick',
    ...(process.env.TILEGRAD_DATA ? ['--data', process.env.TILEGRAD_DATA] : []),
  ]);
  adapter = never[0].adapter;
  const [seconds, cpu] = [({ seconds }) => seconds, ({ cpu }) => cpu].map((of) => least(saving, of) / least(never, of) - 1);
  console.log(`  seconds      ${shown(saving.map((run) => run.seconds))}   against ${shown(never.map((run) => run.seconds))}`);
  console.log(`  seconds CPU  ${shown(saving.map((run) => run.cpu))}   against ${shown(never.map((run) => run.cpu))}`);
  console.log(`  saving takes ${percent(seconds)} of the time, ${percent(cpu)} of the CPU time`);
  const most = median(saving.map((run) => run.saving / run.seconds));
  console.log(`  being saved  ${shown(saving.map((run) => run.saving))} s, ${percent(most)} of the run: no more than that can it cost\n`);
  const all = (runs) => ({
    seconds: runs.map((run) => run.seconds),
    saving: runs.map((run) => run.saving),
    cpu: runs.map((run) => run.cpu),
  });
  results['mc-dropout --quick'] = { saving: all(saving), atEnd: all(never), shareOfTime: seconds, shareOfCpu: cpu, shareSaved: most };
}

if (wanted('100 MB')) {
  const project = [
    'optimizers',
    '--surface',
    'none',
    '--optimizers',
    'adam',
    '--hidden',
    '2560',
    '--network-steps',
    '60',
    '--train-images',
    '1920',
  ];
  console.log('a network of 8.6 million parameters, trained by Adam: how long its steps are while it is saved');
  const { never, saving } = await inTurns([...project, '--test-images', '10']);
  adapter = never[0].adapter;
  // The first steps compile.
  const gaps = (runs) => runs.map((run) => run.gaps.slice(3, -1));
  const [without, within] = [gaps(never), gaps(saving)];
  const step = median(without.flat());
  const longest = (runs) => runs.map((own) => Math.max(...own));
  console.log(`  a checkpoint of ${(saving[0].size / 1e6).toFixed(0)} MB; a step takes ${step.toFixed(3)} s`);
  console.log(`  longest step  ${shown(longest(within))} s   without checkpoints ${shown(longest(without))} s`);
  const heldUp = (Math.min(...longest(within)) - Math.min(...longest(without))) / step;
  console.log(`  held up by    ${heldUp.toFixed(2)} steps, in the quietest run of each\n`);
  results['100 MB'] = { bytes: saving[0].size, step, longestStep: longest(within), longestWithout: longest(without) };
}

rmSync(base, { recursive: true });
const date = new Date().toISOString().slice(0, 10);
const name = adapter
  .toLowerCase()
  .replace(/[^a-z0-9]+/g, '-')
  .replace(/^-|-$/g, '');
const file = here(`results/durability-${name}-${date}.json`);
mkdirSync(here('results'), { recursive: true });
// What was measured by itself on the same day stands beside it.
const earlier = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
writeFileSync(file, `${JSON.stringify({ ...earlier, adapter, date, node: process.version, ...results }, null, 2)}\n`);
console.log(file);
