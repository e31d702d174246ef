import { aBoolean, positive, unitInterval } from '../engine/graph/arguments.ts';
import { ShapeError } from '../engine/graph/errors.ts';
import { sameShape, showShape } from '../engine/graph/shape.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { scaledDotProductAttention } from '../engine/ops/attention.ts';
import { where } from '../engine/ops/elementwise.ts';
import { expectCall } from './check.ts';
import { startOf } from './deferred.ts';
import * as init from './init.ts';
import { Linear } from './layers.ts';
import { Module, Parameter } from './module.ts';

/**
 * Attention in several heads, each over its share of the features (Vaswani et al., arXiv 1706.03762): queries [batch, queries, embed],
 * keys and values [batch, keys, embed] → [batch, queries, embed]. Parameters as those of torch.nn.MultiheadAttention: inProjWeight
 * [3·embed, embed] and inProjBias, q above k above v, and outProj. With `isCausal`, query i doesn't see the keys after key i.
 */
export class MultiheadAttention extends Module {
  static override readonly statePaths = { inProjWeight: 'in_proj_weight', inProjBias: 'in_proj_bias', outProj: 'out_proj' };

  readonly inProjWeight: Parameter;
  readonly inProjBias: Parameter;
  readonly outProj: Linear;

  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    private readonly options: { readonly dropout?: number; readonly isCausal?: boolean } = {},
    ...more: never[]
  ) {
    super();
    const kinds = { dropout: unitInterval, isCausal: aBoolean };
    expectCall('MultiheadAttention', [embedDim, numHeads, options, ...more], { embedDim: positive, numHeads: positive, options: kinds });
    if (embedDim % numHeads !== 0) {
      throw new ShapeError(`MultiheadAttention: expected heads that divide ${embedDim} features, got ${numHeads}`);
    }
    const shape = [3 * embedDim, embedDim];
    this.inProjWeight = new Parameter('inProjWeight', shape, 'f32', startOf(init.xavierUniform(), shape));
    this.inProjBias = new Parameter('inProjBias', [3 * embedDim], 'f32');
    this.outProj = new Linear(embedDim, embedDim);
    this.outProj.bias?.set(new Float32Array(embedDim));
  }

  /**
   * `attnMask` broadcasts to [batch, heads, queries, keys]: false hides a key (bool), or a number is added to its score (float).
   * `keyPaddingMask` [batch, keys]: true hides a key from all queries.
   */
  override forward(query: Tensor, key = query, value = key, attnMask?: Tensor, keyPaddingMask?: Tensor): Tensor {
    const { embedDim, numHeads } = this;
    for (const x of [query, key, value]) {
      if (x.rank !== 3 || x.shape[2] !== embedDim) {
        throw new ShapeError(`MultiheadAttention: expected [batch, length, ${embedDim}], got ${showShape(x.shape)}`);
      }
    }
    const [batch] = query.shape;
    if (key.shape[0] !== batch || sameShape(key.shape, value.shape) === false) {
      throw new ShapeError(
        `MultiheadAttention: expected keys and values [${batch}, keys, ${embedDim}], got ${showShape(key.shape)} and ${showShape(value.shape)}`,
      );
    }
    if (keyPaddingMask && !(keyPaddingMask.dtype === 'bool' && sameShape(keyPaddingMask.shape, key.shape.slice(0, 2)))) {
      const got = `${keyPaddingMask.dtype} ${showShape(keyPaddingMask.shape)}`;
      throw new ShapeError(`MultiheadAttention: expected a keyPaddingMask of bool ${showShape(key.shape.slice(0, 2))}, got ${got}`);
    }
    const own = query === key && key === value;
    // One product makes all three of self-attention.
    const all = own ? query.matmul(this.inProjWeight.transpose()).add(this.inProjBias) : undefined;
    const [q, k, v] = [query, key, value].map((x, i) => {
      const range = [i * embedDim, (i + 1) * embedDim] as const;
      const projected = all
        ? all.slice([null, null, range])
        : x.matmul(this.inProjWeight.slice([range]).transpose()).add(this.inProjBias.slice([range]));
      return projected.reshape([x.shape[0], x.shape[1], numHeads, embedDim / numHeads]).permute([0, 2, 1, 3]);
    });
    const y = scaledDotProductAttention(q, k, v, {
      isCausal: this.options.isCausal ?? false,
      dropoutP: this.training ? (this.options.dropout ?? 0) : 0,
      ...maskOf(attnMask, keyPaddingMask),
    });
    return this.outProj.forward(y.permute([0, 2, 1, 3]).reshape(query.shape));
  }
}

/** Both masks as one. */
function maskOf(attnMask: Tensor | undefined, keyPaddingMask: Tensor | undefined): { attnMask?: Tensor } {
  if (!keyPaddingMask) return attnMask ? { attnMask } : {};
  const [batch, keys] = keyPaddingMask.shape;
  const shown = keyPaddingMask.logicalNot().reshape([batch, 1, 1, keys]);
  if (!attnMask) return { attnMask: shown };
  return { attnMask: attnMask.dtype === 'bool' ? attnMask.logicalAnd(shown) : where(shown, attnMask, Number.NEGATIVE_INFINITY) };
}
