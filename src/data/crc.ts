// The two 32-bit checksums that our file formats use: CRC-32 (gzip, PNG) and CRC-32C (TFRecord). Both are the reflected
// table form of RFC 1952, section 8; they differ in the polynomial.

function makeTable(polynomial: number): Uint32Array {
  const table = new Uint32Array(256);
  for (let n = 0; n < 256; n++) {
    let value = n;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    table[n] = value;
  }
  return table;
}

function update(table: Uint32Array, bytes: Uint8Array, previous: number): number {
  let crc = ~previous;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}

const ieee = makeTable(0xedb88320);
const castagnoli = makeTable(0x82f63b78);

/** CRC-32 of gzip, zip and PNG. To go on after earlier bytes, pass their checksum as `previous`. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  return update(ieee, bytes, previous);
}

/** CRC-32C (Castagnoli; RFC 3720, appendix B.4). To go on after earlier bytes, pass their checksum as `previous`. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  return update(castagnoli, bytes, previous);
}
