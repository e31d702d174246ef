// Decides which values get a buffer, and which element-wise work is computed inside the kernel that makes or reads them.

import { isFloat } from '../graph/dtype.ts';
import { TilegradError } from '../graph/errors.ts';
import { topologicalOrder } from '../graph/order.ts';
import type { Tensor } from '../graph/tensor.ts';
import { isKind, keepsOrder } from '../ops/op.ts';

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

/**
 * `roots` need buffers; `maxBuffers` is how many one kernel may bind. It ends: each round but the last gives a buffer to values that had
 * none, and what is in `forced` keeps its buffer.
 */
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
      total = isKind(node, 'elementwise') ? node.op.cost : 0;
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

/** A place at which a kernel computes a value along; `kernel` is the kernel's root. */
interface Reading {
  readonly kernel: Tensor;
}

/** Where a value without a buffer is computed, and how far that is from the kernel's root. */
interface Extent {
  readonly readings: ReadonlySet<Reading>;
  readonly depth: number;
}

function chooseMaterialized(
  order: readonly Tensor[],
  consumers: ReadonlyMap<Tensor, readonly Tensor[]>,
  forced: ReadonlySet<Tensor>,
): Set<Tensor> {
  const cost = costs(order, consumers);
  const materialized = new Set<Tensor>();
  const broadcast = new Set<Tensor>();
  const needsBuffer = new Set<Tensor>(forced);
  const extents = new Map<Tensor, Extent>();

  for (const node of [...order].reverse()) {
    const users = consumers.get(node) ?? [];
    if (users.some((user) => user.op.kind === 'kernel')) needsBuffer.add(node);
    if (keepsOrder(node) && needsBuffer.has(node)) needsBuffer.add(bufferOf(node));
    if (node.op.kind === 'leaf') continue;

    const own = () => {
      materialized.add(node);
      extents.set(node, { readings: new Set([{ kernel: node }]), depth: 0 });
    };
    if (!isVirtual(node) || (needsBuffer.has(node) && !keepsOrder(node))) {
      own();
      continue;
    }
    const extent = extentUnder(node, users, extents);
    const copies = copiesIn(extent.readings);
    if ((Math.max(...copies.values()) > MOST_COPIES || extent.depth > MOST_DEPTH) && !keepsOrder(node)) {
      own();
      continue;
    }
    extents.set(node, extent);
    if (isKind(node, 'movement')) {
      const grows = node.op.repeats && node.size > node.inputs[0].size;
      if (grows || users.some((user) => broadcast.has(user))) broadcast.add(node);
      continue;
    }
    const repeated = users.some((user) => broadcast.has(user));
    const work = cost.get(node) ?? 0;
    if (repeated && work > CHEAP_BROADCAST) own();
    else if (copies.size > 1 && (work > CHEAP || largeLoads(node) > 1)) own();
  }
  return materialized;
}

/** Element-wise users read a value where they are computed themselves; each movement reads it at places of its own. */
function extentUnder(node: Tensor, users: readonly Tensor[], extents: ReadonlyMap<Tensor, Extent>): Extent {
  const readings = new Set<Reading>();
  let depth = 0;
  for (const user of users) {
    const above = extents.get(user);
    if (!above) continue;
    depth = Math.max(depth, above.depth);
    const moves = user.op.kind === 'movement' && !keepsOrder(user);
    const times = moves ? user.inputs.filter((input) => input === node).length : 0;
    for (const reading of above.readings) {
      if (!moves) readings.add(reading);
      else for (let i = 0; i < times; i++) readings.add({ kernel: reading.kernel });
    }
  }
  return { readings, depth: depth + 1 };
}

/** How often each kernel writes a value out. */
function copiesIn(readings: ReadonlySet<Reading>): Map<Tensor, number> {
  const copies = new Map<Tensor, number>();
  for (const { kernel } of readings) copies.set(kernel, (copies.get(kernel) ?? 0) + 1);
  return copies;
}

/** How many full-size values a node reads directly; repeating it repeats those reads. */
function largeLoads(node: Tensor): number {
  const seen = new Set<Tensor>();
  let large = 0;
  const walk = (at: Tensor): void => {
    for (const input of at.inputs) {
      if (seen.has(input)) continue;
      seen.add(input);
      if (isVirtual(input)) walk(input);
      else if (input.size >= node.size && input.size > 1) large++;
    }
  };
  walk(node);
  return large;
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

/** Nodes to give buffers of their own so that no kernel binds too many: none of them has one yet. */
function splitCrowded(order: readonly Tensor[], materialized: ReadonlySet<Tensor>, maxBuffers: number): Tensor[] {
  const buffered = new Set(materialized);
  // Beside the output there may be a reduction's working memory.
  const room = maxBuffers - 2;
  const known = new Map<Tensor, ReadonlySet<Tensor>>();
  /** Buffers read for a value where it is computed along; of a value that has a buffer, that one. */
  const read = (node: Tensor): ReadonlySet<Tensor> => {
    const holder = bufferOf(node);
    return buffered.has(holder) || holder.op.kind === 'leaf' ? new Set([holder]) : (known.get(holder) as ReadonlySet<Tensor>);
  };
  const width = (node: Tensor) => read(node).size;
  for (const node of order) {
    if (node.op.kind === 'leaf' || node.op.kind === 'kernel' || keepsOrder(node)) continue;
    let found = new Set(node.inputs.flatMap((input) => [...read(input)]));
    if (found.size > room) {
      // Some of what was found for the inputs may have got buffers since.
      for (const input of node.inputs.map(bufferOf)) if (known.has(input)) known.set(input, loads(input, buffered));
      found = loads(node, buffered);
    }
    while (found.size > room) {
      // The input with the most buffers under it leaves the kernel, as the smallest value for which all of those are read.
      let widest = node.inputs.map(bufferOf).reduce((best, input) => (width(input) > width(best) ? input : best));
      if (width(widest) < 2) {
        throw new TilegradError(
          `${node.op.name}: expected at most ${room} buffers to read, as the adapter binds ${maxBuffers}, got ${found.size}`,
        );
      }
      for (;;) {
        const under = widest.inputs.map(bufferOf).find((input) => width(input) === width(widest) && input.size <= widest.size);
        if (!under || widest.op.kind !== 'movement') break;
        widest = under;
      }
      buffered.add(widest);
      found = loads(node, buffered);
    }
    known.set(node, found);
  }
  return [...buffered].filter((node) => !materialized.has(node));
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
  return core.op.kind === 'reduce' || (isKind(core, 'kernel') && core.op.epilogue === true && isFloat(core.dtype));
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
