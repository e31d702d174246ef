// What several models are made of.
import { positive, unitInterval } from '../engine/graph/arguments.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { drawing } from '../nn/deferred.ts';
import * as init from '../nn/init.ts';
import type { Sequential } from '../nn/layers.ts';
import type { LoadOptions } from '../nn/load.ts';

/** N(0, 2 / fanOut), as torchvision begins convolutions before a ReLU (He et al., arXiv 1502.01852). */
export const fanOutNormal = drawing((shape) => {
  const std = Math.sqrt(2 / init.fans(shape).fanOut);
  return (source) => std * source.normal();
});

export interface ClassifierOptions {
  /** Default 1000. */
  readonly numClasses?: number;
}

/** Kinds of options by the names that several models share. */
export const kinds = { numClasses: positive, inChannels: positive, dropout: unitInterval };

/** [n, channels, h, w] → [n, channels]. */
export const globalAverage = (x: Tensor): Tensor => x.mean([2, 3]);

/** Layers of a `Sequential` one after another, from one place up to another. */
export function through(layers: Sequential, x: Tensor, from: number, to: number): Tensor {
  return layers.modules.slice(from, to).reduce((value, layer) => layer.forward(value) as Tensor, x);
}

/** Options of loading in which names are renamed once more, as a model's publishers named them before. */
export function renamed(options: LoadOptions, own: (name: string) => string | undefined): LoadOptions {
  const first = options.rename ?? ((name: string) => name);
  return {
    ...options,
    rename(name) {
      const given = first(name);
      return given === undefined ? undefined : own(given);
    },
  };
}
