// What goes into a compiled function and comes out of it: tensors, plain values, and arrays and plain objects of them.
import { showValue } from '../graph/arguments.ts';
import { PickedTensor, Tensor } from '../graph/tensor.ts';
import { isContainer } from '../graph/watch.ts';

/** Tensors, arrays and plain objects of them; numbers, strings and booleans are part of the kind. */
export type Tree = Tensor | number | string | boolean | null | undefined | readonly Tree[] | { readonly [name: string]: Tree };

/** Deeper trees are taken for endless ones. */
const DEEPEST = 100;

const isPlain = (value: unknown): boolean =>
  value === null || value === undefined || typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';

/** Adds what has to be handed over for a tensor to `leaves`; gives its places among them. */
export function handOver(tensor: Tensor, leaves: Tensor[]): readonly number[] {
  if (!(tensor instanceof PickedTensor)) return [leaves.push(tensor) - 1];
  return tensor.inputs.map((input) => {
    const known = leaves.indexOf(input);
    return known < 0 ? leaves.push(input) - 1 : known;
  });
}

/** Collects the tensors of a tree. The text tells trees apart whose plans differ; it is undefined for what is no tree. */
export function kindOf(tree: unknown, leaves: Tensor[], depth = 0): string | undefined {
  if (tree instanceof Tensor) {
    const places = handOver(tree, leaves);
    const picked = tree instanceof PickedTensor ? ` of ${places.map((place) => `${leaves[place]!.shape}@${place}`)}` : '';
    return `${tree.dtype}[${tree.shape}]${picked}`;
  }
  if (typeof tree === 'string') return JSON.stringify(tree);
  if (isPlain(tree)) return Object.is(tree, -0) ? '-0' : String(tree);
  if (!isContainer(tree) || depth > DEEPEST) return undefined;
  let text = '';
  if (Array.isArray(tree)) {
    for (const item of tree as readonly unknown[]) {
      const inner = kindOf(item, leaves, depth + 1);
      if (inner === undefined) return undefined;
      text += `${inner},`;
    }
    return `(${text})`;
  }
  for (const [name, item] of Object.entries(tree)) {
    const inner = kindOf(item, leaves, depth + 1);
    if (inner === undefined) return undefined;
    text += `${JSON.stringify(name)}:${inner},`;
  }
  return `{${text}}`;
}

/** The same tree with other tensors. */
export function mapTensors(tree: unknown, map: (tensor: Tensor) => Tensor): unknown {
  if (tree instanceof Tensor) return map(tree);
  if (Array.isArray(tree)) return Array.from(tree, (item) => mapTensors(item, map));
  if (!isContainer(tree)) return tree;
  const mapped = Object.fromEntries(Object.entries(tree).map(([name, item]) => [name, mapTensors(item, map)]));
  return Object.getPrototypeOf(tree) === null ? Object.setPrototypeOf(mapped, null) : mapped;
}

/** What is wrong with the first part of a value that makes it no tree: its place, and what to do about it. */
export function problemIn(where: string, tree: unknown, depth = 0): string | undefined {
  if (tree instanceof Tensor || isPlain(tree)) return undefined;
  const expected = `${where}: expected a tensor, a number, a string, a boolean, or arrays and plain objects of them`;
  if (isContainer(tree)) {
    if (depth > DEEPEST) return `${expected}, got more than ${DEEPEST} of them inside each other`;
    for (const [name, item] of Object.entries(tree)) {
      const problem = problemIn(Array.isArray(tree) ? `${where}[${name}]` : `${where}.${name}`, item, depth + 1);
      if (problem) return problem;
    }
    return undefined;
  }
  const advice = ArrayBuffer.isView(tree)
    ? '; make it a tensor: tensor(array)'
    : tree instanceof Promise
      ? ''
      : '; what else the function needs, it can read from outside';
  return `${expected}, got ${showValue(tree)}${advice}`;
}
