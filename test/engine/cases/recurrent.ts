import { concat, gradients, gru, gruCell, lstm, lstmCell, type RecurrentWeights, rnn, rnnCell, type Tensor } from '../../../src/index.ts';
import type { ShaderCase } from '../all-cases.ts';
import { type Input, type OpCase, random, values } from '../check.ts';
import { f32, u32 } from '../plan-of.ts';
import { type Cell, GATES, joined, layer } from '../recurrent-reference.ts';

interface Options {
  readonly about: string;
  readonly shape: readonly [steps: number, batch: number, features: number, units: number];
  readonly lengths?: readonly number[];
  readonly reverse?: boolean;
  readonly bias?: boolean;
  readonly states?: boolean;
  readonly x?: Input;
  readonly second?: boolean;
}

const flat = (...all: readonly Tensor[]) => concat(all.map((y) => y.reshape([y.size])));

function apply(cell: Cell, x: Tensor, weights: Parameters<typeof lstm>[1], options: Parameters<typeof lstm>[2]): Tensor {
  if (cell === 'lstm') {
    const { output, h, c } = lstm(x, weights, options);
    return flat(output, h, c);
  }
  const { output, h } = cell === 'gru' ? gru(x, weights, options) : rnn(x, weights, { ...options, nonlinearity: cell });
  return flat(output, h);
}

function row(cell: Cell, { about, shape, lengths, reverse = false, bias = true, states = true, second = false, ...rest }: Options): OpCase {
  const [steps, batch, features, units] = shape;
  const gates = GATES[cell] * units;
  const inputs: Record<string, Input> = {
    x: rest.x ?? random([steps, batch, features]),
    weightIh: random([gates, features], -1, 1),
    weightHh: random([gates, units], -1, 1),
    ...(bias ? { biasIh: random([gates]), biasHh: random([gates]) } : {}),
    ...(states ? { h0: random([batch, units]) } : {}),
    ...(states && cell === 'lstm' ? { c0: random([batch, units]) } : {}),
    ...(lengths ? { lengths: values(lengths, [batch], 'u32') } : {}),
  };
  const named = <V>(all: readonly V[]) => Object.fromEntries(Object.keys(inputs).map((name, i) => [name, all[i]]));
  return {
    op: cell === 'tanh' || cell === 'relu' ? 'rnn' : cell,
    about: `${cell}, ${about}`,
    inputs: Object.values(inputs),
    apply: (...all) => {
      const { x, weightIh, weightHh, biasIh, biasHh, ...options } = named(all);
      return apply(cell, x, { weightIh, weightHh, biasIh, biasHh }, { ...options, reverse });
    },
    reference: (...all) => {
      const { x, weightIh, weightHh, biasIh, biasHh, ...options } = named(all);
      const { output, h, c } = layer(cell, x, { weightIh, weightHh, biasIh, biasHh }, { ...options, reverse });
      return cell === 'lstm' ? joined(output, h, c) : joined(output, h);
    },
    tolerance: 1e-4,
    second,
  };
}

/** Sequences of which nothing is known past their ends. */
const unended = (() => {
  const shape = [4, 3, 2, 3] as const;
  const lengths = [2, 4, 0];
  const known = (i: number) => Math.floor(i / 6) < lengths[Math.floor(i / 2) % 3];
  const x = random(shape.slice(0, 3)).with((data) => data.map((value, i) => (known(i) ? value : Number.NaN)));
  return { shape, lengths, x, second: true };
})();

export const recurrentCases: OpCase[] = [
  ...(['tanh', 'lstm', 'gru'] as const).flatMap((cell) => [
    row(cell, { about: 'one of everything', shape: [1, 1, 1, 1], second: true }),
    row(cell, { about: 'several workgroups of sequences', shape: [2, 13, 2, 5], lengths: Array.from({ length: 13 }, (_, n) => n % 3) }),
    row(cell, { about: 'primes', shape: [5, 7, 3, 11] }),
    row(cell, { about: 'lengths, in reverse', shape: [4, 5, 2, 3], lengths: [2, 4, 0, 1, 3], reverse: true, second: true }),
    row(cell, { about: 'lengths, one of them 0', shape: [4, 5, 2, 3], lengths: [4, 1, 0, 3, 9] }),
    ...[false, true].map((reverse) => row(cell, { about: `NaN past the end${reverse ? ', in reverse' : ''}`, ...unended, reverse })),
    row(cell, { about: 'in reverse, without bias or states', shape: [3, 2, 3, 4], reverse: true, bias: false, states: false }),
  ]),
  row('relu', { about: 'lengths', shape: [3, 3, 2, 5], lengths: [3, 1, 2] }),
  row('gru', { about: 'a batch of none', shape: [2, 0, 3, 4] }),
  row('lstm', { about: 'more units than a workgroup has threads', shape: [2, 2, 3, 261] }),
];

const cells = {
  rnnCell: {
    cell: 'relu',
    apply: (x: Tensor, h: Tensor, _c: Tensor, weights: RecurrentWeights) => flat(rnnCell(x, h, weights, 'relu'), rnnCell(x, h, weights)),
  },
  lstmCell: {
    cell: 'lstm',
    apply: (x: Tensor, h: Tensor, c: Tensor, weights: RecurrentWeights) => {
      const next = lstmCell(x, h, c, weights);
      return flat(next.h, next.c);
    },
  },
  gruCell: { cell: 'gru', apply: (x: Tensor, h: Tensor, _c: Tensor, weights: RecurrentWeights) => flat(gruCell(x, h, weights)) },
} as const;

export const cellCases: OpCase[] = Object.entries(cells).map(([op, { cell, apply: call }]) => ({
  op,
  inputs: [
    random([3, 2]),
    random([3, 5]),
    random([3, 5]),
    ...[2, 5].map((width) => random([GATES[cell] * 5, width], -1, 1)),
    random([GATES[cell] * 5]),
  ],
  wrt: cell === 'lstm' ? [0, 1, 2, 3, 4, 5] : [0, 1, 3, 4, 5],
  apply: (x, h, c, weightIh, weightHh, biasHh) => call(x, h, c, { weightIh, weightHh, biasHh }),
  reference: (x, h0, c0, weightIh, weightHh, biasHh) => {
    const steps = { shape: [1, ...x.shape], data: x.data };
    const run = (kind: Cell) => layer(kind, steps, { weightIh, weightHh, biasHh }, { h0, c0 });
    if (cell === 'lstm') return joined(run('lstm').h, run('lstm').c);
    return cell === 'gru' ? joined(run('gru').h) : joined(run('relu').h, run('tanh').h);
  },
  tolerance: 1e-4,
  second: true,
}));

export const recurrentShaderCases: ShaderCase[] = (['tanh', 'relu', 'lstm', 'gru'] as const).map((cell) => [
  `recurrent, ${cell}`,
  (x, weightIh, weightHh, lengths) => {
    const y = apply(cell, x, { weightIh, weightHh }, { lengths, reverse: cell === 'gru' });
    return [y, ...gradients(y.sum(), [x, weightHh])];
  },
  [f32(3, 9, 5), f32(GATES[cell] * 40, 5), f32(GATES[cell] * 40, 40), u32(9)],
]);
