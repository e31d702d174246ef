// What a person gives a trained model to answer, in the page: a call for each input, and the types of their values follow.
import { expectKind, finite, kind, positive } from '../engine/graph/arguments.ts';
import type { Figure } from './figure.ts';
import type { Table } from './host.ts';

interface Named {
  /** Stands above it. Default: its name. */
  readonly label?: string;
}

/** A square picture drawn by hand, white on black: `size`² values 0 … 1, rows top to bottom. */
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

export type Input = DrawInput | PlaneInput;

/** An interaction's inputs, by the names it gives them. */
export type Inputs = Readonly<Record<string, Input>>;

/** By kind of input: what a person's doing gives, and what the project can offer for it once it knows what its run found. */
interface Kinds {
  readonly draw: { readonly value: Float32Array; readonly offer: never };
  readonly plane: { readonly value: readonly [x: number, y: number]; readonly offer: never };
}

export type ValueOf<I extends Input> = Kinds[I['kind']]['value'];
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
}

/** All throw a TilegradError for sizes and ranges that can't be. */
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
} as const;

const above = (min: number) => kind(`above ${min}`, (value) => Number.isFinite(value) && (value as number) > min);
