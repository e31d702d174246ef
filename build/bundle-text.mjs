// `import code from './serve.ts?bundle'`: the file and all that it imports, as the text of one script. What runs in workers comes to them
// so, and the library needs no file beside it that a bundler could lose.
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

async function bundleModule(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    minify: true,
    // Errors come back by the name of their class.
    keepNames: true,
    write: false,
    logLevel: 'warning',
  });
  return `export default ${JSON.stringify(outputFiles[0].text)};`;
}

/** esbuild plugin. */
export const bundleTextEsbuild = {
  name: 'bundle-text',
  setup(builder) {
    builder.onResolve({ filter: /\?bundle$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace(/\?bundle$/, '')),
      namespace: 'bundle-text',
    }));
    builder.onLoad({ filter: /.*/, namespace: 'bundle-text' }, async ({ path }) => ({
      contents: await bundleModule(path),
      loader: 'js',
      resolveDir: dirname(path),
    }));
  },
};

/** Vite (vitest) plugin. */
export const bundleTextVite = {
  name: 'bundle-text',
  enforce: 'pre',
  async load(id) {
    return id.endsWith('?bundle') ? bundleModule(id.replace(/\?bundle$/, '')) : null;
  },
};
