// Classes keep their names in the minified bundle: errors, and a model that is printed, say `Linear`.
import * as errors from './engine/graph/errors.ts';
import * as nn from './nn/index.ts';
import * as optim from './optim/index.ts';

export function keepNames(namespace: object): void {
  for (const [name, value] of Object.entries(namespace))
    if (typeof value === 'function') Object.defineProperty(value, 'name', { value: name });
}

for (const namespace of [errors, nn, optim]) keepNames(namespace);
