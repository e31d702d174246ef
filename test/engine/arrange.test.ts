import { describe, expect, it } from 'vitest';
import {
  chunk,
  diagEmbed,
  diagonal,
  meshgrid,
  moveAxis,
  repeatInterleave,
  roll,
  ShapeError,
  split,
  tile,
  tril,
  unbind,
  zeros,
} from '../../src/index.ts';
import { arrangeCases } from './cases/arrange.ts';
import { checkOp } from './check.ts';

describe('rearrangements agree with the float64 reference', () => {
  for (const row of arrangeCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

const x = zeros([2, 3]);

describe('wrong arguments are refused', () => {
  it.each<[string, () => unknown, string]>([
    ['reflect', () => x.pad([[3, 0]], 'reflect'), 'pad: expected widths up to 2 for reflect along axis 1 of [2, 3], got 3 and 0'],
    ['circular', () => x.pad([[0, 4]], 'circular'), 'pad: expected widths up to 3 for circular'],
    ['replicate', () => zeros([0]).pad([[1, 0]], 'replicate'), 'pad: expected widths up to 0 for replicate'],
    ['slice backwards', () => x.slice([[1, 0, -1]]), 'slice: expected a whole step ≥ 1, got -1; flip() reverses'],
    ['moveAxis', () => moveAxis(x, 0, 2), 'moveAxis: expected an axis from -2 to 1, got 2'],
    ['roll', () => roll(x, [1, 2], 0), 'roll: expected one whole shift an axis, got [1, 2] for axes [0]'],
    ['tile', () => tile(x, [-1]), 'tile: expected whole, non-negative counts, got [-1]'],
    ['repeatInterleave', () => repeatInterleave(x, 1.5, 0), 'repeatInterleave: expected whole'],
    ['split', () => split(x, 0), 'split: expected a whole size ≥ 1, got 0'],
    ['split sizes', () => split(x, [1, 1], 1), 'split: expected sizes that add up to 3 for axis 1 of [2, 3], got [1, 1]'],
    ['chunk', () => chunk(x, 0), 'chunk: expected a whole number of parts ≥ 1, got 0'],
    ['unbind', () => unbind(zeros([])), 'unbind: expected an axis'],
    ['tril', () => tril(zeros([3])), 'tril: expected [.., rows, columns], got [3]'],
    ['diagonal', () => diagonal(x, 0, [1, 1]), 'diagonal: expected each of 2 axes once'],
    ['diagonal offset', () => diagonal(x, 0.5), 'diagonal: expected a whole number for the diagonal, got 0.5'],
    ['diagEmbed', () => diagEmbed(zeros([])), 'diagEmbed: expected an axis'],
    ['meshgrid', () => meshgrid([x]), 'meshgrid: expected vectors [n], got [2, 3]'],
  ])('%s', (_name, body, message) => {
    expect(body).toThrow(ShapeError);
    expect(body).toThrow(message);
  });
});
