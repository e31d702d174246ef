// What a project does its work with. Whoever runs it, on the command line, in the page or in a test, gives it one of these.
import { ArrayDataset } from '../data/dataset.ts';
import { DataLoader, type TensorBatch } from '../data/loader.ts';
import { openDataSet } from '../data/sets/open.ts';
import type { Part, Use } from '../data/sets/set.ts';
import { type FoundTokenizer, findTokenizer } from '../data/text/open-tokenizer.ts';
import { type FoundWeights, findWeights } from '../data/weights/weights.ts';
import { type Compiled, compile } from '../engine/executor/compile.ts';
import { expectKind, positive } from '../engine/graph/arguments.ts';
import { ShapeError, TilegradError } from '../engine/graph/errors.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { manualSeed, randomState, setRandomState } from '../engine/ops/random.ts';
import { Random } from '../random.ts';
import { Cell, type Keep } from './durable.ts';
import { evaluate } from './evaluate.ts';
import type { Figure } from './figure.ts';
import { type FitOptions, fit, type Losses, type ResultOf } from './fit.ts';
import type { ResultValues, RunHost, Table } from './host.ts';
import { Journal } from './journal.ts';
import { keyOf } from './key.ts';
import { type Loop, type Position, Scope } from './loop.ts';
import type { FoundBy, Metric } from './metrics/metric.ts';
import type { DataSets, Project } from './project.ts';
import { seedOf } from './scope.ts';
import { type Parts, Stretch } from './shares.ts';
import { type Contender, type Contest, type SideBySideOptions, sideBySide } from './side-by-side.ts';
import { readStarter, type Starter } from './starter.ts';

export type Batch<F extends string = string> = TensorBatch<F>;

/** One pass through the data: its batches, less those that were done before a resume. */
export interface Epoch<F extends string> extends AsyncIterable<Batch<F>> {
  /** From 1 on. */
  readonly number: number;
}

/** Samples that are looked at together where nothing is trained. */
const EVALUATION_BATCH = 250;

/** What all scopes of a run share. */
interface Context {
  readonly journal: Journal;
  readonly project: Project;
  readonly options: Readonly<Record<string, unknown>>;
  readonly data: unknown;
  /** Functions that were given to `map`, compiled. */
  readonly maps: WeakMap<object, Compiled<[Record<string, Tensor>], Tensor>>;
}

export class Run<V = Readonly<Record<string, unknown>>, D = unknown, M = unknown> {
  /** @internal: {@link runProject} makes the first one */
  constructor(
    private readonly context: Context,
    private readonly scope: Scope,
  ) {}

  /** Of the whole run; of what is shared with others, one for all. */
  get seed(): number {
    return this.scope.seed;
  }

  get options(): V {
    return this.context.options as V;
  }

  /** The data sets that the project declares: `await run.data.digits({ validation: .1 })`. */
  get data(): D {
    return this.context.data as D;
  }

  /** The project's model, new. Where a loop keeps it, its weights are what the run leaves behind as `model.safetensors`; else as they stand at the end. */
  model(): M {
    const { journal, project, options } = this.context;
    if (!project.model) throw new TilegradError(`${project.name}: run.model() expects the project to declare a model`);
    const model = project.model(options as never);
    journal.model = model;
    return model as M;
  }

  /** Random numbers on the host that follow from the run's seed, this stage's path and `name` alone. */
  random(name = ''): Random {
    return new Random(seedOf(this.seed, `${this.scope.path}random ${name}`));
  }

  /**
   * Does `body` once. Afterwards its result stands for it, also in a run that is taken up again: JSON with any number, typed arrays, tensors,
   * state dicts. Its random numbers follow from the seed and its path alone. What else it changes is lost: what a stage finds, it returns.
   *
   * @param name of its own within the run or stage
   * @param parts rough shares of what it consists of, for the progress bar
   * @throws TilegradError for a name that is taken, or a result that can't be kept
   */
  stage<T>(name: string, body: (run: Run<V, D, M>) => Promise<T>, parts?: Parts): Promise<T> {
    const { journal } = this.context;
    return journal.stage(this.scope, name, journal.place(this.scope, name, parts), (scope) => body(new Run(this.context, scope)));
  }

  /**
   * A stage that other runs find the same, such as a network that several projects begin with. Its result follows from `name` and `inputs` alone,
   * neither from the project nor from its seed, and the platform keeps it: a run that wants it again, in whatever project, takes it from there, on
   * the same adapter and with the same version of the library. It writes no metrics then: what is to be shown of it, it returns.
   *
   * @param inputs all that `body` goes by: options, and the parts of data sets that it reads
   * @throws TilegradError within another stage or a loop, and as {@link stage}
   */
  async shared<T>(name: string, inputs: unknown, body: (run: Run<V, D, M>) => Promise<T>, parts?: Parts): Promise<T> {
    const { journal } = this.context;
    if (this.scope.path !== '' || this.scope.loops.length > 0)
      throw new TilegradError(`shared ${name}: expected a stage of the whole run, got one within ${this.scope.path || 'a loop'}`);
    const key = await keyOf(name, inputs);
    const place = journal.place(this.scope, name, parts);
    return journal.stage(this.scope, name, place, (scope) => body(new Run(this.context, scope)), { key });
  }

  /**
   * A stage for each item, `name/1`, `name/2` …, none of which needs another's result: seeds, splits, points of a grid. Gives their results.
   *
   * @param parts rough shares of what each consists of
   */
  each<I, T>(
    name: string,
    items: readonly I[],
    body: (run: Run<V, D, M>, item: I, index: number) => Promise<T>,
    parts?: Parts,
  ): Promise<T[]> {
    const { journal } = this.context;
    return journal.stage(this.scope, name, journal.place(this.scope, name), async (scope) => {
      const results: T[] = [];
      let likely = parts;
      for (const [i, item] of items.entries()) {
        const place = scope.stretch.equal(i, items.length, likely);
        const inner = (within: Scope) => body(new Run(this.context, within), item, i);
        results.push(await journal.stage(scope, String(i + 1), place, inner, { independent: true }));
        if (Object.keys(place.took).length > 0) likely ??= place.took;
      }
      return results;
    });
  }

  /**
   * Passes through the data, each an iteration over its batches. A run that is taken up goes on within, one that is through only loads what it
   * kept: what a loop changes, it keeps. Leave it with `break` to stop early.
   *
   * What the body does before its batches is done once more after a resume, and what it changed of `keep` is put back then.
   *
   * @param over a part of a data set, in a new order each time, or a loader
   * @throws TilegradError for a name that is taken; for an optimiser without the module that it trains in `keep`
   */
  async *epochs<F extends string>(
    name: string,
    {
      over,
      epochs,
      keep,
      batchSize,
    }: { readonly over: Part<F> | DataLoader<F>; readonly epochs: number; readonly keep: Keep; readonly batchSize?: number },
  ): AsyncGenerator<Epoch<F>, void, undefined> {
    const { journal } = this.context;
    const loader = over instanceof DataLoader ? over : this.loader(name, over, batchSize);
    const loop = await journal.begin(this.scope, name, keep);
    if (!loop) return;
    try {
      for (let { epoch } = loop.point.at; epoch < epochs; epoch++) {
        yield { number: epoch + 1, [Symbol.asyncIterator]: () => this.pass(loader, loop, epochs) };
        await journal.arrive(loop, { epoch: epoch + 1, index: 0 }, (epoch + 1) / epochs, 'samples');
      }
    } finally {
      await journal.end(loop);
    }
    await journal.passed();
  }

  private loader<F extends string>(name: string, part: Part<F>, batchSize: number | undefined): DataLoader<F> {
    expectKind('epochs', 'batchSize', batchSize, positive);
    return new DataLoader(datasetOf(part), {
      ...{ batchSize: batchSize as number, shuffle: true },
      seed: seedOf(this.seed, `${this.scope.path}${name}`),
    });
  }

  private async *pass<F extends string>(loader: DataLoader<F>, loop: Loop, epochs: number): AsyncGenerator<Batch<F>, void, undefined> {
    const { journal } = this.context;
    journal.takeUp(loop);
    const { epoch, index } = loop.point.at;
    // At the end of this epoch already.
    if (index < 0) return;
    loader.restore({ ...loader.state(), epoch, index });
    for await (const batch of loader.tensors()) {
      const now = loader.state();
      const through = now.epoch > epoch;
      const at: Position = { epoch, index: through ? -1 : now.index };
      journal.step++;
      const samples = countOf(batch);
      yield batch;
      loop.done += samples;
      await journal.arrive(loop, at, (epoch + (through ? 1 : now.index / now.length)) / epochs, 'samples');
    }
  }

  /**
   * A loop of steps that needs no data: an attack, a search, a full-batch graph. Gives 0 … count − 1; the rest as {@link epochs}.
   * @param unit what the progress bar calls a step
   */
  async *steps(
    name: string,
    { count, keep, unit = 'steps' }: { readonly count: number; readonly keep: Keep; readonly unit?: string },
  ): AsyncGenerator<number, void, undefined> {
    const { journal } = this.context;
    const loop = await journal.begin(this.scope, name, keep);
    if (!loop) return;
    try {
      for (let { epoch } = loop.point.at; epoch < count; epoch++) {
        loop.resumed = undefined;
        journal.step++;
        yield epoch;
        loop.done++;
        await journal.arrive(loop, { epoch: epoch + 1, index: 0 }, (epoch + 1) / count, unit);
      }
    } finally {
      await journal.end(loop);
    }
    await journal.passed();
  }

  /**
   * A training of so many steps: batches, pass after pass through the data; the rest as {@link epochs}. The order of a loader's batches follows from
   * its own seed.
   */
  async *batches<F extends string>(
    name: string,
    {
      over,
      steps,
      keep,
      batchSize,
    }: { readonly over: Part<F> | DataLoader<F>; readonly steps: number; readonly keep: Keep; readonly batchSize?: number },
  ): AsyncGenerator<Batch<F>, void, undefined> {
    const loader = over instanceof DataLoader ? over : this.loader(name, over, batchSize);
    const batches = passes(loader);
    for await (const _ of this.steps(name, { count: steps, keep: { ...keep, 'the data': loader } })) yield (await batches.next()).value;
  }

  /**
   * Published weights by name, from the user's data folder, the cache or the network, their licence in the run's record; undefined when they can't
   * be had, which the log says: then train a small model first. Or those of a file of the data folder, by its path.
   * @throws TilegradError for a name that nothing has; DataFormatError for a damaged file
   */
  async weights(name: string): Promise<FoundWeights['weights'] | undefined> {
    const { host } = this.context.journal;
    const found = await findWeights(host.platform, name);
    if (found) host.data(found.record);
    else host.log(`Weights: ${name} can't be had: no data folder holds it, and it can't be downloaded.`);
    return found?.weights;
  }

  /**
   * A published tokenizer by name (`clip`, `bert-base-uncased`), from where weights come from too; undefined when it can't be had, which the log says: then
   * train one on the texts at hand (`text.trainTokenizer`).
   * @throws TilegradError for a name that nothing has; DataFormatError for a damaged file
   */
  async tokenizer(name: string): Promise<FoundTokenizer['tokenizer'] | undefined> {
    const { host } = this.context.journal;
    const found = await findTokenizer(host.platform, name);
    if (found) host.data(found.record);
    else host.log(`Tokenizer: ${name} can't be had: no data folder holds it, and it can't be downloaded.`);
    return found?.tokenizer;
  }

  /**
   * The small trained weights that come with a project, this one or another, and what the stages of their run came to that its page asks for; undefined where they
   * aren't at hand, which the log says: then train a small model first.
   */
  async starter(project: string): Promise<Starter | undefined> {
    const { host } = this.context.journal;
    const file = await host.platform.readStarter?.(project);
    if (!file) {
      host.log(`Weights: those that come with ${project} aren't at hand.`);
      return undefined;
    }
    const { source, sha256 } = file;
    const description = `the weights that come with ${project}, from ${source}`;
    host.data({ name: `${project}-starter`, synthetic: false, description, files: [{ source, sha256 }] });
    return readStarter(file.bytes, source);
  }

  /** A value that a loop carries along: `keep: { best: run.cell(0) }`. */
  cell<T>(value: T): Cell<T> {
    return new Cell(value);
  }

  /** Trains a model: {@link epochs} with gradients, validation, best weights and an early stop. Gives what each epoch came to. */
  fit<F extends string, const M extends readonly Metric<Batch<F>>[] = readonly [], L extends Tensor | Losses = Tensor>(
    name: string,
    options: FitOptions<F, M, L>,
  ): Promise<readonly ResultOf<M, L>[]> {
    return fit(this as Run<unknown>, name, options);
  }

  /** Trains several models at once on the same batches, to compare them. Gives each with the losses of its steps, by name. */
  sideBySide<F extends string, C extends Contender>(name: string, options: SideBySideOptions<F, C>): Promise<Contest<C>> {
    return sideBySide(this as Run<unknown>, name, options);
  }

  /** Metrics of a whole part: one read, whatever its size. Modules are to be in the mode that is wanted. */
  evaluate<F extends string, const M extends readonly Metric<Batch<F>>[]>(
    name: string,
    part: Part<F>,
    metrics: M,
    { batchSize = EVALUATION_BATCH }: { readonly batchSize?: number } = {},
  ): Promise<FoundBy<M>> {
    return this.over(name, part.count, (step) => evaluate(this.inOrder(part, batchSize, part.count, step), metrics) as Promise<FoundBy<M>>);
  }

  /**
   * A function of batches over a whole part: its rows, one after the other.
   * @param f gives [samples, ...]; compiled here, once for each function
   * @param options.count only of the first so many samples
   */
  map<F extends string>(
    name: string,
    part: Part<F>,
    f: (batch: Batch<F>) => Tensor,
    { batchSize = EVALUATION_BATCH, count = part.count }: { readonly batchSize?: number; readonly count?: number } = {},
  ): Promise<Float32Array> {
    const all = Math.min(count, part.count);
    const { maps } = this.context;
    const compiled = maps.get(f) ?? compile((batch: Record<string, Tensor>) => f(batch as Batch<F>));
    maps.set(f, compiled);
    return this.over(name, all, async (step) => {
      let rows = new Float32Array(0);
      let at = 0;
      for await (const batch of this.inOrder(part, batchSize, all, step)) {
        const result = compiled(batch);
        const values = await result.data();
        if (!(values instanceof Float32Array)) throw new ShapeError(`map ${name}: expected f32 values, got ${result.dtype}`);
        if (at === 0) rows = new Float32Array((values.length / countOf(batch)) * all);
        rows.set(values, at);
        at += values.length;
      }
      return rows;
    });
  }

  /** Something that isn't kept, with a place in the bar. */
  private async over<T>(name: string, total: number, body: (step: (count: number) => Promise<void>) => Promise<T>): Promise<T> {
    const { journal } = this.context;
    const place = journal.place(this.scope, name);
    let done = 0;
    const result = await body(async (count) => {
      place.reach(done / total);
      journal.tell(this.scope, name, place);
      done += count;
      await journal.breathe();
    });
    journal.pass(this.scope, name, place);
    return result;
  }

  private async *inOrder<F extends string>(part: Part<F>, batchSize: number, count: number, step: (count: number) => Promise<void>) {
    const sampler = { length: count, order: () => Uint32Array.from({ length: count }, (_, i) => i) };
    for await (const batch of new DataLoader(datasetOf(part), { batchSize, sampler }).tensors()) {
      await step(countOf(batch));
      yield batch;
    }
  }

  /**
   * A row of metrics at the present step, which the page draws: `loss` and `validation loss` in one chart, and so `loss, adam` and `loss, sgd`.
   * Tensors of one element are read while later steps run; the promise gives the numbers.
   * @throws TilegradError, at a later step, when `loss` is NaN or infinite
   */
  log<K extends string>(values: Readonly<Record<K, Tensor | number>>): Promise<Record<K, number>> {
    return this.context.journal.log(values);
  }

  /** A line for the log. */
  note(text: string): void {
    this.context.journal.host.log(text);
  }

  /** Shows a figure, and saves it under this name as SVG and PNG. */
  figure(name: string, figure: Figure): Promise<void> {
    return this.context.journal.host.figure(name, figure);
  }

  /**
   * Shows how a figure stands now, again and again: in the page, while somebody looks at it, and for at most an eighth of the run's time. It is not
   * saved; give `figure` the last one. `draw` is called only then, and changes nothing of the run.
   */
  async glimpse(name: string, draw: () => Figure | Promise<Figure>): Promise<void> {
    const show = this.context.journal.host.glimpse?.(name);
    if (!show) return;
    const random = randomState();
    await show(await draw());
    setRandomState(random);
  }

  /** Shows a table and keeps it in the run's summary. */
  table(name: string, table: Table): void {
    for (const row of table.rows) for (const cell of row) checkResult(`table ${name}, row ${String(row[0])}`, cell);
    this.context.journal.host.table(name, table);
  }

  /** Headline results, kept in summary.json. */
  summary(values: ResultValues): void {
    for (const [name, value] of Object.entries(values)) checkResult(`summary: ${name}`, value);
    this.context.journal.host.summary(values);
  }

  /** Saves a file beside the run's own: a compressed model, generated text. */
  file(name: string, bytes: Uint8Array): Promise<void> {
    return this.context.journal.host.file(name, bytes);
  }
}

async function* passes<F extends string>(loader: DataLoader<F>): AsyncGenerator<Batch<F>, never, undefined> {
  for (;;) yield* loader.tensors();
}

const countOf = (batch: Readonly<Record<string, Tensor>>): number => Object.values(batch)[0]?.shape[0] ?? 0;

const datasets = new WeakMap<object, ArrayDataset<string>>();

/** One for each part: what lies on the GPU of it is shared. */
function datasetOf<F extends string>(part: Part<F>): ArrayDataset<F> {
  const dataset = datasets.get(part.fields) ?? new ArrayDataset<string>(part.fields);
  datasets.set(part.fields, dataset);
  return dataset as ArrayDataset<F>;
}

function openers({ data }: { readonly data: DataSets }, journal: Journal) {
  return Object.fromEntries(
    Object.entries(data).map(([name, source]) => [
      name,
      async (use?: Use) => {
        const set = typeof source === 'function' ? await source() : source;
        const { host } = journal;
        const progress = (done: number, total: number) => host.reading(set.title, done, total);
        const { parts, record } = await openDataSet(host.platform, set, { ...(use && { use }), seed: host.seed, progress });
        host.data(record, parts);
        return parts;
      },
    ]),
  );
}

/**
 * Runs a project against a host, from its checkpoint where it has one, or a single stage of it.
 * @throws Stopped when the user asked to stop; the checkpoint is saved then. StageDone with the result of the stage that was asked for.
 */
export async function runProject(project: Project, options: Readonly<Record<string, unknown>>, host: RunHost): Promise<void> {
  manualSeed(host.seed);
  const journal = new Journal(host);
  const data = openers(project, journal);
  const scope = new Scope('', new Stretch(0, 1, project.parts?.(options as never)), host.seed);
  await project.run(new Run({ journal, project, options, data, maps: new WeakMap() }, scope) as never, options as never);
  await journal.close();
}

/** Results go to files, which hold nothing else. */
function checkResult(of: string, value: unknown): void {
  if (['number', 'string', 'boolean'].includes(typeof value)) return;
  throw new TilegradError(`${of}: expected a number, a text, or true or false, got ${value === null ? 'null' : typeof value}`);
}
