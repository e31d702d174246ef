// Rewrites a graph into a smaller one of the same values: common subexpressions, identities, constants, transposes into matmul.
import { topologicalOrder } from '../graph/order.ts';
import { sameShape, sizeOf } from '../graph/shape.ts';
import { type Attrs, Tensor } from '../graph/tensor.ts';
import { constantOp, full } from '../ops/create.ts';
import { matmulOp } from '../ops/matmul.ts';
import { permute, reshape } from '../ops/movement.ts';

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
    let result = rewrite(rebuilt);
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
export function attrsKey(attrs: Attrs): string {
  return JSON.stringify(attrs, (_name, value: unknown) => {
    if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value;
    return Object.is(value, -0) ? '-0' : String(value);
  });
}

function structure(node: Tensor): string {
  return `${node.op.name}|${node.dtype}|${node.shape}|${attrsKey(node.attrs)}|${node.inputs.map(({ id }) => id)}`;
}

function rewrite(node: Tensor): Tensor {
  const [a, b] = node.inputs;
  switch (node.op.name) {
    case 'reshape':
      if (sameShape(a.shape, node.shape)) return a;
      return a.op.name === 'reshape' ? reshape(a.inputs[0], node.shape) : node;
    case 'expand':
      return sameShape(a.shape, node.shape) ? a : node;
    case 'permute': {
      if (a.op.name !== 'permute') return transposedProduct(node) ?? node;
      const inner = a.attrs.axes as readonly number[];
      return permute(
        a.inputs[0],
        (node.attrs.axes as readonly number[]).map((axis) => inner[axis]),
      );
    }
    case 'matmul':
      return absorbTransposes(node);
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
      return arithmetic(node, a, b);
    case 'neg': {
      const value = constantOf(a);
      return value === undefined ? node : full(node.shape, -value, node.dtype);
    }
    default:
      return node;
  }
}

/** The one value that all elements have, when the graph shows it. */
export function constantOf(node: Tensor): number | undefined {
  if (node.op === constantOp) return node.attrs.value as number;
  return node.op.name === 'expand' || node.op.name === 'reshape' ? constantOf(node.inputs[0]) : undefined;
}

function arithmetic(node: Tensor, a: Tensor, b: Tensor): Tensor {
  const [left, right] = [constantOf(a), constantOf(b)];
  const { name } = node.op;
  if (left !== undefined && right !== undefined && node.dtype === 'f32') {
    const value = name === 'add' ? left + right : name === 'sub' ? left - right : name === 'mul' ? left * right : left / right;
    return full(node.shape, Math.fround(value));
  }
  // x + 0 keeps −0 apart from +0 only in sign; a zero that a derivative made is worth dropping.
  if (right === 0 && (name === 'add' || name === 'sub')) return a;
  if (left === 0 && name === 'add') return b;
  if (right === 1 && (name === 'mul' || name === 'div')) return a;
  if (left === 1 && name === 'mul') return b;
  return node;
}

/** matmul(permute(a), b) reads a as it stands, with a flag. */
function absorbTransposes(node: Tensor): Tensor {
  const plain = node.inputs.map(untransposed);
  if (plain.every((input) => input === undefined)) return node;
  const attrs = {
    transposeA: (node.attrs.transposeA as boolean) !== (plain[0] !== undefined),
    transposeB: (node.attrs.transposeB as boolean) !== (plain[1] !== undefined),
  };
  return new Tensor(
    matmulOp,
    node.inputs.map((input, i) => plain[i] ?? input),
    attrs,
    node.shape,
    node.dtype,
  );
}

/** (A·B)ᵀ = Bᵀ·Aᵀ: the gradient of a transposed weight comes out as it is stored. */
function transposedProduct(node: Tensor): Tensor | undefined {
  const [moved] = node.inputs;
  const product = moved.op.name === 'reshape' ? moved.inputs[0] : moved;
  if (product.op !== matmulOp || !swapsLastTwo(node) || !sameShape(moved.shape.slice(-2), product.shape.slice(-2))) return undefined;
  const [a, b] = product.inputs;
  const attrs = { transposeA: !product.attrs.transposeB, transposeB: !product.attrs.transposeA };
  const [batch, m, n] = product.shape;
  return reshape(new Tensor(matmulOp, [b, a], attrs, [batch, n, m], node.dtype), node.shape);
}

function swapsLastTwo(node: Tensor): boolean {
  const { rank } = node;
  const axes = node.attrs.axes as readonly number[];
  return rank >= 2 && axes.every((axis, i) => axis === (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
}

/** For [batch, p, q] that is a swap of the last two dimensions (behind a reshape of the leading ones): the tensor before the swap. */
function untransposed(input: Tensor): Tensor | undefined {
  const moved = input.op.name === 'reshape' ? input.inputs[0] : input;
  if (moved.op.name !== 'permute' || !swapsLastTwo(moved) || !sameShape(moved.shape.slice(-2), input.shape.slice(-2))) return undefined;
  const [source] = moved.inputs;
  return reshape(source, [sizeOf(source.shape.slice(0, -2)), ...source.shape.slice(-2)]);
}
