// What a person downloads, gzipped, and the most that it may be. A build over its budget fails.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { shadersFirst, wgslEsbuild } from './wgsl.mjs';

const ENGINE = 138_000;
/** 192 KiB. */
const LIBRARY = 192 * 1024;
const PROJECT = 20_000;
/** Weights that come with a project, as they are sent. */
const STARTER = 200_000;
/** 330 KiB. */
const PROJECT_PAGE = 330 * 1024;
const PROJECT_PAGE_WITH_PICTURES = 680_000;
const GALLERY = 400_000;
/** As many cards stand on a large screen and just below it. */
const CARDS_IN_SIGHT = 15;

/**
 * @param given the library's build options and its files as esbuild's metafile has them, the projects' files, what a browser loads for the gallery
 * and for a project's page beside those, and pictures
 */
export async function checkBudgets({ library, libraryFiles, projectFiles, galleryFiles, pageFiles }) {
  const atOnce = await Promise.all(loadedAtOnce(libraryFiles, 'dist/tilegrad.js').map(measured));
  const projects = await Promise.all(projectFiles.map(measured));
  const starters = await Promise.all(
    projectFiles
      .map((path) => path.replace(/\.js$/, '.safetensors'))
      .filter((path) => existsSync(path))
      .map(measured),
  );
  const page = await Promise.all(pageFiles.map(measured));
  const pictures = (await readdir('dist/gallery/projects'))
    .filter((name) => /\.(webp|png|svg)$/.test(name))
    .map((name) => `dist/gallery/projects/${name}`);
  const pages = await Promise.all(
    projects.map(async (project) => {
      const stem = `dist/gallery/projects/${basename(project.path, '.js')}`;
      const own = pictures.filter((path) => path.startsWith(`${stem}-`));
      return {
        parts: [...page, ...atOnce, project, ...(await Promise.all([`${stem}.json`, `${stem}.html`].map(measured)))],
        pictures: await Promise.all(own.map(measured)),
      };
    }),
  );
  const [{ parts: whole }] = pages.sort((a, b) => sum(b.parts) - sum(a.parts));
  const withPictures = Math.max(...pages.map(({ parts, pictures }) => sum(parts) + sum(pictures)));
  const thumbnails = await Promise.all(
    projectFiles
      .map((path) => `dist/gallery/projects/${basename(path, '.js')}.webp`)
      .filter((path) => pictures.includes(path))
      .map(measured),
  );
  const inSight = thumbnails.sort((a, b) => b.bytes - a.bytes).slice(0, CARDS_IN_SIGHT);
  const gallery = await Promise.all(galleryFiles.map(measured));
  const budgets = [
    { what: 'engine and nn, with all shaders', bytes: gzipped(await bundleEngine(library)), most: ENGINE },
    { what: 'the library', bytes: sum(atOnce), most: LIBRARY },
    ...projects.map(({ path, bytes }) => ({ what: path, bytes, most: PROJECT })),
    ...starters.map(({ path, bytes }) => ({ what: path, bytes, most: STARTER })),
    { what: "a project page's first load and training", bytes: sum(whole), most: PROJECT_PAGE, parts: whole },
    { what: 'the same with the pictures of its description', bytes: withPictures, most: PROJECT_PAGE_WITH_PICTURES },
    { what: "the gallery's first load, with pictures", bytes: sum(gallery) + sum(inSight), most: GALLERY },
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

/** Pictures are compressed already, weights hardly can be: they are sent as they stand. */
const measured = async (path) => {
  const bytes = await readFile(path);
  return { path, bytes: /\.(webp|png|safetensors)$/.test(path) ? bytes.length : gzipped(bytes) };
};
const sum = (files) => files.reduce((total, { bytes }) => total + bytes, 0);
const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;
const number = (value) => value.toLocaleString('en');
