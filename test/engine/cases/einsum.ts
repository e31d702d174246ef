import { einsum } from '../../../src/index.ts';
import { type OpCase, random } from '../check.ts';
import * as ref from '../reference.ts';

/** Loops over all letters, with ellipses already written out. */
function reference(formula: string, ...xs: ref.Values[]): ref.Values {
  const [left, right] = formula.split('->');
  const terms = left.split(',');
  const sizes = new Map<string, number>();
  terms.forEach((term, i) => {
    [...term].forEach((letter, axis) => {
      sizes.set(letter, Math.max(sizes.get(letter) ?? 0, xs[i].shape[axis]));
    });
  });
  const summed = [...sizes.keys()].filter((letter) => !right.includes(letter));
  const size = (letter: string) => sizes.get(letter) as number;
  return ref.build([...right].map(size), (at) => {
    let total = 0;
    ref.everywhere(summed.map(size), (inner) => {
      const place = (letter: string) => (right.includes(letter) ? at[right.indexOf(letter)] : inner[summed.indexOf(letter)]);
      total += terms.reduce(
        (value, term, i) =>
          value *
          ref.get(
            xs[i],
            [...term].map((letter, axis) => (xs[i].shape[axis] === 1 ? 0 : place(letter))),
          ),
        1,
      );
    });
    return total;
  });
}

/** Formula, the same written out for the reference, shapes. */
const ROWS: readonly (readonly [formula: string, plain: string, ...shapes: (readonly number[])[]])[] = [
  ['ij,jk->ik', 'ij,jk->ik', [3, 5], [5, 4]],
  ['ij , jk', 'ij,jk->ik', [3, 5], [5, 4]],
  ['ba', 'ba->ab', [3, 5]],
  ['ij->', 'ij->', [3, 5]],
  ['ii->i', 'ii->i', [5, 5]],
  ['ii', 'ii->', [5, 5]],
  ['iji->ji', 'iji->ji', [3, 4, 3]],
  ['iii->i', 'iii->i', [4, 4, 4]],
  ['i,j->ij', 'i,j->ij', [3], [70]],
  ['i,i->', 'i,i->', [67], [67]],
  ['bij,bjk->bki', 'bij,bjk->bki', [2, 3, 5], [2, 5, 4]],
  ['bhqd,bhkd->bhqk', 'bhqd,bhkd->bhqk', [2, 3, 5, 4], [2, 3, 7, 4]],
  ['...ij,...jk->...ik', 'abij,abjk->abik', [2, 3, 4, 5], [2, 3, 5, 2]],
  ['...ij,jk', 'aij,jk->aik', [2, 4, 5], [5, 2]],
  ['...i,...i->...', 'abi,bi->ab', [2, 3, 5], [3, 5]],
  ['a...,a...->a...', 'abc,abc->abc', [2, 3, 4], [2, 1, 4]],
  ['...,->...', 'a,->a', [3], []],
  ['...->', 'ab->', [2, 3]],
  ['bn,anm,bm->ba', 'bn,anm,bm->ba', [2, 3], [5, 3, 4], [2, 4]],
  ['ij,jk,kl,lm->im', 'ij,jk,kl,lm->im', [2, 30], [30, 2], [2, 31], [31, 3]],
  ['ij,ij,ij->j', 'ij,ij,ij->j', [4, 5], [4, 5], [4, 5]],
  ['ijk,jil->kl', 'ijk,jil->kl', [4, 3, 2], [3, 4, 5]],
  ['ij,kl->', 'ij,kl->', [2, 3], [4, 5]],
  ['ij,jk->ik', 'ij,jk->ik', [3, 0], [0, 4]],
];

const SECOND = ['bn,anm,bm->ba', 'iji->ji'];

export const einsumCases: readonly OpCase[] = ROWS.map(([formula, plain, ...shapes]) => ({
  op: 'einsum',
  about: `${formula} of ${shapes.map((shape) => `[${shape}]`).join(' and ')}`,
  inputs: shapes.map((shape) => random(shape, -1, 1)),
  apply: (...xs) => einsum(formula, ...xs),
  reference: (...xs) => reference(plain, ...xs),
  second: SECOND.includes(formula),
  f16: formula === 'bij,bjk->bki',
  tolerance: 5e-5,
}));
