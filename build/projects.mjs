// dist/projects/: the registry, and a file a project, with the small trained weights that come with it. They stand beside the library and hold none of it.
import { existsSync } from 'node:fs';
import { copyFile, readdir } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { build } from 'esbuild';
import { notices } from './notices.mjs';

const folder = 'src/projects';

/**
 * esbuild plugin. The registry loads projects as files of their own. What a project uses of the library it takes from src/index.ts, as any
 * program does: a copy of a part would be another library.
 */
const filesApart = {
  name: 'files-apart',
  setup(builder) {
    builder.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, importer, kind }) => {
      const file = join(resolveDir, path);
      if (kind === 'dynamic-import' && dirname(dirname(dirname(file))) === resolve(folder)) {
        return { path: `./${basename(dirname(file))}.js`, external: true };
      }
      if (file === resolve('src/index.ts')) return { path: '../tilegrad.js', external: true };
      if (!relative(folder, file).startsWith('..')) return undefined;
      return { errors: [{ text: `${relative('.', importer)} imports ${path}: expected the library's parts from src/index.ts` }] };
    });
  },
};

/** @returns the projects' files */
export async function buildProjects(common) {
  const projects = (await readdir(folder, { recursive: true })).filter(
    (path) => path.split(sep).length === 3 && basename(path) === 'index.ts',
  );
  const files = projects.map((path) => ({ in: join(folder, path), out: basename(dirname(path)) }));
  await build({
    ...common,
    entryPoints: [{ in: join(folder, 'index.ts'), out: 'index' }, ...files],
    outdir: 'dist/projects',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    minify: true,
    // A model's own classes are called by their names in the page's table of layers.
    keepNames: true,
    plugins: [filesApart, notices],
  });
  for (const path of projects) {
    const starter = join(folder, dirname(path), 'starter.safetensors');
    if (existsSync(starter)) await copyFile(starter, `dist/projects/${basename(dirname(path))}.safetensors`);
  }
  return files.map(({ out }) => `dist/projects/${out}.js`);
}
