// Files of weights: right values from every format, clear errors from damaged and hostile ones.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it, test } from 'vitest';
import { encodeSafetensors } from '../../../src/data/safetensors.ts';
import type { Weights } from '../../../src/data/weights/file-tensor.ts';
import { readWeights } from '../../../src/data/weights/read.ts';
import { DataFormatError, TilegradError } from '../../../src/engine/graph/errors.ts';
import { archive, bytesOf, legacyFile, npy, op, pickle, tensor } from './write.ts';

const data = process.env.TILEGRAD_DATA;
const six = Float32Array.of(0, 1, 2, 3, 4, 5);
const plain = (weights: Weights) =>
  Object.fromEntries(Object.entries(weights).map(([name, { shape, data }]) => [name, [shape.join('×'), ...data]]));
const matrix = { key: '0', count: 6, shape: [2, 3], strides: [3, 1] };

/** The same in every run of a file's content: names, types, shapes and raw values. */
function digest(weights: Weights): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(weights).sort()) {
    const { dtype, shape, raw } = weights[name];
    hash.update(`${name} ${dtype} ${shape.join(',')}\n`).update(new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength));
  }
  return `${Object.keys(weights).length} ${hash.digest('hex').slice(0, 32)}`;
}

describe.runIf(data)('files that PyTorch wrote', () => {
  const folder = join(data ?? '', 'weights', 'pytorch_fixtures');
  // What an independent reader found in them (Python's own pickle module).
  const expected = JSON.parse(readFileSync(new URL('./pytorch-fixtures.json', import.meta.url), 'utf8')) as Record<string, string>;
  it.each(Object.entries(expected))('%s', async (name, found) => {
    expect(digest(await readWeights(readFileSync(join(folder, name)), { name }))).toBe(found);
  });
  it('or is broken', async () => {
    const name = 'reader/broken.pt';
    await expect(readWeights(readFileSync(join(folder, name)), { name })).rejects.toThrow(
      "reader/broken.pt: expected safetensors, PyTorch or NumPy weights, found one that begins with 'abc'",
    );
  });
});

describe('PyTorch', () => {
  const views = (legacy = false) =>
    op.dict([
      ['whole', tensor(matrix, legacy)],
      ['transposed', tensor({ ...matrix, shape: [3, 2], strides: [1, 3] }, legacy)],
      ['column', tensor({ ...matrix, offset: 2, shape: [2], strides: [3] }, legacy)],
      ['repeated', tensor({ ...matrix, shape: [1, 3], strides: [0, 1] }, legacy)],
      ['number', tensor({ key: '1', type: 'Long', count: 1, shape: [], strides: [] }, legacy)],
    ]);
  const storages = { 0: six, 1: BigInt64Array.of(-7n) };
  const found = {
    whole: ['2×3', 0, 1, 2, 3, 4, 5],
    transposed: ['3×2', 0, 3, 1, 4, 2, 5],
    column: ['2', 2, 5],
    repeated: ['1×3', 0, 1, 2],
    number: ['', -7],
  };

  it('reads views of one storage, from archives and from files of several pickles', async () => {
    expect(plain(await readWeights(archive(views(), storages)))).toEqual(found);
    expect(plain(await readWeights(legacyFile(views(true), storages)))).toEqual(found);
    const odd = new Uint8Array(bytesOf(0, legacyFile(views(true), storages)));
    expect(plain(await readWeights(odd.subarray(1)))).toEqual(found);
    const parts = op.dict([['tail', tensor({ ...matrix, count: 4, view: 2, offset: 1, shape: [2], strides: [1] }, true)]]);
    expect(plain(await readWeights(legacyFile(parts, { 0: six })))).toEqual({ tail: ['2', 3, 4] });
  });

  it('gives views of the file, not copies', async () => {
    const file = archive(op.dict([['w', tensor(matrix)]]), { 0: new Float32Array(256) });
    // Aligned only by chance in this archive: look at bytes.
    const bytes = archive(op.dict([['w', tensor({ ...matrix, type: 'Byte' })]]), { 0: new Uint8Array(6) });
    expect((await readWeights(bytes)).w.raw.buffer).toBe(bytes.buffer);
    expect(plain(await readWeights(file)).w).toEqual(['2×3', 0, 0, 0, 0, 0, 0]);
  });

  it('finds the state dict of a checkpoint, or the one under a key', async () => {
    const one = (key: string) => op.dict([['w', tensor({ ...matrix, shape: [1], strides: [1], offset: Number(key) })]]);
    const file = archive(
      op.dict([
        ['epoch', op.int(3)],
        ['optimizer', op.dict([['state', op.dict([[op.int(0), one('0')]])]])],
        ['ema', one('1')],
        ['state_dict', one('2')],
        ['args', op.call(op.global('argparse', 'Namespace'))],
      ]),
      { 0: six },
    );
    expect(plain(await readWeights(file))).toEqual({ w: ['1', 2] });
    expect(plain(await readWeights(file, { key: 'ema' }))).toEqual({ w: ['1', 1] });
    expect(plain(await readWeights(file, { key: 'optimizer.state.0' }))).toEqual({ w: ['1', 0] });
    await expect(readWeights(file, { key: 'enma' })).rejects.toThrow(
      "expected tensors under the key 'enma', got [optimizer, ema, state_dict]",
    );
    // Dotted names are names, not nesting.
    const flat = archive(op.dict([['model.w', tensor(matrix)]]), { 0: six });
    expect(Object.keys(await readWeights(flat))).toEqual(['model.w']);
  });

  it('reads TorchScript archives: fields of their classes are the names', async () => {
    const part = bytesOf(op.call(op.global('__torch__.clip', 'Visual')), op.dict([['proj', tensor(matrix)]]), 'b');
    const root = bytesOf(
      op.call(op.global('__torch__.clip', 'Clip')),
      op.dict([
        ['visual', part],
        ['training', bytesOf(0x89)],
      ]),
      'b',
    );
    expect(Object.keys(await readWeights(archive(root, { 0: six })))).toEqual(['visual.proj']);
  });

  it.each<[string, Uint8Array, RegExp]>([
    [
      'os.system',
      op.call(op.global('os', 'system'), op.text('true')),
      /expected only what weights are made of at byte 2, found 'os\.system'. Nothing of the file was run/,
    ],
    ['eval', op.call(op.global('builtins', 'eval'), op.text('1')), /found 'builtins\.eval'/],
    ['a class of one’s own', op.call(op.global('__main__', 'Net')), /found '__main__\.Net'.*torch\.save\(model\.state_dict\(\), path\)/],
    ['getattr by STACK_GLOBAL', bytesOf(op.text('builtins'), op.text('getattr'), 0x93), /found 'builtins\.getattr'/],
    ['torch.load by INST', bytesOf('(itorch\nload\n'), /found 'torch\.load'/],
    ['an extension', bytesOf(0x82, 1), /expected a pickle opcode at byte 2, found byte 0x82/],
    ['a call of a dict', op.call(op.dict([])), /expected a call of a known function/],
    ['__proto__', op.dict([['__proto__', tensor(matrix)]]), /expected ordinary tensor names/],
    [
      'a storage that is not there',
      op.dict([['w', tensor({ ...matrix, key: '9' })]]),
      /expected the values of storage '9' in 'archive\/data\/9', found no such entry/,
    ],
    ['a path as a storage', op.dict([['w', tensor({ ...matrix, key: '../../etc/passwd' })]]), /found no such entry/],
    [
      'a tensor that ends outside',
      op.dict([['w', tensor({ ...matrix, offset: 1 })]]),
      /expected tensor 'w' to lie within the 6 values of its storage/,
    ],
    ['a stride that leads outside', op.dict([['w', tensor({ ...matrix, strides: [3, 2 ** 30] })]]), /lie within the 6 values/],
    ['a huge view', op.dict([['w', tensor({ ...matrix, shape: [2 ** 30, 2 ** 30], strides: [0, 0] })]]), /lie within the 6 values/],
    ['a negative size', op.dict([['w', tensor({ ...matrix, shape: [-1, 3] })]]), /expected a tensor with offset, shape and strides/],
    ['another type', op.dict([['w', tensor({ ...matrix, type: 'ComplexFloat' })]]), /found 'torch\.ComplexFloatStorage'/],
  ])('refuses %s', async (_name, root, message) => {
    const read = readWeights(archive(root, { 0: six }), { name: 'w.pt' });
    await expect(read).rejects.toThrow(message);
    await expect(read).rejects.toThrow(DataFormatError);
  });

  it('refuses values of big-endian machines', async () => {
    await expect(readWeights(legacyFile(op.dict([]), {}, false))).rejects.toThrow('expected little-endian values');
    await expect(readWeights(archive(op.dict([]), {}, { 'archive/byteorder': bytesOf('big') }))).rejects.toThrow('little-endian');
  });

  it('walks no further than a file has bytes, whatever its values hold one another', async () => {
    // Each dict holds the one before it twice: 2^40 paths.
    let laughs = bytesOf(tensor(matrix), 'q', 0);
    for (let i = 1; i <= 40; i++) laughs = bytesOf(laughs, '}(', op.text('a'), 'h', i - 1, op.text('b'), 'h', i - 1, 'u', 'q', i);
    await expect(readWeights(archive(laughs, { 0: six }))).rejects.toThrow('values that hold one another once');
    const itself = bytesOf('}q', 0, op.text('a'), 'h', 0, 's');
    await expect(readWeights(archive(itself, { 0: six }))).rejects.toThrow(DataFormatError);
    const many = bytesOf(']q', 0, '(', ...new Array<Uint8Array>(2000).fill(op.tuple(op.none, op.none)), 'e');
    const calls = new Array<Uint8Array>(2000).fill(op.call(op.global('collections', 'OrderedDict'), bytesOf('h', 0)));
    await expect(readWeights(archive(bytesOf(many, ...calls), { 0: six }))).rejects.toThrow('lists that are used once');
  });
});

describe('zip archives', () => {
  const bomb = (size: number) => zipSync({ 'x.npy': npy('|u1', `(${size},)`, new Uint8Array(size)) }, { level: 9 });

  it('take as much memory as deflate can make of them, and no more', async () => {
    const file = bomb(100_000);
    const w = await readWeights(file);
    expect([file.length < 1000, w.x.shape]).toEqual([true, [100_000]]);
    // The directory promises 4 GB.
    const at = file.lastIndexOf(0x02);
    const end = file.length - 22;
    const directory = new DataView(file.buffer).getUint32(end + 16, true);
    new DataView(file.buffer).setUint32(directory + 24, 0xf0000000, true);
    await expect(readWeights(file)).rejects.toThrow(
      /expected entry 'x\.npy' to hold what its \d+ bytes can, found a size of 4,026,531,840 bytes/,
    );
    expect(at).toBeGreaterThan(0);
  });

  it.each(['../w.npy', '/w.npy', 'C:\\w.npy', 'a/../../w.npy', 'a\\w.npy'])('refuse the path %s', async (path) => {
    await expect(readWeights(zipSync({ [path]: npy('|u1', '(1,)', Uint8Array.of(1)) }))).rejects.toThrow(
      /expected names of files within it/,
    );
  });

  it('refuse entries that share bytes, other checksums and what is cut off', async () => {
    const file = zipSync({ 'a.npy': npy('|u1', '(1,)', Uint8Array.of(1)), 'b.npy': npy('|u1', '(1,)', Uint8Array.of(2)) }, { level: 0 });
    const view = new DataView(file.buffer);
    const first = view.getUint32(file.length - 6, true);
    const second = first + 46 + view.getUint16(first + 28, true);
    const shared = file.slice();
    new DataView(shared.buffer).setUint32(second + 42, 0, true);
    await expect(readWeights(shared)).rejects.toThrow(/expected entry 'b\.npy' to begin behind the one before it/);
    const damaged = file.slice();
    damaged[30 + 5 + 128] ^= 1;
    await expect(readWeights(damaged)).rejects.toThrow(/expected checksum [0-9a-f]+ of entry 'a\.npy'/);
    await expect(readWeights(file.subarray(0, -1))).rejects.toThrow('directory at the end');
  });
});

describe('NumPy', () => {
  it('reads every type, both orders of bytes and of dimensions', async () => {
    expect(plain(await readWeights(npy('<f4', '(2, 3)', six)))).toEqual({ tensor: ['2×3', 0, 1, 2, 3, 4, 5] });
    expect(plain(await readWeights(npy('<f4', '(2, 3)', six, true)))).toEqual({ tensor: ['2×3', 0, 2, 4, 1, 3, 5] });
    expect(plain(await readWeights(npy('>i2', '(2,)', Uint8Array.of(1, 2, 255, 254))))).toEqual({ tensor: ['2', 258, -2] });
    expect(plain(await readWeights(npy('<f2', '()', Uint16Array.of(0x3e00))))).toEqual({ tensor: ['', 1.5] });
    const file = zipSync({ 'w.npy': npy('<f8', '(1,)', Float64Array.of(2.5)), 'b.npy': npy('|b1', '(2,)', Uint8Array.of(1, 0)) });
    expect(plain(await readWeights(file))).toEqual({ w: ['1', 2.5], b: ['2', 1, 0] });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['objects', npy('|O', '(1,)', new Uint8Array(8)), /expected a header with descr, fortran_order and shape of an array of numbers/],
    ['code', npy("<f4', 'x': __import__('os')", '(1,)', new Uint8Array(4)), /of an array of numbers/],
    ['too few values', npy('<f4', '(3,)', six), /expected 12 bytes of values \(F32, shape \[3\]\) at byte 128, found 24/],
    ['sizes beyond all bounds', npy('<f4', `(${'99999999999,'.repeat(5)})`, six), /bytes of values/],
  ])('refuses %s', async (_name, file, message) => await expect(readWeights(file)).rejects.toThrow(message));
});

describe('safetensors', () => {
  const shard = (name: string, value: number) => encodeSafetensors({ [name]: { dtype: 'BF16', shape: [1], data: Uint16Array.of(value) } });
  const index = (map: unknown) => new TextEncoder().encode(JSON.stringify({ metadata: { total_size: 4 }, weight_map: map }));

  it('reads halves, and several files by their index', async () => {
    const f16 = encodeSafetensors({ h: { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) } });
    expect(plain(await readWeights(f16))).toEqual({ h: ['2', 1, -2] });
    const files = {
      'm.safetensors.index.json': index({ a: 'm-1.safetensors', b: 'm-2.safetensors' }),
      'm-1.safetensors': shard('a', 0x3fc0),
      'm-2.safetensors': shard('b', 0xc020),
    };
    expect(plain(await readWeights(files))).toEqual({ a: ['1', 1.5], b: ['1', -2.5] });
  });

  it("reads PyTorch's files by their index too, of whichever format each is", async () => {
    const one = (name: string, values: Float32Array) =>
      [pickle(op.dict([[name, tensor({ ...matrix, shape: [6], strides: [1] })]])), values] as const;
    const [first, second] = [
      one('a.weight', six),
      one(
        'a.bias',
        six.map((value) => -value),
      ),
    ];
    const files = {
      'bert/pytorch_model.bin.index.json': index({ 'a.weight': 'one.bin', 'a.bias': 'two.bin' }),
      'bert/one.bin': archive(first[0], { 0: first[1] }),
      'bert/two.bin': archive(second[0], { 0: second[1] }),
    };
    expect(plain(await readWeights(files))).toEqual({ 'a.weight': ['6', ...six], 'a.bias': ['6', ...six.map((value) => -value)] });
    await expect(readWeights({ ...files, 'bert/two.bin': files['bert/one.bin'] })).rejects.toThrow(
      "bert/two.bin: expected tensor 'a.bias', as bert/pytorch_model.bin.index.json says, found none of that name",
    );
  });

  it('takes no memory beside the file: 100 MB', async () => {
    const size = 100 * 2 ** 20;
    const parts = Array.from(
      { length: 100 },
      (_, i) => `"w${i}":{"dtype":"F32","shape":[512,512],"data_offsets":[${i * 2 ** 20},${(i + 1) * 2 ** 20}]}`,
    );
    const header = `{${parts.join(',')}}`.padEnd(8192);
    const file = new Uint8Array(8 + header.length + size);
    new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
    file.set(new TextEncoder().encode(header), 8);
    const use = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    const before = use();
    const weights = Object.values(await readWeights(file));
    const values = weights.map(({ data }) => data);
    expect(use() - before).toBeLessThan(5 * 2 ** 20);
    expect(values.every(({ buffer }) => buffer === file.buffer)).toBe(true);
  });

  it.each<[string, unknown, RegExp]>([
    ['leads out of its folder', { a: '../m-1.safetensors' }, /expected names of files within it, found '\.\.\/m-1/],
    ['names what is not there', { a: 'm-3.safetensors' }, /expected the files that it names: 'm-3\.safetensors'/],
    ['promises another tensor', { x: 'm-1.safetensors' }, /m-1\.safetensors: expected tensor 'x', as m\.index\.json says/],
    ['is a list', ['m-1.safetensors'], /expected an index in JSON/],
    ['has numbers', { a: 1 }, /expected the name of a file for tensor 'a', found '1'/],
    ['is empty', {}, /expected a weight_map/],
  ])('refuses an index that %s', async (_name, map, message) => {
    await expect(readWeights({ 'm.index.json': index(map), 'm-1.safetensors': shard('a', 0) })).rejects.toThrow(message);
  });

  it('has 64-bit numbers in `raw`, and in `data` those that fit', async () => {
    const { n } = await readWeights(encodeSafetensors({ n: { dtype: 'I64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 40n) } }), {
      name: 'n.st',
    });
    expect(n.raw).toEqual(BigInt64Array.of(-1n, 2n ** 40n));
    expect(() => n.data).toThrow("n.st: expected tensor 'n' to hold numbers of 32 bits, found I64 1099511627776");
  });
});

describe('what is none', () => {
  it.each<[string, unknown, RegExp]>([
    ['a text', 'weights.pt', /^readWeights: expected source to be a Uint8Array, or an object of them by file name, got 'weights.pt'/],
    ['two files', { a: new Uint8Array(), b: new Uint8Array() }, /expected one file, or several with their index/],
    ['nothing', new Uint8Array(), /found an empty file/],
    ['HDF5', bytesOf(0x89, 'HDF\r\n'), /found an HDF5 file/],
    ['a pickle', pickle(op.dict([])), /expected PyTorch's number at the beginning, found a dict of 0/],
  ])('refuses %s', async (_name, source, message) => {
    await expect(readWeights(source as Uint8Array)).rejects.toThrow(message);
    await expect(readWeights(source as Uint8Array)).rejects.toThrow(TilegradError);
  });

  it('refuses options that there are not', async () => {
    await expect(readWeights(new Uint8Array(), { nam: 'x' } as never)).rejects.toThrow('there is no option nam; did you mean name?');
  });
});

describe('damage', () => {
  const root = op.dict([
    ['a', tensor(matrix)],
    [
      'b.w',
      op.call(
        op.global('torch._utils', '_rebuild_parameter'),
        tensor(matrix),
        bytesOf(0x88),
        op.call(op.global('collections', 'OrderedDict')),
      ),
    ],
  ]);
  const files: Readonly<Record<string, Uint8Array>> = {
    archive: archive(root, { 0: six }),
    legacy: legacyFile(op.dict([['a', tensor(matrix, true)]]), { 0: six }),
    npy: npy('<f4', '(2, 3)', six),
    npz: zipSync({ 'a.npy': npy('<f4', '(2, 3)', six) }),
    safetensors: encodeSafetensors({ a: { dtype: 'F32', shape: [6], data: six } }),
    pickle: pickle(root),
  };
  /** Reads everything, or fails as it should; in time, and in memory of the order of the file. */
  async function survives(bytes: Uint8Array): Promise<void> {
    try {
      for (const { data } of Object.values(await readWeights(bytes))) expect(data.length).toBeLessThanOrEqual(1032 * bytes.length);
    } catch (error) {
      if (!(error instanceof DataFormatError)) throw error;
      expect(error.message).toMatch(/^[^\n]*: expected [^\n]*, found [^\n]*$|^readWeights: expected/);
    }
  }

  test.each(Object.entries(files))('%s: every truncation', async (_name, file) => {
    for (let length = 0; length < file.length; length++) await survives(file.slice(0, length));
  });
  test.each(Object.entries(files))('%s: bits flipped, bytes and stretches replaced', async (_name, file) => {
    const change = fc.record({
      at: fc.nat(file.length - 1),
      bytes: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.constant(new Uint8Array(8).fill(255))),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const copy = file.slice();
        for (const { at, bytes } of changes) copy.set(bytes.subarray(0, copy.length - at), at);
        await survives(copy);
      }),
      { numRuns: 400 },
    );
    for (let bit = 0; bit < 8 * file.length; bit += 3) {
      const copy = file.slice();
      copy[bit >> 3] ^= 1 << (bit & 7);
      await survives(copy);
    }
  });
  test('any bytes, behind any beginning', async () => {
    const begins = fc.constantFrom([], [0x80, 2], [0x50, 0x4b, 3, 4], [0x93, 0x4e], [...files.legacy.subarray(0, 60)]);
    await fc.assert(
      fc.asyncProperty(begins, fc.uint8Array({ maxLength: 300 }), async (head, tail) => survives(bytesOf(head, tail))),
      { numRuns: 1000 },
    );
  });
  test('any pickle', async () => {
    const one = fc.oneof(
      fc.constantFrom(...[...'()0128BCFGIJKLMNPQRSTUVX]abcdeghijlopqrstu}'].map((c) => bytesOf(c))),
      fc.uint8Array({ minLength: 1, maxLength: 3 }),
      fc.constantFrom(tensor(matrix), op.dict([['a', tensor(matrix)]]), op.text('w')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 20 }), async (parts) => survives(archive(bytesOf(...parts), { 0: six }))),
      { numRuns: 500 },
    );
  });
});
