// Decides which values get a buffer, and which element-wise work is computed inside the kernel that makes or reads them.

import { isFloat } from '../graph/dtype.ts';
import { topologicalOrder } from '../graph/order.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { ElementwiseOp, MovementOp, Op } from '../ops/op.ts';

/** One kernel: computes `root` into a buffer. */
export interface Group {
  readonly root: Tensor;
  /** The reduction or handwritten kernel at its heart; `root` is that node itself, or element-wise work on its output. */
  readonly core: Tensor | undefined;
}

export interface Fusion {
  /** In an order in which they can run. */
  readonly groups: readonly Group[];
  readonly materialized: ReadonlySet<Tensor>;
}

const isVirtual = (node: Tensor): boolean => node.op.kind === 'elementwise' || node.op.kind === 'movement';
const keepsOrder = (node: Tensor): boolean => node.op.kind === 'movement' && (node.op as MovementOp).locate === 'same order';

/** Work that is cheaper to repeat than to write to memory and read back. */
const CHEAP = 3;
/** Work that may be repeated for every element it is broadcast to. */
const CHEAP_BROADCAST = 8;
/** A kernel writes a value out once for every place that it is read at: shifted sums of shifted sums would fill it. */
const MOST_COPIES = 32;
/** Statements that depend on one another; the code of a kernel is written recursively. */
const MOST_DEPTH = 400;

/** The node that holds a value's elements: reshapes cost nothing and share their input's buffer. */
export function bufferOf(node: Tensor): Tensor {
  let holder = node;
  while (keepsOrder(holder)) holder = holder.inputs[0];
  return holder;
}

/** `roots` need buffers; `maxBuffers` is how many one kernel may bind. */
export function fuse(roots: readonly Tensor[], maxBuffers: number): Fusion {
  const order = topologicalOrder(roots);
  const consumers = consumersOf(order);
  const forced = new Set<Tensor>(roots.map(bufferOf));
  for (;;) {
    const materialized = chooseMaterialized(order, consumers, forced);
    const crowded = splitCrowded(order, materialized, maxBuffers);
    if (crowded.length === 0) return { materialized, ...formGroups(order, consumers, materialized, forced, maxBuffers) };
    for (const node of crowded) forced.add(node);
  }
}

function consumersOf(order: readonly Tensor[]): Map<Tensor, Tensor[]> {
  const consumers = new Map<Tensor, Tensor[]>(order.map((node) => [node, []]));
  for (const node of order) for (const input of new Set(node.inputs)) consumers.get(input)?.push(node);
  return consumers;
}

/** What computing a node from buffers costs, if everything element-wise under it is computed along. */
function costs(order: readonly Tensor[], consumers: ReadonlyMap<Tensor, readonly Tensor[]>): Map<Tensor, number> {
  const cost = new Map<Tensor, number>();
  for (const node of order) {
    let total = 0;
    if (isVirtual(node)) {
      total = node.op.kind === 'elementwise' ? (node.op as ElementwiseOp).cost : 0;
      for (const input of node.inputs) {
        const under = cost.get(input) ?? 0;
        // Dear work with several users will have a buffer of its own.
        total += under > CHEAP && (consumers.get(input)?.length ?? 0) > 1 ? 0 : under;
      }
    }
    cost.set(node, total);
  }
  return cost;
}

function chooseMaterialized(
  order: readonly Tensor[],
  consumers: ReadonlyMap<Tensor, readonly Tensor[]>,
  forced: ReadonlySet<Tensor>,
): Set<Tensor> {
  const cost = costs(order, consumers);
  const materialized = new Set<Tensor>();
  /** Roots of the kernels that compute a node along. */
  const homes = new Map<Tensor, Set<Tensor>>();
  const broadcast = new Set<Tensor>();
  const needsBuffer = new Set<Tensor>(forced);
  /** Of values without a buffer: how often a kernel writes them out at most, and how far they are from its root. */
  const extents = new Map<Tensor, { readonly copies: number; readonly depth: number }>();

  for (const node of [...order].reverse()) {
    const users = consumers.get(node) ?? [];
    if (users.some((user) => user.op.kind === 'kernel')) needsBuffer.add(node);
    if (keepsOrder(node) && needsBuffer.has(node)) needsBuffer.add(bufferOf(node));
    if (node.op.kind === 'leaf') continue;

    const own = () => {
      materialized.add(node);
      homes.set(node, new Set([node]));
    };
    if (!isVirtual(node) || (needsBuffer.has(node) && !keepsOrder(node))) {
      own();
      continue;
    }
    const extent = extentUnder(users.filter(isVirtual), extents);
    if ((extent.copies > MOST_COPIES || extent.depth > MOST_DEPTH) && !keepsOrder(node)) {
      own();
      continue;
    }
    extents.set(node, extent);
    const union = new Set<Tensor>();
    for (const user of users) {
      if (user.op.kind === 'reduce') union.add(user);
      else if (isVirtual(user)) for (const home of homes.get(user) ?? []) union.add(home);
    }
    if (node.op.kind === 'movement') {
      const grows = node.op.name === 'expand' && node.size > node.inputs[0].size;
      if (grows || users.some((user) => broadcast.has(user))) broadcast.add(node);
      homes.set(node, union);
      continue;
    }
    const repeated = users.some((user) => broadcast.has(user));
    const work = cost.get(node) ?? 0;
    if (repeated && work > CHEAP_BROADCAST) own();
    else if (union.size > 1 && (work > CHEAP || largeLoads(node) > 1)) own();
    else homes.set(node, union);
  }
  return materialized;
}

/** Element-wise users read a value at one place, the same for all; each movement has places of its own. Users with a buffer begin anew. */
function extentUnder(users: readonly Tensor[], extents: ReadonlyMap<Tensor, { readonly copies: number; readonly depth: number }>) {
  let [together, moved, depth] = [0, 0, 0];
  for (const user of users) {
    const above = extents.get(user) ?? { copies: 1, depth: 0 };
    if (user.op.kind === 'movement') moved += above.copies;
    else together = Math.max(together, above.copies);
    depth = Math.max(depth, above.depth);
  }
  return { copies: Math.max(1, together + moved), depth: depth + 1 };
}

/** How many full-size values a node reads directly; repeating it repeats those reads. */
function largeLoads(node: Tensor): number {
  const seen = new Set<Tensor>();
  const walk = (at: Tensor): void => {
    for (const input of at.inputs) {
      if (isVirtual(input)) walk(input);
      else if (input.size >= node.size && input.size > 1) seen.add(input);
    }
  };
  walk(node);
  return seen.size;
}

/** Buffers that the kernel of `root` reads. */
function loads(root: Tensor, materialized: ReadonlySet<Tensor>): Set<Tensor> {
  const found = new Set<Tensor>();
  const seen = new Set<Tensor>();
  const walk = (node: Tensor): void => {
    for (const input of node.inputs) {
      if (seen.has(input)) continue;
      seen.add(input);
      if (materialized.has(input) || input.op.kind === 'leaf') found.add(input);
      else walk(input);
    }
  };
  walk(root);
  return found;
}

/** Nodes to give buffers of their own so that no kernel binds too many. */
function splitCrowded(order: readonly Tensor[], materialized: ReadonlySet<Tensor>, maxBuffers: number): Tensor[] {
  const splits: Tensor[] = [];
  for (const root of order) {
    if (!materialized.has(root) || root.op.kind === 'kernel') continue;
    if (loads(root, materialized).size + 2 <= maxBuffers) continue;
    // The input with the most buffers under it leaves the kernel.
    let node = root;
    for (;;) {
      const candidates = node.inputs.filter((input) => isVirtual(input) && !materialized.has(input));
      const widest = candidates.sort((a, b) => loads(b, materialized).size - loads(a, materialized).size)[0];
      if (!widest) break;
      node = widest;
      if (node.op.kind === 'elementwise' && loads(node, materialized).size + 2 <= maxBuffers) break;
    }
    if (node !== root) splits.push(node);
  }
  return splits;
}

/** Joins element-wise kernels to the core whose output they work on, element by element. */
function formGroups(
  order: readonly Tensor[],
  consumers: ReadonlyMap<Tensor, readonly Tensor[]>,
  materialized: Set<Tensor>,
  forced: ReadonlySet<Tensor>,
  maxBuffers: number,
): { groups: Group[] } {
  const cores = new Map<Tensor, Tensor>();
  const taken = new Set<Tensor>();
  for (const node of order) {
    if (!materialized.has(node) || !isVirtual(node)) continue;
    for (const core of loads(node, materialized)) {
      if (taken.has(core) || forced.has(core) || (core.op.kind !== 'kernel' && core.op.kind !== 'reduce')) continue;
      if (core.size !== node.size || core.dtype !== node.dtype || core.dtype === 'bool') continue;
      if (!acceptsEpilogue(core) || !onlyElementByElement(core, node, consumers, materialized)) continue;
      const own = core.op.kind === 'kernel' ? new Set(core.inputs.map(bufferOf)) : loads(core, materialized);
      if (own.size + loads(node, materialized).size + 2 > maxBuffers) continue;
      cores.set(node, core);
      taken.add(core);
      break;
    }
  }
  const groups = order
    .filter((node) => materialized.has(node) && !taken.has(node))
    .map((root): Group => ({ root, core: isVirtual(root) ? cores.get(root) : root }));
  for (const core of taken) materialized.delete(core);
  return { groups };
}

function acceptsEpilogue(core: Tensor): boolean {
  const op = core.op as Op;
  return op.kind === 'reduce' || (op.kind === 'kernel' && op.epilogue === true && isFloat(core.dtype));
}

/** Whether everything that reads `core` is part of the kernel of `root` and reads the element it writes. */
function onlyElementByElement(
  core: Tensor,
  root: Tensor,
  consumers: ReadonlyMap<Tensor, readonly Tensor[]>,
  materialized: ReadonlySet<Tensor>,
): boolean {
  const pending = [core];
  const seen = new Set<Tensor>(pending);
  while (pending.length > 0) {
    const node = pending.pop() as Tensor;
    if (node === root) continue;
    for (const user of consumers.get(node) ?? []) {
      if (user.op.kind !== 'elementwise' && !keepsOrder(user)) return false;
      if (user !== root && materialized.has(user)) return false;
      if (!seen.has(user)) {
        seen.add(user);
        pending.push(user);
      }
    }
    // A reshape at the end would be somebody's buffer.
    if ((consumers.get(node) ?? []).length === 0) return false;
  }
  return true;
}
