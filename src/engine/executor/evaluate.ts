// Computing tensors outside compiled functions: a one-off program through the same planner, kept by its structure.
import { checkFresh, lastWrite } from '../compiler/fresh.ts';
import type { Program } from '../compiler/planner.ts';
import { attrsKey } from '../compiler/simplify.ts';
import type { TypedArray } from '../graph/dtype.ts';
import { StaleTensorError, TilegradError } from '../graph/errors.ts';
import { topologicalOrder } from '../graph/order.ts';
import { currentTrace, DataLeaf, InputLeaf, isTracing, ResidentLeaf, resolve, State, Table, Tensor } from '../graph/tensor.ts';
import { indexChecks } from '../ops/debug.ts';
import { inputBytes } from './bound-plan.ts';
import { Executable, PlanCache } from './execute.ts';
import type { Runtime } from './runtime.ts';
import { currentRuntime } from './session.ts';

const caches = new WeakMap<Runtime, PlanCache>();
const KEPT_PLANS = 64;

/** Computes tensors, and carries out assignments made outside compiled functions. */
export function evaluate(tensors: readonly Tensor[]): readonly ResidentLeaf[] {
  if (isTracing()) throw new TilegradError('data: a compiled function only builds a graph; return the tensor and read the result outside');
  const trace = currentTrace();
  const assigned = new Map(trace.assigned);
  const checks = indexChecks([...tensors, ...assigned.values()]);
  const outputs = [...tensors, ...checks.map(({ largest }) => largest)];
  const roots = afterAssignments([...outputs, ...assigned.values()]);
  checkFresh(roots);
  trace.assigned.clear();
  const { key, values, replaced } = abstracted(roots);
  const runtime = currentRuntime();
  let cache = caches.get(runtime);
  if (!cache) {
    cache = new PlanCache(KEPT_PLANS);
    caches.set(runtime, cache);
  }
  const states = [...assigned.keys()];
  const make = () => {
    const program: Program = {
      outputs: replaced.slice(0, outputs.length),
      assigned: new Map(states.map((state, i) => [state, replaced[outputs.length + i]])),
      inputs: values.map(inputBytes),
    };
    return new Executable('data', program, runtime);
  };
  const results = cache.get(`${key}|${states.map(({ id }) => id)}`, make).run(values, checks);
  // A state that was copied into another goes its own way from here.
  for (const [state, value] of assigned) if (!(value instanceof State)) carriedOut.set(value, { state, writtenAt: lastWrite(state) });
  return results;
}

/** @throws StaleTensorError when the tensor reads what is no longer there. */
export function expectFresh(tensor: Tensor): void {
  checkFresh(afterAssignments([tensor]));
}

/** Assigned values that an execution has put into their states: what was built on one reads the state, and is not computed again. */
const carriedOut = new WeakMap<Tensor, { readonly state: State; readonly writtenAt: number }>();

function afterAssignments(roots: readonly Tensor[]): readonly Tensor[] {
  const order = topologicalOrder(roots);
  if (!order.some((node) => carriedOut.has(node))) return roots;
  const stand = new Map<Tensor, Tensor>();
  for (const node of order) {
    const done = carriedOut.get(node);
    const inputs = node.inputs.map((input) => stand.get(input) as Tensor);
    if (done && lastWrite(done.state) === done.writtenAt) stand.set(node, done.state);
    else if (inputs.every((input, i) => input === node.inputs[i])) stand.set(node, node);
    else {
      // It reads those states as of their writing; what else it reads must be as old as it is itself.
      const fresh = node.inputs.every((input) => !(input instanceof State) || lastWrite(input) <= node.epoch);
      const writes = inputs.flatMap((input, i) => (input instanceof State && input !== node.inputs[i] ? [lastWrite(input)] : []));
      stand.set(node, new Rebuilt(node, inputs, fresh ? Math.max(node.epoch, ...writes) : node.epoch));
    }
  }
  return roots.map((root) => stand.get(root) as Tensor);
}

/** The graph with its data leaves turned into inputs, so that one plan serves every graph of this structure. */
function abstracted(roots: readonly Tensor[]): { key: string; values: Tensor[]; replaced: Tensor[] } {
  const values: Tensor[] = [];
  const numbers = new Map<Tensor, number>();
  const stand = new Map<Tensor, Tensor>();
  const parts: string[] = [];
  for (const node of topologicalOrder(roots)) {
    numbers.set(node, numbers.size);
    if (node instanceof DataLeaf || node instanceof ResidentLeaf || node instanceof Table) {
      stand.set(node, new InputLeaf(values.length, node.shape, node.dtype));
      values.push(node);
      parts.push(`in ${node.dtype} ${node.shape}`);
    } else if (node.inputs.length === 0 && node.op.kind === 'leaf') {
      stand.set(node, node);
      parts.push(`leaf ${node.id}`);
    } else {
      const inputs = node.inputs.map((input) => stand.get(input) as Tensor);
      stand.set(node, inputs.every((input, i) => input === node.inputs[i]) ? node : new Rebuilt(node, inputs));
      parts.push(`${node.op.name} ${node.dtype} ${node.shape} ${attrsKey(node.attrs)} ${node.inputs.map((input) => numbers.get(input))}`);
    }
  }
  parts.push(`roots ${roots.map((root) => numbers.get(root))}`);
  return { key: parts.join(';'), values, replaced: roots.map((root) => stand.get(root) as Tensor) };
}

/** A node over other inputs that keeps the age of the one it stands for. */
class Rebuilt extends Tensor {
  override readonly epoch: number;
  constructor(original: Tensor, inputs: readonly Tensor[], epoch = original.epoch) {
    super(original.op, inputs, original.attrs, original.shape, original.dtype);
    this.epoch = epoch;
  }
}

/** The tensor's values, as a typed array in row-major order. */
export async function readValues(tensor: Tensor): Promise<TypedArray> {
  const current = isTracing() ? tensor : resolve(tensor);
  if (current instanceof DataLeaf) return current.array.slice();
  const runtime = currentRuntime();
  if (current instanceof State) {
    // An arena's values are put together on the GPU.
    if (current.members.length > 0) runtime.enqueue((device) => void runtime.stateStorage(device, current));
    return runtime.read(() => stateValues(current), current.size, current.dtype);
  }
  const leaf = current instanceof ResidentLeaf ? current : evaluate([current])[0];
  if (leaf.stale) throw new StaleTensorError(leaf.stale);
  return runtime.read(
    () => {
      if (leaf.failed) throw leaf.failed;
      return leaf.storage;
    },
    leaf.size,
    leaf.dtype,
  );
}

function stateValues(state: State): ReturnType<Parameters<Runtime['read']>[0]> {
  if (state.arena?.storage) return { buffer: state.arena.storage.buffer, offset: 4 * state.arenaOffset };
  return state.storage ?? state.host;
}

/** Carries out assignments that were made outside compiled functions and wait for something to run. */
export function flushAssignments(): void {
  if (currentTrace().assigned.size > 0) evaluate([]);
}
