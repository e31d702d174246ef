// Pictures of a folder as one field.
import { DataFormatError } from '../../engine/graph/errors.ts';
import { grouped, quoted } from '../format-error.ts';
import { decodeImage } from '../image/decode.ts';
import type { Image } from '../image/image.ts';
import { fitImage } from '../image/resize.ts';
import type { DataSet, Folder, Part, Reading } from './set.ts';

export interface PictureSize {
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  /** Pictures of other sizes are scaled until they cover this one, and cut around their middle. Without it they are refused. */
  readonly fit?: true;
}

/**
 * Decodes pictures to u8 [count, channels, height, width].
 *
 * @throws DataFormatError with the names of all that can't be decoded or have another size
 */
export async function decodePictures(
  folder: Folder,
  paths: readonly string[],
  size: PictureSize,
  progress: Reading['progress'],
): Promise<Uint8Array> {
  return (await decoded(folder, paths, size, progress)).data;
}

/** The same, with the sizes that they have in their files, and how many of them weren't as they are wanted. */
export async function decoded(folder: Folder, paths: readonly string[], size: PictureSize, progress: Reading['progress']) {
  const { channels, height, width, fit } = size;
  const bytes = channels * height * width;
  const data = new Uint8Array(paths.length * bytes);
  let [scaled, recoloured] = [0, 0];
  const sizes: { width: number; height: number }[] = [];
  await eachPicture(
    folder,
    paths,
    (image, i) => {
      const same = image.width === width && image.height === height;
      if (!same && !fit) return `${image.width}×${image.height} pixels, expected ${width}×${height}`;
      if (!same) scaled++;
      sizes[i] = { width: image.width, height: image.height };
      if (image.channels !== channels || image.palette || image.data instanceof Uint16Array) recoloured++;
      data.set(fitImage(image, { channels, height, width }), i * bytes);
      return undefined;
    },
    progress,
  );
  return { data, scaled, recoloured, sizes };
}

/**
 * Decodes pictures one after the other. `take` says what is wrong with one, if anything.
 *
 * @throws DataFormatError with the names of all that can't be decoded or that `take` did not want
 */
export async function eachPicture(
  folder: Folder,
  paths: readonly string[],
  take: (image: Image, index: number) => string | undefined,
  progress: Reading['progress'],
): Promise<void> {
  const odd: string[] = [];
  for (const [i, path] of paths.entries()) {
    const { bytes, source } = await folder.read(path);
    try {
      const problem = take(await decodeImage(bytes, source), i);
      if (problem) odd.push(`${quoted(path)} (${problem})`);
    } catch (error) {
      if (!(error instanceof DataFormatError)) throw error;
      odd.push(error.message);
    }
    if (i % 100 === 99) progress(i + 1, paths.length);
  }
  if (odd.length === 0) return;
  const more = odd.length > 10 ? ` and ${grouped(odd.length - 10)} more` : '';
  throw new DataFormatError(
    `${folder.source}: ${grouped(odd.length)} of ${grouped(paths.length)} pictures can't be used: ${odd.slice(0, 10).join('; ')}${more}. Mend them, or take them out.`,
  );
}

/** What was done to how many pictures, in words. */
export const changes = (
  among: string,
  { channels, height, width }: PictureSize,
  { scaled, recoloured }: { readonly scaled: number; readonly recoloured: number },
): string[] => [
  ...(scaled > 0 ? [`${grouped(scaled)} ${among} scaled to ${width}×${height}`] : []),
  ...(recoloured > 0 ? [`${grouped(recoloured)} ${among} brought to ${channels === 3 ? 'RGB' : 'grey'} of 8 bits`] : []),
];

export interface ClassFolders {
  /** Names of the folders, sorted; a class's number is its place. */
  readonly names: readonly string[];
  /** By part; classes take turns, so that the first n are of all of them. */
  readonly parts: Readonly<Record<string, readonly { readonly path: string; readonly label: number }[]>>;
}

/** @param pattern with a group `class`, and where the set is split, a group `part` */
export function classFolders(paths: readonly string[], pattern: RegExp): ClassFolders {
  const found = paths.flatMap((path) => {
    const groups = pattern.exec(path)?.groups;
    return groups ? { path, name: groups.class, part: (groups.part ?? 'train').toLowerCase() } : [];
  });
  const names = [...new Set(found.map(({ name }) => name))].sort();
  const places = new Map(names.map((name, label) => [name, label]));
  const parts: Record<string, { path: string; label: number; turn: number }[]> = {};
  const turns = new Map<string, number>();
  for (const { path, name, part } of found) {
    const key = `${part}/${name}`;
    const turn = turns.get(key) ?? 0;
    turns.set(key, turn + 1);
    parts[part] ??= [];
    parts[part].push({ path, label: places.get(name) as number, turn });
  }
  for (const samples of Object.values(parts)) samples.sort((a, b) => a.turn - b.turn || a.label - b.label);
  return { names, parts };
}

/** Both parts of a set in class folders, decoded. */
export async function classParts(
  folder: Folder,
  names: readonly string[],
  { train, test }: Readonly<Record<'train' | 'test', ClassFolders['parts'][string]>>,
  size: PictureSize,
  { limit, progress }: Reading,
): Promise<Readonly<Record<'train' | 'test', Part<'image' | 'label'>>>> {
  const { channels, height, width } = size;
  const part = async (name: string, samples: typeof train, most: number | undefined) => {
    const wanted = samples.slice(0, most || samples.length);
    const paths = wanted.map(({ path }) => path);
    const { data, scaled, recoloured } = await decoded(folder, paths, size, progress);
    const notes = changes(`of ${grouped(wanted.length)} ${name} pictures`, size, { scaled, recoloured });
    const labels = Uint8Array.from(wanted, ({ label }) => label);
    return { ...imagePart(data, labels, [channels, height, width], names), ...(notes.length > 0 && { note: notes.join(', ') }) };
  };
  return { train: await part('training', train, limit.train), test: await part('test', test, limit.test) };
}

/** What a set of pictures is called, and where it lies: in a folder of its name. */
export const picturesOf = ({ name, title, licence, source }: Pick<DataSet, 'name' | 'title' | 'licence' | 'source'>) => ({
  ...{ name, title, samples: 'images', licence, source },
  folder: name,
});

/** At most 256 classes. */
export function imagePart(
  image: Uint8Array,
  label: Uint8Array,
  shape: readonly number[],
  names?: readonly string[],
): Part<'image' | 'label'> {
  return {
    fields: {
      image: { data: image, shape, scale: 1 / 255 },
      label: { data: label, shape: [], dtype: 'i32', ...(names && { names }) },
    },
    count: label.length,
  };
}
