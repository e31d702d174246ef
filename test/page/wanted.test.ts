// Which files of a set are there, among those that a person gave.
import { expect, it } from 'vitest';
import type { WantedSet } from '../../runtime/browser/catalogue.ts';
import { GivenFiles } from '../../runtime/browser/given-files.ts';
import { look } from '../../runtime/browser/wanted.ts';
import { sets } from '../../src/index.ts';

const about = { title: 'Digits', licence: 'none', source: 'https://example.org' };
const files: WantedSet = {
  ...about,
  forms: [
    {
      title: 'files',
      files: [{ path: 'digits/images.gz', size: 900 }, { path: 'digits/labels.gz' }, { path: 'digits/notes.txt', optional: true }],
    },
  ],
};
const pattern = { pattern: '(?:^|\\/)(train|test)\\/[^/]+\\/[^/]+\\.png$', flags: 'i', layout: '{train,test}/<class>/<image>.png' };
const folders: WantedSet = {
  ...about,
  forms: [
    { title: 'one file', files: [{ path: 'digits/all.bin', size: 7 }] },
    { title: 'folders', files: [{ folder: 'digits', ...pattern }] },
  ],
};
const given = (...paths: string[]) => new GivenFiles(paths.map((path) => ({ path, size: path.length })));

it('files are there, missing, or not needed; packed ones may be unpacked, and of two of one name neither is taken', () => {
  expect(look(files, given())[0]?.files).toEqual([
    { name: 'digits/images.gz', size: 900, state: 'missing' },
    { name: 'digits/labels.gz', state: 'missing' },
    { name: 'digits/notes.txt', state: 'optional' },
  ]);
  expect(look(files, given('my digits/images', 'labels.gz'))[0]?.files.map(({ state, size }) => [state, size])).toEqual([
    ['there', 16],
    ['there', 9],
    ['optional', undefined],
  ]);
  const twice = look(files, given('a/images.gz', 'b/images.gz'))[0]?.files[0];
  expect(twice).toMatchObject({ state: 'missing', note: 'both a/images.gz and b/images.gz could be it' });
});

it('a folder is there with its files or packed, and the form comes first of which most is there', () => {
  expect(look(folders, given()).map(({ title }) => title)).toEqual(['one file', 'folders']);
  const loose = look(folders, given('digits/train/cat/1.png', 'digits/train/dog/2.png', 'digits/readme.md'));
  expect(loose.map(({ title }) => title)).toEqual(['folders', 'one file']);
  expect(loose[0]?.files).toEqual([{ name: 'digits/{train,test}/<class>/<image>.png', size: 44, state: 'there', note: '2 files' }]);
  expect(look(folders, given('digits/pictures.tar.gz'))[0]?.files[0]).toMatchObject({ state: 'there', note: /in pictures.tar.gz/ });
  const [needing] = look(
    { ...about, forms: [{ title: 'f', files: [{ folder: 'digits', ...pattern, needs: ['1.png', '9.png'] }] }] },
    given('digits/test/a/1.png'),
  );
  expect(needing?.files[0]).toMatchObject({ state: 'missing', note: 'without 9.png' });
});

it('the forms of every declared set can be looked for', async () => {
  for (const load of Object.values(sets)) {
    const set = typeof load === 'function' ? await (load as () => Promise<unknown>)() : load;
    const { forms } = set as { forms: readonly { title: string; files: Readonly<Record<string, object>> }[] };
    const wanted = { ...about, forms: forms.map(({ title, files }) => ({ title, files: Object.values(files).map(entry) })) };
    for (const { files } of look(wanted, given())) {
      expect(files.length).toBeGreaterThan(0);
      for (const { state, name } of files) expect([name, state]).toEqual([name, expect.stringMatching(/missing|optional/)]);
    }
  }
});

const entry = (file: object) =>
  ('pattern' in file
    ? { ...file, pattern: (file.pattern as RegExp).source, flags: 'i' }
    : file) as WantedSet['forms'][number]['files'][number];
