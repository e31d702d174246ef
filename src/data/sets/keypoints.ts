import type { DataFile } from '../../platform.ts';
import { Random } from '../../random.ts';
import { type CsvTable, decodeCsv, numbersOf } from '../csv.ts';
import { formatError, grouped, quoted } from '../format-error.ts';
import { planes } from '../image/image.ts';
import { eachPicture } from './pictures.ts';
import { type DataSet, type Folder, form, type Part, type Reading } from './set.ts';

type FacePart = Part<'image' | 'points' | 'known'>;

/**
 * `image`: u8 [1, 96, 96], 0 … 1 in a batch; `points`: f32 [15, 2], x and y of each point, −1 at the left or upper edge, 1 at the other; `known`:
 * u8 [15], 1 where a point is given. One that isn't is 0, 0.
 */
export type Faces = { readonly train: FacePart; readonly test: FacePart };

const SIDE = 96;
const POINTS = 15;
/** A point that lies farther outside than this, in pictures, is none. */
const FARTHEST = 0.5;

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
        train: await faces('training', pictures, train, limit.train, progress),
        test: await faces('test', pictures, test, limit.test, progress),
      }),
    }),
    form({
      title: "Kaggle's table",
      note: "Kaggle's, the last tenth of the faces with all 15 points to test with",
      files: { table: { path: 'facial_keypoints/training.csv' } },
      read: ({ table }, { limit }) => fromTable(table, limit),
    }),
  ],
  synthetic: {
    title: 'faces',
    make: (seed, { train, test }) => ({ train: drawn(seed, 1, train || 1_600), test: drawn(seed, 2, test || 400) }),
  },
};

async function faces(
  name: string,
  pictures: Folder,
  file: DataFile,
  limit: number | undefined,
  progress: Reading['progress'],
): Promise<FacePart> {
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
  const axes = Array.from({ length: 2 * POINTS }, (_, k) => `${k % 2 ? 'y' : 'x'}${k >> 1}`);
  const located = pointsOf(table, axes, [...rows.keys()]);
  const image = new Uint8Array(rows.length * SIDE * SIDE);
  let coloured = 0;
  await eachPicture(
    pictures,
    paths,
    (picture, i) => {
      if (picture.width !== SIDE || picture.height !== SIDE) return `${picture.width}×${picture.height} pixels, expected ${SIDE}×${SIDE}`;
      if (picture.palette || picture.channels > 2) coloured++;
      image.set(planes(picture, 1), i * SIDE * SIDE);
      return undefined;
    },
    progress,
  );
  return part(image, located, name, coloured);
}

/** Kaggle's training.csv: x and y of 15 points, and 96×96 grey values in the column Image. Most of its faces lack points: those are all to train on. */
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
  const { known } = pointsOf(table, axes, [...table.rows.keys()]);
  const complete = table.rows.flatMap((_, i) => (known.subarray(i * POINTS, (i + 1) * POINTS).includes(0) ? [] : [i]));
  if (complete.length < 10) throw formatError(source, `at least 10 faces with all ${POINTS} points`, `${complete.length}`);
  const tested = complete.slice(Math.floor(0.9 * complete.length));
  const held = new Set(tested);
  const trained = [...table.rows.keys()].filter((i) => !held.has(i));
  const read = (name: string, rows: readonly number[]) => {
    const image = new Uint8Array(rows.length * SIDE * SIDE);
    rows.forEach((row, i) => {
      const { line, cells } = table.rows[row];
      const levels = cells[place].trim().split(' ');
      if (levels.length !== SIDE * SIDE || !levels.every((level) => /^\d{1,3}$/.test(level) && Number(level) < 256)) {
        throw formatError(`${source}, line ${line}`, `${SIDE}×${SIDE} values of 0 to 255`, `${levels.length}: ${quoted(cells[place])}`);
      }
      image.set(levels.map(Number), i * SIDE * SIDE);
    });
    return part(image, pointsOf(table, axes, rows), name);
  };
  return {
    train: read('training', trained.slice(0, limit.train || undefined)),
    test: read('test', tested.slice(0, limit.test || undefined)),
  };
}

interface Located {
  readonly points: Float32Array;
  readonly known: Uint8Array;
}

/**
 * Points of some rows, from columns with x and y of each in pixels.
 * @throws DataFormatError for an empty column, a row without any point, and a point far outside
 */
function pointsOf(table: CsvTable, axes: readonly string[], rows: readonly number[]): Located {
  const columns = axes.map((name) => numbersOf(table, name));
  const empty = axes.find((_, k) => columns[k].every(Number.isNaN));
  if (empty) throw formatError(table.source, `numbers in the column ${quoted(empty)}`, 'an empty column');
  const points = new Float32Array(rows.length * 2 * POINTS);
  const known = new Uint8Array(rows.length * POINTS);
  rows.forEach((row, i) => {
    for (let k = 0; k < POINTS; k++) {
      const at = [columns[2 * k][row], columns[2 * k + 1][row]];
      // Half a point is none.
      if (at.some(Number.isNaN)) continue;
      const far = at.findIndex((value) => Math.abs(value / SIDE - 0.5) > 0.5 + FARTHEST);
      if (far >= 0) {
        const where = `${table.source}, line ${table.rows[row].line}, column ${quoted(axes[2 * k + far])}`;
        throw formatError(where, `a place in or near a picture of ${SIDE} pixels`, `${at[far]}`);
      }
      known[i * POINTS + k] = 1;
      points.set(
        at.map((value) => (2 * value) / SIDE - 1),
        2 * (i * POINTS + k),
      );
    }
    if (!known.subarray(i * POINTS).includes(1))
      throw formatError(`${table.source}, line ${table.rows[row].line}`, `at least one of ${POINTS} points`, 'none');
  });
  return { points, known };
}

function part(image: Uint8Array, { points, known }: Located, name: string, coloured = 0): FacePart {
  const count = known.length / POINTS;
  const lacking = Array.from({ length: count }, (_, i) => known.subarray(i * POINTS, (i + 1) * POINTS)).filter((own) => own.includes(0));
  const notes = [
    ...(lacking.length > 0 ? [`${grouped(lacking.length)} of ${grouped(count)} ${name} faces lack points`] : []),
    ...(coloured > 0 ? [`${grouped(coloured)} of ${grouped(count)} ${name} pictures made grey`] : []),
  ];
  return {
    fields: {
      image: { data: image, shape: [1, SIDE, SIDE], scale: 1 / 255 },
      points: { data: points, shape: [POINTS, 2] },
      known: { data: known, shape: [POINTS] },
    },
    count,
    ...(notes.length > 0 && { note: notes.join(', ') }),
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
function drawn(seed: number, stream: number, count: number): FacePart {
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
  return part(image, { points, known: new Uint8Array(count * POINTS).fill(1) }, 'drawn');
}

function paint(
  pixels: Uint8Array,
  at: readonly (readonly [number, number])[],
  { x, y, width, height, cos, sin }: Readonly<Record<'x' | 'y' | 'width' | 'height' | 'cos' | 'sin', number>>,
  random: Random,
): void {
  const [ground, skin, light, dark] = [random.uniform(20, 230), random.uniform(90, 210), random.normal(0, 30), random.uniform(40, 80)];
  // How far inside of what is dark a pixel lies: marks are small, and most pixels are near none.
  const near = new Float64Array(SIDE * SIDE).fill(Number.POSITIVE_INFINITY);
  const mark = (from: readonly [number, number], to: readonly [number, number], reach: number) => {
    const span = (axis: 0 | 1) => {
      const [low, high] = [Math.min(from[axis], to[axis]), Math.max(from[axis], to[axis])];
      return [Math.max(0, Math.floor(low - reach - 1)), Math.min(SIDE - 1, Math.ceil(high + reach + 1))];
    };
    const [[left, right], [top, bottom]] = [span(0), span(1)];
    for (let v = top; v <= bottom; v++) {
      for (let u = left; u <= right; u++) near[v * SIDE + u] = Math.min(near[v * SIDE + u], distance(u, v, from, to) - reach);
    }
  };
  for (const [from, to] of strokes) mark(at[from], at[to], 1.1);
  for (const k of [0, 1]) mark(at[k], at[k], (3.2 * height) / 34);
  mark(at[10], at[10], (2.6 * height) / 34);
  for (let v = 0; v < SIDE; v++) {
    for (let u = 0; u < SIDE; u++) {
      const [a, b] = [(cos * (u - x) + sin * (v - y)) / width, (cos * (v - y) - sin * (u - x)) / height];
      const face = a * a + b * b < 1;
      let value = face ? skin + light * a : ground + 0.2 * light;
      if (face) value -= dark * Math.min(1, Math.max(0, 0.5 - near[v * SIDE + u]));
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
