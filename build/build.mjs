// Builds dist/: one platform-free library file, and thin entry points for Node and for browsers beside it.
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { checkBudgets } from './budget.mjs';
import { buildGallery } from './gallery.mjs';
import { shadersFirst, wgslEsbuild } from './wgsl.mjs';

await rm('dist', { recursive: true, force: true });

const common = { bundle: true, format: 'esm', target: 'es2022', sourcemap: true, logLevel: 'warning' };
const library = {
  ...common,
  entryPoints: ['src/index.ts'],
  outfile: 'dist/tilegrad.js',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  minify: true,
  plugins: [wgslEsbuild, shadersFirst()],
};
await build(library);

// The other entry points share the library file instead of holding a second copy of it.
const sharedLibrary = {
  name: 'shared-library',
  setup(builder) {
    builder.onResolve({ filter: /\/src\/index\.ts$/ }, () => ({ path: './tilegrad.js', external: true }));
  },
};
await build({
  ...common,
  entryPoints: { node: 'runtime/node/index.ts', cli: 'runtime/node/cli.ts' },
  outdir: 'dist',
  platform: 'node',
  packages: 'external',
  splitting: true,
  plugins: [sharedLibrary],
});
await build({
  ...common,
  entryPoints: { browser: 'runtime/browser/index.ts' },
  outdir: 'dist',
  platform: 'browser',
  plugins: [sharedLibrary],
});

const pageFiles = await buildGallery(common, sharedLibrary);

await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'build/types.tsconfig.json']).catch((error) => {
  console.error(error.stdout);
  process.exit(1);
});

await checkBudgets(library, pageFiles);
