// What imports what when the code runs: no circles, and nothing from a floor above. Types don't count, as they are gone by then.
import { readdir } from 'node:fs/promises';
import { sep } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';

/** The floors of docs/architecture.md, lowest first. A file stands on the first floor that fits it, by the beginning of its path. */
const FLOORS: readonly (readonly string[])[] = [
  ['src/platform.ts', 'src/random.ts'],
  ['src/engine/graph/'],
  ['src/engine/ops/lower/', 'src/engine/ops/unpack-shader.ts'],
  ['src/engine/ops/'],
  ['src/engine/grad.ts'],
  ['src/engine/compiler/'],
  ['src/engine/gpu/'],
  ['src/engine/executor/'],
  ['src/nn/', 'src/optim/', 'src/names.ts'],
  ['src/models/'],
  ['src/data/'],
  ['src/train/'],
  ['src/index.ts'],
  ['src/projects/'],
  ['runtime/'],
];
const floorOf = (file: string): number => FLOORS.findIndex((floor) => floor.some((start) => file.startsWith(start)));

let imports: ReadonlyMap<string, readonly string[]>;

beforeAll(async () => {
  const folders = await Promise.all(
    ['src', 'runtime'].map(async (root) =>
      (await readdir(root, { recursive: true })).map((path) => `${root}/${path.split(sep).join('/')}`),
    ),
  );
  const { metafile } = await build({
    entryPoints: folders.flat().filter((path) => /(?<!\.d)\.tsx?$/.test(path)),
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    outdir: 'unwritten',
    format: 'esm',
    jsx: 'automatic',
    logLevel: 'silent',
    plugins: [
      {
        // Only our own code is looked at.
        name: 'code-alone',
        setup(builder) {
          builder.onResolve({ filter: /./ }, ({ path, kind }) =>
            kind === 'entry-point' || (path.startsWith('.') && /\.tsx?$/.test(path)) ? undefined : { path, external: true },
          );
        },
      },
    ],
  });
  imports = new Map(
    Object.entries(metafile.inputs).map(([file, input]) => [file, input.imports.flatMap(({ path, external }) => (external ? [] : [path]))]),
  );
});

/** Every circle in the order of its files, each file in one of them at most. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file)) return;
    done.add(file);
    path.push(file);
    for (const imported of graph.get(file) ?? []) visit(imported);
    path.pop();
  };
  for (const file of graph.keys()) visit(file);
  return found;
}

it('no files import each other in a circle', () => {
  expect(
    circles(
      new Map([
        ['a', ['b']],
        ['b', ['c', 'd']],
        ['c', []],
        ['d', ['b']],
      ]),
    ),
  ).toEqual(['b → d → b']);
  expect(imports.get('src/engine/ops/reduce.ts')).toContain('src/engine/ops/scan.ts');
  expect(circles(imports)).toEqual([]);
});

it('every file stands on a floor, and imports nothing from a floor above', () => {
  expect([...imports.keys()].filter((file) => floorOf(file) < 0)).toEqual([]);
  const upwards = [...imports].flatMap(([file, all]) =>
    all.filter((imported) => floorOf(imported) > floorOf(file)).map((imported) => `${file} → ${imported}`),
  );
  expect(upwards).toEqual([]);
});

it('projects and runtime take the library from src/index.ts, as any program does', () => {
  const isOwn = (file: string, imported: string) =>
    imported === 'src/index.ts' ||
    (file.startsWith('runtime/') ? /^runtime\/|^src\/projects\/index\.ts$/ : /^src\/projects\//).test(imported) ||
    // The page's own script doesn't load the library: what it shares with it imports nothing.
    (file.startsWith('runtime/browser/page/') && imports.get(imported)?.length === 0);
  const past = [...imports].flatMap(([file, all]) =>
    /^(runtime|src\/projects)\//.test(file)
      ? all.filter((imported) => !isOwn(file, imported)).map((imported) => `${file} → ${imported}`)
      : [],
  );
  expect(past).toEqual([]);
});
