// What a person gives a trained model to answer, in the page: a call for each input, and the types of their values follow.
import type { PictureSize } from '../data/image/resize.ts';
import { aString, expectKind, finite, kind, listOf, positive } from '../engine/graph/arguments.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import type { Figure, Key, Picture } from './figure.ts';
import type { Table } from './host.ts';

interface Named {
  /** Stands above it. Default: its name. */
  readonly label?: string;
}

/** A square picture drawn by hand, white on black. */
export interface DrawInput extends Named {
  readonly kind: 'draw';
  readonly size: number;
}

/** One side of a plane. */
export interface PlaneAxis {
  readonly label: string;
  readonly min: number;
  readonly max: number;
}

/** A point that is moved through a plane. */
export interface PlaneInput extends Named {
  readonly kind: 'plane';
  readonly x: PlaneAxis;
  readonly y: PlaneAxis;
}

/** A text. The first example stands in it at first. */
export interface TextInput extends Named {
  readonly kind: 'text';
  /** Letters, at most. */
  readonly most: number;
  readonly examples?: readonly string[];
}

/** A number: by a slider, or typed. */
export interface NumberInput extends Named {
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
  /** Where it is at first. */
  readonly start: number;
  /** Of the slider. 1 for whole numbers, which are then all that may be typed. Default: a hundredth of the range. */
  readonly step?: number;
}

/** Several numbers, which ones the project offers. */
export interface NumbersInput extends Named {
  readonly kind: 'numbers';
}

/** One of some names: those given here, or those that the project offers. The first is chosen at first. */
export interface ChoiceInput<C extends string = string> extends Named {
  readonly kind: 'choice';
  readonly choices?: readonly C[];
}

/**
 * A picture: dropped, chosen, pasted, photographed, or one of the samples that the project offers, the first of them at first. Those of other sizes
 * are scaled until they cover this one, and cut around their middle, as data sets of pictures are.
 */
export interface PictureInput extends Named, PictureSize {
  readonly kind: 'picture';
}

/** Some of the offered samples, one for each of the names, in their order. */
export interface PicturesInput<N extends string = string> extends Named {
  readonly kind: 'pictures';
  readonly names: readonly N[];
}

/** One of the nodes of a graph that the project offers. The first is chosen at first. */
export interface NodeInput extends Named {
  readonly kind: 'node';
}

/** Boxes drawn on a picture, which comes as with {@link PictureInput}. */
export interface BoxesInput extends Named, PictureSize {
  readonly kind: 'boxes';
  /** Of which each box gets one. Without them boxes have none. */
  readonly classes?: readonly string[];
}

export type Input =
  | DrawInput
  | PlaneInput
  | TextInput
  | NumberInput
  | NumbersInput
  | ChoiceInput
  | PictureInput
  | PicturesInput
  | NodeInput
  | BoxesInput;

/** An interaction's inputs, by the names it gives them. */
export type Inputs = Readonly<Record<string, Input>>;

/** A picture that was given. */
export interface GivenPicture {
  /** [channels, height, width], 0 … 1. */
  readonly values: Float32Array;
  /** Which of the offered samples it is, if it is one. */
  readonly sample?: number;
}

/** In pixels of the picture: (0, 0) is the upper left corner of its first. */
export interface GivenBox {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly class?: string;
}

interface Samples {
  /** To choose from: `figures.pictures(…)`. Their captions tell them apart. */
  readonly samples: readonly Picture[];
}

/** A graph to choose a node of, laid out in a plane. */
export interface OfferedGraph {
  /** [nodes, 2] */
  readonly points: ArrayLike<number>;
  /** [edges, 2], from node to node. */
  readonly edges: ArrayLike<number>;
  /** What is said of each node beside its number: a paper's title, a class. */
  readonly names?: readonly string[];
  /** Of each node, by its place in `legend`. */
  readonly classes?: ArrayLike<number>;
  readonly legend?: readonly Key[];
}

/** By kind of input: what it gives, and what the project can offer for it once it knows what its run found. */
interface Kinds {
  readonly draw: { readonly value: Float32Array; readonly offer: never };
  readonly plane: { readonly value: readonly [x: number, y: number]; readonly offer: never };
  readonly text: { readonly value: string; readonly offer: { readonly examples: readonly string[] } };
  readonly number: { readonly value: number; readonly offer: never };
  readonly numbers: {
    readonly value: Readonly<Record<string, number>>;
    readonly offer: { readonly fields: Readonly<Record<string, Omit<NumberInput, 'kind'>>> };
  };
  readonly choice: { readonly value: string; readonly offer: { readonly choices: readonly string[] } };
  readonly picture: { readonly value: GivenPicture; readonly offer: Samples };
  readonly pictures: { readonly value: Readonly<Record<string, GivenPicture>>; readonly offer: Samples };
  readonly node: { readonly value: number; readonly offer: OfferedGraph };
  readonly boxes: { readonly value: { readonly picture: GivenPicture; readonly boxes: readonly GivenBox[] }; readonly offer: Samples };
}

export type ValueOf<I extends Input> =
  I extends ChoiceInput<infer C> ? C : I extends PicturesInput<infer N> ? Readonly<Record<N, GivenPicture>> : Kinds[I['kind']]['value'];
export type OfferOf<I extends Input> = Kinds[I['kind']]['offer'];

/** What the inputs hold, by their names. */
export type InputValues<I extends Inputs = Inputs> = { readonly [K in keyof I]: ValueOf<I[K]> };
export type Offers<I extends Inputs = Inputs> = { readonly [K in keyof I]?: OfferOf<I[K]> };

/** A part of an answer: a figure, a table or a text. */
export type AnswerPart = Figure | Table | string;
export type Answer = AnswerPart | readonly AnswerPart[];

/** An interaction that is ready. */
export interface Opened<I extends Inputs = Inputs> {
  /** What its inputs have to choose from. */
  readonly offers?: Offers<I>;
  /** Called with one set of values after another, each when the answer before is there: within a second, if it is to feel alive. */
  answer(values: InputValues<I>): Promise<Answer>;
  /**
   * What a plane shows below its point, as the weights have it now: a figure of one panel that fills it from edge to edge, contours over the very
   * ranges of the plane, or one picture (a manifold).
   */
  surface?(): Promise<Figure>;
}

/** A value that doesn't fit, as a project finds out: no `[MASK]` in a sentence. The page says it beside the input. */
export class InputError extends TilegradError {
  constructor(
    /** Its name. */
    readonly input: string,
    message: string,
  ) {
    super(message);
  }
}

const above = (min: number) => kind(`above ${min}`, (value) => Number.isFinite(value) && (value as number) > min);
const within = (min: number, max: number) =>
  kind(`within ${min} … ${max}`, (value) => (value as number) >= min && (value as number) <= max);
const strings = listOf(aString);
const names = kind(
  'a list of at least two different names',
  (value) => strings.holds(value) && (value as string[]).length > 1 && new Set(value as string[]).size === (value as string[]).length,
);

/** All throw a TilegradError for sizes, ranges and names that can't be. */
export const input = {
  draw(spec: Omit<DrawInput, 'kind'>): DrawInput {
    expectKind('input.draw', 'size', spec.size, positive);
    return { kind: 'draw', ...spec };
  },

  plane(spec: Omit<PlaneInput, 'kind'>): PlaneInput {
    for (const axis of ['x', 'y'] as const) {
      expectKind('input.plane', `${axis}.min`, spec[axis].min, finite);
      expectKind('input.plane', `${axis}.max`, spec[axis].max, above(spec[axis].min));
    }
    return { kind: 'plane', ...spec };
  },

  text(spec: Omit<TextInput, 'kind'>): TextInput {
    expectKind('input.text', 'most', spec.most, positive);
    return { kind: 'text', ...spec };
  },

  number(spec: Omit<NumberInput, 'kind'>): NumberInput {
    expectKind('input.number', 'min', spec.min, finite);
    expectKind('input.number', 'max', spec.max, above(spec.min));
    expectKind('input.number', 'start', spec.start, within(spec.min, spec.max));
    return { kind: 'number', ...spec };
  },

  /** Which ones, and from where to where, {@link Opened.offers} says: `{ fields: { age: { min: 0, max: 100, start: 40 } } }`. */
  numbers(spec: Omit<NumbersInput, 'kind'> = {}): NumbersInput {
    return { kind: 'numbers', ...spec };
  },

  /** Without choices {@link Opened.offers} has them: names of classes, say. */
  choice<const C extends string = string>(spec: Omit<ChoiceInput<C>, 'kind'> = {}): ChoiceInput<C> {
    if (spec.choices) expectKind('input.choice', 'choices', spec.choices, names);
    return { kind: 'choice', ...spec };
  },

  picture(spec: Omit<PictureInput, 'kind'>): PictureInput {
    expectSize('input.picture', spec);
    return { kind: 'picture', ...spec };
  },

  pictures<const N extends string>(spec: Omit<PicturesInput<N>, 'kind'>): PicturesInput<N> {
    expectKind('input.pictures', 'names', spec.names, names);
    return { kind: 'pictures', ...spec };
  },

  node(spec: Omit<NodeInput, 'kind'> = {}): NodeInput {
    return { kind: 'node', ...spec };
  },

  boxes(spec: Omit<BoxesInput, 'kind'>): BoxesInput {
    expectSize('input.boxes', spec);
    if (spec.classes) expectKind('input.boxes', 'classes', spec.classes, names);
    return { kind: 'boxes', ...spec };
  },
} as const;

function expectSize(op: string, { width, height, channels }: PictureSize): void {
  expectKind(op, 'width', width, positive);
  expectKind(op, 'height', height, positive);
  expectKind(
    op,
    'channels',
    channels,
    kind('1 or 3', (value) => value === 1 || value === 3),
  );
}
