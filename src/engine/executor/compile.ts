// compile(fn): trace once per kind of arguments, then replay.

import { checkFresh } from '../compiler/fresh.ts';
import { aFunction, aString, expectKind, expectOptions, positive } from '../graph/arguments.ts';
import { StaleTensorError, TilegradError } from '../graph/errors.ts';
import { topologicalOrder } from '../graph/order.ts';
import { DataLeaf, InputLeaf, isTracing, PickedTensor, ResidentLeaf, resolve, Table, Tensor, Trace, withTrace } from '../graph/tensor.ts';
import type { Guards } from '../graph/watch.ts';
import { type IndexCheck, indexChecks } from '../ops/debug.ts';
import { inputBytes } from './bound-plan.ts';
import { evaluate, flushAssignments } from './evaluate.ts';
import { Executable } from './execute.ts';
import type { Runtime } from './runtime.ts';
import { currentRuntime } from './session.ts';
import { handOver, kindOf, mapTensors, problemIn } from './tree.ts';

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
  readonly guards: Guards;
  /** Results of other executions that the function reads from outside. */
  readonly captured: readonly ResidentLeaf[];
  readonly result: unknown;
  readonly checks: readonly IndexCheck[];
  readonly runtime: Runtime;
}

/**
 * Makes a function of tensors run as one replayed plan. The function is called once for each new kind of arguments to build its graph;
 * afterwards only the GPU works. Arguments are tensors, numbers, strings, booleans, and arrays and plain objects of them. Tensors count by
 * shape and element type; all else by its value, so what changes between calls should be a tensor: another number is another plan.
 * Fields of modules that the function reads may change: it is called again when they did. A variable that it closes over must not: it goes on
 * with the value it found.
 * A result stays readable until the next call with arguments of the same kind; `data()` asked for before that is always answered.
 * @throws TilegradError for arguments and results of other kinds.
 */
export function compile<A extends readonly unknown[], R>(fn: (...args: A) => R, options: CompileOptions = {}): Compiled<A, R> {
  expectKind('compile', 'its argument', fn, aFunction);
  expectOptions('compile', options, { name: aString, plans: positive });
  const { name = fn.name || 'compiled function', plans = 16 } = options;
  const entries = new Map<string, Entry[]>();
  let latest: Executable | undefined;
  let made = 0;

  const call = (...args: A): R => {
    if (isTracing()) return fn(...args);
    flushAssignments();
    const runtime = currentRuntime();
    const leaves: Tensor[] = [];
    const kind = kindOf(args, leaves);
    if (kind === undefined) {
      throw new TilegradError(args.flatMap((arg, i) => problemIn(`${name}: argument ${i + 1}`, arg) ?? [])[0]);
    }
    const known = entries.get(kind) ?? [];
    let entry = known.find((candidate) => candidate.runtime === runtime && candidate.guards.hold());
    if (!entry) {
      entry = traceEntry(fn, args, leaves, name, runtime);
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
    const executable = latest;
    if (!executable) throw new TilegradError(`${name}: describe() needs a call first`);
    const runtime = currentRuntime();
    await new Promise<void>((resolve, reject) => runtime.enqueue(() => resolve(), reject));
    return executable.describe() ?? '';
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

function traceEntry<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  args: A,
  values: readonly Tensor[],
  name: string,
  runtime: Runtime,
): Entry {
  const trace = new Trace();
  const leaves = values.map(({ shape, dtype }, i) => new InputLeaf(i, shape, dtype));
  const seen: Tensor[] = [];
  const traced = mapTensors(args, (tensor) => {
    const [leaf, ...tables] = handOver(tensor, seen).map((place) => leaves[place]);
    return tensor instanceof PickedTensor ? new PickedTensor(tensor.op, leaf, tables, tensor.shape, tensor.dtype) : leaf;
  }) as A;
  const outputs: Tensor[] = [];
  const result = withTrace(trace, () => {
    const returned = fn(...traced);
    if (returned instanceof Promise) {
      throw new TilegradError(`${name}: expected a function that returns tensors, got one that returns a promise`);
    }
    const problem = problemIn(`${name}: its result`, returned);
    if (problem) throw new TilegradError(problem);
    return mapTensors(returned, (tensor) => {
      outputs.push(resolve(tensor));
      return new OutputMark(outputs.length - 1, tensor);
    });
  });
  const roots = [...outputs, ...trace.assigned.values()];
  checkFresh(roots, leaves);
  const checks = indexChecks(roots);
  const program = {
    outputs: [...outputs, ...checks.map(({ largest }) => largest)],
    assigned: trace.assigned,
    inputs: values.map(inputBytes),
  };
  const captured = topologicalOrder(roots).filter((node) => node instanceof ResidentLeaf);
  return { executable: new Executable(name, program, runtime), guards: trace.reads.guards(), captured, result, checks, runtime };
}

/** Arguments on the GPU or the host as they are; anything lazier is computed first, all of it together. */
function materialize(tensors: readonly Tensor[]): Tensor[] {
  const lazy = tensors.filter((tensor) => !(tensor instanceof DataLeaf || tensor instanceof ResidentLeaf || tensor instanceof Table));
  const computed = lazy.length > 0 ? evaluate(lazy) : [];
  return tensors.map((tensor) => {
    if (tensor instanceof ResidentLeaf && tensor.stale) throw new StaleTensorError(tensor.stale);
    const at = lazy.indexOf(tensor);
    return at < 0 ? tensor : computed[at];
  });
}
