// Files that go to the person's disk.

export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** At twice its size, on white, as figures are drawn. */
export async function svgToPng(svg: string): Promise<Blob> {
  const image = new Image();
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    image.src = url;
    await image.decode();
    const canvas = new OffscreenCanvas(2 * image.naturalWidth, 2 * image.naturalHeight);
    const context = canvas.getContext('2d')!;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await canvas.convertToBlob({ type: 'image/png' });
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** A zip archive with one folder. It is put together piece by piece, so that the page stays quick to answer. */
export async function zipFolder(folder: string, files: ReadonlyMap<string, File>): Promise<Blob> {
  const { Zip, ZipDeflate, ZipPassThrough } = await import('fflate');
  const parts: BlobPart[] = [];
  let failure: Error | null = null;
  const zip = new Zip((error, bytes) => {
    failure = error;
    parts.push(bytes as BlobPart);
  });
  for (const [name, file] of files) {
    // Weights don't get smaller.
    const entry = name.endsWith('.safetensors')
      ? new ZipPassThrough(`${folder}/${name}`)
      : new ZipDeflate(`${folder}/${name}`, { level: 6 });
    entry.mtime = file.lastModified;
    zip.add(entry);
    for (let at = 0; at < file.size; at += PIECE) entry.push(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
    entry.push(new Uint8Array(0), true);
    if (failure) throw failure;
  }
  zip.end();
  return new Blob(parts, { type: 'application/zip' });
}

const PIECE = 256 * 1024;
