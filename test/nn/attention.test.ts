import { expect, it } from 'vitest';
import { nn, ShapeError, tensor, zeros } from '../../src/index.ts';
import { expectClose, random, toTensor } from '../engine/check.ts';
import * as ref from '../engine/reference.ts';

const [batch, queries, keys, embed, heads] = [2, 3, 5, 6, 2];

/** The formula of the paper, head by head, in float64. */
function reference(
  module: { weight: ref.Values; bias: ref.Values; out: ref.Values },
  q: ref.Values,
  k: ref.Values,
  hidden: (b: number, s: number) => boolean,
) {
  const project = (x: ref.Values, part: number) =>
    ref.build(x.shape, ([b, t, c]) => {
      let sum = ref.get(module.bias, [part * embed + c]);
      for (let e = 0; e < embed; e++) sum += ref.get(x, [b, t, e]) * ref.get(module.weight, [part * embed + c, e]);
      return sum;
    });
  const [pq, pk, pv] = [project(q, 0), project(k, 1), project(k, 2)];
  const depth = embed / heads;
  const mixed = ref.build(q.shape, ([b, t, c]) => {
    const first = Math.floor(c / depth) * depth;
    const scores = Array.from({ length: k.shape[1] }, (_, s) => {
      let sum = 0;
      for (let d = first; d < first + depth; d++) sum += ref.get(pq, [b, t, d]) * ref.get(pk, [b, s, d]);
      return hidden(b, s) ? Number.NEGATIVE_INFINITY : sum / Math.sqrt(depth);
    });
    const total = ref.logSumExp(scores);
    return scores.reduce((y, score, s) => y + Math.exp(score - total) * ref.get(pv, [b, s, c]), 0);
  });
  return ref.build(q.shape, ([b, t, c]) => {
    let sum = 0;
    for (let e = 0; e < embed; e++) sum += ref.get(mixed, [b, t, e]) * ref.get(module.out, [c, e]);
    return sum;
  });
}

it('agrees with the formula, for itself and across, with hidden keys', async () => {
  const module = new nn.MultiheadAttention(embed, heads, { dropout: 0.5 }).eval();
  const [q, k, bias] = [random([batch, queries, embed]), random([batch, keys, embed]), random([3 * embed])];
  module.inProjBias.set(Float32Array.from(bias.data));
  const dict = await module.stateDict();
  expect(Object.keys(dict)).toEqual(['in_proj_weight', 'in_proj_bias', 'out_proj.weight', 'out_proj.bias']);
  const values = (name: string): ref.Values => ({ shape: dict[name].shape, data: Float64Array.from(dict[name].data) });
  const weights = { weight: values('in_proj_weight'), bias: values('in_proj_bias'), out: values('out_proj.weight') };
  const padding = tensor(Uint32Array.of(0, 0, 0, 1, 1, 0, 0, 0, 0, 1), [batch, keys], 'bool');
  const itself = await module.forward(toTensor(q)).data();
  expectClose('self-attention', itself, reference(weights, q, q, () => false).data, 3e-5);
  const across = await module.forward(toTensor(q), toTensor(k), toTensor(k), undefined, padding).data();
  expectClose('across', across, reference(weights, q, k, (b, s) => s >= (b === 0 ? 3 : 4)).data, 3e-5);
});

it('refuses heads and shapes that do not fit', () => {
  expect(() => new nn.MultiheadAttention(6, 4)).toThrow(ShapeError);
  expect(() => new nn.MultiheadAttention(6, 2).forward(zeros([2, 3, 5]))).toThrow(
    'MultiheadAttention: expected [batch, length, 6], got [2, 3, 5]',
  );
});
