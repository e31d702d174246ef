// Every set: its readers on small real files, its twin held to their form, and both to what bad input gets.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sets } from '../../../src/data/sets/index.ts';
import type { Faces } from '../../../src/data/sets/keypoints.ts';
import { openDataSet } from '../../../src/data/sets/open.ts';
import type { DataSet, Field, Part, Parts } from '../../../src/data/sets/set.ts';
import { textsOf } from '../../../src/data/sets/texts.ts';
import { DataFormatError } from '../../../src/engine/graph/errors.ts';
import { type Files, platformOf } from './platforms.ts';
import { jpeg, png, samples, tarred, text } from './samples.ts';

const all = Object.entries(sets) as unknown as readonly (readonly [string, () => Promise<DataSet>])[];
/** Of every part, whatever it is called. */
const few = (limit: number) => new Proxy({}, { get: () => limit }) as Readonly<Record<string, number>>;
const open = (set: () => Promise<DataSet>, files: Files, limit = 6) =>
  openDataSet(platformOf(files), set, {
    use: { limit: few(limit) },
  });

/** What a program relies on: parts, fields, shapes, element types, what is ragged and what has names. */
function formOf(parts: Parts) {
  const field = (name: string, { data, shape, dtype, scale, offsets, names }: Field) => ({
    array: data.constructor.name,
    shape: name === 'features' ? 'words' : [...shape],
    ...{ dtype, scale, ragged: offsets !== undefined, named: names !== undefined },
  });
  return Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [
      name,
      Object.fromEntries(Object.entries<Field>(part.fields).map(([key, value]) => [key, field(key, value)])),
    ]),
  );
}

function expectSound(parts: Parts): void {
  for (const [name, part] of Object.entries<Part>(parts)) {
    expect(part.count, name).toBeGreaterThan(0);
    for (const [key, { data, shape, offsets, names, dtype }] of Object.entries<Field>(part.fields)) {
      const size = shape.reduce((product, n) => product * n, 1);
      if (offsets) {
        expect(offsets.length, key).toBe(part.count + 1);
        expect(
          offsets.every((at, i) => i === 0 || at >= offsets[i - 1]),
          key,
        ).toBe(true);
      }
      expect(data.length, `${name} ${key}`).toBe((offsets ? offsets[part.count] : part.count) * size);
      if (names)
        expect(
          (data as Uint8Array).every((value) => value < names.length),
          key,
        ).toBe(true);
      expect(dtype === 'i32' || !names, key).toBe(true);
    }
  }
}

test('every set has samples here, and a name of its own', async () => {
  expect(Object.keys(samples).sort()).toEqual(Object.keys(sets).sort());
  const loaded = await Promise.all(all.map(([, set]) => set()));
  expect(new Set(loaded.map(({ name }) => name)).size).toBe(loaded.length);
  for (const { name, licence, source } of loaded)
    expect([name, licence !== '', source !== '']).toEqual([expect.stringMatching(/^[a-z0-9_]+$/), true, true]);
});

describe.each(all)('%s', (name, set) => {
  test('is read in each of its forms, and its twin has the same form', async () => {
    const twin = await open(set, {});
    expect(twin.record.synthetic).toBe(true);
    expectSound(twin.parts);
    for (const files of samples[name]) {
      const { parts, record } = await open(set, files);
      expect(record.synthetic).toBe(false);
      for (const { sha256 } of record.files) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expectSound(parts);
      expect(formOf(parts)).toEqual(formOf(twin.parts));
    }
  });

  test('the twin is the same for a seed, and another for another one', async () => {
    const twin = async (seed: number) =>
      JSON.stringify(
        Object.values((await openDataSet(platformOf({}), set, { seed, use: { limit: few(3) } })).parts).map(({ fields }) =>
          Object.values<Field>(fields).map(({ data }) => data.subarray(0, 4000)),
        ),
      );
    expect(await twin(1)).toBe(await twin(1));
    expect(await twin(1)).not.toBe(await twin(2));
  });

  test('broken files give a DataFormatError, or samples that are sound', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...samples[name]),
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 0, maxLength: 3 }),
        fc.option(fc.nat(), { nil: undefined }),
        async (files, which, flips, cut) => {
          const paths = Object.keys(files);
          const path = paths[which % paths.length];
          const broken = files[path].slice(0, cut === undefined ? undefined : cut % files[path].length);
          for (const [at, value] of flips) if (broken.length) broken[at % broken.length] ^= value;
          try {
            const { parts, record } = await open(set, { ...files, [path]: broken });
            if (!record.synthetic) expectSound(parts);
          } catch (error) {
            if (!(error instanceof DataFormatError)) throw error;
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});

test('pictures of other sizes and modes are brought to those that are wanted, and counted in the record', async () => {
  const files = {
    'cotton_leaf/train/fresh/0.jpg': jpeg(96, 96),
    'cotton_leaf/train/fresh/1.png': png(200, 96, 1),
    'cotton_leaf/train/ill/0.jpg': jpeg(130, 99),
    'cotton_leaf/test/ill/0.png': png(96, 96, 1),
  };
  const { parts, record } = await openDataSet(platformOf(files), sets.cottonLeaf);
  expect([...parts.test.fields.image.data.subarray(0, 3)]).toEqual([0, 1, 2]);
  expect(record.description).toBe(
    'Cotton leaves (2 of 3 training pictures scaled to 96×96, 1 of 3 training pictures brought to RGB of 8 bits; 1 of 1 test pictures brought to RGB of 8 bits), 3 training and 1 test images, from /data/cotton_leaf/',
  );
});

describe("Kaggle's forms", () => {
  const sample = (name: string, path: string) => samples[name].find((files) => Object.keys(files).some((key) => key.includes(path)))!;

  test('faces: whole ones to test with, all others to train on, pixels and points as the table has them', async () => {
    const { parts, record } = await openDataSet(platformOf(sample('facialKeypoints', 'training.csv')), sets.facialKeypoints);
    expect([parts.train.count, parts.test.count]).toEqual([12, 2]);
    const { image, points, known } = parts.test.fields;
    // Faces 6 and 13 lack a point, so those to test with are 11 and 12.
    expect([...image.data.subarray(9216, 9220)]).toEqual([0, 12, 24, 36]);
    expect(points.data[0]).toBeCloseTo((2 * 31.5) / 96 - 1, 6);
    expect(points.data[30 + 29]).toBeCloseTo((2 * (20.5 + 29 + 12)) / 96 - 1, 6);
    expect(known.data).toEqual(new Uint8Array(30).fill(1));
    // Of face 6 the x of point 1 is missing: the whole point is.
    const train = parts.train.fields;
    expect([...train.known.data].flatMap((given, i) => (given ? [] : [i]))).toEqual([6 * 15 + 1, 11 * 15 + 1]);
    expect([...train.points.data.subarray(180, 186)].map((v) => 48 * (v + 1))).toEqual(
      [26.5, 27.5, 48, 48, 30.5, 31.5].map((v) => expect.closeTo(v, 4)),
    );
    expect(record.description).toMatch(/\(Kaggle's, .*; 2 of 12 training faces lack points\), 12 training and 2 test faces/);
  });

  test('faces: what is odd in their table or pictures is named, or counted', async () => {
    const files = sample('facialKeypoints', 'train_15pts.csv');
    const path = 'facial_keypoints/train_15pts.csv';
    const [header, ...rows] = new TextDecoder().decode(files[path]).trim().split('\n');
    const changed = (change: (cells: string[], row: number) => void) => {
      const cells = rows.map((row) => row.split(','));
      cells.forEach(change);
      return { ...files, [path]: text(header, ...cells.map((row) => row.join())) };
    };
    const opened = (given: Readonly<Record<string, Uint8Array>>) => open(sets.facialKeypoints, given);
    const { parts, record } = await opened(changed((cells, row) => void (row === 1 && cells.fill('', 4, 5))));
    expect([...(parts.train as Faces['train']).fields.known.data.subarray(15, 19)]).toEqual([1, 0, 1, 1]);
    expect(record.description).toContain('Facial keypoints (1 of 2 training faces lack points), 2 training and 1 test faces');
    await expect(opened(changed((cells) => void cells.fill('', 4, 5)))).rejects.toThrow(
      "expected numbers in the column 'y1', found an empty column",
    );
    await expect(opened(changed((cells, row) => void (row === 1 && cells.fill('', 1))))).rejects.toThrow(
      'line 3: expected at least one of 15 points, found none',
    );
    await expect(opened(changed((cells, row) => void (row === 0 && cells.fill('150', 1, 2))))).rejects.toThrow(
      "line 2, column 'x0': expected a place in or near a picture of 96 pixels, found 150",
    );
    const archive = (name: string, picture: Uint8Array) =>
      tarred({ 'train/a.png': png(96, 96), 'train/b.png': png(96, 96), 'test/c.png': png(96, 96), [name]: picture });
    const coloured = await opened({ ...files, 'facial_keypoints/faces.tar.gz': archive('train/b.png', png(96, 96, 3)) });
    expect(coloured.record.description).toContain('(1 of 2 training pictures made grey)');
    await expect(opened({ ...files, 'facial_keypoints/faces.tar.gz': archive('test/c.png', png(90, 96)) })).rejects.toThrow(
      /1 of 1 pictures can't be used: 'test\/c.png' \(90×96 pixels, expected 96×96\)/,
    );
  });

  test('reviews', async () => {
    const { parts } = await openDataSet(platformOf(sample('imdb', 'IMDB')), sets.imdb);
    expect([textsOf(parts.train.fields.text), [...parts.train.fields.label.data]]).toEqual([['Good, and très<br />bien.'], [1]]);
    expect([textsOf(parts.test.fields.text), [...parts.test.fields.label.data]]).toEqual([
      ['Bad.', 'so "so" '],
      [0, 0],
    ]);
  });

  test('nuclei: those of 256×256, a number for each mask', async () => {
    const { parts } = await openDataSet(platformOf(sample('nuclei', 'stage1_train')), sets.nuclei);
    expect([parts.train.count, parts.test.count]).toEqual([4, 1]);
    // The test picture is the sixth: its masks have columns 80 to 95 and 96 to 111 of the first row.
    expect([79, 80, 95, 96, 111, 112].map((p) => parts.test.fields.mask.data[p])).toEqual([0, 1, 1, 2, 2, 0]);
  });

  test('MSRC: what was scaled or not in colour is counted; a mask of another size than its picture, or with a number beyond the classes, is refused', async () => {
    const files = (odd: Uint8Array) => ({
      'msrc_v2/classes.txt': text('0 void', '1 building', '2 grass'),
      ...Object.fromEntries(
        [0, 1, 2, 3, 4].flatMap((i) => [
          [`msrc_v2/images/${i}.png`, png(64, 43, i === 1 ? 1 : 3)],
          [`msrc_v2/labels/${i}.png`, i === 2 ? odd : png(64, 43, 1, (p) => p % 3)],
        ]),
      ),
    });
    const fine = await openDataSet(platformOf(files(png(64, 43, 1, () => 1))), sets.msrc);
    expect(fine.record.description).toContain(
      '4 of 4 training pictures scaled to 208×208, 1 of 4 training pictures brought to RGB of 8 bits',
    );
    await expect(open(sets.msrc as never, files(png(43, 64, 1, () => 1)))).rejects.toThrow(
      /labels\/2\.png.* \(a mask of 43×64 pixels, its picture has 64×43\)/,
    );
    await expect(open(sets.msrc as never, files(png(64, 43, 1, () => 3)))).rejects.toThrow(/a mask with 3, expected less than 3/);
  });

  test.each([
    [
      'facialKeypoints',
      'facial_keypoints/training.csv',
      'a_x,a_y,Image\n1,2,3\n',
      /expected x and y of 15 points, then a column Image, found 3 columns/,
    ],
    ['imdb', 'imdb/IMDB Dataset.csv', 'review,sentiment\nx,good\n', /line 2: expected positive or negative, found 'good'/],
    ['imdb', 'imdb/IMDB Dataset.csv', 'text,label\nx,1\n', /expected columns review and sentiment/],
  ])('%s: another table is refused', async (name, path, content, message) => {
    await expect(open(sets[name as 'imdb'] as never, { [path]: text(content) })).rejects.toThrow(message);
  });
});
