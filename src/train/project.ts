// The contract between a project and whatever drives it: the command line, the web page, the tests.
import type { SetSource, Use } from '../data/sets/set.ts';
import type { Shape } from '../engine/graph/shape.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import type { Module } from '../nn/module.ts';
import type { ResultValues } from './host.ts';
import type { Inputs, Opened } from './input.ts';
import type { OptionSpecs, OptionValues } from './option.ts';
import type { Run } from './run.ts';
import type { Parts } from './shares.ts';
import type { Tag } from './tags.ts';

export type { DataRecord } from '../data/record.ts';
export type { ProgressUpdate, Table } from './host.ts';
export type { OptionSpec, OptionSpecs, OptionValues } from './option.ts';

/** The data sets that a project uses, by the names it gives them. */
export type DataSets = Readonly<Record<string, SetSource>>;

/** Opens them: `run.data.digits({ validation: .1 })`. */
export type DataOf<D extends DataSets> = {
  readonly [K in keyof D]: D[K] extends SetSource<infer S>
    ? <const U extends Use<S> = Use<S>>(
        use?: U,
      ) => Promise<S & (U extends { readonly validation: number } ? { readonly validation: S['train'] } : unknown)>
    : never;
};

/** What a preset takes `with` less to do, where the whole of it is too long to be measured: options that make a run longer in proportion. */
export interface MeasuredPart {
  readonly took: number;
  readonly with: Readonly<Record<string, number>>;
}

/** What is known of a project before it is loaded. */
export interface ProjectCard {
  /** What a person types: `mc-dropout`. */
  readonly name: string;
  readonly title: string;
  /** One sentence. */
  readonly summary: string;
  /** The folder under `src/projects/`: `small-scale`, `applied`, `i2dl`, `uva`. */
  readonly document: string;
  /** What it is found by: its task, its data, its method, at least one word of each. */
  readonly tags: readonly Tag[];
  /** The number of its summary by which runs are told apart, and whether more of it is better. */
  readonly headline: { readonly metric: string; readonly better: 'higher' | 'lower' };
  /**
   * What presets take on lavapipe on two cores, with nothing else at work there, as far as it was measured (`bench/estimates.mjs`). How long a run
   * will take is foretold from it where no earlier run tells. Without it the first steps do.
   */
  readonly seconds?: Readonly<Partial<Record<'quick' | 'default' | 'full', number | MeasuredPart>>>;
  /** About how many charts a run's metrics come to, by {@link Run.log}, where that are more than two: the page keeps room for them. */
  readonly charts?: number;
}

/** One project of the collection. Option names are camelCase here; the command line spells them `--kebab-case`. */
export interface Project<
  O extends OptionSpecs = OptionSpecs,
  D extends DataSets = DataSets,
  M extends Module = Module,
  I extends Inputs = Inputs,
> extends ProjectCard {
  readonly options: O;
  /** The data sets that it may use. */
  readonly data: D;
  /**
   * Changes to the option defaults under `--quick` (a 2-core machine, two minutes) and `--full` (the published size), and for the smallest run
   * that goes through all of it, a second or two, with which every project is tested.
   */
  readonly presets: Readonly<Record<'quick' | 'full' | 'smallest', Partial<OptionValues<O>>>>;
  /** The model, with the weights that it begins with. */
  model?(options: OptionValues<O>): M;
  /** What the model's `forward` takes for one sample, for the table of its layers: shapes of f32, or tensors. */
  inputs?(options: OptionValues<O>): readonly (Shape | Tensor)[];
  /** Rough shares of the run's parts in the order in which they come, by the names of its stages, loops and evaluations: for the progress bar. */
  parts?(options: OptionValues<O>): Parts;
  run(run: Run<OptionValues<O>, DataOf<D>, M>, options: OptionValues<O>): Promise<void>;
  /** What a person can do with the trained weights in the page. */
  readonly interaction?: Interaction<O, M, I>;
}

/** A project, its types following from its options, data, model and inputs. */
export function project<const O extends OptionSpecs, D extends DataSets, M extends Module = Module, I extends Inputs = Inputs>(
  declared: Project<O, D, M, I>,
): Project<O, D, M, I> {
  return declared;
}

/** What a run has left behind for whoever wants to play with it. */
export interface Trained<O extends OptionSpecs, M> {
  /** With weights of its own, the newest there are. */
  readonly model: M;
  readonly options: OptionValues<O>;
  /** The headline results. */
  readonly found: ResultValues;
  /** What a stage of the whole run found; undefined when it isn't done. */
  result(stage: string): Promise<unknown>;
}

/** Something to play with once there are weights: a person gives the inputs, the project answers with figures, tables, texts. */
export interface Interaction<O extends OptionSpecs = OptionSpecs, M = unknown, I extends Inputs = Inputs> {
  readonly title: string;
  /** One sentence: what to do and what to look for. */
  readonly help: string;
  /** `{ drawing: input.draw({ size: 56 }) }`: one or several, by the names that `answer` knows them by. It is asked once all of them hold something. */
  readonly inputs: I;
  /**
   * Makes the model ready. In a run at work its weights and `found` are newer at each answer: what follows from them belongs into `answer` and
   * `surface`.
   */
  open(trained: Trained<O, M>): Promise<Opened<I>>;
}
