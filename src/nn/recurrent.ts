// Recurrent layers and cells with the names, layouts and starting values of torch.nn: weight_ih_l0 [gates · hidden, in], weight_hh_l0,
// bias_ih_l0, bias_hh_l0; those of the other direction end in _reverse. Gates: i, f, g, o of an LSTM; r, z, n of a GRU.
import { aBoolean, oneOf, positive, unitInterval } from '../engine/graph/arguments.ts';
import { ShapeError } from '../engine/graph/errors.ts';
import { sameShape, showShape } from '../engine/graph/shape.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { zeros } from '../engine/ops/create.ts';
import { dropout } from '../engine/ops/dropout.ts';
import { concat, permute, reshape, slice, stack } from '../engine/ops/movement.ts';
import { gru, lstm, type RecurrentOptions, rnn } from '../engine/ops/recurrent.ts';
import { gruCell, lstmCell, type RecurrentWeights, rnnCell } from '../engine/ops/recurrentSteps.ts';
import { expectCall } from './check.ts';
import { startOf } from './deferred.ts';
import * as init from './init.ts';
import { Module, Parameter } from './module.ts';

type Nonlinearity = 'tanh' | 'relu';

export interface RecurrentLayerOptions {
  readonly numLayers?: number;
  readonly bias?: boolean;
  /** Sequences and outputs are [batch, steps, ..] in place of [steps, batch, ..]; states stay [layers, batch, hidden]. */
  readonly batchFirst?: boolean;
  /** Drops outputs of each layer but the last, in training. */
  readonly dropout?: number;
  /** A second run from the end to the start; outputs of both stand side by side. */
  readonly bidirectional?: boolean;
}

type ParameterName = `${'weight' | 'bias'}_${string}`;

/** Parameters of one layer in one direction, named with `suffix`, all from U(−1/√hidden, 1/√hidden). */
function makeParameters(
  gates: number,
  inputSize: number,
  hiddenSize: number,
  bias: boolean,
  suffix = '',
): Record<ParameterName, Parameter> {
  const draw = init.fanInUniform(hiddenSize);
  const make = (name: ParameterName, shape: readonly number[]): [ParameterName, Parameter] => [
    name,
    new Parameter(name, shape, 'f32', startOf(draw, shape)),
  ];
  const rows = gates * hiddenSize;
  return Object.fromEntries([
    make(`weight_ih${suffix}`, [rows, inputSize]),
    make(`weight_hh${suffix}`, [rows, hiddenSize]),
    ...(bias ? [make(`bias_ih${suffix}`, [rows]), make(`bias_hh${suffix}`, [rows])] : []),
  ]);
}

function weightsOf(owner: Readonly<Record<ParameterName, Parameter>>, suffix = ''): RecurrentWeights {
  return {
    weightIh: owner[`weight_ih${suffix}`],
    weightHh: owner[`weight_hh${suffix}`],
    biasIh: owner[`bias_ih${suffix}`],
    biasHh: owner[`bias_hh${suffix}`],
  };
}

const SIZES = { inputSize: positive, hiddenSize: positive };
const LAYERS = { numLayers: positive, bias: aBoolean, batchFirst: aBoolean, dropout: unitInterval, bidirectional: aBoolean };
const NONLINEARITY = { nonlinearity: oneOf('tanh', 'relu') };

/** One layer, one direction: from the input and the starting states to the outputs and the final states. */
type Run = (x: Tensor, weights: RecurrentWeights, states: readonly (Tensor | undefined)[], options: RecurrentOptions) => readonly Tensor[];

abstract class RecurrentLayers extends Module {
  readonly [name: ParameterName]: Parameter;

  constructor(
    private readonly name: string,
    gates: number,
    inputSize: number,
    private readonly hiddenSize: number,
    private readonly options: RecurrentLayerOptions,
  ) {
    super();
    const { bias = true } = options;
    for (const { layer, suffix } of this.passes) {
      const width = layer === 0 ? inputSize : hiddenSize * this.directions;
      Object.assign(this, makeParameters(gates, width, hiddenSize, bias, suffix));
    }
  }

  private get directions(): number {
    return this.options.bidirectional ? 2 : 1;
  }

  /** Each layer in each direction, in the order of the states. */
  private get passes(): { layer: number; reverse: boolean; suffix: string }[] {
    return Array.from({ length: (this.options.numLayers ?? 1) * this.directions }, (_, i) => {
      const [layer, reverse] = [Math.floor(i / this.directions), i % this.directions === 1];
      return { layer, reverse, suffix: `_l${layer}${reverse ? '_reverse' : ''}` };
    });
  }

  /** The outputs of the last layer, and each kind of final state of all passes. */
  protected runAll(
    run: Run,
    sequences: Tensor,
    states: Readonly<Record<string, Tensor | undefined>>,
    lengths: Tensor | undefined,
  ): Tensor[] {
    const { batchFirst = false, dropout: p = 0 } = this.options;
    if (sequences.rank !== 3) {
      throw new ShapeError(
        `${this.name}: expected ${batchFirst ? '[batch, steps, features]' : '[steps, batch, features]'}, got ${showShape(sequences.shape)}`,
      );
    }
    const { passes } = this;
    let x = batchFirst ? permute(sequences, [1, 0, 2]) : sequences;
    const shape = [passes.length, x.shape[1], this.hiddenSize];
    for (const [name, state] of Object.entries(states)) {
      if (state && !sameShape(state.shape, shape)) {
        throw new ShapeError(`${this.name}: expected ${name} ${showShape(shape)}, got ${showShape(state.shape)}`);
      }
    }
    const results: (readonly Tensor[])[] = [];
    for (const [i, { reverse, suffix }] of passes.entries()) {
      const starts = Object.values(states).map((state) => state && reshape(slice(state, [[i, i + 1]]), shape.slice(1)));
      results.push(run(x, weightsOf(this, suffix), starts, { lengths, reverse }));
      if ((i + 1) % this.directions !== 0) continue;
      const outputs = results.slice(-this.directions).map(([output]) => output);
      x = concat(outputs, 2);
      if (p > 0 && i + 1 < passes.length && this.training) x = dropout(x, p);
    }
    const finals = Object.keys(states).map((_, kind) => stack(results.map((result) => result[kind + 1])));
    return [batchFirst ? permute(x, [1, 0, 2]) : x, ...finals];
  }
}

/** Layers of simple recurrent units, as torch.nn.RNN: h(t) = tanh(W_ih·x(t) + b_ih + W_hh·h(t−1) + b_hh). */
export class RNN extends RecurrentLayers {
  private readonly nonlinearity: Nonlinearity;

  constructor(
    inputSize: number,
    hiddenSize: number,
    options: RecurrentLayerOptions & { readonly nonlinearity?: Nonlinearity } = {},
    ...more: never[]
  ) {
    expectCall('RNN', [inputSize, hiddenSize, options, ...more], { ...SIZES, options: { ...LAYERS, ...NONLINEARITY } });
    super('RNN', 1, inputSize, hiddenSize, options);
    this.nonlinearity = options.nonlinearity ?? 'tanh';
  }

  /**
   * Outputs [steps, batch, directions · hidden] and final states [layers · directions, batch, hidden], from starting states of that shape
   * (zeros unless given) and sequences of `lengths` [batch] (all steps unless given; see RecurrentOptions).
   */
  override forward(x: Tensor, h0?: Tensor, lengths?: Tensor): readonly [output: Tensor, h: Tensor] {
    const run: Run = (input, weights, [h], options) => {
      const result = rnn(input, weights, { ...options, h0: h, nonlinearity: this.nonlinearity });
      return [result.output, result.h];
    };
    const [output, h] = this.runAll(run, x, { h0 }, lengths);
    return [output, h];
  }
}

/** Layers of long short-term memory, as torch.nn.LSTM (Hochreiter & Schmidhuber, 1997). */
export class LSTM extends RecurrentLayers {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentLayerOptions = {}, ...more: never[]) {
    expectCall('LSTM', [inputSize, hiddenSize, options, ...more], { ...SIZES, options: LAYERS });
    super('LSTM', 4, inputSize, hiddenSize, options);
  }

  /** As GRU.forward, with a cell state beside the hidden one. */
  override forward(x: Tensor, h0?: Tensor, c0?: Tensor, lengths?: Tensor): readonly [output: Tensor, h: Tensor, c: Tensor] {
    const run: Run = (input, weights, [h, c], options) => {
      const result = lstm(input, weights, { ...options, h0: h, c0: c });
      return [result.output, result.h, result.c];
    };
    const [output, h, c] = this.runAll(run, x, { h0, c0 }, lengths);
    return [output, h, c];
  }
}

/** Layers of gated recurrent units, as torch.nn.GRU (arXiv 1406.1078, with the reset gate behind the product). */
export class GRU extends RecurrentLayers {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentLayerOptions = {}, ...more: never[]) {
    expectCall('GRU', [inputSize, hiddenSize, options, ...more], { ...SIZES, options: LAYERS });
    super('GRU', 3, inputSize, hiddenSize, options);
  }

  /**
   * Outputs [steps, batch, directions · hidden] and final states [layers · directions, batch, hidden], from starting states of that shape
   * (zeros unless given) and sequences of `lengths` [batch] (all steps unless given; see RecurrentOptions).
   */
  override forward(x: Tensor, h0?: Tensor, lengths?: Tensor): readonly [output: Tensor, h: Tensor] {
    const run: Run = (input, weights, [h], options) => {
      const result = gru(input, weights, { ...options, h0: h });
      return [result.output, result.h];
    };
    const [output, h] = this.runAll(run, x, { h0 }, lengths);
    return [output, h];
  }
}

abstract class RecurrentCell extends Module {
  readonly [name: ParameterName]: Parameter;

  constructor(
    gates: number,
    inputSize: number,
    private readonly hiddenSize: number,
    { bias = true }: { readonly bias?: boolean },
  ) {
    super();
    Object.assign(this, makeParameters(gates, inputSize, hiddenSize, bias));
  }

  protected get weights(): RecurrentWeights {
    return weightsOf(this);
  }

  protected start(x: Tensor): Tensor {
    if (x.rank !== 2) throw new ShapeError(`${this.constructor.name}: expected x [batch, in], got ${showShape(x.shape)}`);
    return zeros([x.shape[0], this.hiddenSize]);
  }
}

/** One step of simple recurrent units, as torch.nn.RNNCell. */
export class RNNCell extends RecurrentCell {
  private readonly nonlinearity: Nonlinearity;

  constructor(
    inputSize: number,
    hiddenSize: number,
    options: { readonly bias?: boolean; readonly nonlinearity?: Nonlinearity } = {},
    ...more: never[]
  ) {
    expectCall('RNNCell', [inputSize, hiddenSize, options, ...more], { ...SIZES, options: { bias: aBoolean, ...NONLINEARITY } });
    super(1, inputSize, hiddenSize, options);
    this.nonlinearity = options.nonlinearity ?? 'tanh';
  }

  /** x [batch, in] and h [batch, hidden], zeros unless given → h. */
  override forward(x: Tensor, h: Tensor = this.start(x)): Tensor {
    return rnnCell(x, h, this.weights, this.nonlinearity);
  }
}

/** One step of long short-term memory, as torch.nn.LSTMCell. */
export class LSTMCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: { readonly bias?: boolean } = {}, ...more: never[]) {
    expectCall('LSTMCell', [inputSize, hiddenSize, options, ...more], { ...SIZES, options: { bias: aBoolean } });
    super(4, inputSize, hiddenSize, options);
  }

  /** x [batch, in], h and c [batch, hidden], zeros unless given → h and c. */
  override forward(x: Tensor, h: Tensor = this.start(x), c: Tensor = this.start(x)): readonly [h: Tensor, c: Tensor] {
    const next = lstmCell(x, h, c, this.weights);
    return [next.h, next.c];
  }
}

/** One step of gated recurrent units, as torch.nn.GRUCell. */
export class GRUCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: { readonly bias?: boolean } = {}, ...more: never[]) {
    expectCall('GRUCell', [inputSize, hiddenSize, options, ...more], { ...SIZES, options: { bias: aBoolean } });
    super(3, inputSize, hiddenSize, options);
  }

  /** x [batch, in] and h [batch, hidden], zeros unless given → h. */
  override forward(x: Tensor, h: Tensor = this.start(x)): Tensor {
    return gruCell(x, h, this.weights);
  }
}
