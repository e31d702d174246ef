// Builds dist/gallery/: the static page, which any host can serve from any path. It loads the very same library and projects as Node.
import { createHash } from 'node:crypto';
import { copyFile, cp, readFile, writeFile } from 'node:fs/promises';
import { basename, join, posix, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { Marked, Renderer } from 'marked';
import { readExamples } from './examples.mjs';
import { notices } from './notices.mjs';

const out = 'dist/gallery';

/**
 * @param shared the esbuild plugin by which the library and the projects stay the files that they are
 * @param libraryFiles all files of the library, as esbuild's metafile has them
 * @returns the files that a browser loads for a project's page, but for the library and what is the project's own
 */
export async function buildGallery(common, shared, libraryFiles) {
  await cp('dist/projects', `${out}/projects`, { recursive: true });
  for (const path of Object.keys(libraryFiles)) await cp(path, path.replace(/^dist/, out));
  await copyFile('runtime/browser/page/index.html', `${out}/index.html`);
  // Where a server has the data sets; `tilegrad gallery --data` says so.
  await writeFile(`${out}/data.json`, '{}');
  const { metafile } = await build({
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
    metafile: true,
    plugins: [shared, notices],
  });
  await buildSandbox(common, { ...renamed(libraryFiles, 'dist'), ...renamed(metafile.outputs, out) });
  await writeFile(`${out}/examples.json`, JSON.stringify(await readExamples()));
  await writeCatalogue();
  return [
    ...['index.html', 'page.css', 'projects.json', 'data.json', 'projects/index.js'].map((name) => `${out}/${name}`),
    ...loadedBy(metafile, [`${out}/page.js`, `${out}/worker.js`]),
  ];
}

/** The scripts and what they import, but for the playground, which is loaded when someone opens it. */
function loadedBy({ outputs }, scripts) {
  const seen = new Set();
  const visit = (path) => {
    if (seen.has(path) || !outputs[path] || /playground/.test(outputs[path].entryPoint)) return;
    seen.add(path);
    for (const { path: imported } of outputs[path].imports) visit(imported);
  };
  scripts.forEach(visit);
  return [...seen];
}

/** Outputs of a metafile, by their names beside the page. */
function renamed(outputs, folder) {
  const name = (path) => posix.relative(folder, path);
  const imports = (from, found) => found.map(({ path, external }) => (external ? posix.join(posix.dirname(name(from)), path) : name(path)));
  return Object.fromEntries(Object.entries(outputs).map(([path, output]) => [name(path), imports(path, output.imports)]));
}

/**
 * The playground's frame with its script, and the list of the scripts that its worker is made of: a frame of no origin can't load them, so the
 * page reads them for it (runtime/browser/playground/sandbox.ts).
 * @param files what each script imports
 */
async function buildSandbox(common, files) {
  const { outputFiles } = await build({
    ...{ ...common, sourcemap: false, format: 'iife', minify: true, write: false },
    entryPoints: ['runtime/browser/playground/frame.ts'],
  });
  const script = outputFiles[0].text.trim();
  if (script.includes('</script')) throw new Error("the playground's frame has a script that ends too early");
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; script-src 'sha256-${hash}' blob: 'unsafe-eval'; worker-src data: blob:`;
  await writeFile(
    `${out}/playground-frame.html`,
    `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><script>${script}</script>\n`,
  );
  const listed = new Map();
  const list = (path) => {
    if (listed.has(path)) {
      if (!listed.get(path)) throw new Error(`${path} imports itself by way of others: the playground's frame can't load such scripts`);
      return;
    }
    listed.set(path, undefined);
    const relative = (other) => posix.relative(posix.dirname(path), other).replace(/^(?!\.)/, './');
    files[path].forEach(list);
    listed.delete(path);
    listed.set(path, { path, imports: Object.fromEntries(files[path].map((other) => [relative(other), other])) });
  };
  list('playground-worker.js');
  await writeFile(`${out}/playground-scripts.json`, JSON.stringify([...listed.values()]));
}

async function writeCatalogue() {
  const { projects } = await import(pathToFileURL(resolve('dist/projects/index.js')).href);
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  const entries = [];
  for (const { name, title, summary, document, tags, load } of projects) {
    const { options, presets, interaction } = await load();
    const readme = await renderReadme(`src/projects/${document}/${name}`, name);
    const { title: what, help, input } = interaction ?? {};
    entries.push({
      ...{ name, title, summary, document, tags, options, presets },
      ...(interaction && { interaction: { title: what, help, input } }),
      readme: readme.path,
      ...(readme.picture && { picture: readme.picture }),
    });
  }
  await writeFile(`${out}/projects.json`, JSON.stringify({ version, projects: entries }));
}

/**
 * The README as HTML, to stand below a heading of the page's own: its title goes, its headings are a level lower. Its pictures come along;
 * other files that it links to are not part of the page.
 */
async function renderReadme(folder, name) {
  const pictures = [];
  const renderer = {
    image({ href, text }) {
      const file = `projects/${createHash('sha256').update(href).digest('hex').slice(0, 8)}-${basename(href)}`;
      pictures.push({ from: join(folder, href), file });
      return `<img src="${file}" alt="${text.replaceAll('"', '&quot;')}" loading="lazy">`;
    },
    heading({ depth, tokens }) {
      return depth === 1 ? '' : `<h${depth + 1}>${this.parser.parseInline(tokens)}</h${depth + 1}>`;
    },
    table(token) {
      const columns = token.header.map(({ text }) => text.replace(/["`<>&]/g, '')).join(', ');
      return `<section class="table" tabindex="0" aria-label="Table: ${columns}">${new Renderer().table.call(this, token)}</section>`;
    },
    code(token) {
      return new Renderer().code.call(this, token).replace('<pre', '<pre tabindex="0"');
    },
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens);
      return /^https?:/.test(href) ? `<a href="${href}" target="_blank" rel="noopener">${text}</a>` : text;
    },
  };
  const html = new Marked({ renderer }).parse(await readFile(join(folder, 'README.md'), 'utf8'));
  for (const { from, file } of pictures) await copyFile(from, join(out, file));
  const path = `projects/${name}.html`;
  await writeFile(join(out, path), html);
  return { path, picture: pictures[0]?.file };
}
