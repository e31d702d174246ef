// Einstein summation, made of permutations, sums and matrix products.
import { ShapeError } from '../graph/errors.ts';
import { showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { diagonal } from './arrange.ts';
import { expectFloat } from './check.ts';
import { matmul } from './matmul.ts';
import { permute, reshape } from './movement.ts';
import { sum } from './reduce.ts';

/** A tensor whose dimensions have names: letters of the formula, or `.0`, `.1` … counted from the right for those of an ellipsis. */
interface Term {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/** Length of each label. */
type Sizes = ReadonlyMap<string, number>;

const product = (labels: readonly string[], sizes: Sizes): number =>
  labels.reduce((total, label) => total * (sizes.get(label) as number), 1);

/**
 * Einstein summation: operands are multiplied where their letters agree, and letters missing behind the arrow are summed over. A letter twice
 * in one operand takes its diagonal; `...` stands for dimensions that broadcast. Without an arrow the result has the letters that occur
 * once, in alphabetical order. More than two operands are multiplied pair by pair, first those whose product is smallest beside them.
 *
 * @formula einsum('bik,bkj->bij', a, b)[b, i, j] = Σ_k a[b, i, k]·b[b, k, j]
 * @shapes as the formula says
 * @dtypes f32, f16
 * @torch torch.einsum
 * @throws ShapeError when the formula is malformed or the shapes don't fit it; DTypeError for other types
 */
export function einsum(formula: string, ...operands: readonly Tensor[]): Tensor {
  const { inputs, output, sizes } = parse(formula, operands);
  expectFloat('einsum', ...operands);
  let terms = operands.map((x, i) => withoutRepeats(dropStretched({ x, labels: inputs[i] }, sizes)));
  while (terms.length > 1) {
    const [a, b] = cheapestPair(terms, output, sizes);
    const rest = terms.filter((term) => term !== a && term !== b);
    const kept = new Set([...output, ...rest.flatMap(({ labels }) => labels)]);
    terms = [...rest, contract(a, b, kept, sizes)];
  }
  const [{ x, labels }] = [sumOut(terms[0], new Set(output))];
  return permute(
    x,
    output.map((label) => labels.indexOf(label)),
  );
}

function parse(formula: string, operands: readonly Tensor[]) {
  const fail = (expected: string): never => {
    const shapes = operands.map(({ shape }) => showShape(shape)).join(' and ');
    throw new ShapeError(`einsum: expected ${expected}, got '${formula}' and ${shapes || 'no operands'}`);
  };
  const [left, right, ...more] = formula.replaceAll(' ', '').split('->');
  const texts = left.split(',');
  const wellFormed = /^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/;
  if (more.length || ![...texts, right ?? ''].every((text) => wellFormed.test(text))) fail('letters, commas, ellipses and one arrow');
  if (operands.length === 0 || texts.length !== operands.length) fail(`an operand for each of ${texts.length} terms`);

  const sizes = new Map<string, number>();
  const inputs = texts.map((text, i) => {
    const { shape } = operands[i];
    const hidden = shape.length - text.replace('...', '').length;
    if (hidden < 0 || (hidden > 0 && !text.includes('...'))) fail(`${text.length} dimensions in operand ${i}`);
    const labels = expandEllipsis(text, hidden);
    labels.forEach((label, axis) => {
      const known = sizes.get(label) ?? 1;
      const stretches = label.startsWith('.') && (known === 1 || shape[axis] === 1);
      if (sizes.has(label) && known !== shape[axis] && !stretches) {
        fail(label.startsWith('.') ? "dimensions behind '...' that broadcast" : `one length of '${label}'`);
      }
      sizes.set(label, known === 1 ? shape[axis] : known);
    });
    return labels;
  });
  const dots = [...sizes.keys()].filter((label) => label.startsWith('.')).length;
  const all = inputs.flat();
  const once = [...new Set(all)].filter((label) => !label.startsWith('.') && all.filter((other) => other === label).length === 1).sort();
  const output = expandEllipsis(right ?? `...${once.join('')}`, dots);
  if (new Set(output).size !== output.length || !output.every((label) => sizes.has(label))) {
    fail('each letter of the result once, and in some operand');
  }
  return { inputs, output, sizes };
}

/** Labels of a term whose ellipsis stands for so many dimensions. */
function expandEllipsis(text: string, hidden: number): string[] {
  return text
    .split('...')
    .flatMap((letters, i) => [...(i === 0 ? [] : Array.from({ length: hidden }, (_, k) => `.${hidden - 1 - k}`)), ...letters]);
}

/** A dimension of 1 that other operands stretch is as good as none. */
function dropStretched({ x, labels }: Term, sizes: Sizes): Term {
  const kept = labels.flatMap((label, axis) => (x.shape[axis] === sizes.get(label) ? [axis] : []));
  return {
    x: reshape(
      x,
      kept.map((axis) => x.shape[axis]),
    ),
    labels: kept.map((axis) => labels[axis]),
  };
}

/** Diagonals of letters that an operand has several times. */
function withoutRepeats({ x, labels }: Term): Term {
  const twin = labels.findIndex((label, axis) => labels.indexOf(label) !== axis);
  if (twin < 0) return { x, labels };
  const first = labels.indexOf(labels[twin]);
  const others = labels.filter((_, axis) => axis !== first && axis !== twin);
  return withoutRepeats({ x: diagonal(x, 0, [first, twin]), labels: [...others, labels[first]] });
}

/** Sums over dimensions that nothing needs. */
function sumOut({ x, labels }: Term, needed: ReadonlySet<string>): Term {
  const gone = labels.flatMap((label, axis) => (needed.has(label) ? [] : [axis]));
  return gone.length === 0 ? { x, labels } : { x: sum(x, gone), labels: labels.filter((label) => needed.has(label)) };
}

/** Greedily, as opt_einsum does: the pair whose product takes least room beyond what its factors took. */
function cheapestPair(terms: readonly Term[], output: readonly string[], sizes: Sizes): [Term, Term] {
  let best: { cost: number; pair: [Term, Term] } | undefined;
  terms.forEach((a, i) => {
    for (const b of terms.slice(i + 1)) {
      const rest = new Set([...output, ...terms.flatMap((term) => (term === a || term === b ? [] : term.labels))]);
      const result = [...new Set([...a.labels, ...b.labels])].filter((label) => rest.has(label));
      const cost = product(result, sizes) - product(a.labels, sizes) - product(b.labels, sizes);
      if (!best || cost < best.cost) best = { cost, pair: [a, b] };
    }
  });
  return (best as { pair: [Term, Term] }).pair;
}

/** The product of two terms, summed over what only they have. */
function contract(a: Term, b: Term, kept: ReadonlySet<string>, sizes: Sizes): Term {
  const left = sumOut(a, new Set([...kept, ...b.labels]));
  const right = sumOut(b, new Set([...kept, ...a.labels]));
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => kept.has(label));
  const summed = shared.filter((label) => !kept.has(label));
  const rows = left.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  const arrange = ({ x, labels }: Term, ...groups: (readonly string[])[]) =>
    reshape(
      permute(
        x,
        groups.flat().map((label) => labels.indexOf(label)),
      ),
      groups.map((group) => product(group, sizes)),
    );
  const [l, r] = [arrange(left, batch, rows, summed), arrange(right, batch, summed, columns)];
  const labels = [...batch, ...rows, ...columns];
  const shape = labels.map((label) => sizes.get(label) as number);
  // An outer product is no work for a kernel of sums: multiplied element by element, it fuses with what follows.
  if (summed.length === 0) return { x: reshape(l.mul(r), shape), labels };
  return { x: reshape(matmul(l, r), shape), labels };
}
