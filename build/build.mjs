// Builds dist/: one platform-free library file, a file a project, and thin entry points for Node and for browsers beside them.
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { checkBudgets } from './budget.mjs';
import { bundleTextEsbuild } from './bundle-text.mjs';
import { buildGallery } from './gallery.mjs';
import { notices, writeNotices } from './notices.mjs';
import { buildProjects } from './projects.mjs';
import { shadersFirst, wgslEsbuild } from './wgsl.mjs';

await rm('dist', { recursive: true, force: true });

const common = { bundle: true, format: 'esm', target: 'es2022', sourcemap: true, logLevel: 'warning' };
const library = {
  ...common,
  entryPoints: { tilegrad: 'src/index.ts' },
  outdir: 'dist',
  // What src/ loads by import() is a file of its own, loaded when it is used.
  splitting: true,
  chunkNames: 'library/[name]-[hash]',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  minify: true,
  metafile: true,
  plugins: [wgslEsbuild, bundleTextEsbuild, shadersFirst(), notices],
};
const libraryFiles = (await build(library)).metafile.outputs;
const projectFiles = await buildProjects(common);

// The other entry points share these files instead of holding second copies of them.
const sharedFiles = {
  name: 'shared-files',
  setup(builder) {
    builder.onResolve({ filter: /\/src\/index\.ts$/ }, () => ({ path: './tilegrad.js', external: true }));
    builder.onResolve({ filter: /\/src\/projects\/index\.ts$/ }, () => ({ path: './projects/index.js', external: true }));
  },
};
await build({
  ...common,
  entryPoints: { node: 'runtime/node/index.ts', cli: 'runtime/node/cli.ts' },
  outdir: 'dist',
  platform: 'node',
  packages: 'external',
  splitting: true,
  plugins: [sharedFiles, bundleTextEsbuild, notices],
});
await build({
  ...common,
  entryPoints: { browser: 'runtime/browser/index.ts' },
  outdir: 'dist',
  platform: 'browser',
  plugins: [sharedFiles, notices],
});

const { galleryFiles, pageFiles } = await buildGallery(common, sharedFiles, libraryFiles);
await writeNotices(['dist', 'dist/gallery']);

await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'build/types.tsconfig.json']).catch((error) => {
  console.error(error.stdout);
  process.exit(1);
});

await checkBudgets({ library, libraryFiles, projectFiles, galleryFiles, pageFiles });
