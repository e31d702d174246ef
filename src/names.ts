// Classes keep their names in the minified bundle: errors, and a model that is printed, say `Linear`.
import * as nn from './nn/index.ts';
import * as optim from './optim/index.ts';

for (const namespace of [nn, optim]) {
  for (const [name, value] of Object.entries(namespace))
    if (typeof value === 'function') Object.defineProperty(value, 'name', { value: name });
}
