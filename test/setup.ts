// Every test file runs with Node as the platform, on the adapter that TILEGRAD_ADAPTER names or else the best there is.
import { expect } from 'vitest';
import { nodePlatform } from '../runtime/node/platform.ts';
import { setPlatform } from '../src/index.ts';

// What computes for long is compiled as users have it.
if (!/\/test\/(models|projects)\/[\w-]+\.test\.ts$/.test(expect.getState().testPath ?? '')) await import('./unoptimised.ts');

setPlatform(nodePlatform());
