// Movement ops: they compute nothing and become index arithmetic in the kernel that reads them.
import { expectHolds } from '../graph/dtype.ts';
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { broadcastShapes, checkShape, normalizeAxes, normalizeAxis, type Shape, sameShape, showShape, sizeOf } from '../graph/shape.ts';
import { State, setArenaView, type Tensor } from '../graph/tensor.ts';
import { isKind, isOf, keepsOrder, type MovementOp, makeNode, type Node } from './op.ts';

export const reshapeOp: MovementOp = {
  name: 'reshape',
  kind: 'movement',
  derivative: (dy, { inputs: [x] }) => [reshape(dy, x.shape)],
  simpler: ({ inputs: [x], shape }) => {
    if (sameShape(x.shape, shape)) return x;
    return keepsOrder(x) ? reshape(x.inputs[0], shape) : undefined;
  },
};

/** What an op returns that changes nothing: x, or of a state a node that stands for its value as of now. */
export function unchanged(x: Tensor): Tensor {
  return x instanceof State ? makeNode(reshapeOp, [x], {}, x.shape, x.dtype) : x;
}

/**
 * The same elements in the same order. One dimension may be −1: it takes what is left.
 *
 * @formula y[i] = x[i] in row-major order
 * @shapes x [..] → [shape]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.reshape
 * @throws ShapeError when the shape has another number of elements.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  const target = shape.map((dim) => (dim === -1 ? x.size / known : dim));
  if (shape.filter((dim) => dim === -1).length > 1 || !target.every(Number.isInteger) || sizeOf(target) !== x.size) {
    throw new ShapeError(`reshape: expected a shape of ${x.size} elements, got ${showShape(x.shape)} to ${showShape(shape)}`);
  }
  return sameShape(target, x.shape) ? unchanged(x) : makeNode(reshapeOp, [x], {}, target, x.dtype);
}

interface Axes {
  readonly axes: readonly number[];
}

const permuteOp: MovementOp<Axes> = {
  name: 'permute',
  kind: 'movement',
  locate: (coordinates, node) => {
    const source = new Array<string>(coordinates.length);
    node.attrs.axes.forEach((axis, i) => {
      source[axis] = coordinates[i];
    });
    return [{ input: 0, coordinates: source }];
  },
  derivative: (dy, { attrs: { axes } }) => [
    permute(
      dy,
      axes.map((_, axis) => axes.indexOf(axis)),
    ),
  ],
  simpler: (node) => {
    const [x] = node.inputs;
    if (isOf(x, permuteOp)) {
      return permute(
        x.inputs[0],
        node.attrs.axes.map((axis) => x.attrs.axes[axis]),
      );
    }
    const product = unreshaped(x);
    if (!isKind(product, 'kernel') || !product.op.transposed || !swapsLastTwo(node) || !sameMatrices(x, product)) return undefined;
    return reshape(product.op.transposed(product), node.shape);
  },
};

/** What stands behind a reshape, if there is one. */
const unreshaped = (x: Tensor): Tensor => (keepsOrder(x) ? x.inputs[0] : x);

const sameMatrices = (a: Tensor, b: Tensor): boolean => sameShape(a.shape.slice(-2), b.shape.slice(-2));

function swapsLastTwo({ rank, attrs: { axes } }: Node<Axes>): boolean {
  return rank >= 2 && axes.every((axis, i) => axis === (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
}

/** For [batch, p, q] that is a swap of the last two dimensions (behind a reshape of the leading ones): the tensor before the swap. */
export function untransposed(x: Tensor): Tensor | undefined {
  const moved = unreshaped(x);
  if (!isOf(moved, permuteOp) || !swapsLastTwo(moved) || !sameMatrices(moved, x)) return undefined;
  const [source] = moved.inputs;
  return reshape(source, [sizeOf(source.shape.slice(0, -2)), ...source.shape.slice(-2)]);
}

/**
 * The dimensions in another order: dimension i of the result is dimension `axes[i]` of x.
 *
 * @formula y[i_axes[0], i_axes[1], …] = x[i_0, i_1, …]
 * @shapes x [n_0, …] → [n_axes[0], …]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.permute
 * @throws ShapeError unless each axis comes once.
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  const order = axes.map((axis) => normalizeAxis('permute', axis, x.rank));
  if (order.length !== x.rank || new Set(order).size !== x.rank) {
    throw new ShapeError(`permute: expected each of ${x.rank} axes once, got ${showShape(axes)} for ${showShape(x.shape)}`);
  }
  if (order.every((axis, i) => axis === i)) return unchanged(x);
  return makeNode(
    permuteOp,
    [x],
    { axes: order },
    order.map((axis) => x.shape[axis]),
    x.dtype,
  );
}

/**
 * Swaps two dimensions: the last two, unless told otherwise.
 *
 * @formula y[.., j, i] = x[.., i, j]
 * @shapes x [.., m, n] → [.., n, m]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.transpose
 * @throws ShapeError when an axis is outside the rank.
 */
export function transpose(x: Tensor, a = -2, b = -1): Tensor {
  const axes = Array.from({ length: x.rank }, (_, axis) => axis);
  const [first, second] = [normalizeAxis('transpose', a, x.rank), normalizeAxis('transpose', b, x.rank)];
  axes[first] = second;
  axes[second] = first;
  return permute(x, axes);
}

const expandOp: MovementOp = {
  name: 'expand',
  kind: 'movement',
  repeats: true,
  locate: (coordinates, node) => {
    const from = node.inputs[0].shape;
    return [{ input: 0, coordinates: coordinates.map((coordinate, axis) => (from[axis] === 1 ? '0u' : coordinate)) }];
  },
  derivative: (dy, node) => {
    const from = node.inputs[0].shape;
    return [
      dy.sum(
        from.flatMap((dim, axis) => (dim === 1 && node.shape[axis] !== 1 ? [axis] : [])),
        { keepDims: true },
      ),
    ];
  },
  simpler: ({ inputs: [x], shape }) => (sameShape(x.shape, shape) ? x : undefined),
};

/**
 * Repeats dimensions of length 1, without copying.
 *
 * @formula y[.., i, ..] = x[.., 0, ..] where x is 1 long
 * @shapes x [.., 1, ..] → [.., n, ..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.Tensor.expand
 * @throws ShapeError when a dimension that isn't 1 changes, or the rank does.
 */
export function expand(x: Tensor, shape: Shape): Tensor {
  checkShape('expand', shape);
  if (shape.length !== x.rank || !shape.every((dim, axis) => dim === x.shape[axis] || x.shape[axis] === 1)) {
    throw new ShapeError(`expand: expected a shape that stretches dimensions of 1 only, got ${showShape(x.shape)} to ${showShape(shape)}`);
  }
  return sameShape(shape, x.shape) ? unchanged(x) : makeNode(expandOp, [x], {}, shape, x.dtype);
}

/**
 * Stretches to a shape by NumPy's rule: aligned at the right, dimensions of length 1 repeat.
 *
 * @formula y[.., i, ..] = x[.., 0, ..] where x is 1 long
 * @shapes x [..] → [shape]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.broadcast_to
 * @throws ShapeError when x doesn't broadcast to the shape.
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return unchanged(x);
  if (!sameShape(broadcastShapes('broadcastTo', x.shape, shape), shape)) {
    throw new ShapeError(`broadcastTo: expected a shape that ${showShape(x.shape)} broadcasts to, got ${showShape(shape)}`);
  }
  return expand(reshape(x, [...new Array<number>(shape.length - x.rank).fill(1), ...x.shape]), shape);
}

/**
 * Without dimensions of length 1: the given ones, or all.
 *
 * @formula y[i] = x[i] in row-major order
 * @shapes x [.., 1, ..] → [.., ..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.squeeze
 * @throws ShapeError when a given axis is outside the rank, or not 1 long.
 */
export function squeeze(x: Tensor, axis?: number | readonly number[]): Tensor {
  const axes = axis === undefined ? x.shape.flatMap((dim, i) => (dim === 1 ? [i] : [])) : normalizeAxes('squeeze', axis, x.rank);
  for (const i of axes) if (x.shape[i] !== 1) throw new ShapeError(`squeeze: expected axis ${i} to be 1 long, got ${showShape(x.shape)}`);
  return reshape(
    x,
    x.shape.filter((_, i) => !axes.includes(i)),
  );
}

/**
 * With a dimension of length 1 put in before the given place.
 *
 * @formula y[i] = x[i] in row-major order
 * @shapes x [.., ..] → [.., 1, ..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.unsqueeze
 * @throws ShapeError when the place is outside the rank of the result.
 */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis('unsqueeze', axis, x.rank + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

const sliceOp: MovementOp<{ readonly starts: readonly number[]; readonly steps: readonly number[] }> = {
  name: 'slice',
  kind: 'movement',
  locate: (coordinates, { attrs: { starts, steps } }) => [
    {
      input: 0,
      coordinates: coordinates.map((coordinate, axis) => {
        const scaled = steps[axis] === 1 ? coordinate : `${coordinate} * ${steps[axis]}u`;
        return starts[axis] === 0 && steps[axis] === 1 ? coordinate : `(${scaled} + ${starts[axis]}u)`;
      }),
    },
  ],
  derivative: (dy, node) => {
    const { starts, steps } = node.attrs;
    const from = node.inputs[0].shape;
    const high = from.map((dim, axis) => dim - starts[axis] - (dy.shape[axis] === 0 ? 0 : (dy.shape[axis] - 1) * steps[axis] + 1));
    return [
      padInterior(
        dy,
        starts,
        high,
        steps.map((step) => step - 1),
        0,
      ),
    ];
  },
};

/** A range along one axis: `[start, end]`, `[start, end, step]`, or the whole (`null`). Negative places count from the end. */
export type Range = readonly [number, number, number?] | null;

/**
 * A part of x: one range a dimension, the whole of those not given. As in Python, ranges past the end are cut, and negative places count from it.
 *
 * @formula y[i] = x[start + i·step]
 * @shapes x [.., n, ..] → [.., ⌈(end − start) / step⌉, ..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch x[start:end:step]
 * @throws ShapeError for more ranges than dimensions, or a step that is no whole number ≥ 1.
 */
export function slice(x: Tensor, ranges: readonly Range[]): Tensor {
  if (ranges.length > x.rank)
    throw new ShapeError(`slice: expected at most ${x.rank} ranges for ${showShape(x.shape)}, got ${ranges.length}`);
  const starts: number[] = [];
  const steps: number[] = [];
  const shape = x.shape.map((dim, axis) => {
    const [from, to, step = 1] = ranges[axis] ?? [0, dim];
    if (!Number.isInteger(step) || step < 1) throw new ShapeError(`slice: expected a whole step ≥ 1, got ${step}; flip() reverses`);
    const place = (at: number) => Math.min(dim, Math.max(0, at < 0 ? at + dim : at));
    starts.push(place(from));
    steps.push(step);
    return Math.max(0, Math.ceil((place(to) - place(from)) / step));
  });
  return sameShape(shape, x.shape) ? unchanged(x) : makeNode(sliceOp, [x], { starts, steps }, shape, x.dtype);
}

interface PadAttrs {
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Between neighbours. */
  readonly interior: readonly number[];
  readonly value: number;
}

const padOp: MovementOp<PadAttrs> = {
  name: 'pad',
  kind: 'movement',
  fill: ({ attrs }) => attrs.value,
  locate: (coordinates, node) => {
    const { low, interior } = node.attrs;
    const from = node.inputs[0].shape;
    const inside: string[] = [];
    const source = coordinates.map((coordinate, axis) => {
      // Below the start the u32 difference wraps to a large number, which the one comparison catches as well.
      const shifted = low[axis] === 0 ? coordinate : `(${coordinate} - ${low[axis]}u)`;
      const stride = interior[axis] + 1;
      if (stride > 1) inside.push(`${shifted} % ${stride}u == 0u`);
      const place = stride > 1 ? `(${shifted} / ${stride}u)` : shifted;
      if (from[axis] !== node.shape[axis]) inside.push(`${place} < ${from[axis]}u`);
      return place;
    });
    return [{ input: 0, coordinates: source, ...(inside.length ? { inside: inside.join(' && ') } : {}) }];
  },
  derivative: (dy, node) => {
    const { low, interior } = node.attrs;
    const from = node.inputs[0].shape;
    return [
      slice(
        dy,
        from.map((dim, axis) => [low[axis], dim === 0 ? low[axis] : low[axis] + (dim - 1) * (interior[axis] + 1) + 1, interior[axis] + 1]),
      ),
    ];
  },
};

function padInterior(x: Tensor, low: readonly number[], high: readonly number[], interior: readonly number[], value: number): Tensor {
  const shape = x.shape.map((dim, axis) => low[axis] + dim + Math.max(0, dim - 1) * interior[axis] + high[axis]);
  expectHolds('pad', x.dtype, value);
  return sameShape(shape, x.shape) ? unchanged(x) : makeNode(padOp, [x], { low, high, interior, value }, shape, x.dtype);
}

/** What stands beyond the edges: the elements mirrored about the outermost, that one repeated, or those from the other end. */
export type PadMode = 'reflect' | 'replicate' | 'circular';

/**
 * Puts a value, or elements of x, before and after each dimension: `[before, after]` each, the last dimensions when fewer are given.
 *
 * @formula y[i] = x[i − before] inside; outside `value`, or for x = abcd: dcb|abcd|cba (reflect), aaa|abcd|ddd (replicate), bcd|abcd|abc (circular)
 * @shapes x [.., n] → [.., before + n + after]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.nn.functional.pad
 * @throws ShapeError for too many or negative widths, or ones that the mode has no elements for: reflect takes up to n − 1, circular up to n.
 * DTypeError for a value that x doesn't hold.
 */
export function pad(x: Tensor, widths: readonly (readonly [number, number])[], value: number | PadMode = 0): Tensor {
  if (widths.length > x.rank || !widths.flat().every((width) => Number.isInteger(width) && width >= 0)) {
    throw new ShapeError(
      `pad: expected at most ${x.rank} pairs of whole widths ≥ 0 for ${showShape(x.shape)}, got ${JSON.stringify(widths)}`,
    );
  }
  const all = [...new Array<readonly [number, number]>(x.rank - widths.length).fill([0, 0]), ...widths];
  if (typeof value === 'string') return all.reduce((padded, width, axis) => extend(padded, axis, width, value), unchanged(x));
  return padInterior(
    x,
    all.map(([low]) => low),
    all.map(([, high]) => high),
    all.map(() => 0),
    value,
  );
}

function extend(x: Tensor, axis: number, [before, after]: readonly [number, number], mode: PadMode): Tensor {
  if (before + after === 0) return x;
  const n = x.shape[axis];
  const most = mode === 'reflect' ? n - 1 : mode === 'circular' ? n : n > 0 ? Number.POSITIVE_INFINITY : 0;
  if (Math.max(before, after) > most) {
    throw new ShapeError(
      `pad: expected widths up to ${Math.max(0, most)} for ${mode} along axis ${axis} of ${showShape(x.shape)}, got ${before} and ${after}`,
    );
  }
  const part = (from: number, to: number) => sliceAxis(x, axis, from, to);
  const repeated = (edge: Tensor, times: number) => expand(edge, x.shape.with(axis, times));
  const sides = {
    reflect: () => [flip(part(1, before + 1), axis), flip(part(n - 1 - after, n - 1), axis)],
    replicate: () => [repeated(part(0, 1), before), repeated(part(n - 1, n), after)],
    circular: () => [part(n - before, n), part(0, after)],
  };
  const [low, high] = sides[mode]();
  return concat(
    [low, x, high].filter(({ shape }) => shape[axis] > 0),
    axis,
  );
}

/** Elements from `start` to before `end` along one axis. */
export function sliceAxis(x: Tensor, axis: number, start: number, end: number): Tensor {
  return slice(
    x,
    x.shape.map((_, i) => (i === axis ? [start, end] : null)),
  );
}

const concatOp: MovementOp<{ readonly axis: number }> = {
  name: 'concat',
  kind: 'movement',
  locate: (coordinates, node) => {
    const { axis } = node.attrs;
    let end = 0;
    return node.inputs.map((input, i) => {
      const start = end;
      end += input.shape[axis];
      return {
        input: i,
        coordinates: coordinates.map((coordinate, k) => (k === axis && start > 0 ? `(${coordinate} - ${start}u)` : coordinate)),
        ...(i < node.inputs.length - 1 ? { inside: `${coordinates[axis]} < ${end}u` } : {}),
      };
    });
  },
  derivative: (dy, node, wanted) => {
    const { axis } = node.attrs;
    let end = 0;
    return node.inputs.map((input, i) => {
      const start = end;
      end += input.shape[axis];
      return wanted[i]
        ? slice(
            dy,
            dy.shape.map((_, k) => (k === axis ? [start, start + input.shape[axis]] : null)),
          )
        : undefined;
    });
  },
};

/**
 * Joins tensors along an axis.
 *
 * @formula y = [x₁, x₂, …] along the axis
 * @shapes [.., n_1, ..], [.., n_2, ..], … → [.., n_1 + n_2 + …, ..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.cat
 * @throws ShapeError for no tensors, or shapes that differ along another axis. DTypeError when the element types differ.
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  if (tensors.length === 0) throw new ShapeError('concat: expected at least one tensor, got none');
  const [first] = tensors;
  const at = normalizeAxis('concat', axis, first.rank);
  for (const other of tensors) {
    if (other.rank !== first.rank || !other.shape.every((dim, i) => i === at || dim === first.shape[i])) {
      throw new ShapeError(`concat: expected shapes equal but for axis ${at}, got ${showShape(first.shape)} and ${showShape(other.shape)}`);
    }
    if (other.dtype !== first.dtype) throw new DTypeError(`concat: expected one element type, got ${first.dtype} and ${other.dtype}`);
  }
  if (tensors.length === 1) return unchanged(first);
  // A kernel binds few buffers: many tensors are joined in groups.
  if (tensors.length > 4) {
    const groups: Tensor[] = [];
    for (let i = 0; i < tensors.length; i += 4) groups.push(concat(tensors.slice(i, i + 4), at));
    return concat(groups, at);
  }
  const length = tensors.reduce((total, { shape }) => total + shape[at], 0);
  return makeNode(
    concatOp,
    tensors,
    { axis: at },
    first.shape.map((dim, i) => (i === at ? length : dim)),
    first.dtype,
  );
}

/**
 * Joins tensors of one shape along a new axis.
 *
 * @formula y[.., k, ..] = x_k
 * @shapes n of [.., ..] → [.., n, ..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.stack
 * @throws ShapeError for no tensors, or shapes that differ. DTypeError when the element types differ.
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  return concat(
    tensors.map((x) => unsqueeze(x, axis)),
    axis,
  );
}

const flipOp: MovementOp<Axes> = {
  name: 'flip',
  kind: 'movement',
  locate: (coordinates, node) => {
    const { axes } = node.attrs;
    return [
      { input: 0, coordinates: coordinates.map((c, axis) => (axes.includes(axis) ? `(${Math.max(0, node.shape[axis] - 1)}u - ${c})` : c)) },
    ];
  },
  derivative: (dy, node) => [flip(dy, node.attrs.axes)],
};

/**
 * Reverses the given axes.
 *
 * @formula y[i] = x[n − 1 − i]
 * @shapes x [..] → [..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.flip
 * @throws ShapeError when an axis is outside the rank.
 */
export function flip(x: Tensor, axes: number | readonly number[]): Tensor {
  return makeNode(flipOp, [x], { axes: normalizeAxes('flip', axes, x.rank) }, x.shape, x.dtype);
}

setArenaView((arena, state) =>
  reshape(slice(reshape(arena, [arena.size]), [[state.arenaOffset, state.arenaOffset + state.size]]), state.shape),
);
