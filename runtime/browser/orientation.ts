// Which way up a camera was held.

/** Exif's tag 0x112 of a JPEG (CIPA DC-008, 4.6.4): 1 upright … 8; 1 where it doesn't say. */
export function orientationOf(jpeg: Uint8Array): number {
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  const has = (at: number, length: number) => at + length <= view.byteLength;
  // Segments, each a marker and its length, up to the picture itself.
  for (let at = 2; has(at, 10) && view.getUint8(at) === 0xff && view.getUint8(at + 1) !== 0xda; at += 2 + view.getUint16(at + 2)) {
    if (view.getUint16(at) !== 0xffe1 || view.getUint32(at + 4) !== 0x45786966) continue;
    const tiff = at + 10;
    if (!has(tiff, 8)) return 1;
    const little = view.getUint16(tiff) === 0x4949;
    const directory = tiff + view.getUint32(tiff + 4, little);
    const entries = has(directory, 2) ? view.getUint16(directory, little) : 0;
    for (let entry = directory + 2; entry < directory + 2 + 12 * entries && has(entry, 12); entry += 12) {
      if (view.getUint16(entry, little) !== 0x112) continue;
      const value = view.getUint16(entry + 8, little);
      return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
  }
  return 1;
}
