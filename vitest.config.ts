import { defineConfig } from 'vitest/config';
import { bundleTextVite } from './build/bundle-text.mjs';
import { wgslVite } from './build/wgsl.mjs';

export default defineConfig({
  plugins: [wgslVite, bundleTextVite],
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Software adapters compile some kernels for many seconds, and busy machines make minutes of them.
    testTimeout: 480_000,
    hookTimeout: 480_000,
    expect: { poll: { timeout: 240_000 } },
  },
});
