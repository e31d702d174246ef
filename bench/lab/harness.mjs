// The kernel lab: checks every lowering against a float64 reference and times it.
//   node bench/lab/harness.mjs [--adapter lavapipe|swiftshader] [--kind cpu|gpu] [--no-subgroups] [--only name] [--check | --time]
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { wgslEsbuild } from '../../build/wgsl.mjs';
import { openDevice } from './device.mjs';

const { values: options } = parseArgs({
  options: {
    adapter: { type: 'string', default: 'lavapipe' },
    kind: { type: 'string', default: 'cpu' },
    'no-subgroups': { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    check: { type: 'boolean', default: false },
    time: { type: 'boolean', default: false },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'tilegrad-lab-'));
const outfile = join(folder, 'lab.mjs');
await build({
  entryPoints: [new URL('./main.ts', import.meta.url).pathname],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  logLevel: 'warning',
  plugins: [wgslEsbuild],
});
const { checkAll, timeAll, traitsOf } = await import(outfile);
const device = await openDevice(options.adapter, { diskCache: options.check });
const traits = traitsOf(device, options.kind, options['no-subgroups'] ? false : undefined);
console.log(`${options.adapter}, kernels for ${traits.kind}${traits.subgroups ? '' : ', no subgroups'}`);
let failures = 0;
if (!options.time) failures = await checkAll(device, traits, options.only);
if (!options.check) await timeAll(device, traits, options.only);
device.destroy();
process.exit(failures > 0 ? 1 : 0);
