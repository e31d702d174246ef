import { ShapeError } from './errors.ts';

export type Shape = readonly number[];

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const dim of shape) size *= dim;
  return size;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** NumPy's rule: shapes aligned at the right, a dimension of 1 stretches. */
export function broadcastShapes(op: string, ...shapes: Shape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const axis = rank - shape.length + i;
      if (shape[i] === 1) continue;
      if (result[axis] !== 1 && result[axis] !== shape[i]) {
        throw new ShapeError(`${op}: expected shapes that broadcast together, got ${shapes.map(showShape).join(' and ')}`);
      }
      result[axis] = shape[i];
    }
  }
  return result;
}

/** A negative axis counts from the end. Throws ShapeError outside the rank. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
    throw new ShapeError(`${op}: expected an axis from ${-rank} to ${rank - 1}, got ${axis}`);
  }
  return positive;
}

/** Axes as sorted positive numbers; all of them when none are given. */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(op, axis, rank));
  if (new Set(list).size !== list.length) throw new ShapeError(`${op}: expected each axis once, got ${showShape(list)}`);
  return list.sort((a, b) => a - b);
}

/** Throws unless every dimension is a whole number ≥ 0 and the size stays addressable by 32-bit indices. */
export function checkShape(op: string, shape: Shape): void {
  checkCounts(op, 'dimensions', shape);
  checkSize(op, shape);
}

/** Throws unless every one is a whole number ≥ 0. */
export function checkCounts(op: string, what: string, list: readonly number[]): void {
  if (!list.every((count) => Number.isInteger(count) && count >= 0)) {
    throw new ShapeError(`${op}: expected whole, non-negative ${what}, got ${showShape(list)}`);
  }
}

/** Throws unless 32-bit indices reach every element. */
export function checkSize(op: string, shape: Shape): void {
  if (sizeOf(shape) >= 2 ** 31) throw new ShapeError(`${op}: expected fewer than 2^31 elements, got ${showShape(shape)}`);
}
