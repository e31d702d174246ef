// What a person downloads, gzipped, and the most that it may be. A build over its budget fails.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { shadersFirst, wgslEsbuild } from './wgsl.mjs';

const ENGINE = 135_000;
const LIBRARY = 190_000;
const PROJECT = 20_000;
const PROJECT_PAGE = 330_000;

/**
 * @param given the library's build options and its files as esbuild's metafile has them, the projects' files, and what a browser loads for a
 * project's page beside them and its README
 */
export async function checkBudgets({ library, libraryFiles, projectFiles, pageFiles }) {
  const atOnce = await Promise.all(loadedAtOnce(libraryFiles, 'dist/tilegrad.js').map(measured));
  const projects = await Promise.all(projectFiles.map(measured));
  const page = await Promise.all(pageFiles.map(measured));
  const readmes = await Promise.all(projectFiles.map((path) => measured(`dist/gallery/projects/${basename(path, '.js')}.html`)));
  const whole = projects.map((project, i) => [...page, ...atOnce, project, readmes[i]]).sort((a, b) => sum(b) - sum(a))[0];
  const budgets = [
    { what: 'engine and nn, with all shaders', bytes: gzipped(await bundleEngine(library)), most: ENGINE },
    { what: 'the library', bytes: sum(atOnce), most: LIBRARY },
    ...projects.map(({ path, bytes }) => ({ what: path, bytes, most: PROJECT })),
    { what: "a project page's first load and training", bytes: sum(whole), most: PROJECT_PAGE, parts: whole },
  ];
  for (const { what, bytes, most, parts = [] } of budgets) {
    console.log(`${what}: ${number(bytes)} of ${number(most)} bytes gzipped`);
    for (const { path, bytes } of parts) console.log(`  ${path}: ${number(bytes)}`);
  }
  const over = budgets.filter(({ bytes, most }) => bytes > most);
  if (over.length) {
    console.error(`over budget: ${over.map(({ what, bytes, most }) => `${what} by ${number(bytes - most)} bytes`).join('; ')}`);
    process.exit(1);
  }
}

/** The library without what stands on top of engine and nn. */
async function bundleEngine(library) {
  const engineAlone = (index) => index.replace(/^(export [^;]*? from|import) '\.\/(data|models|train)\/[^;]*;$/gm, '');
  const plugins = [wgslEsbuild, shadersFirst(engineAlone)];
  const { outputFiles } = await build({ ...library, splitting: false, plugins, sourcemap: false, write: false });
  return outputFiles[0].contents;
}

/** A file and those that it imports without waiting for anything. */
function loadedAtOnce(files, path, found = new Set()) {
  found.add(path);
  for (const { path: imported, kind } of files[path].imports) {
    if (kind === 'import-statement' && !found.has(imported)) loadedAtOnce(files, imported, found);
  }
  return [...found];
}

const measured = async (path) => ({ path, bytes: gzipped(await readFile(path)) });
const sum = (files) => files.reduce((total, { bytes }) => total + bytes, 0);
const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;
const number = (value) => value.toLocaleString('en');
