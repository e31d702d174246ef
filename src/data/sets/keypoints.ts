import type { DataFile } from '../../platform.ts';
import { Random } from '../../random.ts';
import { decodeCsv, numbersOf } from '../csv.ts';
import { formatError, quoted } from '../format-error.ts';
import type { Folder } from './folder.ts';
import { decodePictures } from './pictures.ts';
import { type DataSet, form, type Part, type Reading } from './set.ts';

/** `image`: u8 [1, 96, 96], 0 … 1 in a batch; `points`: f32 [15, 2], x and y of each point, −1 at the left or upper edge, 1 at the other. */
export type Faces = { readonly train: Part<'image' | 'points'>; readonly test: Part<'image' | 'points'> };

const SIDE = 96;
const POINTS = 15;
const size = { channels: 1, height: SIDE, width: SIDE } as const;

/**
 * Faces, and where their eyes, brows, nose and mouth are: 15 points in the order of Kaggle's set, taken from YouTube Faces' 68. Nearly all persons of
 * the test part are in the training part too.
 */
export const facialKeypoints: DataSet<Faces> = {
  name: 'facial_keypoints',
  title: 'Facial keypoints',
  samples: 'faces',
  licence: 'MIT (YouTube Faces)',
  source: 'https://github.com/udacity/P1_Facial_Keypoints',
  folder: 'facial_keypoints',
  forms: [
    form({
      title: 'pictures and tables of points',
      files: {
        pictures: {
          folder: 'facial_keypoints',
          pattern: /(?:^|\/)(?:train|test)\/[^/]+\.(?:jpe?g|png)$/i,
          layout: '{train,test}/<face>.jpg',
        },
        train: { path: 'facial_keypoints/train_15pts.csv' },
        test: { path: 'facial_keypoints/test_15pts.csv' },
      },
      read: async ({ pictures, train, test }, { limit, progress }) => ({
        train: await faces(pictures, train, limit.train, progress),
        test: await faces(pictures, test, limit.test, progress),
      }),
    }),
    form({
      title: "Kaggle's table",
      note: "Kaggle's faces with all 15 points, the last tenth of them to test with",
      files: { table: { path: 'facial_keypoints/training.csv' } },
      read: ({ table }, { limit }) => fromTable(table, limit),
    }),
  ],
  synthetic: {
    title: 'faces',
    make: (seed, { train, test }) => ({ train: drawn(seed, 1, train || 1_600), test: drawn(seed, 2, test || 400) }),
  },
};

async function faces(pictures: Folder, file: DataFile, limit: number | undefined, progress: Reading['progress']): Promise<Faces['train']> {
  const table = decodeCsv(file.bytes, file.source);
  const place = table.columns.indexOf('image');
  if (place < 0 || table.rows.length === 0)
    throw formatError(file.source, 'a column image, and rows below it', table.columns.slice(0, 10).map(quoted).join(', '));
  const rows = table.rows.slice(0, limit || table.rows.length);
  const byName = new Map(pictures.paths.map((path) => [path.split('/').slice(-2).join('/'), path]));
  const paths = rows.map(({ line, cells }) => {
    const path = byName.get(cells[place]);
    if (path === undefined)
      throw formatError(`${file.source}, line ${line}`, `a picture ${quoted(cells[place])} in ${pictures.source}`, 'none');
    return path;
  });
  const columns = Array.from({ length: 2 * POINTS }, (_, k) => numbersOf(table, `${k % 2 ? 'y' : 'x'}${k >> 1}`));
  const points = new Float32Array(rows.length * 2 * POINTS);
  rows.forEach(({ line }, i) => {
    columns.forEach((column, k) => {
      if (Number.isNaN(column[i]))
        throw formatError(`${file.source}, line ${line}`, `${POINTS} points, each with x and y`, 'an empty cell');
      points[i * 2 * POINTS + k] = (2 * column[i]) / SIDE - 1;
    });
  });
  return part(await decodePictures(pictures, paths, size, progress), points);
}

/** Kaggle's training.csv: x and y of 15 points, and 96×96 grey values in the column Image. Rows without some points are left out, as the course does. */
function fromTable({ bytes, source }: DataFile, limit: Reading['limit']): Faces {
  const table = decodeCsv(bytes, source);
  const { columns } = table;
  const axes = columns.slice(0, 2 * POINTS);
  const place = 2 * POINTS;
  if (columns.length !== place + 1 || columns[place] !== 'Image' || axes.some((name, k) => !name.endsWith(k % 2 ? '_y' : '_x'))) {
    throw formatError(
      source,
      `x and y of ${POINTS} points, then a column Image`,
      `${columns.length} columns, ${columns.slice(0, 3).map(quoted).join(', ')} …`,
    );
  }
  const values = axes.map((name) => numbersOf(table, name));
  const whole = table.rows.flatMap((_, i) => (values.every((column) => !Number.isNaN(column[i])) ? [i] : []));
  if (whole.length < 10) throw formatError(source, `at least 10 faces with all ${POINTS} points`, `${whole.length}`);
  const end = Math.floor(0.9 * whole.length);
  const read = (rows: readonly number[]) => {
    const image = new Uint8Array(rows.length * SIDE * SIDE);
    const points = new Float32Array(rows.length * 2 * POINTS);
    rows.forEach((row, i) => {
      const { line, cells } = table.rows[row];
      const levels = cells[place].trim().split(' ');
      if (levels.length !== SIDE * SIDE || !levels.every((level) => /^\d{1,3}$/.test(level) && Number(level) < 256)) {
        throw formatError(`${source}, line ${line}`, `${SIDE}×${SIDE} values of 0 to 255`, `${levels.length}: ${quoted(cells[place])}`);
      }
      image.set(levels.map(Number), i * SIDE * SIDE);
      values.forEach((column, k) => {
        points[i * 2 * POINTS + k] = (2 * column[row]) / SIDE - 1;
      });
    });
    return part(image, points);
  };
  return {
    train: read(whole.slice(0, limit.train ? Math.min(end, limit.train) : end)),
    test: read(whole.slice(end).slice(0, limit.test || undefined)),
  };
}

function part(image: Uint8Array, points: Float32Array): Faces['train'] {
  return {
    fields: { image: { data: image, shape: [1, SIDE, SIDE], scale: 1 / 255 }, points: { data: points, shape: [POINTS, 2] } },
    count: points.length / (2 * POINTS),
  };
}

/** On a face that fills −1 … 1: both eyes (middle, inner and outer corner), brows (inner, outer), nose, mouth (corners, upper and lower lip). */
const plan: readonly (readonly [number, number])[] = [
  [0.36, -0.22],
  [-0.36, -0.22],
  [0.22, -0.2],
  [0.5, -0.2],
  [-0.22, -0.2],
  [-0.5, -0.2],
  [0.18, -0.4],
  [0.6, -0.42],
  [-0.18, -0.4],
  [-0.6, -0.42],
  [0, 0.12],
  [0.3, 0.48],
  [-0.3, 0.48],
  [0, 0.4],
  [0, 0.58],
];
/** Points that a line joins. */
const strokes: readonly (readonly [number, number])[] = [
  [2, 3],
  [4, 5],
  [6, 7],
  [8, 9],
  [11, 13],
  [13, 12],
  [11, 14],
  [14, 12],
];

/** Drawn faces, turned, moved and of different features, in light from one side. */
function drawn(seed: number, stream: number, count: number): Faces['train'] {
  const image = new Uint8Array(count * SIDE * SIDE);
  const points = new Float32Array(count * 2 * POINTS);
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, i, stream);
    const [x, y, height] = [random.uniform(38, 58), random.uniform(40, 56), random.uniform(28, 40)];
    const width = height * random.uniform(0.68, 0.85);
    const [angle, gaze] = [random.normal(0, 0.2), random.normal(0, 0.12)];
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const mouth = random.normal(0, 0.06);
    const at = plan.map(([px, py], k) => {
      const [u, v] = [px + gaze + random.normal(0, 0.015), py + (k >= 13 ? mouth * (k === 14 ? 1 : -0.3) : 0) + random.normal(0, 0.015)];
      return [x + cos * width * u - sin * height * v, y + sin * width * u + cos * height * v] as const;
    });
    at.forEach(([px, py], k) => {
      points[(i * POINTS + k) * 2] = (2 * px) / SIDE - 1;
      points[(i * POINTS + k) * 2 + 1] = (2 * py) / SIDE - 1;
    });
    paint(image.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE), at, { x, y, width, height, cos, sin }, random);
  }
  return part(image, points);
}

function paint(
  pixels: Uint8Array,
  at: readonly (readonly [number, number])[],
  { x, y, width, height, cos, sin }: Readonly<Record<'x' | 'y' | 'width' | 'height' | 'cos' | 'sin', number>>,
  random: Random,
): void {
  const [ground, skin, light, dark] = [random.uniform(20, 230), random.uniform(90, 210), random.normal(0, 30), random.uniform(40, 80)];
  const blobs = [
    [0, 3.2],
    [1, 3.2],
    [10, 2.6],
  ].map(([k, radius]) => ({ x: at[k][0], y: at[k][1], radius: (radius * height) / 34 }));
  for (let v = 0; v < SIDE; v++) {
    for (let u = 0; u < SIDE; u++) {
      const [a, b] = [(cos * (u - x) + sin * (v - y)) / width, (cos * (v - y) - sin * (u - x)) / height];
      const face = a * a + b * b < 1;
      let value = face ? skin + light * a : ground + 0.2 * light;
      if (face) {
        const near = Math.min(
          ...strokes.map(([from, to]) => distance(u, v, at[from], at[to]) - 1.1),
          ...blobs.map((blob) => Math.hypot(u - blob.x, v - blob.y) - blob.radius),
        );
        value -= dark * Math.min(1, Math.max(0, 0.5 - near));
      }
      pixels[v * SIDE + u] = Math.min(255, Math.max(0, value + random.uniform(-9, 9)));
    }
  }
}

/** From a point to the line between two others. */
function distance(u: number, v: number, [x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number]): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = Math.min(1, Math.max(0, ((u - x0) * dx + (v - y0) * dy) / Math.max(1e-9, dx * dx + dy * dy)));
  return Math.hypot(u - x0 - along * dx, v - y0 - along * dy);
}
