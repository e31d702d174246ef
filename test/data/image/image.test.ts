import fc from 'fast-check';
import { zlibSync } from 'fflate';
import { encode } from 'jpeg-js';
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../../../src/data/image/decode.ts';
import { planes } from '../../../src/data/image/image.ts';
import { DataFormatError } from '../../../src/engine/graph/errors.ts';
import { type JpegParts, jpegFile, type PngParts, pngChunk, pngFile } from './picture-files.ts';

const decode = (bytes: Uint8Array) => decodeImage(bytes, 'a.png');

describe('PNG', () => {
  const channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };
  const every = Object.entries({ 0: [1, 2, 4, 8, 16], 2: [8, 16], 4: [8, 16], 6: [8, 16] }).flatMap(([type, depths]) =>
    depths.flatMap((depth) =>
      [false, true].filter((interlace) => !interlace || depth >= 8).map((interlace) => [Number(type), depth, interlace] as const),
    ),
  );

  test.each(every)('type %i of %i bits, interlaced: %s', async (type, depth, interlace) => {
    const [width, height] = [11, 5];
    const values = Array.from({ length: width * height * channels[type] }, (_, i) => (i * 2654435761) % 2 ** depth);
    const image = await decode(pngFile({ width, height, depth, type, interlace, values }));
    const spread = depth < 8 ? 255 / (2 ** depth - 1) : 1;
    expect(image).toMatchObject({ width, height, channels: channels[type] });
    expect([...image.data]).toEqual(values.map((value) => value * spread));
    expect(image.data).toBeInstanceOf(depth === 16 ? Uint16Array : Uint8Array);
    // Alpha is left out, 16 bits lose the lower 8.
    const shift = depth === 16 ? 8 : 0;
    const colour = type === 2 || type === 6;
    const first = image.data.subarray(0, 3);
    expect([0, 1, 2].map((c) => planes(image, 3)[c * width * height])).toEqual([0, 1, 2].map((c) => first[colour ? c : 0] >> shift));
  });

  test.each([1, 2, 4, 8])('a palette of %i bits: indices, and their colours', async (depth) => {
    const palette = [
      [255, 0, 0],
      [0, 0, 255],
    ] as const;
    const image = await decode(pngFile({ width: 3, height: 2, depth, type: 3, palette, values: [0, 1, 1, 1, 0, 0] }));
    expect([...image.data]).toEqual([0, 1, 1, 1, 0, 0]);
    expect(image.palette).toEqual(palette);
    expect([...planes(image, 3)]).toEqual([255, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 0, 0]);
    expect([...planes(image, 1).subarray(0, 2)]).toEqual([76, 29]);
  });

  test('text and profiles are passed over, whatever they hold', async () => {
    const extra = [pngChunk('iCCP', [65, 0, 0, 1, 2, 3]), pngChunk('tEXt', [65]), pngChunk('zTXt', new Uint8Array(9))];
    expect([...(await decode(pngFile({ width: 1, height: 1, depth: 8, type: 0, values: [9], extra }))).data]).toEqual([9]);
  });

  const grey: PngParts = { width: 4, height: 4, depth: 8, type: 0, values: new Uint8Array(16) };
  test.each<[string, Uint8Array, RegExp]>([
    ['interlaced, of few bits', pngFile({ ...grey, depth: 4, interlace: true }), /at least 8 bits in an interlaced PNG, found 4/],
    ['a depth that its type has not', pngFile({ ...grey, depth: 4, type: 2 }), /found type 2 with 4 bits/],
    ['no pixels', pngFile({ ...grey, width: 0 }), /at least one pixel, found 0×4/],
    [
      'more pixels than the data can hold',
      pngFile({ ...grey, width: 60_000, height: 60_000, data: zlibSync(new Uint8Array(9)) }),
      /found 60,000×60,000 pixels/,
    ],
    [
      'colours outside of the palette',
      pngFile({ ...grey, type: 3, palette: [[1, 2, 3]], values: [0, 0, 0, 7, ...Array(12).fill(0)] }),
      /palette of 1, found colour 7/,
    ],
    ['no palette', pngFile({ ...grey, type: 3 }), /palette of 0/],
    ['another critical chunk', pngFile({ ...grey, extra: [pngChunk('ABCD', [])] }), /found 'ABCD'/],
    ['cut off', pngFile(grey).subarray(0, 50), /'IDAT' chunk at byte 33, found/],
    ['too few rows', pngFile({ ...grey, data: zlibSync(new Uint8Array(6)) }), /does not decode/],
    ['another format', new TextEncoder().encode('GIF89a 12345'), /a\.png: expected a PNG or JPEG picture .*starts 47 49 46 38/],
    ['nothing', new Uint8Array(), /found an empty file/],
  ])('refused: %s', async (_, bytes, message) => {
    await expect(decode(bytes)).rejects.toThrow(DataFormatError);
    await expect(decode(bytes)).rejects.toThrow(message);
  });

  test('a bomb of 90 MB in a picture of one pixel is let alone', async () => {
    const bomb = pngFile({ ...grey, width: 1, height: 1, data: zlibSync(new Uint8Array(90_000_000), { level: 9 }) });
    expect(bomb.length).toBeLessThan(100_000);
    const before = process.memoryUsage().rss;
    await expect(decode(bomb)).rejects.toThrow(/pixel data of 2 bytes, found data that inflates beyond/);
    expect(process.memoryUsage().rss - before).toBeLessThan(60e6);
  });
});

describe('JPEG', () => {
  const pixel = async (parts: Partial<JpegParts> & Pick<JpegParts, 'components'>) => {
    const image = await decode(jpegFile({ width: 12, height: 9, ...parts }));
    expect([image.width, image.height, image.data.length]).toEqual([12, 9, 108 * image.channels]);
    const first = [...image.data.subarray(0, image.channels)];
    // All of one colour, to the corners that fill no block.
    expect([...image.data.subarray(-image.channels)]).toEqual(first);
    return first;
  };

  test.each([0xc0, 0xc1, 0xc2])('grey, YCbCr, RGB, CMYK and YCCK (frame %i)', async (frame) => {
    expect(await pixel({ frame, components: [77] })).toEqual([77]);
    expect(await pixel({ frame, jfif: true, components: [128, 128, 128] })).toEqual([128, 128, 128]);
    // R = Y + 1.402 (Cr − 128), G = Y − 0.344136 (Cb − 128) − 0.714136 (Cr − 128), B = Y + 1.772 (Cb − 128)
    expect(await pixel({ frame, jfif: true, components: [100, 138, 148] })).toEqual([128, 82, 118]);
    expect(await pixel({ frame, adobe: 1, components: [100, 138, 148] })).toEqual([128, 82, 118]);
    expect(await pixel({ frame, adobe: 0, components: [100, 138, 148] })).toEqual([100, 138, 148]);
    expect(await pixel({ frame, ids: [82, 71, 66], components: [100, 138, 148] })).toEqual([100, 138, 148]);
    // Adobe writes 255 less the ink: R = (255 − C) (255 − K) / 255.
    expect(await pixel({ frame, adobe: 0, components: [255, 128, 51, 255] })).toEqual([255, 128, 51]);
    for (const [i, value] of (await pixel({ frame, adobe: 0, components: [255, 128, 0, 51] })).entries())
      expect(Math.abs(value - [51, 25.6, 0][i])).toBeLessThan(1);
    // YCCK: the inks are what YCbCr would be as RGB.
    const ycck = await pixel({ frame, adobe: 2, components: [100, 138, 148, 255] });
    for (const [i, value] of ycck.entries()) expect(Math.abs(value - [127, 173, 137][i])).toBeLessThanOrEqual(1);
  });

  test('a picture as it was, but for rounding', async () => {
    const [width, height] = [40, 24];
    const rgba = Uint8Array.from(
      { length: 4 * width * height },
      (_, i) => [4 * ((i >> 2) % width), 200 - 3 * ((i >> 2) % width), 3 * Math.floor(i / 4 / width), 255][i & 3],
    );
    const image = await decode(encode({ width, height, data: rgba }, 100).data);
    const worst = Math.max(...Array.from(image.data, (value, i) => Math.abs(value - rgba[4 * Math.floor(i / 3) + (i % 3)])));
    expect([image.channels, worst <= 3]).toEqual([3, true]);
  });

  const flat: JpegParts = { width: 16, height: 16, components: [9] };
  test.each<[string, Uint8Array, RegExp]>([
    ['12 bits', jpegFile({ ...flat, precision: 12 }), /8 bits a value, found 12/],
    ['lossless', jpegFile({ ...flat, frame: 0xc3 }), /found lossless coding/],
    ['arithmetic', jpegFile({ ...flat, frame: 0xc9 }), /found arithmetic coding/],
    ['two components', jpegFile({ ...flat, components: [1, 2] }), /1, 3 or 4 components, found 2/],
    ['four without a marker that says which', jpegFile({ ...flat, components: [1, 2, 3, 4] }), /Adobe's marker/],
    [
      'more pixels than the data can hold',
      jpegFile(flat).map((byte, i, all) =>
        (all[i - 4] === 0xc0 && all[i - 5] === 255) || (all[i - 6] === 0xc0 && all[i - 7] === 255) ? 255 : byte,
      ),
      /pixels that 155 bytes can hold, found 65,296/,
    ],
    ['cut off in its head', jpegFile(flat).subarray(0, 40), /JPEG segment/],
    ['no size', jpegFile({ ...flat, height: 0 }), /a JPEG frame with its size/],
  ])('refused: %s', async (_, bytes, message) => {
    await expect(decode(bytes)).rejects.toThrow(DataFormatError);
    await expect(decode(bytes)).rejects.toThrow(message);
  });
});

describe('whatever the bytes', () => {
  const good = [
    pngFile({ width: 9, height: 7, depth: 8, type: 2, values: Array.from({ length: 189 }, (_, i) => i) }),
    pngFile({ width: 9, height: 7, depth: 16, type: 4, interlace: true, values: Array.from({ length: 126 }, (_, i) => 500 * i) }),
    jpegFile({ width: 24, height: 17, jfif: true, components: [90, 120, 140] }),
    jpegFile({ width: 24, height: 17, frame: 0xc2, adobe: 2, components: [90, 120, 140, 33] }),
    encode({ width: 20, height: 12, data: Uint8Array.from({ length: 960 }, (_, i) => (i * 37) & 255) }, 60).data,
  ];
  const looked = async (bytes: Uint8Array) => {
    try {
      const { data, width, height, channels } = await decode(bytes);
      expect(data.length).toBe(width * height * channels);
    } catch (error) {
      expect(error).toBeInstanceOf(DataFormatError);
    }
  };

  test('a picture, or a DataFormatError', async () => {
    const changes = fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...good), changes, fc.nat(2000), async (file, flips, end) => {
        const bytes = file.slice(0, end % 3 === 0 ? end : undefined);
        for (const [at, value] of flips) if (bytes.length) bytes[at % bytes.length] ^= value;
        await looked(bytes);
      }),
      { numRuns: 400 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 60 }),
        fc.constantFrom([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], [0xff, 0xd8, 0xff]),
        (tail, head) => looked(Uint8Array.from([...head, ...tail])),
      ),
    );
  });
});
