// Builds dist/gallery/: the static page, which any host can serve from any path. It loads the very same tilegrad.js as Node.
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { marked } from 'marked';
import { readExamples } from './examples.mjs';

const out = 'dist/gallery';

/** @param library the esbuild plugin that makes src/index.ts the file tilegrad.js beside the importer */
export async function buildGallery(common, library) {
  await mkdir(`${out}/projects`, { recursive: true });
  await copyFile('dist/tilegrad.js', `${out}/tilegrad.js`);
  await copyFile('runtime/browser/page/index.html', `${out}/index.html`);
  await build({
    ...common,
    entryPoints: {
      page: 'runtime/browser/page/main.tsx',
      worker: 'runtime/browser/worker.ts',
      'playground-worker': 'runtime/browser/playground/worker.ts',
    },
    outdir: out,
    chunkNames: 'chunk-[hash]',
    platform: 'browser',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    splitting: true,
    plugins: [library],
  });
  await writeCatalogue();
  await writeFile(`${out}/examples.json`, JSON.stringify(await readExamples()));
}

async function writeCatalogue() {
  const { projects } = await import(pathToFileURL(resolve('dist/tilegrad.js')).href);
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  const entries = [];
  for (const { name, title, summary, document, options, presets, interaction } of projects) {
    const readme = await renderReadme(`src/projects/${document}/${name}`, name);
    const { title: what, help, input } = interaction ?? {};
    entries.push({
      ...{ name, title, summary, document, options, presets },
      ...(interaction && { interaction: { title: what, help, input } }),
      readme: readme.path,
      ...(readme.picture && { picture: readme.picture }),
    });
  }
  await writeFile(`${out}/projects.json`, JSON.stringify({ version, projects: entries }));
}

/** The README as HTML; its pictures come along. */
async function renderReadme(folder, name) {
  const pictures = [];
  const renderer = {
    image({ href, text }) {
      const file = `projects/${createHash('sha256').update(href).digest('hex').slice(0, 8)}-${basename(href)}`;
      pictures.push({ from: join(folder, href), file });
      return `<img src="${file}" alt="${text.replaceAll('"', '&quot;')}" loading="lazy">`;
    },
  };
  const html = marked.use({ renderer }).parse(await readFile(join(folder, 'README.md'), 'utf8'));
  for (const { from, file } of pictures) await copyFile(from, join(out, file));
  const path = `projects/${name}.html`;
  await mkdir(dirname(join(out, path)), { recursive: true });
  await writeFile(join(out, path), html);
  return { path, picture: pictures[0]?.file };
}
