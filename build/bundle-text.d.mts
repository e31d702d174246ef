import type { Plugin as EsbuildPlugin } from 'esbuild';
import type { Plugin as VitePlugin } from 'vite';

export declare const bundleTextEsbuild: EsbuildPlugin;
export declare const bundleTextVite: VitePlugin;
