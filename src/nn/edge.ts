// The layers' edge: what JavaScript callers hand to `forward`.
import { aTensor, expectKind, optional } from '../engine/graph/arguments.ts';
import { Module } from './module.ts';

const maybeTensor = optional(aTensor);

/** Lets `forward` of these layers refuse, under the layer's name, a first input that is no tensor, and others that are neither tensor nor left out. */
export function takeTensors(layers: Readonly<Record<string, unknown>>): void {
  for (const [name, layer] of Object.entries(layers)) {
    if (typeof layer !== 'function' || !(layer.prototype instanceof Module)) continue;
    const { forward } = layer.prototype as Module;
    const checked = function (this: Module, ...inputs: never[]) {
      expectKind(name, 'its input', inputs[0], aTensor);
      for (let i = 1; i < inputs.length; i++) expectKind(name, `input ${i}`, inputs[i], maybeTensor);
      return forward.apply(this, inputs);
    };
    Object.defineProperty(layer.prototype, 'forward', { value: checked, configurable: true, writable: true });
  }
}
