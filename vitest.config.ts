import { defineConfig } from 'vitest/config';
import { bundleTextVite } from './build/bundle-text.mjs';
import { wgslVite } from './build/wgsl.mjs';
import { nativeLibrary } from './test/library.ts';
import { SlowestFirst } from './test/slowest-first.ts';

export default defineConfig({
  plugins: [nativeLibrary(), wgslVite, bundleTextVite],
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: SlowestFirst },
    // Software adapters compile some kernels for many seconds, and busy machines make minutes of them.
    testTimeout: 480_000,
    hookTimeout: 480_000,
    expect: { poll: { timeout: 240_000 } },
  },
});
