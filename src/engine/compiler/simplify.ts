// Rewrites a graph into a smaller one of the same values: common subexpressions become one node, and each op knows what of it is less work
// (`simpler`: identities, constants, transposes into matmul).
import { topologicalOrder } from '../graph/order.ts';
import { Tensor } from '../graph/tensor.ts';
import { opOf } from '../ops/op.ts';

/** Simplified stand-ins for `roots`, in their order. */
export function simplify(roots: readonly Tensor[]): Tensor[] {
  const replacement = new Map<Tensor, Tensor>();
  const known = new Map<string, Tensor>();
  for (const node of topologicalOrder(roots)) {
    if (node.op.kind === 'leaf') {
      replacement.set(node, node);
      continue;
    }
    const inputs = node.inputs.map((input) => replacement.get(input) as Tensor);
    const rebuilt = inputs.every((input, i) => input === node.inputs[i])
      ? node
      : new Tensor(node.op, inputs, node.attrs, node.shape, node.dtype);
    let result = opOf(rebuilt).simpler?.(rebuilt) ?? rebuilt;
    if (result.op.kind !== 'leaf') {
      const key = structure(result);
      const twin = known.get(key);
      if (twin) result = twin;
      else known.set(key, result);
    }
    replacement.set(node, result);
  }
  return roots.map((root) => replacement.get(root) as Tensor);
}

/** Attributes as text. JSON alone has no infinities, no NaN and no −0, and would take them for one another. */
export function attrsKey(attrs: object): string {
  return JSON.stringify(attrs, (_name, value: unknown) => {
    if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value;
    return Object.is(value, -0) ? '-0' : String(value);
  });
}

function structure(node: Tensor): string {
  return `${node.op.name}|${node.dtype}|${node.shape}|${attrsKey(node.attrs)}|${node.inputs.map(({ id }) => id)}`;
}
