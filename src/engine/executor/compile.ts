// compile(fn): trace once per kind of arguments, then replay.

import { checkFresh } from '../compiler/fresh.ts';
import { bytesOf } from '../compiler/plan.ts';
import { StaleTensorError, TilegradError } from '../graph/errors.ts';
import { topologicalOrder } from '../graph/order.ts';
import { DataLeaf, InputLeaf, isTracing, ResidentLeaf, resolve, Tensor, Trace, withTrace } from '../graph/tensor.ts';
import { type IndexCheck, indexChecks } from '../ops/debug.ts';
import { evaluate, flushAssignments } from './evaluate.ts';
import { Executable } from './execute.ts';
import type { Runtime } from './runtime.ts';
import { currentRuntime } from './session.ts';

/** Arguments and results: tensors, arrays and records of them; numbers, strings and booleans are part of the kind. */
export type Tree = Tensor | number | string | boolean | null | undefined | readonly Tree[] | { readonly [name: string]: Tree };

export interface CompileOptions {
  /** For error messages. */
  readonly name?: string;
  /** Plans kept, one for each kind of arguments. */
  readonly plans?: number;
}

/** A compiled function: callable like the original, but it runs on the GPU as one submission. */
export type Compiled<A extends readonly unknown[], R> = ((...args: A) => R) & {
  /** The plan of the latest call as text: dispatches, fused groups, bytes, buffers. Waits until it is made. */
  describe(): Promise<string>;
};

interface Entry {
  readonly executable: Executable;
  readonly guards: Trace['guards'];
  /** Results of other executions that the function reads from outside. */
  readonly captured: readonly ResidentLeaf[];
  readonly result: unknown;
  readonly checks: readonly IndexCheck[];
  readonly runtime: Runtime;
}

/**
 * Makes a function of tensors run as one replayed plan. The function is called once for each new kind of arguments (shapes, element
 * types, other values) to build its graph; afterwards only the GPU works. What should change between calls goes in as a tensor.
 * A result stays readable until the next call with arguments of the same kind; `data()` asked for before that is always answered.
 */
export function compile<A extends readonly unknown[], R>(fn: (...args: A) => R, options: CompileOptions = {}): Compiled<A, R> {
  const { name = fn.name || 'compiled function', plans = 16 } = options;
  const entries = new Map<string, Entry[]>();
  let latest: Executable | undefined;
  let made = 0;

  const call = (...args: A): R => {
    if (isTracing()) return fn(...args);
    flushAssignments();
    const runtime = currentRuntime();
    const leaves: Tensor[] = [];
    const kind = flatten(args, leaves);
    const known = entries.get(kind) ?? [];
    let entry = known.find((candidate) => candidate.runtime === runtime && candidate.guards.every(({ read, value }) => read() === value));
    if (!entry) {
      entry = traceEntry(fn, args, name, runtime);
      if (++made === Math.max(plans, MANY_PLANS) + 1) warnOfManyPlans(name, made);
      entries.delete(kind);
      entries.set(kind, [...known.filter((candidate) => candidate.runtime === runtime), entry]);
      evictOldest(entries, plans);
    }
    latest = entry.executable;
    for (const { stale } of entry.captured) if (stale) throw new StaleTensorError(`${name}: it reads a tensor from outside. ${stale}`);
    const results = entry.executable.run(materialize(leaves), entry.checks);
    return mapTensors(entry.result, (tensor) => results[(tensor as OutputMark).index]) as R;
  };
  const describe = async () => {
    if (!latest) throw new TilegradError(`${name}: describe() needs a call first`);
    const runtime = currentRuntime();
    await new Promise<void>((resolve, reject) => runtime.enqueue(() => resolve(), reject));
    return latest.describe() ?? '';
  };
  return Object.assign(call, { describe });
}

function evictOldest(entries: Map<string, Entry[]>, plans: number): void {
  let count = [...entries.values()].reduce((total, list) => total + list.length, 0);
  while (count > plans) {
    const [kind, list] = entries.entries().next().value as [string, Entry[]];
    list.shift()?.executable.release();
    if (list.length === 0) entries.delete(kind);
    count--;
  }
}

/** From here on, plans of one function look like a mistake. */
const MANY_PLANS = 16;

function warnOfManyPlans(name: string, made: number): void {
  console.warn(
    `${name}: ${made} plans so far, one for each kind of arguments (shapes, element types, numbers, strings), and each takes its time to ` +
      'compile. Keep shapes the same from call to call (pad the last batch or leave it out), and pass numbers that change as tensors',
  );
}

/** Stands for output number `index` in the structure that the function returned. */
class OutputMark extends Tensor {
  constructor(
    readonly index: number,
    like: Tensor,
  ) {
    super(like.op, [], {}, like.shape, like.dtype);
  }
}

function traceEntry<A extends readonly unknown[], R>(fn: (...args: A) => R, args: A, name: string, runtime: Runtime): Entry {
  const trace = new Trace();
  const inputs: number[] = [];
  const traced = mapTensors(args, (tensor) => {
    inputs.push(bytesOf(tensor));
    return new InputLeaf(inputs.length - 1, tensor.shape, tensor.dtype);
  }) as A;
  const outputs: Tensor[] = [];
  const result = withTrace(trace, () =>
    mapTensors(fn(...traced), (tensor) => {
      outputs.push(resolve(tensor));
      return new OutputMark(outputs.length - 1, tensor);
    }),
  );
  const roots = [...outputs, ...trace.assigned.values()];
  checkFresh(roots);
  if (result instanceof Promise)
    throw new TilegradError(`${name}: expected a function that returns tensors, got one that returns a promise`);
  const checks = indexChecks(roots);
  const program = { outputs: [...outputs, ...checks.map(({ largest }) => largest)], assigned: trace.assigned, inputs };
  const captured = topologicalOrder(roots).filter((node) => node instanceof ResidentLeaf);
  return { executable: new Executable(name, program, runtime), guards: trace.guards, captured, result, checks, runtime };
}

/** Arguments on the GPU or the host as they are; anything lazier is computed first, all of it together. */
function materialize(tensors: readonly Tensor[]): Tensor[] {
  const lazy = tensors.filter((tensor) => !(tensor instanceof DataLeaf || tensor instanceof ResidentLeaf));
  const computed = lazy.length > 0 ? evaluate(lazy) : [];
  return tensors.map((tensor) => {
    if (tensor instanceof ResidentLeaf && tensor.stale) throw new StaleTensorError(tensor.stale);
    const at = lazy.indexOf(tensor);
    return at < 0 ? tensor : computed[at];
  });
}

/** Collects the tensors of a tree; the text tells trees apart whose plans differ. */
function flatten(tree: unknown, leaves: Tensor[]): string {
  if (tree instanceof Tensor) {
    leaves.push(tree);
    return `${tree.dtype}[${tree.shape}]`;
  }
  if (Array.isArray(tree)) return `(${tree.map((item) => flatten(item, leaves)).join()})`;
  if (tree !== null && typeof tree === 'object') {
    return `{${Object.entries(tree)
      .map(([key, item]) => `${key}:${flatten(item, leaves)}`)
      .join()}}`;
  }
  return `${typeof tree} ${String(tree)}`;
}

function mapTensors(tree: unknown, map: (tensor: Tensor) => Tensor): unknown {
  if (tree instanceof Tensor) return map(tree);
  // A plain array: what gradients are of may differ from call to call.
  if (Array.isArray(tree)) return Array.from(tree, (item) => mapTensors(item, map));
  if (tree !== null && typeof tree === 'object' && Object.getPrototypeOf(tree) === Object.prototype) {
    return Object.fromEntries(Object.entries(tree).map(([key, item]) => [key, mapTensors(item, map)]));
  }
  return tree;
}
