// The library as the tests load it: what src/index.ts and Node's platform need from the beginning is one file, the other sources one each, and
// Node loads them by itself. Module by module through vitest it takes a test file most of a second, and its calls from module to module are slower.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Plugin as EsbuildPlugin, type Metafile } from 'esbuild';
import type { Plugin } from 'vitest/config';
import { bundleTextEsbuild } from '../build/bundle-text.mjs';
import { wgslEsbuild } from '../build/wgsl.mjs';

const root = resolve(import.meta.dirname, '..');
const entries = ['src/index.ts', 'runtime/node/platform.ts'];

/** Where a module lies is where its source lies: the packages are found from there. */
const sourcePlaces: EsbuildPlugin = {
  name: 'source-places',
  setup(builder) {
    builder.onLoad({ filter: /[\\/]runtime[\\/]node[\\/].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path))),
      loader: 'ts',
    }));
  },
};

const common: BuildOptions & { metafile: true } = {
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  outExtension: { '.js': '.mjs' },
  sourcemap: 'linked',
  metafile: true,
  plugins: [wgslEsbuild, bundleTextEsbuild, sourcePlaces],
};

/** Vite (vitest) plugin. Not while somebody edits: a changed file would not be seen. */
export function nativeLibrary(): Plugin {
  /** The file to load by the path of its source. */
  let built: ReadonlyMap<string, string> = new Map();
  return {
    name: 'native-library',
    enforce: 'pre',
    async configureVitest({ vitest }) {
      if (vitest.config.watch) return;
      const parent = join(root, 'node_modules/.cache');
      mkdirSync(parent, { recursive: true });
      const folder = mkdtempSync(join(parent, 'tilegrad-'));
      process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
      built = await buildLibrary(folder);
    },
    resolveId(source, importer) {
      if (!importer || !source.startsWith('.')) return null;
      const id = built.get(resolve(dirname(importer), source));
      return id === undefined ? null : { id, external: true };
    },
  };
}

async function buildLibrary(folder: string): Promise<ReadonlyMap<string, string>> {
  const { metafile } = await build({ ...common, entryPoints: entries, outdir: folder, write: false });
  const atOnce = reachedFrom(entries, metafile);
  // The others, each a file of its own.
  const later = ['src', 'runtime']
    .flatMap((top) => (readdirSync(join(root, top), { recursive: true }) as string[]).map((path) => join(top, path).replaceAll('\\', '/')))
    .filter((path) => /(?<!\.d)\.tsx?$/.test(path) && !atOnce.has(path));
  const modules = [...atOnce].filter((path) => !path.includes(':'));
  const whole: EsbuildPlugin = {
    name: 'whole',
    setup(builder) {
      builder.onResolve({ filter: /^whole$/ }, () => ({ path: 'whole', namespace: 'whole' }));
      builder.onLoad({ filter: /.*/, namespace: 'whole' }, () => ({
        contents: modules.map((path, i) => `export * as m${i} from ${JSON.stringify(join(root, path))};`).join('\n'),
        resolveDir: root,
      }));
    },
  };
  await build({
    ...common,
    entryPoints: [{ in: 'whole', out: 'whole' }, ...later.map((path) => ({ in: path, out: path.replace(/\.tsx?$/, '') }))],
    outdir: folder,
    plugins: [whole, ...(common.plugins ?? [])],
  });
  const all = (await import(pathToFileURL(join(folder, 'whole.mjs')).href)) as Record<string, object>;
  const files = modules.map((path, i) => {
    const file = join(folder, `${path}.mjs`);
    const names = Object.keys(all[`m${i}`]!).map((name) => (name === 'default' ? 'default: it' : name));
    mkdirSync(dirname(file), { recursive: true });
    const from = relative(dirname(file), join(folder, 'whole.mjs')).replaceAll('\\', '/');
    writeFileSync(
      file,
      `import { m${i} } from './${from}';\nexport const { ${names} } = m${i};${names.includes('default: it') ? '\nexport { it as default };' : ''}\n`,
    );
    return [join(root, path), file] as const;
  });
  return new Map([...files, ...later.map((path) => [join(root, path), join(folder, path.replace(/\.tsx?$/, '.mjs'))] as const)]);
}

/** The files of these entries and all that they import from the beginning. */
function reachedFrom(entries: readonly string[], { inputs }: Metafile): ReadonlySet<string> {
  const reached = new Set<string>(entries);
  for (const path of reached) {
    for (const { kind, path: to, external } of inputs[path]?.imports ?? []) if (kind === 'import-statement' && !external) reached.add(to);
  }
  return reached;
}
