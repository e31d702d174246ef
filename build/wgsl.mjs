// Turns a `.wgsl` file into a `Shader` record (src/engine/ops/kernel.ts) at build time, so that the bundle carries no WGSL parser.
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';

/** The files of shaders/lib that a shader says it stands with: `// with lib/philox.wgsl`. */
const WITH = /^\/\/ with (lib\/\w+\.wgsl)$/gm;

/**
 * Reads entry points, bindings and `struct Params` out of one shader's text. Throws what is wrong, with the file's name.
 * @param library texts of the files that it stands with
 */
export function reflectShader(name, source, library = []) {
  let reflection;
  try {
    reflection = new WgslReflect([...library, source].join('\n'));
  } catch (error) {
    throw new Error(`shaders/${name}.wgsl: wgsl_reflect can't read it: ${error.message ?? error}`);
  }
  const entries = {};
  for (const entry of reflection.entry.compute) {
    entries[entry.name] = {
      bindings: entry.resources
        .filter((resource) => resource.group !== undefined && resource.binding !== undefined)
        .map((resource) => ({
          name: resource.name,
          binding: resource.binding,
          access: resource.access === 'read_write' ? 'read_write' : 'read',
        }))
        .sort((a, b) => a.binding - b.binding),
    };
  }
  const struct = reflection.structs.find((candidate) => candidate.name === 'Params');
  const params = (struct?.members ?? []).map((member) => ({ name: member.name, type: member.type.name }));
  return { name, source: stripComments(source), params, entries };
}

/** The bundle and the GPU get the code alone; line structure is kept, so that compile errors point into the file. */
function stripComments(source) {
  return source
    .split('\n')
    .map((line) => line.replace(/\/\/.*$/, '').trimEnd())
    .join('\n');
}

const unpack = fileURLToPath(new URL('../src/engine/ops/unpack-shader.ts', import.meta.url));

/** The shader in a file, and the paths of those it stands with. A file of shaders/lib is part of others: there is nothing to start in it alone. */
export async function readShader(path) {
  const source = await readFile(path, 'utf8');
  const name = basename(path, '.wgsl');
  if (basename(dirname(path)) === 'lib') return { shader: { name, source: stripComments(source), params: [], entries: {} }, library: [] };
  const library = Array.from(source.matchAll(WITH), ([, file]) => join(dirname(path), file));
  const texts = await Promise.all(library.map((file) => readFile(file, 'utf8')));
  return { shader: reflectShader(name, source, texts), library };
}

/** The file as a JavaScript module, in the short form that unpack-shader.ts reads. */
export async function shaderModule(path) {
  const { shader, library } = await readShader(path);
  const { name, source, entries } = shader;
  const uses = Object.entries(entries).map(([entry, { bindings }]) => [entry, bindings.map(({ binding }) => binding)]);
  const packed = [name, source.replace(/^ +/gm, ''), Object.fromEntries(uses)].map((part) => JSON.stringify(part));
  const parts = library.map((file, i) => `import part${i} from ${JSON.stringify(file)};\n`).join('');
  if (library.length) packed.push(`[${library.map((_, i) => `part${i}`)}]`);
  return `import { unpackShader } from ${JSON.stringify(unpack)};\n${parts}export default /* @__PURE__ */ unpackShader(${packed.join(', ')});`;
}

/** esbuild plugin. */
export const wgslEsbuild = {
  name: 'wgsl',
  setup(build) {
    build.onLoad({ filter: /\.wgsl$/ }, async ({ path }) => ({ contents: await shaderModule(path), loader: 'js' }));
  },
};

/**
 * Puts all shaders in front of the library's code: they resemble each other, and gzip looks back 32 KB only.
 * @param edit changes to src/index.ts
 */
export const shadersFirst = (edit = (index) => index) => ({
  name: 'shaders-first',
  setup(build) {
    build.onLoad({ filter: /[\\/]src[\\/]index\.ts$/ }, async ({ path }) => {
      const shaders = (await readdir('shaders', { recursive: true })).filter((name) => name.endsWith('.wgsl')).sort();
      const imports = shaders.map((name) => `import '../shaders/${name.replaceAll('\\', '/')}';`);
      return { contents: `${imports.join('')}${edit(await readFile(path, 'utf8'))}`, loader: 'ts' };
    });
  },
});

/** Vite (vitest) plugin. */
export const wgslVite = {
  name: 'wgsl',
  enforce: 'pre',
  async load(id) {
    const path = id.split('?')[0];
    return path.endsWith('.wgsl') ? shaderModule(path) : null;
  },
};
