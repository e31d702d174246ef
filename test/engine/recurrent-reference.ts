// Recurrent layers in float64: one sequence, one unit, one gate after another.
import type { Values } from './reference.ts';

export type Cell = 'tanh' | 'relu' | 'lstm' | 'gru';
export const GATES: Readonly<Record<Cell, number>> = { tanh: 1, relu: 1, lstm: 4, gru: 3 };

export interface Layer {
  readonly weightIh: Values;
  readonly weightHh: Values;
  readonly biasIh?: Values | undefined;
  readonly biasHh?: Values | undefined;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** h and c of one sequence after one step. */
export function step(cell: Cell, x: readonly number[], h: readonly number[], c: readonly number[], layer: Layer): [number[], number[]] {
  const units = h.length;
  const row = (weight: Values, bias: Values | undefined, at: number, values: readonly number[]) =>
    values.reduce((sum, value, k) => sum + weight.data[at * values.length + k] * value, bias?.data[at] ?? 0);
  const input = (gate: number, unit: number) => row(layer.weightIh, layer.biasIh, gate * units + unit, x);
  const recurrent = (gate: number, unit: number) => row(layer.weightHh, layer.biasHh, gate * units + unit, h);
  const both = (gate: number, unit: number) => input(gate, unit) + recurrent(gate, unit);
  const each = (f: (unit: number) => number) => h.map((_, unit) => f(unit));
  switch (cell) {
    case 'tanh':
      return [each((u) => Math.tanh(both(0, u))), [...c]];
    case 'relu':
      return [each((u) => Math.max(0, both(0, u))), [...c]];
    case 'lstm': {
      const next = each((u) => sigmoid(both(1, u)) * c[u] + sigmoid(both(0, u)) * Math.tanh(both(2, u)));
      return [each((u) => sigmoid(both(3, u)) * Math.tanh(next[u])), next];
    }
    case 'gru':
      return [
        each((u) => {
          const z = sigmoid(both(1, u));
          const n = Math.tanh(input(2, u) + sigmoid(both(0, u)) * recurrent(2, u));
          return (1 - z) * n + z * h[u];
        }),
        [...c],
      ];
  }
}

export interface LayerResult {
  readonly output: Values;
  readonly h: Values;
  readonly c: Values;
}

/** x [steps, batch, features] through one layer in one direction; lengths as PyTorch's packed sequences take them. */
export function layer(
  cell: Cell,
  x: Values,
  weights: Layer,
  { h0, c0, lengths, reverse = false }: { h0?: Values; c0?: Values; lengths?: Values; reverse?: boolean } = {},
): LayerResult {
  const [steps, batch, features] = x.shape;
  const units = weights.weightHh.shape[1];
  const output = new Float64Array(steps * batch * units);
  const h = new Float64Array(batch * units);
  const c = new Float64Array(batch * units);
  for (let n = 0; n < batch; n++) {
    const part = (all: Values | undefined) => Array.from({ length: units }, (_, u) => all?.data[n * units + u] ?? 0);
    let state: [number[], number[]] = [part(h0), part(c0)];
    const length = Math.min(steps, lengths?.data[n] ?? steps);
    for (let s = 0; s < length; s++) {
      const t = reverse ? length - 1 - s : s;
      const at = (t * batch + n) * features;
      state = step(cell, Array.from(x.data.slice(at, at + features)), ...state, weights);
      output.set(state[0], (t * batch + n) * units);
    }
    h.set(state[0], n * units);
    c.set(state[1], n * units);
  }
  return {
    output: { shape: [steps, batch, units], data: output },
    h: { shape: [batch, units], data: h },
    c: { shape: [batch, units], data: c },
  };
}

/** All elements of some values, one after another. */
export function joined(...all: readonly Values[]): Values {
  const data = Float64Array.from(all.flatMap(({ data: own }) => [...own]));
  return { shape: [data.length], data };
}
