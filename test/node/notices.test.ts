// Whose code stands in a built file, by its source map, is named in it, with a licence in NOTICES.txt.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const dist = join(import.meta.dirname, '../../dist');
const read = (file: string) => readFileSync(join(dist, file), 'utf8');
const holders = readdirSync(dist, { recursive: true, encoding: 'utf8' }).flatMap((map) => {
  if (!map.endsWith('.js.map')) return [];
  const { sources } = JSON.parse(read(map)) as { sources: string[] };
  const packages = sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []);
  return packages.length > 0 ? [{ file: map.slice(0, -'.map'.length), packages: [...new Set(packages)] }] : [];
});

it('every file names the packages that it holds, and their licences are there', () => {
  expect(holders.flatMap(({ packages }) => packages)).toEqual(expect.arrayContaining(['preact', 'uplot', 'fflate']));
  for (const { file, packages } of holders) {
    const notice = /\/\*! Contains (.*)\. Their licences: NOTICES\.txt \*\//.exec(read(file))?.[1] ?? '';
    expect([file, notice.split(', ').map((entry) => entry.split(' ')[0])]).toEqual([file, packages.toSorted()]);
    for (const folder of ['', 'gallery']) {
      for (const name of packages)
        expect(read(join(folder, 'NOTICES.txt'))).toMatch(new RegExp(`^${name} [\\d.]+ \\(\\S+\\)\n\n.*icense`, 'ims'));
    }
  }
});
