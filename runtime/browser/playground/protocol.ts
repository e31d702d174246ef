// What the playground's view and its worker say to each other. A worker runs one program.
import type { Report as RunReport } from '../protocol.ts';

/** View → worker. */
export interface Command {
  readonly type: 'run';
  readonly code: string;
}

/** Worker → view. */
export type Report =
  /** Sent unasked once the library is loaded: its names, for completion. */
  | { readonly type: 'api'; readonly names: ApiNames }
  | Extract<RunReport, { type: 'adapter' | 'noAdapter' }>
  /** What was logged since the last report; `dropped` entries before them were too many to show. */
  | { readonly type: 'output'; readonly entries: readonly Entry[]; readonly dropped: number; readonly gpuBytes: number }
  /** The program ran to its end, or threw. What it left running may still report. */
  | { readonly type: 'ended'; readonly seconds: number; readonly gpuBytes: number };

/** One call of `console`, or one error. An entry with the id of an earlier one replaces it: its tensors have been read. */
export interface Entry {
  readonly id: number;
  readonly level: 'log' | 'warn' | 'error';
  readonly text: string;
  /** Figures among the arguments, as SVG. */
  readonly figures: readonly string[];
  /** Set for errors that end the program or a promise of it. */
  readonly problem?: Problem;
}

/** An error, and where in the program: the line it came from, then those that called it. None where that isn't known. */
export interface Problem {
  readonly message: string;
  readonly places: readonly Place[];
}

/** Counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** The function that the line is in. */
  readonly within?: string;
}

export interface ApiNames {
  readonly exports: readonly string[];
  /** What stands behind `nn.`, `optim.` … */
  readonly members: Readonly<Record<string, readonly string[]>>;
  /** Methods and properties of tensors. */
  readonly tensor: readonly string[];
}
