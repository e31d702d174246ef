import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, type SafetensorsInput, toFloat32 } from '../../src/data/safetensors.ts';
import { DataFormatError, ShapeError } from '../../src/engine/graph/errors.ts';

/** A file with this header text, unpadded, and this many bytes of values. */
function fileOf(header: string | object, valueBytes = 0, headerLength?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + valueBytes);
  new DataView(file.buffer).setBigUint64(0, headerLength ?? BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

const tensor = (dtype: string, shape: unknown, offsets: unknown): object => ({ dtype, shape, data_offsets: offsets });

describe('writing', () => {
  test("gives the reference implementation's bytes (its own test, test_serialization)", () => {
    const data = Uint8Array.from({ length: 12 }, (_, i) => (i % 4 === 0 ? 0 : i));
    const file = encodeSafetensors({ attn_0: { dtype: 'F32', shape: [1, 1, 3], data } });
    const header = '{"attn_0":{"dtype":"F32","shape":[1,1,3],"data_offsets":[0,12]}}';
    expect(new TextDecoder().decode(file.subarray(8, -12))).toBe(header.padEnd(Math.ceil(header.length / 8) * 8));
    expect(file[0]).toBe(64);
    expect([...file.subarray(-12)]).toEqual([...data]);
  });

  test('wide types come first, then names in order; everything stands aligned', () => {
    const file = encodeSafetensors({
      b: { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) },
      a: { dtype: 'U8', shape: [], data: Uint8Array.of(9) },
      10: { dtype: 'I64', shape: [1], data: BigInt64Array.of(-5n) },
      w: { dtype: 'F32', shape: [2, 1], data: Float32Array.of(1.5, -2) },
    });
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(Object.keys(JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as object)).toEqual(['10', 'w', 'a', 'b']);
    const { tensors } = decodeSafetensors(file);
    expect(tensors[10]).toEqual({ dtype: 'I64', shape: [1], data: BigInt64Array.of(-5n) });
    expect(tensors.w).toEqual({ dtype: 'F32', shape: [2, 1], data: Float32Array.of(1.5, -2) });
    expect(tensors.a!.data).toEqual(Uint8Array.of(9));
    expect(tensors.w!.data.buffer).toBe(file.buffer);
  });

  test('metadata comes back, and so does a file at an odd offset of its buffer', () => {
    const file = encodeSafetensors(
      { 'layer.0.weight "ü"': { dtype: 'F32', shape: [1], data: Float32Array.of(3) } },
      { format: 'pt', note: 'a\nb' },
    );
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    const read = decodeSafetensors(shifted.subarray(1));
    expect(read.metadata).toEqual({ format: 'pt', note: 'a\nb' });
    expect(read.tensors['layer.0.weight "ü"']!.data).toEqual(Float32Array.of(3));
  });

  test('refuses data that does not fit its shape or type', () => {
    const bad: SafetensorsInput[] = [
      { dtype: 'F32', shape: [2], data: Float32Array.of(1) },
      { dtype: 'F32', shape: [1], data: Int32Array.of(1) },
      { dtype: 'F32', shape: [0.5], data: new Uint8Array(2) },
      { dtype: 'F32', shape: [-1, -1], data: Float32Array.of(1) },
    ];
    for (const one of bad) expect(() => encodeSafetensors({ one })).toThrow(ShapeError);
    expect(() => encodeSafetensors({ __metadata__: { dtype: 'U8', shape: [0], data: new Uint8Array(0) } })).toThrow(/__metadata__/);
  });

  test('any set of tensors comes back as it was', () => {
    const one = fc.oneof(
      fc.float32Array({ maxLength: 9 }).map((data): SafetensorsInput => ({ dtype: 'F32', shape: [data.length], data })),
      fc.uint8Array({ maxLength: 9 }).map((data): SafetensorsInput => ({ dtype: 'U8', shape: [1, data.length], data })),
      fc.uint16Array({ maxLength: 9 }).map((data): SafetensorsInput => ({ dtype: 'F16', shape: [data.length, 1], data })),
      fc.bigInt64Array({ maxLength: 4 }).map((data): SafetensorsInput => ({ dtype: 'I64', shape: [data.length], data })),
    );
    const name = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__proto__' && text !== '__metadata__');
    fc.assert(
      fc.property(fc.dictionary(name, one, { maxKeys: 6 }), (tensors) => {
        const read = decodeSafetensors(encodeSafetensors(tensors)).tensors;
        expect({ ...read }).toEqual({ ...tensors });
      }),
    );
  });
});

describe('what it refuses, in one paragraph that names the file', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /8-byte header length.* found 0 bytes/],
    ['a header length of 2^60', fileOf('{}', 0, 2n ** 60n), /at most 100 MB, found a header length of 1,152,921,504,606,846,976/],
    ['a header over 100 MB', fileOf('{}', 0, 100_000_001n), /at most 100 MB/],
    ['a header past the end', fileOf('{}', 0, 3n), /a header of 3 bytes.* a file of 10/],
    ['no header', fileOf('', 4), /starts with '\{', found none/],
    ['a header that does not start with a brace', fileOf(' {}'), /starts with '\{', found byte 20/],
    ['a header that is not JSON', fileOf('{"a":'), /does not parse/],
    ['a header that is not UTF-8', fileOf('{}').fill(0xff, 9, 10), /JSON header in UTF-8, found bytes that are not/],
    [
      'one tensor twice',
      fileOf('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
      /'a' stands twice/,
    ],
    ['a tensor that is no object', fileOf({ a: 3 }), /describes tensor 'a', found 3/],
    ['an unknown dtype', fileOf({ a: tensor('F4', [1], [0, 1]) }, 1), /one of the dtypes BOOL.* found 'F4'/],
    ['a dtype from the prototype', fileOf({ a: tensor('toString', [1], [0, 1]) }, 1), /found 'toString'/],
    ['a fractional dimension', fileOf({ a: tensor('U8', [0.5], [0, 1]) }, 1), /whole numbers.* found \[0.5\]/],
    ['a negative dimension', fileOf({ a: tensor('U8', [-1], [0, 1]) }, 1), /found \[-1\]/],
    ['a dimension that is no number', fileOf({ a: tensor('U8', [null], [0, 1]) }, 1), /found \[null\]/],
    ['a product that overflows', fileOf({ a: tensor('U8', [2 ** 40, 2 ** 40], [0, 1]) }, 1), /fits a file/],
    ['a product that overflows before a zero', fileOf({ a: tensor('U8', [2 ** 40, 2 ** 40, 0], [0, 0]) }), /fits a file/],
    ['offsets the wrong way round', fileOf({ a: tensor('U8', [1], [1, 0]) }, 1), /begin ≤ end/],
    ['one offset', fileOf({ a: tensor('U8', [1], [0]) }, 1), /begin ≤ end/],
    ["a size that is not the shape's", fileOf({ a: tensor('F32', [2], [0, 4]) }, 4), /take 8 bytes.* 4 bytes/],
    ['offsets past the end', fileOf({ a: tensor('U8', [9], [0, 9]) }, 8), /9 bytes of values.* found 8/],
    [
      'overlapping tensors',
      fileOf({ a: tensor('U8', [4], [0, 4]), b: tensor('U8', [4], [2, 6]) }, 6),
      /tensor 'b' to start at byte 4.* overlap/,
    ],
    ['a hole', fileOf({ a: tensor('U8', [2], [0, 2]), b: tensor('U8', [2], [4, 6]) }, 6), /hole/],
    ['values not starting at zero', fileOf({ a: tensor('U8', [2], [2, 4]) }, 4), /hole/],
    ['values left over', fileOf({ a: tensor('U8', [2], [0, 2]) }, 3), /2 bytes of values.* found 3/],
    ['metadata that is not text', fileOf({ __metadata__: { epoch: 3 } }), /text as __metadata__ 'epoch', found 3/],
    ['metadata that is no object', fileOf({ __metadata__: ['a'] }), /an object as __metadata__/],
    ['__proto__ as a name', fileOf('{"__proto__":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'), /'__proto__'/],
    ['deep nesting', fileOf(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), /nest more than 8 levels/],
    ['text behind the header', fileOf('{} {}'), /nothing after the object/],
    ['a field twice', fileOf('{"a":{"dtype":"U8","dtype":"F32","shape":[0],"data_offsets":[0,0]}}'), /'dtype' stands twice/],
    ['a name that a terminal would obey', fileOf({ '\u001b[2J\u202e': 3 }), /tensor '\\u001b\[2J\\u202e', found 3/],
  ])('%s', (_, file, message) => {
    expect(() => decodeSafetensors(file, 'w.safetensors')).toThrow(DataFormatError);
    expect(() => decodeSafetensors(file, 'w.safetensors')).toThrow(message);
    expect(() => decodeSafetensors(file, 'w.safetensors')).toThrow(/^w\.safetensors: expected [^\n]*$/);
  });

  test('names of Object.prototype are only names', () => {
    const { tensors } = decodeSafetensors(fileOf({ constructor: tensor('U8', [1], [0, 1]) }, 1));
    expect(Object.keys(tensors)).toEqual(['constructor']);
    expect(tensors.toString).toBeUndefined();
  });
});

test('a header of 8 million empty values is refused at its first, and costs no more memory than its text', () => {
  const header = `{"a":[${'{},'.repeat(8_000_000)}{}]}`;
  const file = fileOf(header);
  const before = process.memoryUsage().heapUsed;
  const start = process.cpuUsage();
  expect(() => decodeSafetensors(file, 'w.safetensors')).toThrow(/describes tensor 'a'/);
  expect(process.cpuUsage(start).user / 1e6).toBeLessThan(2);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * header.length);
});

describe('any bytes at all', () => {
  function survive(file: Uint8Array): void {
    try {
      const { tensors } = decodeSafetensors(file, 'x');
      const bytes = Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
      expect(bytes).toBeLessThanOrEqual(file.length);
    } catch (error) {
      expect(error).toBeInstanceOf(DataFormatError);
    }
  }

  test('random bytes, random headers', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survive), { numRuns: 500 });
    fc.assert(
      fc.property(fc.json(), fc.nat(40), (header, size) => survive(fileOf(header, size))),
      { numRuns: 500 },
    );
    const size = fc.oneof(fc.nat(9), fc.constantFrom(-1, 0.5, 2 ** 31, 2 ** 53, 1e300, null, '1'));
    const entry = fc.record({
      dtype: fc.constantFrom('U8', 'F32', 'I64', 'F16', 'X'),
      shape: fc.array(size, { maxLength: 3 }),
      data_offsets: fc.array(size, { minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', '__metadata__', '__proto__'), entry), fc.nat(40), (header, bytes) =>
        survive(fileOf(header, bytes)),
      ),
      { numRuns: 1000 },
    );
  });

  test('valid files, truncated and with bytes changed', () => {
    const valid = encodeSafetensors(
      { a: { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }, b: { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) } },
      { format: 'pt' },
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 3 }),
        fc.nat(valid.length),
        fc.boolean(),
        (changes, cut, whole) => {
          const copy = valid.slice();
          for (const [at, value] of changes) copy[at] = value;
          survive(whole ? copy : copy.subarray(0, cut));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('toFloat32', () => {
  const read = (dtype: SafetensorsInput['dtype'], data: SafetensorsInput['data'], count: number): number[] =>
    Array.from(toFloat32(decodeSafetensors(encodeSafetensors({ t: { dtype, shape: [count], data } })).tensors.t!));

  test('half precision: normal, subnormal, zero, infinite, not a number', () => {
    expect(read('F16', Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x03ff, 0x7bff, 0x8000, 0x7c00, 0xfc00, 0x7e00), 10)).toEqual([
      1,
      -2,
      0.333251953125,
      2 ** -24,
      1023 * 2 ** -24,
      65504,
      -0,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ]);
  });

  test('bfloat16, f64 and integers of every width', () => {
    expect(read('BF16', Uint16Array.of(0x3f80, 0xc040, 0x7f80), 3)).toEqual([1, -3, Number.POSITIVE_INFINITY]);
    expect(read('F64', Float64Array.of(0.1), 1)).toEqual([Math.fround(0.1)]);
    expect(read('I64', BigInt64Array.of(-7n, 2n ** 40n), 2)).toEqual([-7, 2 ** 40]);
    expect(read('I8', Int8Array.of(-7), 1)).toEqual([-7]);
    expect(read('BOOL', Uint8Array.of(0, 1), 2)).toEqual([0, 1]);
  });
});

const data = process.env.TILEGRAD_DATA;

describe.skipIf(!data)('published weights (skipped without TILEGRAD_DATA, the folder that holds them)', () => {
  const folder = join(data ?? '', 'weights');
  const files = data ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.safetensors')) : [];

  test('there are some', () => expect(files.length).toBeGreaterThan(0));

  test.each(files)('%s is read, all of it finite, and written again without a loss', (path) => {
    const file = readFileSync(join(folder, path));
    const { tensors, metadata } = decodeSafetensors(file, path);
    expect(Object.keys(tensors).length).toBeGreaterThan(3);
    for (const one of Object.values(tensors)) expect(toFloat32(one).every(Number.isFinite)).toBe(true);
    const again = decodeSafetensors(encodeSafetensors(tensors, metadata), path);
    expect(Object.keys(again.tensors).sort()).toEqual(Object.keys(tensors).sort());
    for (const [name, one] of Object.entries(tensors)) {
      expect(again.tensors[name]!.shape).toEqual(one.shape);
      expect(Buffer.compare(bytesOf(again.tensors[name]!.data), bytesOf(one.data))).toBe(0);
    }
  });
});

function bytesOf(array: SafetensorsInput['data']): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
