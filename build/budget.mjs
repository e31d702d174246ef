// What a person downloads, gzipped, and the most that it may be. A build over its budget fails.
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { shadersFirst, wgslEsbuild } from './wgsl.mjs';

const ENGINE = 135_000;
const PROJECT_PAGE = 350_000;

/**
 * @param library the library's build options
 * @param pageFiles what a browser loads for one project's page
 */
export async function checkBudgets(library, pageFiles) {
  const page = await Promise.all(pageFiles.map(async (path) => ({ path, bytes: gzipped(await readFile(path)) })));
  const budgets = [
    { what: 'engine and nn, with all shaders', bytes: gzipped(await bundleEngine(library)), most: ENGINE },
    { what: "a project page's first load", bytes: page.reduce((sum, { bytes }) => sum + bytes, 0), most: PROJECT_PAGE, parts: page },
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
  const engineAlone = (index) => index.replace(/^export [^;]*? from '\.\/(data|projects|train)\/[^;]*;$/gm, '');
  const plugins = [wgslEsbuild, shadersFirst(engineAlone)];
  const { outputFiles } = await build({ ...library, plugins, sourcemap: false, write: false });
  return outputFiles[0].contents;
}

const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;
const number = (value) => value.toLocaleString('en');
