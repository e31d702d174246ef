// What a model holds and what it makes of one sample: histograms of its weights, pictures of its kernels and of what its layers give.

import type { Parts } from '../../src/data/sets/set.ts';
import type { Shape } from '../../src/engine/graph/shape.ts';
import { type Compiled, compile, nn, randomState, setRandomState, Tensor, TilegradError, tensor } from '../../src/index.ts';
import type { Project } from '../../src/train/project.ts';
import type { OptionRecord } from '../run/options.ts';
import type { Histogram, InsideReport, LayerInside, Pictures, TensorInside } from './protocol.ts';

/** What a model's `forward` takes: shapes of f32, or tensors like those that it takes. */
export type Inputs = readonly (Shape | Tensor)[];

const BINS = 32;
/** Values of one tensor that are looked at: the first so many. */
const MOST_VALUES = 1_000_000;
/** Of one layer. */
const MOST_PICTURES = 32;
const MOST_MAPS = 16;
/** Of a tensor that is shown value by value: a histogram of so few says less. */
const FEW_VALUES = 32;
/** Rows and columns of a matrix that is shown as a whole. */
const MOST_ROWS = 256;

interface Layer {
  readonly name: string;
  readonly type: string;
  readonly states: readonly (readonly [string, nn.Parameter])[];
}

/** A model of a project's, new, and what its `forward` takes. @throws TilegradError where the project declares none */
export function insideOf({ name, model, inputs }: Project, options: OptionRecord): { readonly model: nn.Module; readonly inputs: Inputs } {
  if (!model || !inputs) throw new TilegradError(`${name} declares no model`);
  return { model: model(options as never), inputs: inputs(options as never) };
}

export class Inside {
  private readonly layers: readonly Layer[];
  /** By the layers' names, what they give of the sample, as much of it as is shown. */
  private readonly given: Compiled<Tensor[], Record<string, Tensor>>;
  private readonly image: readonly [channels: number, height: number, width: number] | undefined;

  /**
   * @param model is this one's own: hooks stay in it, and it is in evaluation mode from now on
   * @param sample one input for each of `inputs`
   * @throws what `forward` throws for such inputs
   */
  constructor(
    model: nn.Module,
    inputs: Inputs,
    private readonly sample?: readonly Tensor[],
  ) {
    model.eval();
    const modules = modulesIn(model);
    const owners = new Map<string, [string, nn.Parameter][]>();
    const seen = new Set<nn.Parameter>();
    for (const [name, state] of model.namedStates()) {
      if (!(state instanceof nn.Parameter) || seen.has(state)) continue;
      seen.add(state);
      const owner = [...modules.keys()].filter((path) => path === '' || name.startsWith(`${path}.`)).sort(longestFirst)[0] as string;
      owners.set(owner, [...(owners.get(owner) ?? []), [name, state]]);
    }
    const { layers } = keepingRandom(() => nn.summary(model, ...inputs));
    const calls = layers.filter(({ name }, i) => layers.findIndex((other) => other.name === name) === i);
    const isLeaf = (depth: number, next: { readonly depth: number } | undefined) => !next || next.depth <= depth;
    this.layers = calls.flatMap(({ name, type, depth }, i) => {
      const states = owners.get(name) ?? [];
      return states.length > 0 || isLeaf(depth, calls[i + 1]) ? [{ name, type, states }] : [];
    });
    const shown = new Map<string, Tensor>();
    for (const { name } of this.layers) {
      modules.get(name)?.registerForwardHook((_module, _inputs, output) => {
        const first = Array.isArray(output) ? output[0] : output;
        const part = first instanceof Tensor ? partShown(first) : undefined;
        if (part && !shown.has(name)) shown.set(name, part);
      });
    }
    this.given = compile((...inputs: Tensor[]) => {
      shown.clear();
      model.forward(...inputs);
      return Object.fromEntries(shown);
    });
    this.image = imageShape(shapeOf(inputs[0]));
  }

  /**
   * As the model stands at the call: it may go on changing. Takes no random numbers from anybody.
   * @param beginning of a model as it was made: without a sample that takes no GPU
   */
  async look(beginning = false): Promise<InsideReport> {
    const { sample } = this;
    const given = sample ? keepingRandom(() => this.given(...sample)) : {};
    const [maps, layers] = await Promise.all([
      Promise.all(Object.entries(given).map(async ([name, part]) => [name, mapsOf(part.shape, await floats(part))] as const)),
      Promise.all(
        this.layers.map(async ({ states, ...layer }) => ({
          ...layer,
          tensors: await Promise.all(states.map(async ([name, state]) => this.inside(name, state, await valuesOf(state, beginning)))),
        })),
      ),
    ]);
    const byName = new Map(maps);
    const first = sample?.[0];
    const input = first && this.image && first.dtype === 'f32' ? imagesOf(1, this.image, await floats(first)) : undefined;
    return { layers: layers.map((layer): LayerInside => ({ ...layer, maps: byName.get(layer.name) })), input };
  }

  private inside(name: string, { shape, size }: nn.Parameter, values: Float32Array): TensorInside {
    return {
      name,
      shape: [...shape],
      histogram: histogram(values),
      kernels: size === values.length ? this.kernels(shape, values) : undefined,
    };
  }

  private kernels(shape: Shape, values: Float32Array): Pictures | undefined {
    const [rows = 0, columns = 0, height = 0, width = 0] = shape;
    if (shape.length === 4) {
      return columns === 1 || columns === 3
        ? height * width > 1
          ? imagesOf(rows, [columns, height, width], values)
          : undefined
        : undefined;
    }
    if (values.length <= FEW_VALUES && shape.length < 3) return imagesOf(1, [1, 1, values.length], values);
    if (shape.length !== 2 || rows < 2 || columns < 2) return undefined;
    const { image } = this;
    if (image && columns === image[0] * image[1] * image[2]) return imagesOf(rows, image, values);
    return Math.max(rows, columns) <= MOST_ROWS ? imagesOf(1, [1, rows, columns], values) : undefined;
  }
}

const longestFirst = (a: string, b: string) => b.length - a.length;

function keepingRandom<T>(body: () => T): T {
  const before = randomState();
  try {
    return body();
  } finally {
    setRandomState(before);
  }
}

/** By path, each once. */
function modulesIn(model: nn.Module): Map<string, nn.Module> {
  const found = new Map<string, nn.Module>();
  const visit = (module: nn.Module, path: string): void => {
    if ([...found.values()].includes(module)) return;
    found.set(path, module);
    for (const [name, child] of module.children()) visit(child, path ? `${path}.${name}` : name);
  };
  visit(model, '');
  return found;
}

const shapeOf = (input: Shape | Tensor | undefined): Shape => (input instanceof Tensor ? input.shape : (input ?? []));

/** Of `[1, c, h, w]` and `[1, h, w]`, if it may be a picture. */
function imageShape(shape: Shape): readonly [number, number, number] | undefined {
  const [channels, height, width] = shape.length === 3 ? [1, shape[1] as number, shape[2] as number] : (shape.slice(1) as number[]);
  const may = (shape.length === 3 || shape.length === 4) && (channels === 1 || channels === 3) && Math.min(height, width) >= 4;
  return may ? [channels, height, width] : undefined;
}

/** So much of what a layer gives of one sample as is shown: maps, rows of a matrix, a vector. */
function partShown(given: Tensor): Tensor | undefined {
  // Recurrent layers give [steps, n, width].
  const [steps, n, width] = given.shape;
  const output = given.shape.length === 3 && n === 1 ? given.reshape([1, steps, width]) : given;
  const { shape, dtype } = output;
  if (dtype !== 'f32' || shape[0] !== 1 || output.size < 2) return undefined;
  const most = { 2: [2 * MOST_ROWS], 3: [MOST_ROWS, MOST_ROWS], 4: [MOST_MAPS] }[shape.length];
  const part = most && output.slice([null, ...most.map((end) => [0, end] as const)]);
  return part?.reshape(part.shape.slice(1));
}

function mapsOf(shape: Shape, values: Float32Array): Pictures {
  if (shape.length === 3) return imagesOf(shape[0] as number, [1, shape[1] as number, shape[2] as number], values);
  if (shape.length === 2) return imagesOf(1, [1, shape[0] as number, shape[1] as number], values);
  // A vector, in rows that fit.
  const width = Math.min(32, values.length);
  const height = Math.ceil(values.length / width);
  const padded = new Float32Array(width * height);
  padded.set(values);
  return imagesOf(1, [1, height, width], padded);
}

/** The first of `count` pictures that lie one behind the other, `[channels, height, width]` each. */
function imagesOf(count: number, [channels, height, width]: readonly [number, number, number], values: Float32Array): Pictures {
  const shown = Math.min(count, MOST_PICTURES);
  const part = values.subarray(0, shown * channels * height * width);
  let most = 0;
  for (const value of part) most = Math.max(most, Math.abs(value));
  const scale = most > 0 && Number.isFinite(most) ? 127 / most : 0;
  return {
    count,
    shown,
    channels: channels as 1 | 3,
    height,
    width,
    most,
    shades: Int8Array.from(part, (value) => Math.round(value * scale)),
  };
}

export function histogram(values: Float32Array): Histogram {
  let [low, high, sum, squares, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
    squares += value * value;
    count++;
  }
  const counts = new Array<number>(BINS).fill(0);
  if (count === 0) return { low: 0, high: 0, counts, mean: Number.NaN, deviation: Number.NaN, broken: values.length };
  const scale = high > low ? BINS / (high - low) : 0;
  for (const value of values) if (Number.isFinite(value)) counts[Math.min(BINS - 1, Math.floor((value - low) * scale))]++;
  const mean = sum / count;
  return { low, high, counts, mean, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)), broken: values.length - count };
}

async function valuesOf(state: nn.Parameter, beginning: boolean): Promise<Float32Array> {
  if (beginning && state.host) return (state.host as Float32Array).subarray(0, MOST_VALUES);
  return floats(state.size <= MOST_VALUES ? state : state.reshape([-1]).slice([[0, MOST_VALUES]]));
}

const floats = async (values: Tensor) => Float32Array.from(await values.data());

/**
 * One sample out of a data set as the model takes it: for each input a field of its size and type, or of a part of its size, of as many samples (a model
 * that looks at several at once). A tensor that has none (edges of a graph) stands for itself. Undefined where a shape has none.
 */
export function sampleFor(inputs: Inputs, parts: Parts): readonly Tensor[] | undefined {
  const fields = new Map(Object.entries((parts.train ?? Object.values(parts)[0])?.fields ?? {}));
  const found: Tensor[] = [];
  for (const input of inputs) {
    const shape = shapeOf(input);
    const size = shape.reduce((product, n) => product * n, 1);
    const wanted = input instanceof Tensor ? input.dtype : 'f32';
    const fitting = [...fields].filter(([, { data, dtype, offsets }]) => {
      const kind = dtype ?? (data instanceof Int32Array ? 'i32' : data instanceof Uint32Array ? 'u32' : 'f32');
      return !offsets && kind === wanted && data.length >= size;
    });
    const one = ([, { shape }]: (typeof fitting)[number]) => shape.reduce((product, n) => product * n, 1);
    const match = fitting.find((field) => one(field) === size) ?? fitting.find((field) => one(field) > 1 && size % one(field) === 0);
    if (!match) {
      if (!(input instanceof Tensor)) return undefined;
      found.push(input);
      continue;
    }
    const [name, { data, scale = 1 }] = match;
    fields.delete(name);
    const values = data.subarray(0, size);
    const typed = {
      f32: () => Float32Array.from(values, (value) => value * scale),
      i32: () => Int32Array.from(values),
      u32: () => Uint32Array.from(values),
    };
    found.push(tensor(typed[wanted as keyof typeof typed](), [...shape]));
  }
  return found;
}
