/** An IDX file of these bytes, as the tests need it. */
export function idxFile(code: number, shape: readonly number[], values: Uint8Array | readonly number[]): Uint8Array {
  const file = new Uint8Array(4 + 4 * shape.length + values.length);
  file.set([0, 0, code, shape.length]);
  const view = new DataView(file.buffer);
  for (const [i, size] of shape.entries()) view.setUint32(4 + 4 * i, size);
  file.set(values, 4 + 4 * shape.length);
  return file;
}
