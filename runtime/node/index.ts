// The library's entry in Node: the library itself, with Node as its platform.
import { inspect } from 'node:util';
import { setPlatform, Tensor } from '../../src/index.ts';
import { nodePlatform } from './platform.ts';

export * from '../../src/index.ts';
export { type NodePlatform, type NodePlatformOptions, nodePlatform } from './platform.ts';

// Opens nothing yet: the adapter is looked for when the first computation needs one.
setPlatform(nodePlatform());

// What console.log shows of a tensor: its graph would fill the screen, and its values have to be asked for.
Object.defineProperty(Tensor.prototype, inspect.custom, {
  value(this: Tensor) {
    return `Tensor(${this.dtype}, [${this.shape.join(', ')}])`;
  },
});
