import { Random } from '../../random.ts';
import { formatError, quoted } from '../format-error.ts';
import { planes } from '../image/image.ts';
import { covering } from '../image/resize.ts';
import { lines, utf8 } from '../lines.ts';
import { drawScene, type Placed } from '../synthetic-shapes.ts';
import { eachPicture, picturesOf } from './pictures.ts';
import { type DataSet, type Folder, form, type Part, type Reading } from './set.ts';

/**
 * `image`: u8 [3, height, width], 0 … 1 in a batch. Ragged, a row an object: `box`: f32 [4], left, upper, right and lower edge in pixels of `image`;
 * `class`: 0 … classes − 1, i32.
 */
type Boxed = Part<'image' | 'box' | 'class'>;
export type Objects = { readonly train: Boxed; readonly validation: Boxed; readonly test: Boxed };

interface Found {
  readonly name: string;
  readonly box: readonly [number, number, number, number];
}

export interface PascalVoc {
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  readonly source: string;
  readonly classes: readonly string[];
  /** What pictures are brought to, each by its own scale in width and height as their boxes are. */
  readonly size: { readonly height: number; readonly width: number };
}

/** A set in the form of PASCAL VOC (Everingham et al., IJCV 88, 2010): pictures, an XML file of boxes for each, and lists of three parts. */
export function pascalVoc({ name, title, licence, source, classes, size }: PascalVoc): DataSet<Objects> {
  return {
    ...picturesOf({ name, title, licence, source }),
    forms: [
      form({
        title: 'PASCAL VOC',
        files: {
          files: {
            folder: name,
            pattern: /(?:^|\/)(?:JPEGImages\/[^/]+\.jpe?g|Annotations\/[^/]+\.xml|ImageSets\/Main\/(?:train|val|test)\.txt)$/,
            layout: 'JPEGImages/<name>.jpg, Annotations/<name>.xml and ImageSets/Main/{train,val,test}.txt',
            needs: ['train.txt', 'val.txt', 'test.txt'],
          },
        },
        read: async ({ files }, { limit, progress }) => {
          const part = (list: string, most: number | undefined) => boxed(files, list, { classes, size }, most, progress);
          return {
            train: await part('train', limit.train),
            validation: await part('val', limit.validation),
            test: await part('test', limit.test),
          };
        },
      }),
    ],
    synthetic: {
      title: 'cells',
      make: (seed, { train, validation, test }) => ({
        train: smear(seed, 1, train || 200, classes, size),
        validation: smear(seed, 2, validation || 50, classes, size),
        test: smear(seed, 3, test || 50, classes, size),
      }),
    },
  };
}

/** Blood under the microscope: red and white cells and platelets, at half the width and height. Boxes without an extent are left out. */
export const bccd = pascalVoc({
  name: 'bccd',
  title: 'BCCD',
  licence: 'MIT',
  source: 'https://github.com/Shenggan/BCCD_Dataset',
  classes: ['RBC', 'WBC', 'Platelets'],
  size: { height: 240, width: 320 },
});

async function boxed(
  folder: Folder,
  list: string,
  { classes, size }: Pick<PascalVoc, 'classes' | 'size'>,
  most: number | undefined,
  progress: Reading['progress'],
): Promise<Boxed> {
  const byEnd = (end: string) => folder.paths.find((path) => path === end || path.endsWith(`/${end}`));
  const file = await folder.read(byEnd(`ImageSets/Main/${list}.txt`) as string);
  const stems = lines(file.bytes, file.source)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, most || undefined);
  if (stems.length === 0) throw formatError(file.source, 'names of pictures, a line each', 'none');
  const known = new Map(folder.paths.map((path) => [path.slice(path.lastIndexOf('/') + 1), path]));
  const pathOf = (stem: string, endings: readonly string[]) => {
    const path = endings.map((ending) => known.get(stem + ending)).find((found) => found !== undefined);
    if (path === undefined)
      throw formatError(
        file.source,
        `a file ${quoted(stem + endings[0])} for each name`,
        'none',
        'The set is cut off, or the list is of another one.',
      );
    return path;
  };
  const { height, width } = size;
  const found: (readonly Found[])[] = [];
  for (const stem of stems) {
    const { bytes, source } = await folder.read(pathOf(stem, ['.xml']));
    found.push(objectsOf(utf8(bytes, source), source, classes));
  }
  const image = new Uint8Array(stems.length * 3 * height * width);
  const boxes: number[] = [];
  const labels: number[] = [];
  const offsets = new Uint32Array(stems.length + 1);
  await eachPicture(
    folder,
    stems.map((stem) => pathOf(stem, ['.jpg', '.jpeg'])),
    (picture, i) => {
      // Each direction by its own scale, so that nothing is cut off and boxes stay boxes.
      const same = picture.width * height === picture.height * width;
      if (!same) return `${picture.width}×${picture.height} pixels, expected the proportions ${width}:${height}`;
      image.set(covering(planes(picture, 3), picture, { channels: 3, height, width }), i * 3 * height * width);
      for (const { name, box } of found[i]) {
        const [left, upper, right, lower] = box.map((edge, k) => {
          const [most, scale] = k % 2 ? [picture.height, height / picture.height] : [picture.width, width / picture.width];
          return Math.min(most, Math.max(0, edge)) * scale;
        });
        if (!(right > left && lower > upper)) continue;
        boxes.push(left, upper, right, lower);
        labels.push(classes.indexOf(name));
      }
      offsets[i + 1] = labels.length;
      return undefined;
    },
    progress,
  );
  return objectPart(image, { boxes, labels, offsets }, classes, size);
}

function objectPart(
  image: Uint8Array,
  { boxes, labels, offsets }: { readonly boxes: readonly number[]; readonly labels: readonly number[]; readonly offsets: Uint32Array },
  names: readonly string[],
  { height, width }: PascalVoc['size'],
): Boxed {
  return {
    fields: {
      image: { data: image, shape: [3, height, width], scale: 1 / 255 },
      box: { data: Float32Array.from(boxes), shape: [4], offsets },
      class: { data: Uint8Array.from(labels), shape: [], dtype: 'i32', offsets, names },
    },
    count: offsets.length - 1,
  };
}

/** The objects of an annotation: written by hand, because all that is needed of XML here is text between tags that hold no others. */
function objectsOf(xml: string, source: string, classes: readonly string[]): Found[] {
  if (!xml.includes('<annotation')) throw formatError(source, 'an <annotation> of PASCAL VOC', quoted(xml.trim()));
  const found: Found[] = [];
  for (let at = xml.indexOf('<object>'); at >= 0; ) {
    const end = xml.indexOf('</object>', at);
    const place = `${source}, character ${at}`;
    if (end < 0) throw formatError(place, 'an <object> with its end', 'the end of the file');
    const object = xml.slice(at, end);
    const text = (tag: string) => {
      const from = object.indexOf(`<${tag}>`);
      const to = object.indexOf(`</${tag}>`, from);
      if (from < 0 || to < 0) throw formatError(place, `an <object> with a <${tag}>`, 'one without');
      return object.slice(from + tag.length + 2, to).trim();
    };
    const name = text('name');
    if (!classes.includes(name)) throw formatError(place, `one of the classes ${classes.join(', ')}`, quoted(name));
    const edge = (tag: string) => {
      const value = text(tag);
      if (!/^-?\d+(\.\d*)?$/.test(value)) throw formatError(place, `a number as <${tag}>`, quoted(value));
      return Number(value);
    };
    found.push({ name, box: [edge('xmin'), edge('ymin'), edge('xmax'), edge('ymax')] });
    at = xml.indexOf('<object>', end);
  }
  return found;
}

/** Discs in numbers, a few larger stars, small squares: one kind of shape a class, touching and overlapping. */
function smear(seed: number, stream: number, count: number, names: readonly string[], size: PascalVoc['size']): Boxed {
  const image = new Uint8Array(count * 3 * size.height * size.width);
  const [boxes, labels]: [number[], number[]] = [[], []];
  const offsets = new Uint32Array(count + 1);
  const kinds = [
    { shape: 0, radius: 0.07, most: 14 },
    { shape: 8, radius: 0.14, most: 2 },
    { shape: 2, radius: 0.035, most: 4 },
  ];
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, i, stream);
    const placed = names.flatMap((_, label) => {
      const { shape, radius, most } = kinds[label % kinds.length];
      return Array.from({ length: 1 + random.integer(most) }, (): Placed & { label: number } => ({
        label,
        shape,
        texture: label === 1 ? 4 : 0,
        radius: radius * size.width * random.uniform(0.8, 1.25),
        x: random.uniform(10, size.width - 10),
        y: random.uniform(10, size.height - 10),
        angle: random.uniform(0, Math.PI / 2),
      }));
    });
    const { pixels, owner } = drawScene(placed, { channels: 3, ...size }, random);
    image.set(pixels, i * pixels.length);
    const extent = placed.map(() => ({ left: size.width, upper: size.height, right: 0, lower: 0 }));
    owner.forEach((on, p) => {
      if (!on) return;
      const box = extent[on - 1];
      const [u, v] = [p % size.width, Math.floor(p / size.width)];
      box.left = Math.min(box.left, u);
      box.right = Math.max(box.right, u + 1);
      box.upper = Math.min(box.upper, v);
      box.lower = Math.max(box.lower, v + 1);
    });
    extent.forEach(({ left, upper, right, lower }, k) => {
      // What lies under others all but unseen is no object to find.
      if (right - left < 4 || lower - upper < 4) return;
      boxes.push(left, upper, right, lower);
      labels.push(placed[k].label);
    });
    offsets[i + 1] = labels.length;
  }
  return objectPart(image, { boxes, labels, offsets }, names, size);
}
