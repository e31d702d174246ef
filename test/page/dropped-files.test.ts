// Dropped folders: their files' paths, however many there are.
import { expect, test } from 'vitest';
import { type Entry, filesOfEntries, filesOfInput } from '../../runtime/browser/page/dropped-files.ts';

const file = (name: string): Entry =>
  Object.assign({ isFile: true, name }, { file: (done: (file: File) => void) => done(new File(['x'], name)) });

/** As browsers do it: some entries at a time, and an empty list at the end. */
const folder = (name: string, inner: readonly Entry[]): Entry =>
  Object.assign(
    { isFile: false, name },
    {
      createReader() {
        let at = 0;
        const readEntries = (done: (entries: readonly Entry[]) => void) => {
          done(inner.slice(at, at + 100));
          at += 100;
        };
        return { readEntries };
      },
    },
  );

test('files keep their path in the dropped folder', async () => {
  const found = await filesOfEntries([
    folder('data', [folder('mnist', [file('labels.gz'), file('images.gz')]), file('README')]),
    file('loose.csv'),
  ]);
  expect(found.map(({ path }) => path)).toEqual(['data/mnist/images.gz', 'data/mnist/labels.gz', 'data/README', 'loose.csv']);
});

test('a folder of more than one reading is read to its end', async () => {
  const found = await filesOfEntries([
    folder(
      'many',
      Array.from({ length: 250 }, (_, i) => file(`${i}.png`)),
    ),
  ]);
  expect(found).toHaveLength(250);
});

test('what file managers leave behind is left out', async () => {
  const found = await filesOfEntries([
    folder('set', [file('.DS_Store'), file('Thumbs.db'), folder('.git', [file('HEAD')]), file('a.csv')]),
  ]);
  expect(found.map(({ path }) => path)).toEqual(['set/a.csv']);
  const input = [new File([''], 'a.csv'), Object.assign(new File([''], 'HEAD'), { webkitRelativePath: 'set/.git/HEAD' })];
  expect(filesOfInput(input).map(({ path }) => path)).toEqual(['a.csv']);
});

test('a file that can not be read is named', async () => {
  const gone = Object.assign(
    { isFile: true, name: 'gone.csv' },
    { file: (_: unknown, failed: (error: DOMException) => void) => failed(new DOMException('it is gone', 'NotFoundError')) },
  );
  await expect(filesOfEntries([folder('set', [gone])])).rejects.toThrow(/set\/gone\.csv can't be read \(it is gone\)/);
});
