// The library's entry in Node: the library itself, with Node as its platform.
import { setPlatform } from '../../src/index.ts';
import { nodePlatform } from './platform.ts';

export * from '../../src/index.ts';
export { type NodePlatform, type NodePlatformOptions, nodePlatform } from './platform.ts';

// Opens nothing yet: the adapter is looked for when the first computation needs one.
setPlatform(nodePlatform());
