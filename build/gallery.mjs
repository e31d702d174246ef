// Builds dist/gallery/: the static page, which any host can serve from any path. It loads the very same library and projects as Node.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join, posix, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { Marked, Renderer } from 'marked';
import { writeCode } from './code.mjs';
import { readExamples } from './examples.mjs';
import { notices } from './notices.mjs';
import { picture, thumbnail } from './pictures.mjs';

const out = 'dist/gallery';

/**
 * @param shared the esbuild plugin by which the library and the projects stay the files that they are
 * @param libraryFiles all files of the library, as esbuild's metafile has them
 * @returns the files that a browser loads for the gallery, and for a project's page but for the library and what is the project's own; no pictures
 */
export async function buildGallery(common, shared, libraryFiles) {
  await cp('dist/projects', `${out}/projects`, { recursive: true });
  for (const path of Object.keys(libraryFiles)) await cp(path, path.replace(/^dist/, out));
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
  const scripts = loadedBy(metafile, ['runtime/browser/page/main.tsx']);
  await writeIndex(scripts);
  const galleryFiles = [...['index.html', 'page.css', 'projects.json', 'data.json'].map((name) => `${out}/${name}`), ...scripts];
  const viewFiles = loadedBy(metafile, ['runtime/browser/page/project-views.ts', 'runtime/browser/worker.ts']);
  return { galleryFiles, pageFiles: [...new Set([...galleryFiles, `${out}/projects/index.js`, ...viewFiles])] };
}

/** Scripts and what they can't do without, the first first. What is loaded when someone opens it is not among it: the playground, a model's inside. */
function loadedBy({ outputs }, sources) {
  const seen = new Set();
  const visit = (path) => {
    if (seen.has(path) || !outputs[path]) return;
    seen.add(path);
    for (const { path: imported, kind } of outputs[path].imports) if (kind === 'import-statement') visit(imported);
  };
  for (const source of sources) visit(Object.keys(outputs).find((path) => outputs[path].entryPoint === source));
  return [...seen];
}

/** The page, which has a browser load all at once that the gallery's cards need: one after the other, each would cost the line's delay. */
async function writeIndex(scripts) {
  const links = [
    ...['projects.json', 'data.json'].map((path) => `<link rel="preload" href="${path}" as="fetch" crossorigin>`),
    ...scripts.slice(1).map((path) => `<link rel="modulepreload" href="${posix.relative(out, path)}">`),
  ];
  const page = await readFile('runtime/browser/page/index.html', 'utf8');
  await writeFile(`${out}/index.html`, page.replace(/^( *)(?=<script )/m, `${links.map((link) => `$1${link}\n`).join('')}$1`));
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

/**
 * `projects.json` is what the gallery shows of every project, `projects/NAME.json` and `.html` what a project's own page needs besides, `.code.html` and
 * `.program.mjs` its source,
 * `search.json` the words of all READMEs, for whoever searches.
 */
async function writeCatalogue() {
  const { projects } = await import(pathToFileURL(resolve('dist/projects/index.js')).href);
  const { version, repository } = JSON.parse(await readFile('package.json', 'utf8'));
  const words = {};
  const cards = await Promise.all(
    projects.map(async ({ load, ...card }) => {
      const { options, presets, interaction: { open, ...interaction } = {}, data, model, inputs } = await load();
      const hasModel = model !== undefined && inputs !== undefined;
      const sets = await Promise.all(Object.values(data).map((set) => (typeof set === 'function' ? set() : set)));
      const details = {
        data: sets.map(wanted),
        options,
        presets,
        hasModel,
        weights: model !== undefined,
        ...(open && { interaction }),
        ...(await starterOf(card.name)),
      };
      await writeFile(`${out}/projects/${card.name}.json`, JSON.stringify(details));
      const folder = `src/projects/${card.document}/${card.name}`;
      await writeCode(folder, card.name, `${out}/projects`, repository);
      const text = await readFile(`${folder}/README.md`, 'utf8');
      words[card.name] = wordsOf(text);
      const first = await writeReadme(text, folder, card.name);
      return {
        ...card,
        sets: [...new Set(sets.map(({ title }) => title))],
        ...(first && { picture: await thumbnail(first, out, `projects/${card.name}.webp`) }),
      };
    }),
  );
  await writeFile(`${out}/projects.json`, JSON.stringify({ version, projects: cards }));
  await writeFile(`${out}/search.json`, JSON.stringify(words));
}

/** What the page tells of a data set: which files it consists of. */
function wanted({ title, licence, source, forms }) {
  const entry = (file) => {
    if (!('folder' in file)) return { path: file.path, optional: file.optional, size: file.download?.size };
    const { folder, layout, needs, pattern, archive } = file;
    const packed = archive && { path: archive.path, size: archive.size };
    return { folder, layout, needs, pattern: pattern.source, flags: pattern.flags, archive: packed };
  };
  return { title, licence, source, forms: forms.map(({ title, files }) => ({ title, files: Object.values(files).map(entry) })) };
}

/** How the weights came about that come with a project, out of their file; nothing where it has none. */
async function starterOf(name) {
  const path = `dist/projects/${name}.safetensors`;
  if (!existsSync(path)) return {};
  const { readStarter } = await import(pathToFileURL(resolve('dist/tilegrad.js')).href);
  const { record } = await readStarter(await readFile(path), path);
  return { starter: JSON.parse(record) };
}

/** Each word once, in lower case, without what is markup. */
function wordsOf(markdown) {
  const plain = markdown.replace(/^```[\s\S]*?^```/gm, ' ').replace(/\]\([^)]*\)/g, ' ');
  return [...new Set(plain.toLowerCase().match(/\p{L}[\p{L}\p{N}-]+/gu) ?? [])].join(' ');
}

/**
 * The README as HTML, to stand below a heading of the page's own: its title goes, its headings are a level lower. Its pictures come along;
 * other files that it links to are not part of the page.
 * @returns the file of its first picture
 */
async function writeReadme(text, folder, name) {
  const pictures = new Map();
  for (const [, href] of text.matchAll(/!\[[^\]]*\]\(([^)\s]+)\)/g)) {
    const path = join(folder, href);
    if (!pictures.has(path)) pictures.set(path, await picture(path, out, `projects/${name}-${pictures.size + 1}`));
  }
  const renderer = {
    image({ href, text }) {
      const { src, width, height, paper } = pictures.get(join(folder, href));
      return `<img src="${src}"${paper ? ' class="paper"' : ''} width="${width}" height="${height}" alt="${text.replaceAll('"', '&quot;')}" loading="lazy">`;
    },
    heading({ depth, tokens }) {
      return depth === 1 ? '' : `<h${depth + 1}>${this.parser.parseInline(tokens)}</h${depth + 1}>`;
    },
    table(token) {
      const columns = token.header.flatMap(({ text }) => text.replace(/["`<>&]/g, '') || []).join(', ');
      // A corner without a word heads nothing.
      const table = new Renderer().table.call(this, token).replace(/<th([^>]*)><\/th>/g, '<td$1></td>');
      return `<div class="table" role="group" tabindex="0" aria-label="Table: ${columns}">${table}</div>`;
    },
    code(token) {
      return new Renderer().code.call(this, token).replace('<pre', '<pre tabindex="0"');
    },
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens);
      return /^https?:/.test(href) ? `<a href="${href}" target="_blank" rel="noopener">${text}</a>` : text;
    },
  };
  await writeFile(`${out}/projects/${name}.html`, new Marked({ renderer }).parse(text));
  return pictures.keys().next().value;
}
