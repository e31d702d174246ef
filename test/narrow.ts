// Imported first by tests that compile many kernels to execute them a few times, where others execute the wide ones: lavapipe then computes with half as
// many lanes, which takes three quarters of the time to compile. It is read when the driver is loaded, and means nothing to other adapters.
import { join } from 'node:path';
import { cacheFolder } from '../runtime/node/files.ts';

process.env.LP_NATIVE_VECTOR_WIDTH ??= '128';
// Mesa doesn't tell the two apart in its cache.
process.env.MESA_SHADER_CACHE_DIR ??= join(cacheFolder(), 'narrow-shaders');
