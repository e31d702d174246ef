// Figures as plain data: a project says what to show; `renderFigureSvg` makes one SVG of it, the same on every platform.

/** Axis labels carry units. A label with a `%` in it stands for shares: give values 0 … 1, they are shown times 100. */
export interface Axis {
  readonly label: string;
  readonly min?: number;
  readonly max?: number;
  readonly log?: boolean;
  /** Names instead of numbers, for categories 0 … n−1. */
  readonly ticks?: readonly string[];
}

/** A line with markers; `low`/`high` draw a shaded band (min to max, ± one standard deviation; say which in the name or caption). */
export interface Series {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly low?: readonly number[];
  readonly high?: readonly number[];
  readonly style?: 'line' | 'points' | 'bars' | 'dashed';
  /**
   * Place in the palette, for series that should look the same in several panels. Default: 0, 1, 2 for what is called training, validation and
   * test, and for others the places that are left.
   */
  readonly colour?: number;
  /** Of its markers. Default: by the place among the chart's series. */
  readonly shape?: Shape;
  /** In place of its markers, one a point: framed in the series' colour. */
  readonly pictures?: readonly Picture[];
  /** What stands beside its points, one each; where it would stand on another, it is left out. */
  readonly labels?: readonly string[];
}

export type Shape = 'circle' | 'square' | 'triangle' | 'diamond' | 'star';

/** The heights of a function of two variables, drawn as filled bands under the series: the higher the darker. */
export interface Contours {
  /** Evenly spread over the ranges, which take in both ends: rows from the lowest y up, each from the lowest x on. */
  readonly values: ArrayLike<number>;
  readonly columns: number;
  readonly rows: number;
  readonly x: readonly [min: number, max: number];
  readonly y: readonly [min: number, max: number];
  /** Rising heights of the lines between the bands; spread them by factors where the function spans decades. */
  readonly levels: readonly number[];
}

/** A grey (c = 1) or RGB (c = 3) picture, rows top to bottom, values 0 … 1. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: ArrayLike<number>;
  readonly caption?: string;
  /** Drawn over it, in its pixels: (0, 0) is the upper left corner of the first. */
  readonly boxes?: readonly PictureBox[];
  readonly points?: readonly PicturePoint[];
}

export interface PictureBox {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** Place in the palette. */
  readonly colour: number;
  readonly label?: string;
}

export interface PicturePoint {
  readonly x: number;
  readonly y: number;
  /** Place in the palette. */
  readonly colour: number;
  readonly shape?: Shape;
}

/** What a colour stands for. */
export interface Key {
  readonly name: string;
  /** Place in the palette, or `#rrggbb`. */
  readonly colour: number | string;
}

/** Cells coloured by their shade: −1 … 0 … 1 is from one colour over white to another. */
export interface Matrix {
  readonly kind: 'matrix';
  readonly title?: string;
  /** Names, from the top and from the left; cells stand row by row. */
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** What rows and columns are. */
  readonly y?: string;
  readonly x?: string;
  readonly shades: ArrayLike<number>;
  /** What is written in the cells, where it fits. */
  readonly texts?: readonly string[];
  /** The values that the outermost shades stand for, shown beside a scale of colours. */
  readonly range?: readonly [low: number, high: number];
}

/** Words, each on a colour by its weight: −1 … 0 … 1 is from one colour over none to another. */
export interface HeatText {
  readonly kind: 'text';
  readonly title?: string;
  readonly lines: readonly {
    readonly caption?: string;
    readonly words: readonly {
      readonly text: string;
      readonly weight: number /** Follows the word before without a space. */;
      readonly joined?: boolean;
    }[];
  }[];
  /** What the colours of −1 and 1 mean; one of them where only that is used. */
  readonly meaning?: { readonly negative?: string; readonly positive?: string };
}

export type Panel =
  | {
      readonly kind: 'chart';
      readonly title?: string;
      readonly x: Axis;
      readonly y: Axis;
      readonly series: readonly Series[];
      readonly contours?: Contours;
      /** False: a panel beside it names the same series. */
      readonly legend?: boolean;
    }
  | {
      readonly kind: 'pictures';
      readonly title?: string;
      readonly columns: number;
      readonly pictures: readonly Picture[];
      readonly legend?: readonly Key[];
    }
  | Matrix
  | HeatText;

export interface Figure {
  readonly title: string;
  readonly caption?: string;
  /** Panels stand in a grid of this many columns. */
  readonly columns?: number;
  readonly panels: readonly Panel[];
}
