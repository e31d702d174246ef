// What optimisers are tested on: parameters of odd sizes, and gradients that depend on where the parameters stand and on the step.
import { compile, Gradients, nn, type optim, type Tensor, tensor } from '../../src/index.ts';
import { random } from '../engine/check.ts';
import { clippedByNorm, clippedByValue, type Kept, type Rule } from './reference.ts';

/** Around the arena's alignment of 64 elements, one, primes, several dimensions, and past a workgroup. The last has gradients of 0. */
const SHAPES = [[1], [63], [64], [65], [5, 13], [131, 3], [2, 3, 7], [70, 33], [37, 113], [1, 7], [2, 520], [11]];
export const STEPS = 12;

const problem = SHAPES.map((shape, i) => ({
  shape,
  start: random(shape).data,
  factor: i === SHAPES.length - 1 ? new Float64Array(11) : random(shape, 0.1, 3).data,
  target: random(shape).data,
}));

/** The first parameters make up one group, the others a second. */
export const SPLIT = 5;

export const makeParameters = (): nn.Parameter[] =>
  problem.map(({ shape, start }, i) => new nn.Parameter(`p${i}`, shape, 'f32', Float32Array.from(start)));

export interface Case {
  readonly name: string;
  readonly make: (parameters: readonly nn.Parameter[]) => optim.Optimizer;
  /** One for all, or one for each of the two groups. */
  readonly rules: readonly Rule[];
  readonly lrs: readonly (number | optim.Schedule)[];
  readonly clipNorm?: number;
  readonly clipValue?: number;
  /** Dispatches of an update that isn't clipped; default 1. */
  readonly dispatches?: number;
}

/** Gradients of Σ factor·(w − target·sin(step))² / 2, rounded to f32. */
function gradientsAt(weights: readonly Float64Array[], step: number): Float64Array[] {
  return weights.map((w, p) => w.map((value, i) => Math.fround(problem[p].factor[i] * (value - problem[p].target[i] * Math.sin(step)))));
}

const groupOf = <T>(of: readonly T[], parameter: number): T => of[of.length > 1 && parameter >= SPLIT ? 1 : 0];

/** Parameters after each step of the reference, and the gradients it got. */
export function referenceRun(
  { rules, lrs, clipNorm, clipValue }: Case,
  steps = STEPS,
): { weights: Float64Array[]; gradients: Float64Array[][] } {
  const weights = problem.map(({ start }) => start.slice());
  const kept: Kept[] = problem.map(() => ({}));
  const gradients: Float64Array[][] = [];
  for (let step = 0; step < steps; step++) {
    const given = gradientsAt(weights, step);
    gradients.push(given);
    const clamped = clipValue === undefined ? given : clippedByValue(given, clipValue);
    const scaled = clipNorm === undefined ? clamped : clippedByNorm(clamped, clipNorm);
    weights.forEach((w, p) => {
      const lr = groupOf(lrs, p);
      groupOf(rules, p)(w, scaled[p], typeof lr === 'number' ? lr : lr(step), step + 1, kept[p], SHAPES[p]);
    });
  }
  return { weights, gradients };
}

/** Takes the steps from `first` on, with these gradients. */
export function run(optimizer: optim.Optimizer, gradients: readonly (readonly Float64Array[])[], first = 0): void {
  const step = compile((dw: readonly Tensor[]) => optimizer.step(new Gradients(optimizer.parameters, dw)));
  for (const given of gradients.slice(first)) step(given.map((g, p) => tensor(Float32Array.from(g), optimizer.parameters[p].shape)));
}

export const valuesOf = (parameters: readonly nn.Parameter[]) => Promise.all(parameters.map((parameter) => parameter.data()));
