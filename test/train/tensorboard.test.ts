import { expect, test } from 'vitest';
import { crc32c } from '../../src/data/crc.ts';
import { encodeFileVersion, encodeScalarEvent } from '../../src/train/tensorboard.ts';

/** Takes TFRecord frames apart, checking both checksums of each. */
function records(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const masked = (part: Uint8Array): number => {
    const crc = crc32c(part);
    return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  };
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 8, true)).toBe(masked(bytes.subarray(at, at + 8)));
    expect(view.getUint32(at + 12 + length, true)).toBe(masked(data));
    out.push(data);
    at += 16 + length;
  }
  return out;
}

type Field = readonly [number: number, value: bigint | number | Uint8Array];

/** A protobuf message's fields, by the wire format alone. */
function fields(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const out: Field[] = [];
  while (at < bytes.length) {
    const tag = Number(varint());
    const field = tag >> 3;
    const start = at;
    switch (tag & 7) {
      case 0:
        out.push([field, varint()]);
        break;
      case 1:
        at += 8;
        out.push([field, view.getFloat64(start, true)]);
        break;
      case 2: {
        const length = Number(varint());
        out.push([field, bytes.subarray(at, at + length)]);
        at += length;
        break;
      }
      case 5:
        at += 4;
        out.push([field, view.getFloat32(start, true)]);
        break;
      default:
        throw new Error(`wire type ${tag & 7}`);
    }
  }
  return out;
}

const text = (value: bigint | number | Uint8Array): string => new TextDecoder().decode(value as Uint8Array);

test('an event file starts with its version', () => {
  const [event, ...more] = records(encodeFileVersion(1_700_000_000.25));
  expect(more).toEqual([]);
  const [time, version] = fields(event!);
  expect(time).toEqual([1, 1_700_000_000.25]);
  expect([version![0], text(version![1])]).toEqual([3, 'brain.Event:2']);
});

test('scalars stand in one event, under their tags, at their step', () => {
  const file = encodeScalarEvent(300_000, 12.5, { 'loss/train': 0.1, 'genauigkeit ä': 0.98 });
  const [[, time], [stepField, step], [summaryField, summary]] = fields(records(file)[0]!) as [Field, Field, Field];
  expect([time, stepField, step, summaryField]).toEqual([12.5, 2, 300_000n, 5]);
  const values = fields(summary as Uint8Array).map(([field, value]) => {
    expect(field).toBe(1);
    const [[tagField, tag], [valueField, number]] = fields(value as Uint8Array) as [Field, Field];
    expect([tagField, valueField]).toEqual([1, 2]);
    return [text(tag), number];
  });
  expect(values).toEqual([
    ['loss/train', Math.fround(0.1)],
    ['genauigkeit ä', Math.fround(0.98)],
  ]);
});

test('a known file comes out byte for byte', () => {
  // wall_time 1, step 1, summary { value { tag: "a" simple_value: 1 } }, worked out by hand from the protobuf encoding guide.
  const expected = [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 0x01, 0x2a, 0x0a, 0x0a, 0x08, 0x0a, 0x01, 0x61, 0x15, 0, 0, 0x80, 0x3f];
  expect([...records(encodeScalarEvent(1, 1, { a: 1 }))[0]!]).toEqual(expected);
});

test('values that are not finite, negative steps and many scalars keep their form', () => {
  const [, step, summary] = fields(records(encodeScalarEvent(-1, 0, { nan: Number.NaN }))[0]!);
  expect(step![1]).toBe(2n ** 64n - 1n);
  expect(fields(fields(summary![1] as Uint8Array)[0]![1] as Uint8Array)[1]![1]).toBeNaN();
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`metric/${i}`, i]));
  expect(fields(fields(records(encodeScalarEvent(0, 0, many))[0]!)[2]![1] as Uint8Array).length).toBe(100);
});
