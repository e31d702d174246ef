// Archives of which parts alone are read: what is in them is the same, and the rest stays where it is.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { afterAll, describe, expect, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { openDataSet } from '../../src/data/sets/open.ts';
import { textsOf } from '../../src/data/sets/texts.ts';
import { wordVectors } from '../../src/data/sets/word-vectors.ts';
import { openZip, readZip } from '../../src/data/zip.ts';
import { DataFormatError, Random } from '../../src/index.ts';

/** Reads an archive by ranges, and notes them. */
function distant(file: Uint8Array) {
  const ranges: (readonly [number, number])[] = [];
  const read = async (begin: number, end: number) => {
    ranges.push([begin, end]);
    return file.subarray(begin, end);
  };
  return { ranges, open: () => openZip(file.length, read, 'a.zip') };
}

/** An archive of empty files with names of six digits. */
function manyEntries(count: number): Uint8Array<ArrayBuffer> {
  const [local, central] = [36, 52];
  const file = new Uint8Array(count * (local + central) + 22);
  const view = new DataView(file.buffer);
  for (let i = 0; i < count; i++) {
    const name = new TextEncoder().encode(String(100_000 + i));
    const at = count * local + i * central;
    view.setUint32(i * local, 0x04034b50, true);
    view.setUint16(i * local + 26, 6, true);
    file.set(name, i * local + 30);
    view.setUint32(at, 0x02014b50, true);
    view.setUint16(at + 28, 6, true);
    view.setUint32(at + 42, i * local, true);
    file.set(name, at + 46);
  }
  const end = file.length - 22;
  view.setUint32(end, 0x06054b50, true);
  view.setUint32(end + 8, (count % 0x10000) * 0x10001, true);
  view.setUint32(end + 12, count * central, true);
  view.setUint32(end + 16, count * local, true);
  return file;
}

const random = new Random(3);
const noise = (length: number) => Uint8Array.from({ length }, () => random.integer(256));

describe('a zip archive by ranges', () => {
  it('holds what the whole holds: its directory is read, and each entry that is asked for', async () => {
    const contents = {
      'a/1.bin': noise(300),
      'a/none': new Uint8Array(),
      'b.txt': new TextEncoder().encode('again and again '.repeat(40)),
    };
    for (const file of [zipSync({ ...contents, large: noise(200_000) }), zipSync({ ...contents, large: noise(200_000) }, { level: 0 })]) {
      const whole = readZip(file, 'a.zip');
      const { ranges, open } = distant(file);
      const entries = await open();
      expect(entries.map(({ name }) => name)).toEqual([...whole.keys()]);
      const small = entries.filter(({ name }) => name !== 'large');
      for (const { name, bytes } of small) expect(await bytes()).toEqual(whole.get(name)?.bytes());
      expect(ranges).toHaveLength(1 + small.length);
      expect(ranges.reduce((sum, [begin, end]) => sum + end - begin, 0)).toBeLessThan(70_000);
    }
  });

  it('may have more entries than 16 bits count, and a directory that is read a second time for its length', async () => {
    const count = 65_600;
    const file = manyEntries(count);
    const { ranges, open } = distant(file);
    expect(await open()).toHaveLength(count);
    expect(ranges).toHaveLength(2);
    const counts = (entries: number) => new DataView(file.buffer).setUint32(file.length - 14, entries * 0x10001, true);
    // As those write it that know larger archives.
    counts(0xffff);
    expect(readZip(file, 'a.zip').size).toBe(count);
    counts(3);
    expect(() => readZip(file, 'a.zip')).toThrow(/expected 3 entries in the zip directory, found 65600/);
  });

  it('that is damaged is refused, as the whole is', async () => {
    const file = zipSync({ 'a.txt': new TextEncoder().encode('again and again '.repeat(9)), 'b.bin': noise(90) });
    const change = fc.tuple(fc.nat(file.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(file.length), async (changes, cut) => {
        const damaged = cut % 3 ? file.slice() : file.slice(0, cut);
        for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
        const expected: unknown[] = [];
        try {
          for (const [name, { bytes }] of readZip(damaged, 'a.zip')) expected.push(name, bytes());
        } catch (error) {
          expected.splice(0, Infinity, (error as object).constructor);
        }
        const found: unknown[] = [];
        try {
          for (const { name, bytes } of await distant(damaged).open()) found.push(name, await bytes());
        } catch (error) {
          expect(error).toBeInstanceOf(DataFormatError);
          found.splice(0, Infinity, (error as object).constructor);
        }
        expect(found).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

const base = mkdtempSync(join(tmpdir(), 'tilegrad-ranges-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const write = (path: string, bytes: Uint8Array) => {
  mkdirSync(join(base, path, '..'), { recursive: true });
  writeFileSync(join(base, path), bytes);
};

it('Node reads a part of a file', async () => {
  write('data/set/file', Uint8Array.of(0, 1, 2, 3, 4, 5));
  const platform = nodePlatform({ data: join(base, 'data') });
  expect(await platform.readRange?.('set/file', 2, 4)).toEqual({ bytes: Uint8Array.of(2, 3), source: join(base, 'data/set/file') });
  expect((await platform.readRange?.('set/file', 4, 99))?.bytes).toEqual(Uint8Array.of(4, 5));
  expect(await platform.readRange?.('set/other', 0, 1)).toBeUndefined();
  expect(await platform.readRange?.('set/file/below', 0, 1)).toBeUndefined();
});

describe('word vectors in an archive with others', () => {
  const set = wordVectors({ name: 'words', dimension: 2, files: { folder: 'words', pattern: /\b2d\.txt$/, layout: 'x.2d.txt' } });
  const text = new TextEncoder().encode('the 1 2\nof 3 -4\n');

  async function opened(folder: string) {
    const platform = nodePlatform({ data: join(base, folder) });
    const whole: string[] = [];
    let read = 0;
    const { parts, record } = await openDataSet(
      {
        ...platform,
        readData: (path) => {
          whole.push(path);
          return platform.readData(path);
        },
        readRange: async (...range) => {
          const part = await platform.readRange?.(...range);
          read += part?.bytes.length ?? 0;
          return part;
        },
      },
      set,
    );
    const { word, vector } = parts.words.fields;
    return { words: textsOf(word), vectors: [...vector.data], record, whole, read };
  }

  it('are read by themselves, and count as if they lay there unpacked', async () => {
    write('packed/words/all.zip', zipSync({ 'x.100d.txt': noise(300_000), 'x.2d.txt': text }));
    write('loose/words/x.2d.txt', text);
    const [packed, loose] = [await opened('packed'), await opened('loose')];
    expect([packed.words, packed.vectors]).toEqual([
      ['the', 'of'],
      [1, 2, 3, -4],
    ]);
    expect(packed.whole).toEqual([]);
    expect(packed.read).toBeLessThan(70_000);
    expect(packed.record.description).toMatch(/2 words, from .*words[/\\]all\.zip$/);
    expect(packed.record.files.map(({ sha256 }) => sha256)).toEqual(loose.record.files.map(({ sha256 }) => sha256));
  });

  it('are read with the rest where they are most of it', async () => {
    write(
      'most/words/all.zip',
      zipSync({ 'x.100d.txt': noise(10), 'x.2d.txt': new TextEncoder().encode('the 1 2\n'.repeat(50)) }, { level: 0 }),
    );
    const { whole, words } = await opened('most');
    expect([whole, words.length]).toEqual([['words/all.zip'], 50]);
  });
});
