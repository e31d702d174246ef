// TensorBoard's event files, written by hand: TFRecord frames (tensorflow/core/lib/io/record_writer.h) around protobuf messages
// (tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto) of which we need four fields.
import { crc32c } from '../data/crc.ts';

/** The record that every event file starts with. `wallTime` in seconds since 1970. */
export function encodeFileVersion(wallTime: number): Uint8Array {
  return frame([...double(1, wallTime), ...message(3, utf8('brain.Event:2'))]);
}

/** One record with any number of scalars of one step. `wallTime` in seconds since 1970; `step` an integer; values are kept as f32. */
export function encodeScalarEvent(step: number, wallTime: number, values: Readonly<Record<string, number>>): Uint8Array {
  const summary = Object.entries(values).flatMap(([tag, value]) => message(1, [...message(1, utf8(tag)), ...float(2, value)]));
  return frame([...double(1, wallTime), ...tagged(2, 0), ...varint(step), ...message(5, summary)]);
}

/** TFRecord: u64 length, its masked CRC-32C, the data, its masked CRC-32C; all little-endian. */
function frame(data: readonly number[]): Uint8Array {
  const out = new Uint8Array(16 + data.length);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(out.subarray(0, 8)), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, masked(out.subarray(12, 12 + data.length)), true);
  return out;
}

/** Rotated and shifted, because a checksum over data that holds checksums is weak (tensorflow/core/lib/hash/crc32c.h). */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

// Protobuf's wire format (https://protobuf.dev/programming-guides/encoding): a tag is field · 8 + wire type.

function tagged(field: number, wireType: number): number[] {
  return varint(field * 8 + wireType);
}

/** Negative integers as protobuf's int64 has them: 64-bit two's complement. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

function double(field: number, value: number): number[] {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return [...tagged(field, 1), ...bytes];
}

function float(field: number, value: number): number[] {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [...tagged(field, 5), ...bytes];
}

function message(field: number, bytes: readonly number[]): number[] {
  return [...tagged(field, 2), ...varint(bytes.length), ...bytes];
}

function utf8(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}
