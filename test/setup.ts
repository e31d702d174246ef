// Every test file runs with Node as the platform, on the adapter that TILEGRAD_ADAPTER names or else the best there is.
import { expect } from 'vitest';
import { nodePlatform } from '../runtime/node/platform.ts';
import { setPlatform } from '../src/index.ts';

// Lavapipe compiles without LLVM's optimisations where each of many kernels is executed a few times; what computes for long has them, as users do. It is
// read when the driver is loaded, and means nothing to other adapters.
if (!/\/test\/(models|projects)\/[\w-]+\.test\.ts$/.test(expect.getState().testPath ?? '')) process.env.GALLIVM_PERF ??= 'nopt';

setPlatform(nodePlatform());
