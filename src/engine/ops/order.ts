// What sorting, searching and grouping are made of: u32 keys that compare as elements do, their stable order, and places among them.
import type { Tensor } from '../graph/tensor.ts';
import { wgslType } from './literal.ts';
import { lowerSearch } from './lower/gather.ts';
import { lowerSort } from './lower/sort.ts';
import { type ElementwiseOp, type KernelOp, makeNode } from './op.ts';

// The bits of positive floats ascend with them; those of negative ones descend. Both zeros are one key, and NaN is the largest.
const SORT_KEY = `fn sort_key_f32(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let key = select(0x80000000u + magnitude, ~bits, bits > 0x80000000u);
  return select(key, 0xffffffffu, magnitude > 0x7f800000u);
}`;

const sortKeyOp: ElementwiseOp = {
  name: 'sortKey',
  kind: 'elementwise',
  cost: 4,
  helpers: [SORT_KEY],
  expression: ([x], { inputs: [input] }) => {
    const type = wgslType(input.dtype);
    return type === 'f32' ? `sort_key_f32(${x})` : type === 'i32' ? `bitcast<u32>(${x}) ^ 0x80000000u` : `u32(${x})`;
  },
};

/** u32 in the order of x's elements. */
export const sortKey = (x: Tensor): Tensor => makeNode(sortKeyOp, [x], {}, x.shape, 'u32');

const sortOp: KernelOp<{ readonly bits: number }> = {
  name: 'argSort',
  kind: 'kernel',
  lower: ({ shape: [rows, columns], attrs }, traits) => lowerSort({ rows, columns, bits: attrs.bits }, traits),
};

/** The stable order of each row of keys [rows, columns] below 2^bits. */
export const orderOfKeys = (keys: Tensor, bits: number): Tensor => makeNode(sortOp, [keys], { bits }, keys.shape, 'u32');

const searchOp: KernelOp<{ readonly right: boolean }> = {
  name: 'searchSorted',
  kind: 'kernel',
  lower: ({ inputs: [sorted, values], attrs }, traits) =>
    lowerSearch(
      {
        rows: values.shape[0],
        count: values.shape[1],
        columns: sorted.shape[1],
        shared: sorted.shape[0] === 1,
        right: attrs.right,
      },
      traits,
    ),
};

/** Where keys [rows, count] would stand in ascending keys [rows or 1, columns]. */
export const searchKeys = (sorted: Tensor, keys: Tensor, right: boolean): Tensor =>
  makeNode(searchOp, [sorted, keys], { right }, keys.shape, 'u32');
