// The pictures of the page, in a form that is small to load.
import { copyFile, stat, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import sharp from 'sharp';

/** A card's picture: twice the size that it is shown in, so that it is sharp on screens of twice the density. */
const THUMBNAIL = { width: 600, height: 375 };
export const MOST_THUMBNAIL_BYTES = 25_000;

/**
 * The figure in a card's proportions: a wide one whole on white, of a tall one the top.
 * @returns where it is, below `out`, and whether it is dark ink on white
 */
export async function thumbnail(from, out, name) {
  const { width, height } = await sharp(from).metadata();
  const fit = width > 1.4 * height ? 'contain' : 'cover';
  const { data, info } = await sharp(from)
    .flatten({ background: '#fff' })
    .resize({ ...THUMBNAIL, fit, position: 'top', background: '#fff' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { channels } = info;
  for (const quality of [82, 70, 58, 46, 34]) {
    const bytes = await sharp(data, { raw: { ...THUMBNAIL, channels } })
      .webp({ quality })
      .toBuffer();
    if (bytes.length > MOST_THUMBNAIL_BYTES) continue;
    await writeFile(join(out, name), bytes);
    return { src: name, paper: await isPaper(from) };
  }
  throw new Error(`${from}: its thumbnail is over ${MOST_THUMBNAIL_BYTES} bytes at any quality that one would look at`);
}

/** One and a half times the widest that the page shows a figure: sharp enough to read on screens of any density. */
const MOST_WIDTH = 1260;

/**
 * A figure of a README. Of several forms that show the same, the smallest.
 * @returns where it is, below `out`, its size in pixels, and whether it is dark ink on white
 */
export async function picture(from, out, stem) {
  const { width, height } = await sharp(from).metadata();
  const scale = Math.min(1, MOST_WIDTH / width);
  const shown = { width: Math.round(width * scale), height: Math.round(height * scale) };
  const bytes = await sharp(from).resize(shown).webp({ quality: 74 }).toBuffer();
  const kept = extname(from) === '.svg' || (await stat(from)).size <= bytes.length;
  const src = `${stem}${kept ? extname(from) : '.webp'}`;
  if (kept) await copyFile(from, join(out, src));
  else await writeFile(join(out, src), bytes);
  return { src, ...(kept ? { width, height } : shown), paper: await isPaper(from) };
}

/** Whether most of it is white: a chart, and no sheet of pictures. */
async function isPaper(from) {
  const { data } = await sharp(from)
    .flatten({ background: '#fff' })
    .greyscale()
    .resize(64, 64, { fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return data.filter((value) => value > 225).length > data.length / 2;
}
