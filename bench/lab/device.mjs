// Opens one software adapter through Dawn. `--adapter lavapipe|swiftshader`; SwiftShader is unpacked from the npm package once.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

const root = new URL('../../', import.meta.url).pathname;
/** Keeps what `create()` returns reachable for the life of the process. */
let gpu;

function swiftshaderIcd() {
  const folder = join(tmpdir(), 'tilegrad-lab-swiftshader');
  const icd = join(folder, 'vk_swiftshader_icd.json');
  if (!existsSync(icd)) {
    mkdirSync(folder, { recursive: true });
    const tar = join(folder, 'swiftshader.tar');
    writeFileSync(tar, brotliDecompressSync(readFileSync(join(root, 'node_modules/@sparticuz/chromium/bin/swiftshader.tar.br'))));
    execFileSync('tar', ['xf', tar, '-C', folder]);
  }
  return icd;
}

export async function openDevice(name, { diskCache = false } = {}) {
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  // First runs are to show what compiling costs.
  if (!diskCache) process.env.MESA_SHADER_CACHE_DISABLE ??= 'true';
  process.env.VK_ICD_FILENAMES = name === 'swiftshader' ? swiftshaderIcd() : '/usr/share/vulkan/icd.d/lvp_icd.json';
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error(`no adapter ${name}`);
  const wanted = ['maxComputeInvocationsPerWorkgroup', 'maxComputeWorkgroupStorageSize', 'maxStorageBufferBindingSize', 'maxBufferSize'];
  const device = await adapter.requestDevice({
    requiredFeatures: ['subgroups'].filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(wanted.map((limit) => [limit, adapter.limits[limit]])),
  });
  device.onuncapturederror = ({ error }) => {
    console.error(error.message);
    process.exit(1);
  };
  return device;
}
