// Every test file runs with Node as the platform, on the adapter that TILEGRAD_ADAPTER names or else the best there is.
import { nodePlatform } from '../runtime/node/platform.ts';
import { setPlatform } from '../src/index.ts';

setPlatform(nodePlatform());
