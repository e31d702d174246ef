import {
  chunk,
  concat,
  diagEmbed,
  diagonal,
  meshgrid,
  moveAxis,
  repeatInterleave,
  roll,
  split,
  type Tensor,
  tile,
  tril,
  triu,
  unbind,
} from '../../../src/index.ts';
import { integers, type OpCase, random } from '../check.ts';
import * as ref from '../reference.ts';

type Reference = OpCase['reference'];

const row = (
  op: string,
  shape: readonly number[],
  apply: (x: Tensor) => Tensor,
  reference: (x: ref.Values) => ref.Values,
  about = `[${shape}]`,
): OpCase => ({ op, about, inputs: [random(shape)], apply, reference: reference as Reference, second: ref.size(shape) < 40, f16: true });

/** Another place for each coordinate. */
const remapped = (x: ref.Values, shape: readonly number[], from: (at: readonly number[]) => number[]) =>
  ref.build(shape, (at) => ref.get(x, from(at)));

const modulo = (i: number, n: number) => ((i % n) + n) % n;

const padded =
  (widths: readonly (readonly [number, number])[], place: (i: number, n: number) => number): ((x: ref.Values) => ref.Values) =>
  (x) =>
    remapped(
      x,
      x.shape.map((n, axis) => widths[axis][0] + n + widths[axis][1]),
      (at) => at.map((i, axis) => place(i - widths[axis][0], x.shape[axis])),
    );

const mirrored = (i: number, n: number) => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i);
const clamped = (i: number, n: number) => Math.min(n - 1, Math.max(0, i));

const padding: OpCase[] = [
  row(
    'pad',
    [3, 5],
    (x) =>
      x.pad(
        [
          [2, 1],
          [0, 4],
        ],
        'reflect',
      ),
    padded(
      [
        [2, 1],
        [0, 4],
      ],
      mirrored,
    ),
    'reflect',
  ),
  row(
    'pad',
    [1, 5],
    (x) => x.pad([[3, 7]], 'replicate'),
    padded(
      [
        [0, 0],
        [3, 7],
      ] as const,
      clamped,
    ),
    'replicate',
  ),
  row(
    'pad',
    [2, 3],
    (x) => x.pad([[3, 1]], 'circular'),
    padded(
      [
        [0, 0],
        [3, 1],
      ] as const,
      modulo,
    ),
    'circular',
  ),
];

const band = (keep: (i: number, j: number) => boolean) => (x: ref.Values) =>
  ref.build(x.shape, (at) => (keep(at[at.length - 2], at[at.length - 1]) ? ref.get(x, at) : 0));

const triangles: OpCase[] = [
  row(
    'tril',
    [4, 7],
    (x) => tril(x),
    band((i, j) => j <= i),
  ),
  row(
    'tril',
    [2, 5, 3],
    (x) => tril(x, 1),
    band((i, j) => j <= i + 1),
    'above the main diagonal',
  ),
  row(
    'triu',
    [4, 7],
    (x) => triu(x),
    band((i, j) => j >= i),
  ),
  row(
    'triu',
    [2, 5, 3],
    (x) => x.triu(-2),
    band((i, j) => j >= i - 2),
    'below the main diagonal',
  ),
  row(
    'triu',
    [3, 3],
    (x) => triu(x, 9),
    band(() => false),
    'past the corner',
  ),
];

const diagonals: OpCase[] = [
  row(
    'diagonal',
    [4, 7],
    (x) => diagonal(x),
    (x) => ref.build([4], ([i]) => ref.get(x, [i, i])),
  ),
  row(
    'diagonal',
    [4, 7],
    (x) => diagonal(x, 2),
    (x) => ref.build([4], ([i]) => ref.get(x, [i, i + 2])),
    'above',
  ),
  row(
    'diagonal',
    [5, 3],
    (x) => diagonal(x, -2),
    (x) => ref.build([3], ([i]) => ref.get(x, [i + 2, i])),
    'below',
  ),
  row(
    'diagonal',
    [3, 3],
    (x) => diagonal(x, 3),
    () => ref.build([0], () => 0),
    'past the corner',
  ),
  row(
    'diagonal',
    [3, 2, 4],
    (x) => diagonal(x, 1, [0, -1]),
    (x) => ref.build([2, 3], ([b, i]) => ref.get(x, [i, b, i + 1])),
    'of other axes',
  ),
  row(
    'diagEmbed',
    [2, 3],
    (x) => diagEmbed(x),
    (x) => ref.build([2, 3, 3], ([b, i, j]) => (i === j ? ref.get(x, [b, i]) : 0)),
  ),
  row(
    'diagEmbed',
    [3],
    (x) => diagEmbed(x, 2),
    (x) => ref.build([5, 5], ([i, j]) => (j === i + 2 ? x.data[i] : 0)),
    'above',
  ),
  row(
    'diagEmbed',
    [3],
    (x) => diagEmbed(x, -1),
    (x) => ref.build([4, 4], ([i, j]) => (i === j + 1 ? x.data[j] : 0)),
    'below',
  ),
];

const repeats: OpCase[] = [
  row(
    'tile',
    [2, 3],
    (x) => tile(x, [2]),
    (x) => remapped(x, [2, 6], ([i, j]) => [i, j % 3]),
  ),
  row(
    'tile',
    [2, 3],
    (x) => tile(x, [2, 3, 1]),
    (x) => remapped(x, [2, 6, 3], ([, i, j]) => [i % 2, j]),
    'to more dimensions',
  ),
  row(
    'tile',
    [2, 3],
    (x) => tile(x, [0, 1]),
    () => ref.build([0, 3], () => 0),
    'to nothing',
  ),
  row(
    'repeatInterleave',
    [2, 3],
    (x) => repeatInterleave(x, 3, 0),
    (x) => remapped(x, [6, 3], ([i, j]) => [Math.floor(i / 3), j]),
  ),
  row(
    'roll',
    [5, 3],
    (x) => roll(x, 2, 0),
    (x) => remapped(x, [5, 3], ([i, j]) => [modulo(i - 2, 5), j]),
  ),
  row(
    'roll',
    [5, 3],
    (x) => roll(x, [-7, 3], [0, 1]),
    (x) => remapped(x, [5, 3], ([i, j]) => [modulo(i + 7, 5), j]),
    'back, and once around',
  ),
];

const parts: OpCase[] = [
  row(
    'split',
    [7, 2],
    (x) => concat(split(x, 3).toReversed()),
    (x) => remapped(x, [7, 2], ([i, j]) => [[6, 3, 4, 5, 0, 1, 2][i], j]),
  ),
  row(
    'split',
    [2, 6],
    (x) => split(x, [1, 5], 1)[1],
    (x) => remapped(x, [2, 5], ([i, j]) => [i, j + 1]),
    'into given sizes',
  ),
  row(
    'split',
    [0, 2],
    (x) => split(x, 3)[0],
    () => ref.build([0, 2], () => 0),
    'of nothing',
  ),
  row(
    'chunk',
    [2, 7],
    (x) => chunk(x, 3, -1)[2],
    (x) => remapped(x, [2, 1], ([i]) => [i, 6]),
  ),
  row(
    'unbind',
    [2, 3, 2],
    (x) => unbind(x, 1)[2],
    (x) => remapped(x, [2, 2], ([i, k]) => [i, 2, k]),
  ),
  row(
    'moveAxis',
    [2, 3, 5],
    (x) => moveAxis(x, 0, -1),
    (x) => ref.permute(x, [1, 2, 0]),
  ),
  row(
    'moveAxis',
    [2, 3, 5],
    (x) => moveAxis(x, 2, 1),
    (x) => ref.permute(x, [0, 2, 1]),
    'forward',
  ),
  {
    op: 'meshgrid',
    inputs: [random([3]), random([4])],
    apply: (a, b) => meshgrid([a, b]).reduce((x, y) => x.mul(y)),
    reference: (a, b) => ref.build([3, 4], ([i, j]) => a.data[i] * b.data[j]),
    second: true,
  },
  {
    op: 'roll',
    about: 'integers',
    inputs: [integers([5], 0, 9)],
    apply: (x) => roll(x, 1, 0),
    reference: (x) => remapped(x, [5], ([i]) => [modulo(i - 1, 5)]),
  },
];

export const arrangeCases: readonly OpCase[] = [...padding, ...triangles, ...diagonals, ...repeats, ...parts];
