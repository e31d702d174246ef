// Plans of every optimiser's update, for the test that compiles every shader.
import { Gradients } from '../../../src/index.ts';
import { cases } from '../../optim/cases.ts';
import { makeParameters } from '../../optim/problem.ts';
import type { ShaderCase } from '../all-cases.ts';
import { f32 } from '../plan-of.ts';

export const optimizerShaderCases: readonly ShaderCase[] = cases.map(({ name, make }) => {
  const parameters = makeParameters();
  const optimizer = make(parameters);
  const step: ShaderCase[1] = (...dw) => {
    optimizer.step(new Gradients(parameters, dw));
    return [];
  };
  return [name, step, parameters.map(({ shape }) => f32(...shape))];
});
