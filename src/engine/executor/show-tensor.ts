// A tensor's values as text, laid out as PyTorch prints them, with shape and element type.
import { type DType, isFloat, type TypedArray } from '../graph/dtype.ts';
import { type Shape, showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';

/** torch.set_printoptions' defaults. */
const PRECISION = 4;
const THRESHOLD = 1000;
const EDGE = 3;
const LINE_WIDTH = 80;

/**
 * The values as text, for people: `tensor([[1., 2.], [3., 4.]], shape=[2, 2], dtype=f32)`. Of tensors over 1,000 elements, the first and
 * last three along each axis.
 */
export async function showTensor(tensor: Tensor): Promise<string> {
  return formatValues(await tensor.data(), tensor.shape, tensor.dtype);
}

export function formatValues(values: TypedArray, shape: Shape, dtype: DType): string {
  const opening = 'tensor(';
  if (shape.length === 0) return `${opening}${formatter([values[0]], dtype)(values[0])}, dtype=${dtype})`;
  const ending = `, shape=${showShape(shape)}, dtype=${dtype})`;
  if (values.length === 0) return `${opening}[]${ending}`;

  const kept = shape.map((length) => keptIndices(length, values.length > THRESHOLD));
  const format = formatter(selected(values, shape, kept), dtype);
  const width = format(values[0]).length;

  const line = (offset: number, indent: number): string => {
    const cells = kept[shape.length - 1].map((index) => (index === 'gap' ? ' ...' : format(values[offset + index])));
    const each = Math.max(1, Math.floor((LINE_WIDTH - indent) / (width + 2)));
    const lines: string[] = [];
    for (let i = 0; i < cells.length; i += each) lines.push(cells.slice(i, i + each).join(', '));
    return `[${lines.join(`,\n${' '.repeat(indent)}`)}]`;
  };
  const nest = (axis: number, offset: number, indent: number): string => {
    if (axis === shape.length - 1) return line(offset * shape[axis], indent);
    const parts = kept[axis].map((index) => (index === 'gap' ? '...' : nest(axis + 1, offset * shape[axis] + index, indent + 1)));
    // An empty line more between blocks of each further axis.
    return `[${parts.join(`,${'\n'.repeat(shape.length - 1 - axis)}${' '.repeat(indent)}`)}]`;
  };
  return `${opening}${nest(0, 0, opening.length + 1)}${ending}`;
}

type Kept = readonly (number | 'gap')[];

function keptIndices(length: number, shortened: boolean): Kept {
  const all = Array.from({ length }, (_, i) => i);
  return shortened && length > 2 * EDGE ? [...all.slice(0, EDGE), 'gap', ...all.slice(-EDGE)] : all;
}

/** The values that are shown. They alone decide how many digits a number gets. */
function selected(values: TypedArray, shape: Shape, kept: readonly Kept[]): number[] {
  let offsets = [0];
  shape.forEach((length, axis) => {
    const indices = kept[axis].filter((index) => index !== 'gap');
    offsets = offsets.flatMap((offset) => indices.map((index) => offset * length + index));
  });
  return offsets.map((offset) => values[offset]);
}

/** How to write a number so that all of them are of one width. */
function formatter(values: readonly number[], dtype: DType): (value: number) => string {
  const write = dtype === 'bool' ? (value: number) => String(value !== 0) : isFloat(dtype) ? floatFormat(values) : String;
  const width = values.reduce((longest, value) => Math.max(longest, write(value).length), 0);
  return (value) => write(value).padStart(width);
}

function floatFormat(values: readonly number[]): (value: number) => string {
  const sizes = values.filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs);
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  const smallest = sizes.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const whole = sizes.every(Number.isInteger);
  const scientific = sizes.length > 0 && (largest / smallest > 1000 || largest > 1e8 || (!whole && smallest < 1e-4));
  return (value) => {
    if (Number.isNaN(value)) return 'nan';
    if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
    const sign = Object.is(value, -0) ? '-' : '';
    if (scientific) return sign + value.toExponential(PRECISION).replace(/e([+-])(\d)$/, 'e$10$2');
    return sign + (whole ? `${value}.` : value.toFixed(PRECISION));
  };
}
