// What a model is made of, layer by layer: shapes, parameters and multiply-adds, from its graph alone.
import { expectArguments, kind } from '../engine/graph/arguments.ts';
import { topologicalOrder } from '../engine/graph/order.ts';
import { type Shape, showShape } from '../engine/graph/shape.ts';
import { InputLeaf, Tensor, Trace, withTrace } from '../engine/graph/tensor.ts';
import { opOf } from '../engine/ops/op.ts';
import { Module, type Parameter } from './module.ts';

/** One call of a layer. */
export interface LayerSummary {
  /** `layer1.0.conv1`; '' for the model. */
  readonly name: string;
  readonly type: string;
  /** 0 for the model, 1 for the modules in its fields … */
  readonly depth: number;
  /** Of the first tensor, where there are several. */
  readonly outputShape: Shape;
  /** Trained values of the layer's own, without those of the layers within; each parameter counts where it first comes. */
  readonly parameters: number;
  readonly frozen: number;
  /** Products of matrices, convolutions, attention and recurrence done by the layer itself, without the layers within. */
  readonly multiplyAdds: number;
}

export interface ModelSummary {
  readonly layers: readonly LayerSummary[];
  /** All parameters, and those of them that are frozen. */
  readonly parameters: number;
  readonly frozen: number;
  readonly multiplyAdds: number;
  /** The table. */
  toString(): string;
}

type Input = Shape | Tensor;

const anInput = kind(
  'the shape of an input, or a tensor',
  (value) => value instanceof Tensor || (Array.isArray(value) && value.every((size) => Number.isInteger(size) && size >= 0)),
);

/**
 * What `model.forward` does with inputs of these shapes (f32; give a tensor where the model wants whole numbers), in evaluation mode: a row
 * for each call of a layer. Nothing runs on a GPU. `String(summary(model, [1, 3, 224, 224]))` is the table, as torchinfo prints it; multiply-adds are
 * those of papers: of the convolutions and products, without biases and norms.
 * @throws what `forward` throws for such inputs.
 */
export function summary(model: Module, ...inputs: Input[]): ModelSummary {
  const parameters = [
    ['model', kind('a module', (value) => value instanceof Module)],
    ['...inputs', anInput],
  ] as const;
  expectArguments('summary', [model, ...inputs], parameters);
  const modules = modulesWithin(model);
  const modes = modules.map(({ module }) => module.training);
  const calls: Call[] = [];
  const removers: (() => void)[] = [];
  try {
    model.eval();
    for (const entry of modules) removers.push(...watch(entry, calls));
    withTrace(new Trace(), () =>
      model.forward(...inputs.map((input, i) => (input instanceof Tensor ? input : new InputLeaf(i, input, 'f32')))),
    );
  } finally {
    for (const remove of removers) remove();
    // Parents first: each sets all within.
    modules.forEach(({ module }, i) => void module.train(modes[i]));
  }
  return summed(model, calls);
}

interface Entry {
  readonly name: string;
  readonly depth: number;
  readonly module: Module;
}

/** Tensors made in it have ids above `begin`, up to `end`. */
interface Call extends Entry {
  readonly begin: number;
  end: number;
  output: readonly Tensor[];
}

/** Each module once, parents first. */
function modulesWithin(root: Module): Entry[] {
  const entries: Entry[] = [];
  const seen = new Set<Module>();
  const visit = (module: Module, name: string, depth: number): void => {
    if (seen.has(module)) return;
    seen.add(module);
    entries.push({ name, depth, module });
    for (const [path, child] of module.children()) visit(child, name ? `${name}.${path}` : path, depth + 1);
  };
  visit(root, '', 0);
  return entries;
}

const latestId = (): number => new Trace().since;

/** Notes the calls of a module, in the order in which they begin. */
function watch(entry: Entry, calls: Call[]): (() => void)[] {
  const open: Call[] = [];
  return [
    entry.module.registerForwardPreHook(() => {
      const call = { ...entry, begin: latestId(), end: latestId(), output: [] };
      open.push(call);
      calls.push(call);
    }),
    entry.module.registerForwardHook((_module, _inputs, output) => {
      const call = open.pop() as Call;
      call.end = latestId();
      call.output = output instanceof Tensor ? [output] : output;
    }),
  ];
}

function summed(model: Module, calls: readonly Call[]): ModelSummary {
  const costs = new Map<Call, number>();
  for (const node of topologicalOrder(calls.flatMap(({ output }) => output))) {
    const cost = opOf(node).multiplyAdds?.(node);
    // Calls that begin later are within those that begin before.
    const call = cost && calls.findLast(({ begin, end }) => node.id > begin && node.id <= end);
    if (call) costs.set(call, (costs.get(call) ?? 0) + cost);
  }
  const counted = new Set<Parameter>();
  const sizes = (own: readonly Parameter[], frozen: boolean) =>
    own.filter(({ requiresGrad }) => requiresGrad !== frozen).reduce((total, { size }) => total + size, 0);
  const layers = calls.map((call): LayerSummary => {
    const { name, depth, module, output } = call;
    const own = ownParameters(module).filter((parameter) => !counted.has(parameter));
    for (const parameter of own) counted.add(parameter);
    return {
      name,
      type: module.constructor.name,
      depth,
      outputShape: output[0]?.shape ?? [],
      parameters: sizes(own, false) + sizes(own, true),
      frozen: sizes(own, true),
      multiplyAdds: costs.get(call) ?? 0,
    };
  });
  const all = model.parameters();
  const totals = {
    layers,
    parameters: sizes(all, false) + sizes(all, true),
    frozen: sizes(all, true),
    multiplyAdds: layers.reduce((total, { multiplyAdds }) => total + multiplyAdds, 0),
  };
  return { ...totals, toString: () => table(totals) };
}

function ownParameters(module: Module): Parameter[] {
  const within = new Set(module.children().flatMap(([, child]) => child.parameters()));
  return module.parameters().filter((parameter) => !within.has(parameter));
}

const WIDTHS = [44, 24, 20, 20];

function table({ layers, parameters, frozen, multiplyAdds }: Omit<ModelSummary, 'toString'>): string {
  const line = '='.repeat(WIDTHS.reduce((total, width) => total + width, 0));
  const row = (...cells: string[]) =>
    cells
      .map((cell, i) => `${cell} `.padEnd(WIDTHS[i]))
      .join('')
      .trimEnd();
  const some = (value: number) => (value > 0 ? grouped(value) : '--');
  const counts: number[] = [];
  const rows = layers.map(({ type, depth, outputShape, parameters: own, frozen: still, multiplyAdds: cost }) => {
    counts[depth] = (counts[depth] ?? 0) + 1;
    const place = depth === 0 ? type : `${'│    '.repeat(depth - 1)}├─${type}: ${depth}-${counts[depth]}`;
    return row(place, showShape(outputShape), own > 0 && still === own ? `(${grouped(own)})` : some(own), some(cost));
  });
  return [
    line,
    row('Layer (type:depth-idx)', 'Output Shape', 'Param #', 'Mult-Adds'),
    line,
    ...rows,
    line,
    `Total params: ${grouped(parameters)}`,
    `Trainable params: ${grouped(parameters - frozen)}`,
    `Non-trainable params: ${grouped(frozen)}`,
    `Total mult-adds: ${grouped(multiplyAdds)}`,
    line,
  ].join('\n');
}

const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
