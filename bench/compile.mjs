// What a first training step costs: the mc-dropout CNN with no shader cache, kernel by kernel.
//   node bench/compile.mjs
// Software drivers compile at a kernel's first dispatch, so the profile of a first step shows it; pipelines are made before.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as library from '../dist/node.js';
import { cnnStep } from './models.mjs';

if (process.argv[2] === 'measure') {
  const { name } = await library.openDevice();
  const { step, image, label } = cnnStep(library, { batch: 32, channels: [4, 8, 16, 32], dropout: 0.2 });
  const began = performance.now();
  const rows = await library.profile(() => step(image, label));
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${name}, no shader cache\n${library.showProfile(rows)}\n${seconds.toFixed(2)} s from the call to its end, planning included`,
  );
  process.exit(0);
}
const cache = mkdtempSync(join(tmpdir(), 'tilegrad-cold-'));
const { status } = spawnSync(process.execPath, [import.meta.filename, 'measure'], {
  stdio: 'inherit',
  env: { ...process.env, MESA_SHADER_CACHE_DIR: cache },
});
rmSync(cache, { recursive: true, force: true });
process.exit(status ?? 1);
