// A picture that a person gave, as a network takes it. PNG and JPEG are decoded as those of data sets are; the browser decodes other formats,
// and photographs that lie on their side.
import { DataFormatError, decodeImage, fitImage, type Image, type PictureSize } from '../../src/index.ts';
import { orientationOf } from './orientation.ts';

/** Bytes. */
const MOST = 64 * 2 ** 20;

/** @returns [channels, height, width], 0 … 1. @throws DataFormatError for what is no picture, is damaged, or larger than 64 MiB */
export async function readPicture(file: Blob, size: PictureSize): Promise<Float32Array> {
  const name = file instanceof File ? file.name : 'the picture';
  if (file.size > MOST)
    throw new DataFormatError(`${name}: expected a picture of at most 64 MiB, found ${Math.ceil(file.size / 2 ** 20)} MiB.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const png = bytes[0] === 0x89 && bytes[1] === 0x50;
  const jpeg = bytes[0] === 0xff && bytes[1] === 0xd8 && orientationOf(bytes) === 1;
  const image = png || jpeg ? await decodeImage(bytes, name) : await decodedByBrowser(file, name);
  return Float32Array.from(fitImage(image, size), (value) => value / 255);
}

async function decodedByBrowser(file: Blob, name: string): Promise<Image> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new DataFormatError(
      `${name}: expected a picture (PNG, JPEG or another that this browser shows), found something else, or damage.`,
    );
  });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { width, height, channels: 4, data: new Uint8Array(context.getImageData(0, 0, width, height).data.buffer) };
}
