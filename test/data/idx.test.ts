import fc from 'fast-check';
import { gzipSync } from 'fflate';
import { describe, expect, test, vi } from 'vitest';
import { decodeIdx } from '../../src/data/idx.ts';
import { DataFormatError } from '../../src/engine/graph/errors.ts';
import { idxFile } from './idx-files.ts';

const small = idxFile(0x08, [2, 3], [1, 2, 3, 4, 5, 6]);

function complaint(file: Uint8Array): string {
  try {
    decodeIdx(file, 'x.idx');
  } catch (error) {
    expect(error).toBeInstanceOf(DataFormatError);
    return (error as Error).message;
  }
  throw new Error('expected a DataFormatError');
}

describe('what it reads', () => {
  test('bytes, plain and gzipped, at any offset in a buffer', () => {
    const expected = { dtype: 'u8', shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    expect(decodeIdx(small, 'x')).toEqual(expected);
    expect(decodeIdx(gzipSync(small), 'x')).toEqual(expected);
    const shifted = new Uint8Array(small.length + 3);
    shifted.set(small, 3);
    expect(decodeIdx(shifted.subarray(3), 'x')).toEqual(expected);
  });

  test('every type, big-endian', () => {
    expect(decodeIdx(idxFile(0x09, [2], [255, 1]), 'x').data).toEqual(Int8Array.of(-1, 1));
    expect(decodeIdx(idxFile(0x0b, [2], [255, 254, 1, 2]), 'x').data).toEqual(Int16Array.of(-2, 258));
    expect(decodeIdx(idxFile(0x0c, [1], [0, 1, 0, 2]), 'x').data).toEqual(Int32Array.of(65538));
    expect(decodeIdx(idxFile(0x0d, [1], [0x3f, 0xc0, 0, 0]), 'x').data).toEqual(Float32Array.of(1.5));
    expect(decodeIdx(idxFile(0x0e, [1], [0xbf, 0xf8, 0, 0, 0, 0, 0, 0]), 'x').data).toEqual(Float64Array.of(-1.5));
  });

  test('a file of no images, and gzip in several members', () => {
    expect(decodeIdx(idxFile(8, [0, 28, 28], []), 'x')).toEqual({ dtype: 'u8', shape: [0, 28, 28], data: new Uint8Array(0) });
    const parts = [small.subarray(0, 5), small.subarray(5, 14), small.subarray(14)].map((part) => gzipSync(part));
    expect(decodeIdx(Uint8Array.from(parts.flatMap((part) => [...part])), 'x').data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
  });

  test('a gzipped file much longer than one piece of its stream', () => {
    const pixels = Uint8Array.from({ length: 400_000 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255);
    const file = idxFile(8, [400, 1000], pixels);
    const { data } = decodeIdx(gzipSync(file), 'x');
    expect(data.length).toBe(pixels.length);
    expect(data.every((value, i) => value === pixels[i])).toBe(true);
  });
});

describe('what it refuses, in one paragraph that names the file', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /expected an IDX header .* found a file of 0 bytes/],
    ['a wrong magic', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0), /starts 89 50 4e 47/],
    ['an unknown type code', idxFile(0x0a, [1], [0]), /starts 00 00 0a 01/],
    ['no dimension', idxFile(8, [], []), /at least one dimension/],
    ['a header cut short', small.subarray(0, 9), /expected an IDX header/],
    ['too few values', small.subarray(0, 17), /expected 18 bytes .* found 17/],
    ['too many values', idxFile(8, [2], [1, 2, 3]), /expected 10 bytes .* found 11/],
    [
      'dimensions whose product overflows',
      idxFile(0x0e, new Array<number>(255).fill(0xffffffff), []),
      /expected Infinity bytes|expected .* bytes for f64/,
    ],
    ['a gzip file cut short', gzipSync(small).subarray(0, 20), /x\.idx: expected/],
    ['a gzip file without its trailer', gzipSync(small).subarray(0, -8), /checksum/],
    ['gzip data that promises too little', gzipSync(idxFile(8, [2], [1, 2, 3])), /goes on past them/],
    ['gzip data that promises too much', gzipSync(idxFile(8, [4], [1, 2, 3])), /ends after 11/],
    ['a gzipped header that lies about 4 GB', gzipSync(idxFile(8, [0xffffffff], [1])), /a header that promises 4,294,967,303 bytes/],
    ['gzip data with nothing inside', gzipSync(new Uint8Array(0)), /only 0 decompressed bytes/],
  ])('%s', (_, file, message) => {
    const text = complaint(file);
    expect(text).toMatch(/^x\.idx: expected /);
    expect(text).toMatch(message);
    expect(text).not.toContain('\n');
  });

  test('a flipped bit in gzip data, by its checksum', () => {
    const file = gzipSync(
      idxFile(
        8,
        [64],
        Uint8Array.from({ length: 64 }, (_, i) => (i * 37) & 255),
      ),
      { level: 0 },
    );
    file[40]! ^= 1;
    expect(complaint(file)).toMatch(/checksum/);
  });

  test('a file name of 16 MB in the gzip header, in the first member or a later one', () => {
    const named = gzipSync(small, { filename: 'x'.repeat(16_000_000) });
    const start = process.cpuUsage();
    expect(() => decodeIdx(named, 'x.idx')).toThrow(/x\.idx: expected content within 65,536 bytes of gzip data/);
    const later = gzipSync(small.subarray(0, 5));
    const both = new Uint8Array(later.length + named.length);
    both.set(later);
    both.set(named, later.length);
    expect(() => decodeIdx(both, 'x.idx')).toThrow(/x\.idx: expected/);
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(2);
  });

  test('a gzip bomb, before it is inflated whole', () => {
    const bomb = gzipSync(idxFile(8, [10], new Uint8Array(50_000_000)));
    const start = process.cpuUsage();
    expect(complaint(bomb)).toMatch(/goes on past them/);
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(1);
  });
});

describe('any bytes at all', () => {
  /** Decodes or complains; nothing else, and nothing larger than the file can hold. */
  function survive(file: Uint8Array): void {
    const limit = file[0] === 0x1f && file[1] === 0x8b ? file.length * 1032 : file.length;
    try {
      expect(decodeIdx(file, 'x').data.byteLength).toBeLessThanOrEqual(limit);
    } catch (error) {
      expect(error).toBeInstanceOf(DataFormatError);
    }
  }

  const header = fc.tuple(
    fc.constantFrom(8, 9, 11, 12, 13, 14),
    fc.array(fc.oneof(fc.nat(6), fc.integer({ min: 0, max: 0xffffffff })), { maxLength: 5 }),
    fc.uint8Array({ maxLength: 200 }),
  );

  test('random files', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), survive), { numRuns: 500 });
    fc.assert(
      fc.property(header, ([code, shape, values]) => survive(idxFile(code, shape, values))),
      { numRuns: 500 },
    );
  });

  test('random gzip streams and headers inside them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => survive(Uint8Array.of(0x1f, 0x8b, 8, ...bytes))),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(header, ([code, shape, values]) => survive(gzipSync(idxFile(code, shape, values)))),
      { numRuns: 300 },
    );
  });

  test('valid files, truncated and with bytes changed', () => {
    const plain = idxFile(
      8,
      [5, 4],
      Uint8Array.from({ length: 20 }, (_, i) => i),
    );
    const mutations = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(plain, gzipSync(plain), gzipSync(plain, { level: 0 })), mutations, fc.nat(80), (file, changes, cut) => {
        const copy = file.slice(0, Math.max(0, file.length - (cut > 40 ? cut - 40 : 0)));
        if (!copy.length) return;
        for (const [at, value] of changes) copy[at % copy.length] = value;
        survive(copy);
      }),
      { numRuns: 2000 },
    );
  });

  test('no array is asked for that is longer than the file', () => {
    const files = [8, 11, 12, 13, 14].map((code) => Uint8Array.of(0, 0, code, 1, 0xff, 0xff, 0xff, 0xff, 1));
    const asked: unknown[] = [];
    for (const name of ['Int16Array', 'Int32Array', 'Float32Array', 'Float64Array', 'Uint8Array'] as const) {
      const Original = globalThis[name] as unknown as new (...args: unknown[]) => object;
      const construct = (target: typeof Original, args: unknown[], newTarget: new () => object): object => {
        asked.push(args[0]);
        return Reflect.construct(target, args, newTarget) as object;
      };
      vi.stubGlobal(name, new Proxy(Original, { construct }));
    }
    try {
      for (const file of files) expect(() => decodeIdx(file, 'x')).toThrow(DataFormatError);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(asked.filter((size) => typeof size !== 'number' || size > 9)).toEqual([]);
  });
});
